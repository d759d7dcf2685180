// SPDX-License-Identifier: MIT
// What a model reads: a symbolic tensor that no layer gives. It is no layer: it computes nothing and is not listed.
import { SymbolicTensor, type Dtype } from '../graph/symbolic_tensor';
import { autoName } from '../util/session';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkName, checkOneOf, describe, refusal } from '../util/validate';
import { checkShape } from './shapes';
import type { Shape } from '../types';

/** Options of {@link Input}. */
export interface InputOptions {
  /** Axes after the batch, null where unknown: `[T]` of token ids, `[C]` or `[T,C]` of numbers. */
  shape?: Shape;
  /** Default: `input_1` and so on. */
  name?: string | null;
  /** `'int32'` for token ids, `'float32'` for numbers. Default null: ids where an `Embedding` reads it, else numbers. */
  dtype?: Dtype | null;
  /** Not supported yet: only Keras' default. */
  batchSize?: null;
}

/** Defaults of {@link InputOptions}. */
export const defaults = Object.freeze({ shape: null, name: null, dtype: null, batchSize: null });
const NOT_YET = Object.freeze({ batchSize: null });

/** An input as plain data. */
export interface InputConfig {
  shape: Shape;
  name: string;
  dtype: Dtype | null;
}

/**
 * An input of a model: the first item of a `Sequential`, or where the layers of a `Model` begin.
 *
 * @see keras/src/layers/core/input_layer.py
 * @example
 * const sequential = new Sequential([new Input([null, 32]), new SimpleRNN(64), new Dense(1)]);
 * const words = new Input([null], { dtype: 'int32', name: 'words' });
 * const model = new Model(words, new LSTM(32).apply(new Embedding(10000, 32).apply(words)));
 */
export class Input extends SymbolicTensor {
  static readonly className = 'Input';
  readonly className = Input.className;

  /**
   * @param shape axes after the batch, or an object with `shape` and the options
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where there is no axis or a size is not positive
   */
  constructor(shape: Shape | (InputOptions & { readonly shape: Shape }), options?: Omit<InputOptions, 'shape'>) {
    const where = 'Input';
    if (!Array.isArray(shape) && options !== undefined)
      throw refusal(
        'ERR_TYPE',
        where,
        'a shape and options, or one object with both',
        `${describe(shape)} and options`,
      );
    const all: InputOptions = Array.isArray(shape) ? { ...options, shape } : (shape as InputOptions);
    if (Array.isArray(shape)) withDefaults(where, options, { name: null, dtype: null, batchSize: null });
    const { shape: given, name, dtype } = withDefaults(where, all, defaults);
    refuseNotYet(where, all, NOT_YET);
    const axes = checkShape(where, 'shape', given);
    if (axes.length === 0) throw refusal('ERR_SHAPE', where, 'at least one axis after the batch', '[]');
    const kind = dtype === null ? null : checkOneOf(where, 'dtype', dtype, ['float32', 'int32'] as const);
    super(name === null ? autoName(where) : checkName(where, name), { shape: [null, ...axes], dtype: kind });
  }

  getConfig(): InputConfig {
    return { shape: this.shape.slice(1), name: this.name, dtype: this.dtype };
  }

  static fromConfig(config: InputConfig): Input {
    return new Input(config);
  }
}
