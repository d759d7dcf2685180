// SPDX-License-Identifier: MIT
// RMSprop: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** Decay of the mean of squared gradients, from 0 to 1. Default 0.9. */
  rho?: number;
  /** Share of the last step that is kept, from 0 to 1. Default 0. */
  momentum?: number;
  /** Added under the root, above 0. Default 1e-7. */
  epsilon?: number;
  /** Divides by the estimated variance instead of the mean square. Default false. */
  centered?: boolean;
}

const DEFAULTS = Object.freeze({
  rho: 0.9,
  momentum: 0,
  epsilon: 1e-7,
  centered: false,
  name: 'rmsprop',
});

/**
 * RMSprop: `v = rho·v + (1 - rho)·g²; w -= lr·g / sqrt(v + epsilon)`, epsilon inside the root as in Keras.
 *
 * Source: keras/src/optimizers/rmsprop.py.
 *
 * @example
 * model.compile({ optimizer: new RMSprop(0.001), loss: 'binary_crossentropy', metrics: ['acc'] });
 */
export class RMSprop extends Optimizer {
  readonly className = 'RMSprop';
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link RMSpropOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | RMSpropOptions,
    options?: Omit<RMSpropOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('RMSprop', rest);
    const o = resolveOptions('RMSprop', DEFAULTS, learningRate, options);
    super('RMSprop', o);
    this.rho = checkNumber('RMSprop', 'rho', o.rho, { min: 0, max: 1 });
    this.momentum = checkNumber('RMSprop', 'momentum', o.momentum, { min: 0, max: 1 });
    this.epsilon = checkNumber('RMSprop', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
    this.centered = checkBoolean('RMSprop', 'centered', o.centered);
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): RMSprop {
    return makeFromConfig(RMSprop, config);
  }

  override getConfig(): OptimizerConfig {
    const { rho, momentum, epsilon, centered } = this;
    return { ...super.getConfig(), rho, momentum, epsilon, centered };
  }

  protected override rule(): NativeRule {
    const { rho, momentum, epsilon, centered } = this;
    return { kind: 'rmsprop', rho, momentum, epsilon, centered };
  }
}
