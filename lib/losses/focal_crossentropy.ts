// SPDX-License-Identifier: MIT
// Focal cross-entropies: names and options. The sums themselves are native/losses/focal_crossentropy.cc.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkNumber, refusal } from '../util/validate';
import { checkLabelSmoothing, checkLastAxis, Loss, type LossConfig } from './loss';
import type { CrossentropyOptions } from './crossentropy';
import type { NativeLoss } from '../native/binding';

interface FocalOptions extends CrossentropyOptions {
  /** Power of the probability that is missing, of at least 0; 0 gives the plain cross-entropy. Default 2. */
  gamma?: number;
}

/** Options of {@link CategoricalFocalCrossentropy}. */
export interface CategoricalFocalCrossentropyOptions extends FocalOptions {
  /** Factor of the loss, or one for each class [C]. Default 0.25. */
  alpha?: number | readonly number[];
}

/** Options of {@link BinaryFocalCrossentropy}. */
export interface BinaryFocalCrossentropyOptions extends FocalOptions {
  /** With `applyClassBalancing` the weight of class 1. Default 0.25. */
  alpha?: number;
  /** Weighs class 1 by `alpha` and class 0 by `1 - alpha`. Default false. */
  applyClassBalancing?: boolean;
}

const ALPHA = 0.25;

abstract class FocalCrossentropy extends Loss {
  readonly targetRule = 'probabilities';
  override readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly gamma: number;

  protected constructor(where: string, name: string, options: FocalOptions | undefined, known: readonly string[]) {
    super(where, name, options, ['alpha', 'gamma', 'fromLogits', 'labelSmoothing', 'axis', ...known]);
    const { gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 } = options ?? {};
    this.gamma = checkNumber(where, 'gamma', gamma, { min: 0 });
    this.fromLogits = checkBoolean(where, 'fromLogits', fromLogits);
    this.labelSmoothing = checkLabelSmoothing(where, labelSmoothing);
    checkLastAxis(where, axis);
  }

  override getConfig(): LossConfig {
    const { fromLogits, labelSmoothing, gamma } = this;
    return { ...super.getConfig(), fromLogits, labelSmoothing, gamma };
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
  readonly alpha: number;
  readonly applyClassBalancing: boolean;

  /**
   * @param options see {@link BinaryFocalCrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: BinaryFocalCrossentropyOptions, ...rest: []) {
    refuseMore('BinaryFocalCrossentropy', rest);
    super('BinaryFocalCrossentropy', 'binary_focal_crossentropy', options, ['applyClassBalancing']);
    const { alpha = ALPHA, applyClassBalancing = false } = options ?? {};
    this.alpha = checkNumber('BinaryFocalCrossentropy', 'alpha', alpha);
    this.applyClassBalancing = checkBoolean('BinaryFocalCrossentropy', 'applyClassBalancing', applyClassBalancing);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), alpha: this.alpha, applyClassBalancing: this.applyClassBalancing };
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
  readonly alpha: number | readonly number[];

  /**
   * @param options see {@link CategoricalFocalCrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CategoricalFocalCrossentropyOptions, ...rest: []) {
    refuseMore('CategoricalFocalCrossentropy', rest);
    super('CategoricalFocalCrossentropy', 'categorical_focal_crossentropy', options, []);
    this.alpha = readAlpha('CategoricalFocalCrossentropy', options?.alpha);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), alpha: this.alpha };
  }

  override checkColumns(where: string, columns: number): void {
    if (typeof this.alpha === 'number' || this.alpha.length === columns) return;
    const expected = `alpha of one number, or of ${columns}, as many as the last axis of the outputs has`;
    throw refusal('ERR_CONFIG', where, expected, `${this.alpha.length}`);
  }

  override toNative(): NativeLoss {
    const { kind, reduction, fromLogits, labelSmoothing, gamma } = this;
    return { kind, reduction, fromLogits, labelSmoothing, alpha: Float64Array.from([this.alpha].flat()), gamma };
  }
}

function readAlpha(where: string, alpha: unknown = ALPHA): number | readonly number[] {
  if (!Array.isArray(alpha)) return checkNumber(where, 'alpha', alpha);
  if (alpha.length === 0) throw refusal('ERR_CONFIG', where, 'alpha of a number, or one for each class', 'none');
  return Object.freeze(Array.from(alpha, (value: unknown, i) => checkNumber(where, `alpha[${i}]`, value)));
}
