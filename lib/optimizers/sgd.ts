// SPDX-License-Identifier: MIT
// Gradient descent with momentum: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the last step that is kept, from 0 to 1. Default 0. */
  momentum?: number;
  /** Looks ahead along the momentum. Default false. */
  nesterov?: boolean;
}

const DEFAULTS = Object.freeze({
  learningRate: 0.01 as number | LearningRateSchedule,
  momentum: 0,
  nesterov: false,
  name: 'sgd',
});

/**
 * Gradient descent: `m = momentum·m - lr·g; w += m`, with Nesterov `w += momentum·m - lr·g`.
 *
 * Source: keras/src/optimizers/sgd.py.
 *
 * @example
 * model.compile({ optimizer: new SGD(0.01, { momentum: 0.9, nesterov: true }), loss: 'mse' });
 */
export class SGD extends Optimizer {
  readonly className = 'SGD';
  readonly momentum: number;
  readonly nesterov: boolean;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.01
   * @param options see {@link SGDOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | SGDOptions,
    options?: Omit<SGDOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('SGD', rest);
    const o = resolveOptions('SGD', DEFAULTS, learningRate, options);
    super('SGD', o);
    this.momentum = checkNumber('SGD', 'momentum', o.momentum, { min: 0, max: 1 });
    this.nesterov = checkBoolean('SGD', 'nesterov', o.nesterov);
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): SGD {
    return makeFromConfig(SGD, config);
  }

  override getConfig(): OptimizerConfig {
    const { momentum, nesterov } = this;
    return { ...super.getConfig(), momentum, nesterov };
  }

  protected override rule(): NativeRule {
    const { momentum, nesterov } = this;
    return { kind: 'sgd', momentum, nesterov };
  }
}
