// SPDX-License-Identifier: MIT
// Constraints of norms: MaxNorm, UnitNorm, MinMaxNorm. A norm is taken along one axis of the weight: along axis 0 of a
// kernel [C,units] it is that of all weights into one unit.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkInteger, checkNumber, refusal } from '../util/validate';
import { Constraint } from './constraint';
import type { NativeConstraint } from '../native/binding';

/** Defaults of this file's constraints, as in Keras. */
export const defaults = Object.freeze({
  MaxNorm: Object.freeze({ maxValue: 2, axis: 0 }),
  UnitNorm: Object.freeze({ axis: 0 }),
  MinMaxNorm: Object.freeze({ minValue: 0, maxValue: 1, rate: 1, axis: 0 }),
});

/** More axes than any weight has. */
const MAX_AXES = 32;

/** The option that all constraints of norms share. */
export interface AxisOptions {
  /** The axis of the weight along which norms are taken, counted from the end where negative; default 0. */
  axis?: number;
}

abstract class NormConstraint extends Constraint {
  readonly axis: number;

  protected constructor(where: string, axis: unknown) {
    super();
    this.axis = checkInteger(where, 'axis', axis, -MAX_AXES, MAX_AXES);
  }

  override checkShape(where: string, weight: string, shape: readonly number[]): void {
    if (this.axis < -shape.length || this.axis >= shape.length)
      throw refusal(
        'ERR_SHAPE',
        where,
        `${weight} to have the axis ${this.axis} of its constraint ${this.className}`,
        `shape [${shape.join(', ')}]`,
      );
  }
}

/** Options of {@link MaxNorm}. */
export interface MaxNormOptions extends AxisOptions {
  /** The largest norm, at least 0; default 2. */
  maxValue?: number;
}

/**
 * Scales vectors of a larger norm down to `maxValue`.
 *
 * @see keras/src/constraints/constraints.py
 * @example
 * new Dense(1, { kernelConstraint: new MaxNorm(3) });
 */
export class MaxNorm extends NormConstraint {
  readonly className = 'MaxNorm';
  readonly maxValue: number;

  /**
   * @param options options, or `maxValue` alone
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION`
   */
  constructor(options: MaxNormOptions | number = {}, ...rest: []) {
    refuseMore('MaxNorm', rest);
    const given = typeof options === 'number' ? { maxValue: options } : options;
    const { maxValue, axis } = withDefaults('MaxNorm', given, defaults.MaxNorm);
    super('MaxNorm', axis);
    this.maxValue = checkNumber('MaxNorm', 'maxValue', maxValue, { min: 0 });
  }

  toNative(): NativeConstraint {
    return { kind: 'max_norm', maxValue: this.maxValue, axis: this.axis };
  }

  getConfig(): { maxValue: number; axis: number } {
    return { maxValue: this.maxValue, axis: this.axis };
  }
}

/**
 * Scales vectors to norm 1.
 *
 * @see keras/src/constraints/constraints.py
 * @example
 * new Embedding(1000, 8, { embeddingsConstraint: new UnitNorm({ axis: 1 }) });
 */
export class UnitNorm extends NormConstraint {
  readonly className = 'UnitNorm';

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: AxisOptions = {}, ...rest: []) {
    refuseMore('UnitNorm', rest);
    super('UnitNorm', withDefaults('UnitNorm', options, defaults.UnitNorm).axis);
  }

  toNative(): NativeConstraint {
    return { kind: 'unit_norm', axis: this.axis };
  }

  getConfig(): { axis: number } {
    return { axis: this.axis };
  }
}

/** Options of {@link MinMaxNorm}. */
export interface MinMaxNormOptions extends AxisOptions {
  /** The smallest norm, at least 0; default 0. */
  minValue?: number;
  /** The largest norm, at least `minValue`; default 1. */
  maxValue?: number;
  /** How far a norm outside is moved at each step, from 0 (not at all) to 1 (all the way); default 1. */
  rate?: number;
}

/**
 * Scales vectors so that their norms are between `minValue` and `maxValue`, or a step nearer with a `rate` below 1.
 *
 * @see keras/src/constraints/constraints.py
 * @example
 * new Dense(1, { kernelConstraint: new MinMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.9 }) });
 */
export class MinMaxNorm extends NormConstraint {
  readonly className = 'MinMaxNorm';
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, or `ERR_CONFIG` where `minValue` exceeds `maxValue` */
  constructor(options: MinMaxNormOptions = {}, ...rest: []) {
    const where = 'MinMaxNorm';
    refuseMore(where, rest);
    const { minValue, maxValue, rate, axis } = withDefaults(where, options, defaults.MinMaxNorm);
    super(where, axis);
    this.minValue = checkNumber(where, 'minValue', minValue, { min: 0 });
    this.maxValue = checkNumber(where, 'maxValue', maxValue, { min: this.minValue });
    this.rate = checkNumber(where, 'rate', rate, { min: 0, max: 1 });
  }

  toNative(): NativeConstraint {
    const { minValue, maxValue, rate, axis } = this;
    return { kind: 'min_max_norm', minValue, maxValue, rate, axis };
  }

  getConfig(): { minValue: number; maxValue: number; rate: number; axis: number } {
    const { minValue, maxValue, rate, axis } = this;
    return { minValue, maxValue, rate, axis };
  }
}
