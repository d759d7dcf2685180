// SPDX-License-Identifier: MIT
// Adadelta: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of both means, from 0 to 1. Default 0.95. */
  rho?: number;
  /** Added under the roots, above 0. Default 1e-7. */
  epsilon?: number;
}

const DEFAULTS = Object.freeze({
  rho: 0.95,
  epsilon: 1e-7,
  name: 'adadelta',
});

/**
 * Steps of the size of past steps: `a = rho·a + (1 - rho)·g²; d = g·sqrt(s + epsilon) / sqrt(a + epsilon);
 * s = rho·s + (1 - rho)·d²; w -= lr·d`. The paper has a learning rate of 1.
 *
 * Source: keras/src/optimizers/adadelta.py; Zeiler 2012.
 *
 * @example
 * model.compile({ optimizer: new Adadelta(1), loss: 'mse' });
 */
export class Adadelta extends Optimizer {
  readonly className = 'Adadelta';
  readonly rho: number;
  readonly epsilon: number;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link AdadeltaOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | AdadeltaOptions,
    options?: Omit<AdadeltaOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('Adadelta', rest);
    const o = resolveOptions('Adadelta', DEFAULTS, learningRate, options);
    super('Adadelta', o);
    this.rho = checkNumber('Adadelta', 'rho', o.rho, { min: 0, max: 1 });
    this.epsilon = checkNumber('Adadelta', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Adadelta {
    return makeFromConfig(Adadelta, config);
  }

  override getConfig(): OptimizerConfig {
    const { rho, epsilon } = this;
    return { ...super.getConfig(), rho, epsilon };
  }

  protected override rule(): NativeRule {
    const { rho, epsilon } = this;
    return { kind: 'adadelta', rho, epsilon };
  }
}
