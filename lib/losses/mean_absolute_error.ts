// SPDX-License-Identifier: MIT
// Mean absolute error: its name. The sums themselves are native/kernels/losses-inl.h.
import { PlainLoss, type LossOptions, type LossConfig } from './loss';

/**
 * Mean of `|y - p|` over the last axis and the rows; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'mae' });
 */
export class MeanAbsoluteError extends PlainLoss {
  readonly className = 'MeanAbsoluteError';
  readonly kind = 'mean_absolute_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions) {
    super('MeanAbsoluteError', 'mean_absolute_error', options);
  }

  /** The loss that `getConfig` described. */
  static fromConfig(config: LossConfig): MeanAbsoluteError {
    return new MeanAbsoluteError(config as LossOptions);
  }
}
