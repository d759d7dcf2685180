// SPDX-License-Identifier: MIT
// Cross-entropy of one class among several, with one-hot targets: name and options. The sums themselves are native/kernels/losses-inl.h.
import { Crossentropy, type CrossentropyOptions, type LossConfig } from './loss';

/**
 * Categorical cross-entropy, `-sum(y·log(p))`, for outputs [N,K] over K classes; targets [N,K], one-hot or probabilities.
 *
 * Differs from Keras: after a last softmax the loss is computed from the logits, without clipping probabilities at 1e-7.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new CategoricalCrossentropy(), metrics: ['accuracy'] });
 */
export class CategoricalCrossentropy extends Crossentropy {
  readonly className = 'CategoricalCrossentropy';
  readonly kind = 'categorical_crossentropy';
  readonly targetRule = 'probabilities';

  /**
   * @param options see {@link CrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyOptions) {
    super('CategoricalCrossentropy', 'categorical_crossentropy', options);
  }

  /** The loss that `getConfig` described. */
  static fromConfig(config: LossConfig): CategoricalCrossentropy {
    return new CategoricalCrossentropy(config as CrossentropyOptions);
  }
}
