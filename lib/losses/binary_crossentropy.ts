// SPDX-License-Identifier: MIT
// Cross-entropy of yes-or-no outputs: name and options. The sums themselves are native/kernels/losses-inl.h.
import { Crossentropy, type CrossentropyOptions, type LossConfig } from './loss';

/**
 * Binary cross-entropy, `-y·log(p) - (1 - y)·log(1 - p)`, for outputs [N,K] that each answer yes or no; targets [N,K] in [0, 1].
 *
 * Differs from Keras: after a last sigmoid the loss is computed from the logits, without clipping probabilities at 1e-7.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new BinaryCrossentropy({ fromLogits: true }) });
 */
export class BinaryCrossentropy extends Crossentropy {
  readonly className = 'BinaryCrossentropy';
  readonly kind = 'binary_crossentropy';
  readonly targetRule = 'probabilities';

  /**
   * @param options see {@link CrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyOptions) {
    super('BinaryCrossentropy', 'binary_crossentropy', options);
  }

  /** The loss that `getConfig` described. */
  static fromConfig(config: LossConfig): BinaryCrossentropy {
    return new BinaryCrossentropy(config as CrossentropyOptions);
  }
}
