// SPDX-License-Identifier: MIT
// Losses of overlap: names and options. The sums themselves are native/losses/overlap.cc.
import { refuseMore } from '../util/arguments';
import { checkNumber, describe, refusal } from '../util/validate';
import { Loss, type LossConfig, type LossOptions } from './loss';
import type { NativeLoss } from '../native/binding';

/** Options of {@link Dice}. */
export interface OverlapOptions extends LossOptions {
  /** null takes the batch as a whole, -1 each row by itself. Default null. */
  axis?: number | null;
}

/** Options of {@link Tversky}. */
export interface TverskyOptions extends OverlapOptions {
  /** Weight of targets that the outputs miss. Default 0.5. */
  alpha?: number;
  /** Weight of outputs that are no targets. Default 0.5. */
  beta?: number;
}

function readByRow(where: string, axis: unknown): boolean {
  if (axis === null) return false;
  if (axis === -1) return true;
  throw refusal('ERR_CONFIG', where, 'axis to be null (the whole batch) or -1 (each row)', describe(axis));
}

/**
 * Dice loss, `1 - 2·sum(y·p) / (sum(y) + sum(p))`, over the batch as a whole; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new Dice() });
 */
export class Dice extends Loss {
  readonly className = 'Dice';
  readonly kind = 'dice';
  readonly targetRule = 'numbers';
  readonly #byRow: boolean;

  /**
   * @param options see {@link OverlapOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: OverlapOptions, ...rest: []) {
    refuseMore('Dice', rest);
    super('Dice', 'dice', options, ['axis']);
    const { axis = null } = options ?? {};
    this.#byRow = readByRow('Dice', axis);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), axis: this.#byRow ? -1 : null };
  }

  override toNative(): NativeLoss {
    return { kind: this.kind, reduction: this.reduction, byRow: this.#byRow };
  }
}

/**
 * Tversky loss, `1 - tp / (tp + alpha·fn + beta·fp)` with `tp = sum(y·p)`, `fn = sum(y·(1 - p))`, `fp = sum((1 - y)·p)`, over
 * the batch as a whole; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py; Salehi et al., Tversky loss function for image segmentation (2017).
 *
 * @example
 * model.compile({ loss: new Tversky({ alpha: 0.7, beta: 0.3 }) });
 */
export class Tversky extends Loss {
  readonly className = 'Tversky';
  readonly kind = 'tversky';
  readonly targetRule = 'numbers';
  readonly alpha: number;
  readonly beta: number;
  readonly #byRow: boolean;

  /**
   * @param options see {@link TverskyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: TverskyOptions, ...rest: []) {
    refuseMore('Tversky', rest);
    super('Tversky', 'tversky', options, ['alpha', 'beta', 'axis']);
    const { alpha = 0.5, beta = 0.5, axis = null } = options ?? {};
    this.alpha = checkNumber('Tversky', 'alpha', alpha, { min: 0 });
    this.beta = checkNumber('Tversky', 'beta', beta, { min: 0 });
    this.#byRow = readByRow('Tversky', axis);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), alpha: this.alpha, beta: this.beta, axis: this.#byRow ? -1 : null };
  }

  override toNative(): NativeLoss {
    return { kind: this.kind, reduction: this.reduction, alpha: this.alpha, beta: this.beta, byRow: this.#byRow };
  }
}
