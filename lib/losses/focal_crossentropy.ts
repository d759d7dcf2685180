// SPDX-License-Identifier: MIT
// Focal cross-entropies: names and options. The sums themselves are native/losses/focal_crossentropy.cc.
import { checkBoolean, checkNumber } from '../util/validate';
import { checkLabelSmoothing, checkLastAxis, Loss, type LossConfig } from './loss';
import type { CrossentropyOptions } from './crossentropy';
import type { NativeLoss } from '../native/binding';

/** Options of {@link CategoricalFocalCrossentropy}. */
export interface CategoricalFocalCrossentropyOptions extends CrossentropyOptions {
  /** Factor of the loss; of {@link BinaryFocalCrossentropy} the weight of class 1, with `applyClassBalancing`. Default 0.25. */
  alpha?: number;
  /** Power of the probability that is missing, of at least 0; 0 gives the plain cross-entropy. Default 2. */
  gamma?: number;
}

/** Options of {@link BinaryFocalCrossentropy}. */
export interface BinaryFocalCrossentropyOptions extends CategoricalFocalCrossentropyOptions {
  /** Weighs class 1 by `alpha` and class 0 by `1 - alpha`. Default false. */
  applyClassBalancing?: boolean;
}

abstract class FocalCrossentropy extends Loss {
  readonly targetRule = 'probabilities';
  override readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly alpha: number;
  readonly gamma: number;

  protected constructor(
    where: string,
    name: string,
    options: CategoricalFocalCrossentropyOptions | undefined,
    known: readonly string[],
  ) {
    super(where, name, options, ['alpha', 'gamma', 'fromLogits', 'labelSmoothing', 'axis', ...known]);
    const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 } = options ?? {};
    this.alpha = checkNumber(where, 'alpha', alpha);
    this.gamma = checkNumber(where, 'gamma', gamma, { min: 0 });
    this.fromLogits = checkBoolean(where, 'fromLogits', fromLogits);
    this.labelSmoothing = checkLabelSmoothing(where, labelSmoothing);
    checkLastAxis(where, axis);
  }

  override getConfig(): LossConfig {
    const { fromLogits, labelSmoothing, alpha, gamma } = this;
    return { ...super.getConfig(), fromLogits, labelSmoothing, alpha, gamma };
  }
}

/**
 * Binary focal cross-entropy: the binary cross-entropy of each output times (1 - p_t)^gamma, where p_t is the probability
 * that the output gives to its target. Targets as those of `BinaryCrossentropy`.
 *
 * Source: keras/src/losses/losses.py; Lin et al., Focal Loss for Dense Object Detection (2017).
 *
 * @example
 * model.compile({ loss: new BinaryFocalCrossentropy({ gamma: 2, applyClassBalancing: true }) });
 */
export class BinaryFocalCrossentropy extends FocalCrossentropy {
  readonly className = 'BinaryFocalCrossentropy';
  readonly kind = 'binary_focal_crossentropy';
  readonly applyClassBalancing: boolean;

  /**
   * @param options see {@link BinaryFocalCrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: BinaryFocalCrossentropyOptions) {
    super('BinaryFocalCrossentropy', 'binary_focal_crossentropy', options, ['applyClassBalancing']);
    const { applyClassBalancing = false } = options ?? {};
    this.applyClassBalancing = checkBoolean('BinaryFocalCrossentropy', 'applyClassBalancing', applyClassBalancing);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), applyClassBalancing: this.applyClassBalancing };
  }

  override toNative(): NativeLoss {
    const { kind, reduction, fromLogits, labelSmoothing, alpha, gamma, applyClassBalancing } = this;
    return { kind, reduction, fromLogits, labelSmoothing, alpha, gamma, applyClassBalancing };
  }
}

/**
 * Categorical focal cross-entropy, `-sum(alpha·(1 - p)^gamma·y·log(p))`; targets as those of `CategoricalCrossentropy`.
 *
 * Source: keras/src/losses/losses.py; Lin et al., Focal Loss for Dense Object Detection (2017).
 *
 * @example
 * model.compile({ loss: new CategoricalFocalCrossentropy({ gamma: 2 }) });
 */
export class CategoricalFocalCrossentropy extends FocalCrossentropy {
  readonly className = 'CategoricalFocalCrossentropy';
  readonly kind = 'categorical_focal_crossentropy';

  /**
   * @param options see {@link CategoricalFocalCrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CategoricalFocalCrossentropyOptions) {
    super('CategoricalFocalCrossentropy', 'categorical_focal_crossentropy', options, []);
  }

  override toNative(): NativeLoss {
    const { kind, reduction, fromLogits, labelSmoothing, alpha, gamma } = this;
    return { kind, reduction, fromLogits, labelSmoothing, alpha, gamma };
  }
}
