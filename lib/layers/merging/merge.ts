// SPDX-License-Identifier: MIT
// Add, Subtract, Multiply, Average, Maximum, Minimum: inputs element by element. native/layers/merging/merge computes.
import { refuseMore } from '../../util/arguments';
import { withDefaults } from '../../util/options';
import { layerDefaults, type LayerOptions } from '../layer';
import { broadcastShapes } from '../shapes';
import { Joining } from './joining';
import type { SymbolicTensor } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig, NativeMerge } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of layers that join inputs element by element. */
export type MergeOptions = LayerOptions;

/** Base class of layers that join inputs element by element. */
export abstract class Merge extends Joining {
  protected constructor(
    className: string,
    private readonly merge: NativeMerge,
    options: MergeOptions,
  ) {
    super(className, withDefaults(className, options, layerDefaults));
  }

  protected override joinShapes(inputs: readonly Shape[]): Shape {
    return inputs.reduce((joined, shape) => {
      const axes = broadcastShapes(joined.slice(1), shape.slice(1));
      if (axes === undefined)
        throw this.refuseShapes('inputs of one shape, or whose axes of 1 stand for any size', inputs);
      return [null, ...axes];
    });
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'merge', merge: this.merge };
  }
}

/**
 * The sum of its inputs, element by element.
 *
 * Inputs [N,C] or [N,T,C], at least one. A vector [N,C] is added to every timestep of a sequence, and an axis of 1 stands
 * for any size. A timestep of the output is masked where it is masked in every input; where one has no mask, there is none.
 *
 * @see keras/src/layers/merging/add.py
 * @example
 * const x = new Input([null, 8]);
 * const y = new Add().apply([x, new LSTM(8, { returnSequences: true }).apply(x)]); // a residual connection
 */
export class Add extends Merge {
  static readonly className = 'Add';
  readonly className = Add.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Add', rest);
    super('Add', 'add', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Add {
    return new Add(config);
  }
}

/**
 * The first of two inputs minus the second, element by element. Shapes and masks as in {@link Add}.
 *
 * @see keras/src/layers/merging/subtract.py
 * @example
 * const [a, b] = [new Input([8]), new Input([8])];
 * const difference = new Subtract().apply([a, b]);
 */
export class Subtract extends Merge {
  static readonly className = 'Subtract';
  readonly className = Subtract.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Subtract', rest);
    super('Subtract', 'subtract', options);
  }

  override get inputCount(): readonly [number, number] {
    return [2, 2];
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Subtract {
    return new Subtract(config);
  }
}

/**
 * The product of its inputs, element by element. Shapes and masks as in {@link Add}; an input that is masked at a timestep
 * counts as 1 there, and where all are masked the product is 0.
 *
 * @see keras/src/layers/merging/multiply.py
 * @example
 * const [x, gate] = [new Input([8]), new Input([1])];
 * const gated = new Multiply().apply([x, gate]);
 */
export class Multiply extends Merge {
  static readonly className = 'Multiply';
  readonly className = Multiply.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Multiply', rest);
    super('Multiply', 'multiply', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Multiply {
    return new Multiply(config);
  }
}

/**
 * The mean of its inputs, element by element. Shapes and masks as in {@link Add}: masked timesteps are in the mean.
 *
 * @see keras/src/layers/merging/average.py
 * @example
 * const [a, b, c] = [new Input([8]), new Input([8]), new Input([8])];
 * const mean = new Average().apply([a, b, c]);
 */
export class Average extends Merge {
  static readonly className = 'Average';
  readonly className = Average.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Average', rest);
    super('Average', 'average', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Average {
    return new Average(config);
  }
}

/**
 * The largest of its inputs, element by element. Shapes and masks as in {@link Add}; inputs that are masked at a timestep
 * are left out there, and where all are the first stands. Two that are equal share the gradient.
 *
 * @see keras/src/layers/merging/maximum.py
 * @example
 * const [a, b] = [new Input([8]), new Input([8])];
 * const largest = new Maximum().apply([a, b]);
 */
export class Maximum extends Merge {
  static readonly className = 'Maximum';
  readonly className = Maximum.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Maximum', rest);
    super('Maximum', 'maximum', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Maximum {
    return new Maximum(config);
  }
}

/**
 * The smallest of its inputs, element by element, otherwise as {@link Maximum}.
 *
 * @see keras/src/layers/merging/minimum.py
 * @example
 * const [a, b] = [new Input([8]), new Input([8])];
 * const smallest = new Minimum().apply([a, b]);
 */
export class Minimum extends Merge {
  static readonly className = 'Minimum';
  readonly className = Minimum.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MergeOptions = {}, ...rest: []) {
    refuseMore('Minimum', rest);
    super('Minimum', 'minimum', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): Minimum {
    return new Minimum(config);
  }
}

/**
 * The sum of tensors: an {@link Add} applied to them.
 *
 * @param inputs symbolic tensors
 * @throws as the layer
 * @example
 * const [a, b] = [new Input([8]), new Input([8])];
 * const sum = add([a, b]);
 */
export function add(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('add', rest);
  return new Add(options).apply(inputs);
}

/** The first of two tensors minus the second: a {@link Subtract} applied to them. @example subtract([a, b]) */
export function subtract(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('subtract', rest);
  return new Subtract(options).apply(inputs);
}

/** The product of tensors: a {@link Multiply} applied to them. @example multiply([x, gate]) */
export function multiply(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('multiply', rest);
  return new Multiply(options).apply(inputs);
}

/** The mean of tensors: an {@link Average} applied to them. @example average([a, b, c]) */
export function average(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('average', rest);
  return new Average(options).apply(inputs);
}

/** The largest of tensors: a {@link Maximum} applied to them. @example maximum([a, b]) */
export function maximum(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('maximum', rest);
  return new Maximum(options).apply(inputs);
}

/** The smallest of tensors: a {@link Minimum} applied to them. @example minimum([a, b]) */
export function minimum(inputs: readonly SymbolicTensor[], options: MergeOptions = {}, ...rest: []): SymbolicTensor {
  refuseMore('minimum', rest);
  return new Minimum(options).apply(inputs);
}
