// SPDX-License-Identifier: MIT
// Cross-entropy of one class among several, with class ids as targets: name and options. The sums themselves are native/kernels/losses-inl.h.
import { Crossentropy, type CrossentropyOptions, type LossConfig } from './loss';

/**
 * Categorical cross-entropy with class ids as targets: outputs [N,K] or [N,T,K], targets [N] (or [N,1]), [N,T] with ids from 0 to K - 1.
 *
 * Differs from Keras: after a last softmax the loss is computed from the logits, without clipping probabilities at 1e-7.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] });
 */
export class SparseCategoricalCrossentropy extends Crossentropy {
  readonly className = 'SparseCategoricalCrossentropy';
  readonly kind = 'sparse_categorical_crossentropy';
  readonly targetRule = 'ids';

  /**
   * @param options see {@link CrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyOptions) {
    super('SparseCategoricalCrossentropy', 'sparse_categorical_crossentropy', options);
  }

  /** The loss that `getConfig` described. */
  static fromConfig(config: LossConfig): SparseCategoricalCrossentropy {
    return new SparseCategoricalCrossentropy(config as CrossentropyOptions);
  }
}
