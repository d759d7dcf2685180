// SPDX-License-Identifier: MIT
// Adam: options, defaults and checks. The update itself is native/kernels/optimizers-inl.h
import { checkBoolean, checkNumber, checkString } from '../util/validate';
import { Optimizer, resolveOptions, type OptimizerConfig } from './optimizer';
import type { NativeOptimizer } from '../native/binding';

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Step size, at least 0. Default 0.001. */
  learningRate?: number;
  /** Decay of the mean gradient, from 0 to below 1. Default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient, from 0 to below 1. Default 0.999. */
  beta2?: number;
  /** Added to the root, above 0. Default 1e-7. */
  epsilon?: number;
  /** Divides by the largest mean square so far. Default false. */
  amsgrad?: boolean;
  /** Default 'adam'. */
  name?: string;
}

const DEFAULTS = Object.freeze({
  learningRate: 0.001,
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
  readonly className = 'Adam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;

  /**
   * @param learningRate step size, at least 0; default 0.001
   * @param options see {@link AdamOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(learningRate?: number | AdamOptions, options?: Omit<AdamOptions, 'learningRate'>) {
    const o = resolveOptions('Adam', DEFAULTS, learningRate, options);
    super(checkString('Adam', 'name', o.name), checkNumber('Adam', 'learningRate', o.learningRate, { min: 0 }));
    this.beta1 = checkNumber('Adam', 'beta1', o.beta1, { min: 0, max: 1, belowMax: true });
    this.beta2 = checkNumber('Adam', 'beta2', o.beta2, { min: 0, max: 1, belowMax: true });
    this.epsilon = checkNumber('Adam', 'epsilon', o.epsilon, { min: 0, aboveMin: true });
    this.amsgrad = checkBoolean('Adam', 'amsgrad', o.amsgrad);
  }

  /** The optimizer that `getConfig` described. */
  static fromConfig(config: OptimizerConfig): Adam {
    return new Adam(config as AdamOptions);
  }

  override getConfig(): OptimizerConfig {
    const { name, learningRate, beta1, beta2, epsilon, amsgrad } = this;
    return { name, learningRate, beta1, beta2, epsilon, amsgrad };
  }

  override toNative(): NativeOptimizer {
    const { learningRate, beta1, beta2, epsilon, amsgrad } = this;
    return { kind: 'adam', learningRate, beta1, beta2, epsilon, amsgrad };
  }
}
