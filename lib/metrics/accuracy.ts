// SPDX-License-Identifier: MIT
// The accuracy family: how often the outputs say what the targets say. The sums themselves are native/metrics/row_mean.cc.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkInteger, checkNumber } from '../util/validate';
import { MeanMetric, type MetricConfig, type MetricOptions } from './metric';
import type { TargetRules } from '../losses/targets';
import type { NativeMetric } from '../native/binding';

/** Options of {@link BinaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** Outputs above it mean 1. Default 0.5. */
  threshold?: number;
}

/** Options of {@link TopKCategoricalAccuracy}. */
export interface TopKOptions extends MetricOptions {
  /** How many of the largest outputs count, from 1. Default 5. */
  k?: number;
}

/** Options of {@link SparseTopKCategoricalAccuracy}. */
export interface SparseTopKOptions extends TopKOptions {
  /** The outputs are class ids already, the best first, not scores. Default false. */
  fromSortedIds?: boolean;
}

const DEFAULT_THRESHOLD = 0.5;
const DEFAULT_K = 5;

/**
 * Share of outputs that equal the targets exactly.
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new Accuracy()] });
 */
export class Accuracy extends MeanMetric {
  readonly className = 'Accuracy';
  readonly direction = 'up';
  readonly targets = 'dense';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('Accuracy', rest);
    super('Accuracy', 'accuracy', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'accuracy' };
  }
}

/**
 * Share of outputs on the same side of a threshold as their targets (0 or 1).
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new BinaryAccuracy({ threshold: 0.4 })] });
 */
export class BinaryAccuracy extends MeanMetric {
  readonly className = 'BinaryAccuracy';
  readonly direction = 'up';
  readonly targets = 'dense';
  readonly threshold: number;

  /**
   * @param options see {@link BinaryAccuracyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`; `ERR_CONFIG` where the threshold is not between 0 and 1
   */
  constructor(options?: BinaryAccuracyOptions, ...rest: []) {
    refuseMore('BinaryAccuracy', rest);
    super('BinaryAccuracy', 'binaryAccuracy', options, ['threshold']);
    const range = { min: 0, aboveMin: true, max: 1, belowMax: true };
    const { threshold = DEFAULT_THRESHOLD } = options ?? {};
    this.threshold = checkNumber('BinaryAccuracy', 'threshold', threshold, range);
  }

  override getConfig(): MetricConfig {
    return { name: this.name, threshold: this.threshold };
  }

  override toNative(): NativeMetric {
    return { kind: 'binary_accuracy', threshold: this.threshold };
  }
}

/**
 * Share of rows whose largest output is at the class of the largest target; targets one-hot [N,K].
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'categorical_crossentropy', metrics: [new CategoricalAccuracy()] });
 */
export class CategoricalAccuracy extends MeanMetric {
  readonly className = 'CategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'dense';
  protected override readonly byElement = false;

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('CategoricalAccuracy', rest);
    super('CategoricalAccuracy', 'categoricalAccuracy', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'categorical_accuracy' };
  }
}

/**
 * Share of rows whose largest output is at the class that the target names; targets are ids [N].
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'sparse_categorical_crossentropy', metrics: [new SparseCategoricalAccuracy()] });
 */
export class SparseCategoricalAccuracy extends MeanMetric {
  readonly className = 'SparseCategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'ids';
  protected override readonly byElement = false;

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('SparseCategoricalAccuracy', rest);
    super('SparseCategoricalAccuracy', 'sparseCategoricalAccuracy', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'sparse_categorical_accuracy' };
  }
}

/**
 * Share of rows whose class, that of the largest target, is among those of the k largest outputs; targets one-hot [N,K].
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'categorical_crossentropy', metrics: [new TopKCategoricalAccuracy({ k: 3 })] });
 */
export class TopKCategoricalAccuracy extends MeanMetric {
  readonly className = 'TopKCategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'dense';
  protected override readonly byElement = false;
  readonly k: number;

  /**
   * @param options see {@link TopKOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: TopKOptions, ...rest: []) {
    refuseMore('TopKCategoricalAccuracy', rest);
    super('TopKCategoricalAccuracy', 'topKCategoricalAccuracy', options, ['k']);
    const { k = DEFAULT_K } = options ?? {};
    this.k = checkInteger('TopKCategoricalAccuracy', 'k', k);
  }

  override getConfig(): MetricConfig {
    return { name: this.name, k: this.k };
  }

  override toNative(): NativeMetric {
    return { kind: 'top_k_categorical_accuracy', k: this.k };
  }
}

/**
 * Share of rows whose class, which the target names, is among those of the k largest outputs; targets are ids [N].
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'sparse_categorical_crossentropy', metrics: [new SparseTopKCategoricalAccuracy({ k: 3 })] });
 */
export class SparseTopKCategoricalAccuracy extends MeanMetric {
  readonly className = 'SparseTopKCategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'ids';
  protected override readonly byElement = false;
  readonly k: number;
  readonly fromSortedIds: boolean;

  /**
   * @param options see {@link SparseTopKOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SparseTopKOptions, ...rest: []) {
    const where = 'SparseTopKCategoricalAccuracy';
    refuseMore(where, rest);
    super(where, 'sparseTopKCategoricalAccuracy', options, ['k', 'fromSortedIds']);
    const { k = DEFAULT_K, fromSortedIds = false } = options ?? {};
    this.k = checkInteger(where, 'k', k);
    this.fromSortedIds = checkBoolean(where, 'fromSortedIds', fromSortedIds);
  }

  override getConfig(): MetricConfig {
    return { name: this.name, k: this.k, fromSortedIds: this.fromSortedIds };
  }

  override toNative(): NativeMetric {
    return { kind: 'sparse_top_k_categorical_accuracy', k: this.k, fromSortedIds: this.fromSortedIds };
  }

  protected override targetRules(): TargetRules {
    // Ids that are sorted say nothing of how many classes there are.
    return this.fromSortedIds ? { ...super.targetRules(), classes: 2 ** 24 } : super.targetRules();
  }
}
