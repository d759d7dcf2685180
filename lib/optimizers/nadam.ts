// SPDX-License-Identifier: MIT
// Adam with Nesterov momentum: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Nadam}. */
export interface NadamOptions extends OptimizerOptions {
  /** Decay of the mean gradient, from 0 to below 1. Default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient, from 0 to below 1. Default 0.999. */
  beta2?: number;
  /** Added to the root, above 0. Default 1e-7. */
  epsilon?: number;
}

const DEFAULTS = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  name: 'nadam',
});

/**
 * Adam that looks ahead along a momentum which grows, `u(t) = beta1·(1 - 0.96^t / 2)`:
 * `w -= lr·(u(t+1)·m / (1 - U(t+1)) + (1 - u(t))·g / (1 - U(t))) / (sqrt(v / (1 - beta2^t)) + epsilon)`, where `U(t)` is the
 * product of the momenta up to step t.
 *
 * Source: keras/src/optimizers/nadam.py; Dozat 2016.
 *
 * @example
 * model.compile({ optimizer: new Nadam(0.002), loss: 'mse' });
 */
export class Nadam extends Optimizer {
  readonly className = 'Nadam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link NadamOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | NadamOptions,
    options?: Omit<NadamOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('Nadam', rest);
    const o = resolveOptions('Nadam', DEFAULTS, learningRate, options);
    super('Nadam', o);
    this.beta1 = checkNumber('Nadam', 'beta1', o.beta1, { min: 0, max: 1, belowMax: true });
    this.beta2 = checkNumber('Nadam', 'beta2', o.beta2, { min: 0, max: 1, belowMax: true });
    this.epsilon = checkNumber('Nadam', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Nadam {
    return makeFromConfig(Nadam, config);
  }

  override getConfig(): OptimizerConfig {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }

  protected override rule(): NativeRule {
    const { beta1, beta2, epsilon } = this;
    return { kind: 'nadam', beta1, beta2, epsilon };
  }
}
