// SPDX-License-Identifier: MIT
// Adagrad: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** First value of a, at least 0. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Added under the root, above 0. Default 1e-7. */
  epsilon?: number;
}

const DEFAULTS = Object.freeze({
  initialAccumulatorValue: 0.1,
  epsilon: 1e-7,
  name: 'adagrad',
});

/**
 * Smaller steps the more a weight has moved: `a += g²; w -= lr·g / sqrt(a + epsilon)`.
 *
 * Source: keras/src/optimizers/adagrad.py; Duchi et al. 2011.
 *
 * @example
 * model.compile({ optimizer: new Adagrad(0.1), loss: 'mse' });
 */
export class Adagrad extends Optimizer {
  readonly className = 'Adagrad';
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link AdagradOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | AdagradOptions,
    options?: Omit<AdagradOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('Adagrad', rest);
    const o = resolveOptions('Adagrad', DEFAULTS, learningRate, options);
    super('Adagrad', o);
    this.initialAccumulatorValue = checkNumber('Adagrad', 'initialAccumulatorValue', o.initialAccumulatorValue, {
      min: 0,
    });
    this.epsilon = checkNumber('Adagrad', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Adagrad {
    return makeFromConfig(Adagrad, config);
  }

  override getConfig(): OptimizerConfig {
    const { initialAccumulatorValue, epsilon } = this;
    return { ...super.getConfig(), initialAccumulatorValue, epsilon };
  }

  protected override rule(): NativeRule {
    const { initialAccumulatorValue, epsilon } = this;
    return { kind: 'adagrad', initialAccumulatorValue, epsilon };
  }
}
