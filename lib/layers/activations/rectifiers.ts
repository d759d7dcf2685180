// SPDX-License-Identifier: MIT
// ReLU, LeakyReLU and ELU: activations with parameters. native/layers/activations computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkNumber } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Base class of activations with parameters: each element by itself, input and output of one shape. */
abstract class Rectifier extends Layer {
  /** Takes options over their defaults. */
  protected constructor(className: string, options: LayerOptions) {
    refuseNotYet(className, options, NOT_YET);
    super(className, options);
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }
}

/** Options of {@link ReLU}. */
export interface ReLUOptions extends LayerOptions {
  /** Larger outputs become this; at least 0. Default null: no limit. */
  maxValue?: number | null;
  /** Slope below the threshold, at least 0; default 0. */
  negativeSlope?: number;
  /** At least 0; default 0. */
  threshold?: number;
}

/** Defaults of {@link ReLUOptions}, as in Keras. */
export const reluDefaults = Object.freeze({
  ...layerDefaults,
  maxValue: null,
  negativeSlope: 0,
  threshold: 0,
} as const);

/**
 * `x` above the threshold, at most `maxValue`, and `negativeSlope * (x - threshold)` below it.
 *
 * @see keras/src/layers/activations/relu.py
 * @example
 * new Sequential([new Input([8]), new Dense(16), new ReLU({ maxValue: 6 })]);
 */
export class ReLU extends Rectifier {
  static readonly className = 'ReLU';
  readonly className = ReLU.className;
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: ReLUOptions = {}, ...rest: []) {
    refuseMore('ReLU', rest);
    const o = withDefaults('ReLU', options, reluDefaults);
    const maxValue = o.maxValue === null ? null : checkNumber('ReLU', 'maxValue', o.maxValue, { min: 0 });
    const negativeSlope = checkNumber('ReLU', 'negativeSlope', o.negativeSlope, { min: 0 });
    const threshold = checkNumber('ReLU', 'threshold', o.threshold, { min: 0 });
    super('ReLU', o);
    this.maxValue = maxValue;
    this.negativeSlope = negativeSlope;
    this.threshold = threshold;
  }

  override toNative(): NativeLayerConfig {
    const { maxValue, negativeSlope: slope, threshold } = this;
    // Keras computes this one as a leaky ReLU, whose derivative at 0 is 1.
    const isLeaky = slope > 0 && maxValue === null && threshold === 0;
    return { kind: 'rectifier', maxValue: maxValue ?? Infinity, slope, threshold, slopeAtThreshold: isLeaky ? 1 : 0 };
  }

  override getConfig(): Record<string, unknown> {
    const { maxValue, negativeSlope, threshold } = this;
    return { ...super.getConfig(), maxValue, negativeSlope, threshold };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): ReLU {
    return new ReLU(config);
  }
}

/** Options of {@link LeakyReLU}. */
export interface LeakyReLUOptions extends LayerOptions {
  /** Slope below 0, at least 0; default 0.3. */
  negativeSlope?: number;
}

/** Defaults of {@link LeakyReLUOptions}, as in Keras. */
export const leakyReluDefaults = Object.freeze({ ...layerDefaults, negativeSlope: 0.3 } as const);

/**
 * `x` from 0 on, `negativeSlope * x` below. The slope is 0.3 unless told otherwise; that of the activation `leaky_relu` is
 * 0.2, both as in Keras.
 *
 * @see keras/src/layers/activations/leaky_relu.py; Maas, Hannun, Ng 2013
 * @example
 * new Sequential([new Input([8]), new Dense(16), new LeakyReLU({ negativeSlope: 0.1 })]);
 */
export class LeakyReLU extends Rectifier {
  static readonly className = 'LeakyReLU';
  readonly className = LeakyReLU.className;
  readonly negativeSlope: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: LeakyReLUOptions = {}, ...rest: []) {
    refuseMore('LeakyReLU', rest);
    const o = withDefaults('LeakyReLU', options, leakyReluDefaults);
    const negativeSlope = checkNumber('LeakyReLU', 'negativeSlope', o.negativeSlope, { min: 0 });
    super('LeakyReLU', o);
    this.negativeSlope = negativeSlope;
  }

  override toNative(): NativeLayerConfig {
    const { negativeSlope: slope } = this;
    return { kind: 'rectifier', maxValue: Infinity, slope, threshold: 0, slopeAtThreshold: 1 };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), negativeSlope: this.negativeSlope };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): LeakyReLU {
    return new LeakyReLU(config);
  }
}

/** Options of {@link ELU}. */
export interface ELUOptions extends LayerOptions {
  /** Where outputs end for very negative inputs, negated; default 1. */
  alpha?: number;
}

/** Defaults of {@link ELUOptions}, as in Keras. */
export const eluDefaults = Object.freeze({ ...layerDefaults, alpha: 1 } as const);

/**
 * `x` above 0, else `alpha * (exp(x) - 1)`.
 *
 * @see keras/src/layers/activations/elu.py; Clevert, Unterthiner, Hochreiter 2016
 * @example
 * new Sequential([new Input([8]), new Dense(16), new ELU({ alpha: 0.5 })]);
 */
export class ELU extends Rectifier {
  static readonly className = 'ELU';
  readonly className = ELU.className;
  readonly alpha: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: ELUOptions = {}, ...rest: []) {
    refuseMore('ELU', rest);
    const o = withDefaults('ELU', options, eluDefaults);
    const alpha = checkNumber('ELU', 'alpha', o.alpha);
    super('ELU', o);
    this.alpha = alpha;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'elu', alpha: this.alpha };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), alpha: this.alpha };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): ELU {
    return new ELU(config);
  }
}
