// SPDX-License-Identifier: MIT
// Adam: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkNumber } from '../util/validate';
import { makeFromConfig, Optimizer, resolveOptions, type OptimizerConfig, type OptimizerOptions } from './optimizer';
import type { NativeRule } from '../native/binding';
import type { LearningRateSchedule } from '../schedules';

/** Options of {@link Adam}. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay of the mean gradient, from 0 to below 1. Default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient, from 0 to below 1. Default 0.999. */
  beta2?: number;
  /** Added to the root, above 0. Default 1e-7. */
  epsilon?: number;
  /** Divides by the largest mean square so far. Default false. */
  amsgrad?: boolean;
}

const DEFAULTS = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  amsgrad: false,
  name: 'adam',
});

/**
 * Adam: `w -= lr·sqrt(1 - beta2^t) / (1 - beta1^t) · m / (sqrt(v) + epsilon)`, the form of Keras (epsilon hat).
 *
 * Source: keras/src/optimizers/adam.py; Kingma and Ba 2014.
 *
 * @example
 * model.compile({ optimizer: new Adam({ learningRate: 3e-4 }), loss: 'mse' });
 */
export class Adam extends Optimizer {
  /** The name of the class in messages, and its defaults where they are others than Adam's. @internal */
  protected static readonly kind: { readonly where: string; readonly defaults: Partial<AdamOptions> } = {
    where: 'Adam',
    defaults: {},
  };

  readonly className: string = 'Adam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link AdamOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | AdamOptions,
    options?: Omit<AdamOptions, 'learningRate'>,
    ...rest: []
  ) {
    const { where, defaults } = new.target.kind;
    refuseMore(where, rest);
    const o = resolveOptions(where, { ...DEFAULTS, ...defaults } as typeof DEFAULTS, learningRate, options);
    super(where, o);
    this.beta1 = checkNumber(where, 'beta1', o.beta1, { min: 0, max: 1, belowMax: true });
    this.beta2 = checkNumber(where, 'beta2', o.beta2, { min: 0, max: 1, belowMax: true });
    this.epsilon = checkNumber(where, 'epsilon', o.epsilon, { min: 0, aboveMin: true });
    this.amsgrad = checkBoolean(where, 'amsgrad', o.amsgrad);
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Adam {
    return makeFromConfig(Adam, config);
  }

  override getConfig(): OptimizerConfig {
    const { beta1, beta2, epsilon, amsgrad } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon, amsgrad };
  }

  protected override rule(): NativeRule {
    const { beta1, beta2, epsilon, amsgrad } = this;
    return { kind: 'adam', beta1, beta2, epsilon, amsgrad };
  }
}
