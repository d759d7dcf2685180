// SPDX-License-Identifier: MIT
// Cosine similarity as a loss: name and options. The sums themselves are native/losses/cosine_similarity.cc.
import { refuseMore } from '../util/arguments';
import { checkLastAxis, Loss, type LossOptions } from './loss';
import type { NativeLoss } from '../native/binding';

/** Options of {@link CosineSimilarity}. */
export interface CosineSimilarityOptions extends LossOptions {
  /** -1, the last one. */
  axis?: number;
}

/**
 * Minus the cosine of the angle between targets and outputs of each row, from -1 (the same direction) to 1; targets of the
 * output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new CosineSimilarity() });
 */
export class CosineSimilarity extends Loss {
  readonly className = 'CosineSimilarity';
  readonly kind = 'cosine_similarity';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link CosineSimilarityOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CosineSimilarityOptions, ...rest: []) {
    refuseMore('CosineSimilarity', rest);
    super('CosineSimilarity', 'cosine_similarity', options, ['axis']);
    const { axis = -1 } = options ?? {};
    checkLastAxis('CosineSimilarity', axis);
  }

  override toNative(): NativeLoss {
    return { kind: this.kind, reduction: this.reduction };
  }
}
