// SPDX-License-Identifier: MIT
// The cross-entropies: names and options. The sums themselves are native/losses/crossentropy.cc.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkInteger } from '../util/validate';
import { checkLabelSmoothing, checkLastAxis, Loss, type LossConfig, type LossOptions } from './loss';
import type { NativeLoss } from '../native/binding';

/** Options of the cross-entropies of dense targets. */
export interface CrossentropyOptions extends LossOptions {
  /** The outputs are logits, not probabilities. Default false. */
  fromLogits?: boolean;
  /** Share of the targets that is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number;
  /** -1, the last one. */
  axis?: number;
}

/** Options of {@link SparseCategoricalCrossentropy}. */
export interface SparseCategoricalCrossentropyOptions extends LossOptions {
  /** The outputs are logits, not probabilities. Default false. */
  fromLogits?: boolean;
  /**
   * Rows of this class count nothing, whatever the outputs, nor in the metrics of the model; it may be no class of them,
   * such as -1. Default null.
   */
  ignoreClass?: number | null;
  /** -1, the last one. */
  axis?: number;
}

abstract class DenseCrossentropy extends Loss {
  abstract override readonly kind: 'binary_crossentropy' | 'categorical_crossentropy';
  readonly targetRule = 'probabilities';
  override readonly fromLogits: boolean;
  readonly labelSmoothing: number;

  protected constructor(where: string, name: string, options: CrossentropyOptions | undefined) {
    super(where, name, options, ['fromLogits', 'labelSmoothing', 'axis']);
    const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options ?? {};
    this.fromLogits = checkBoolean(where, 'fromLogits', fromLogits);
    this.labelSmoothing = checkLabelSmoothing(where, labelSmoothing);
    checkLastAxis(where, axis);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), fromLogits: this.fromLogits, labelSmoothing: this.labelSmoothing };
  }

  override toNative(): NativeLoss {
    const { kind, reduction, fromLogits, labelSmoothing } = this;
    return { kind, reduction, fromLogits, labelSmoothing };
  }
}

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
export class BinaryCrossentropy extends DenseCrossentropy {
  readonly className = 'BinaryCrossentropy';
  readonly kind = 'binary_crossentropy';

  /**
   * @param options see {@link CrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyOptions, ...rest: []) {
    refuseMore('BinaryCrossentropy', rest);
    super('BinaryCrossentropy', 'binary_crossentropy', options);
  }
}

/**
 * Categorical cross-entropy, `-sum(y·log(p))`, for outputs [N,K] over K classes; targets [N,K], one-hot or probabilities.
 *
 * Differs from Keras: after a last softmax the loss is computed from the logits, without clipping probabilities at 1e-7.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new CategoricalCrossentropy({ labelSmoothing: 0.1 }), metrics: ['accuracy'] });
 */
export class CategoricalCrossentropy extends DenseCrossentropy {
  readonly className = 'CategoricalCrossentropy';
  readonly kind = 'categorical_crossentropy';

  /**
   * @param options see {@link CrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyOptions, ...rest: []) {
    refuseMore('CategoricalCrossentropy', rest);
    super('CategoricalCrossentropy', 'categorical_crossentropy', options);
  }
}

/**
 * Categorical cross-entropy with class ids as targets: outputs [N,K] or [N,T,K], targets [N] (or [N,1]), [N,T] with ids
 * from 0 to K - 1, or `ignoreClass`.
 *
 * Differs from Keras: after a last softmax the loss is computed from the logits, without clipping probabilities at 1e-7.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] });
 */
export class SparseCategoricalCrossentropy extends Loss {
  readonly className = 'SparseCategoricalCrossentropy';
  readonly kind = 'sparse_categorical_crossentropy';
  readonly targetRule = 'ids';
  override readonly fromLogits: boolean;
  override readonly ignoreClass: number | null;

  /**
   * @param options see {@link SparseCategoricalCrossentropyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SparseCategoricalCrossentropyOptions, ...rest: []) {
    const where = 'SparseCategoricalCrossentropy';
    refuseMore(where, rest);
    super(where, 'sparse_categorical_crossentropy', options, ['fromLogits', 'ignoreClass', 'axis']);
    const { fromLogits = false, ignoreClass = null, axis = -1 } = options ?? {};
    this.fromLogits = checkBoolean(where, 'fromLogits', fromLogits);
    this.ignoreClass = readIgnoreClass(where, ignoreClass);
    checkLastAxis(where, axis);
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), fromLogits: this.fromLogits, ignoreClass: this.ignoreClass };
  }

  override toNative(): NativeLoss {
    const { kind, reduction, fromLogits, ignoreClass } = this;
    return { kind, reduction, fromLogits, ignoreClass };
  }
}

/** An id that float32 targets can hold, or null. */
export function readIgnoreClass(where: string, value: unknown): number | null {
  return value === null ? null : checkInteger(where, 'ignoreClass', value, -(2 ** 24), 2 ** 24);
}
