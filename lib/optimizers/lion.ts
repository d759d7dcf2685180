// SPDX-License-Identifier: MIT
// Steps by the sign alone: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** What the step takes of the momentum, above 0, at most 1. Default 0.9. */
  beta1?: number;
  /** Decay of the momentum, from 0 to 1. Default 0.99. */
  beta2?: number;
}

const DEFAULTS = Object.freeze({
  beta1: 0.9,
  beta2: 0.99,
  name: 'lion',
});

/**
 * Steps of one size, by the sign alone: `w -= lr·sign(beta1·m + (1 - beta1)·g); m = beta2·m + (1 - beta2)·g`. Wants a
 * learning rate several times smaller than Adam's.
 *
 * Source: keras/src/optimizers/lion.py; Chen et al. 2023.
 *
 * @example
 * model.compile({ optimizer: new Lion(1e-4, { weightDecay: 0.01 }), loss: 'mse' });
 */
export class Lion extends Optimizer {
  readonly className = 'Lion';
  readonly beta1: number;
  readonly beta2: number;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link LionOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | LionOptions,
    options?: Omit<LionOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('Lion', rest);
    const o = resolveOptions('Lion', DEFAULTS, learningRate, options);
    super('Lion', o);
    this.beta1 = checkNumber('Lion', 'beta1', o.beta1, { min: 0, max: 1, aboveMin: true });
    this.beta2 = checkNumber('Lion', 'beta2', o.beta2, { min: 0, max: 1 });
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Lion {
    return makeFromConfig(Lion, config);
  }

  override getConfig(): OptimizerConfig {
    const { beta1, beta2 } = this;
    return { ...super.getConfig(), beta1, beta2 };
  }

  protected override rule(): NativeRule {
    const { beta1, beta2 } = this;
    return { kind: 'lion', beta1, beta2 };
  }
}
