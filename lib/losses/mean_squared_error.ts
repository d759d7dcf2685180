// SPDX-License-Identifier: MIT
// Mean squared error: its name. The sums themselves are native/kernels/losses-inl.h.
import { PlainLoss, type LossOptions, type LossConfig } from './loss';

/**
 * Mean of `(y - p)²` over the last axis and the rows; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'mse' });
 */
export class MeanSquaredError extends PlainLoss {
  readonly className = 'MeanSquaredError';
  readonly kind = 'mean_squared_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions) {
    super('MeanSquaredError', 'mean_squared_error', options);
  }

  /** The loss that `getConfig` described. */
  static fromConfig(config: LossConfig): MeanSquaredError {
    return new MeanSquaredError(config as LossOptions);
  }
}
