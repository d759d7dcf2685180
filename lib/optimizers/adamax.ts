// SPDX-License-Identifier: MIT
// Adam by the largest gradient: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Adamax}. */
export interface AdamaxOptions extends OptimizerOptions {
  /** Decay of the mean gradient, from 0 to below 1. Default 0.9. */
  beta1?: number;
  /** Decay of the largest gradient, from 0 to below 1. Default 0.999. */
  beta2?: number;
  /** Added to the largest gradient, above 0. Default 1e-7. */
  epsilon?: number;
}

const DEFAULTS = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  name: 'adamax',
});

/**
 * Adam by the largest gradient instead of the mean square: `u = max(beta2·u, |g|); w -= lr / (1 - beta1^t) · m / (u + epsilon)`.
 *
 * Source: keras/src/optimizers/adamax.py; Kingma and Ba 2014, section 7.1.
 *
 * @example
 * model.compile({ optimizer: new Adamax(0.002), loss: 'mse' });
 */
export class Adamax extends Optimizer {
  readonly className = 'Adamax';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link AdamaxOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | AdamaxOptions,
    options?: Omit<AdamaxOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('Adamax', rest);
    const o = resolveOptions('Adamax', DEFAULTS, learningRate, options);
    super('Adamax', o);
    this.beta1 = checkNumber('Adamax', 'beta1', o.beta1, { min: 0, max: 1, belowMax: true });
    this.beta2 = checkNumber('Adamax', 'beta2', o.beta2, { min: 0, max: 1, belowMax: true });
    this.epsilon = checkNumber('Adamax', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Adamax {
    return makeFromConfig(Adamax, config);
  }

  override getConfig(): OptimizerConfig {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }

  protected override rule(): NativeRule {
    const { beta1, beta2, epsilon } = this;
    return { kind: 'adamax', beta1, beta2, epsilon };
  }
}
