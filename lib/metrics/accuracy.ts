// SPDX-License-Identifier: MIT
// The accuracy family: how often the outputs say what the targets say. The sums themselves are native/kernels/losses-inl.h.
import { checkNumber, checkOptions } from '../util/validate';
import { Metric, metricName, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

/** Options of {@link BinaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** Outputs above it mean 1. Default 0.5. */
  threshold?: number;
}

const DEFAULT_THRESHOLD = 0.5;

/**
 * Share of outputs that equal the targets exactly.
 *
 * Source: keras/src/metrics/accuracy_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new Accuracy()] });
 */
export class Accuracy extends Metric {
  readonly className = 'Accuracy';
  readonly direction = 'up';
  readonly targets = 'dense';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions) {
    checkOptions('Accuracy', options, ['name']);
    super(metricName('Accuracy', options, 'accuracy'));
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
export class BinaryAccuracy extends Metric {
  readonly className = 'BinaryAccuracy';
  readonly direction = 'up';
  readonly targets = 'dense';
  readonly threshold: number;

  /**
   * @param options see {@link BinaryAccuracyOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`; `ERR_CONFIG` where the threshold is not between 0 and 1
   */
  constructor(options?: BinaryAccuracyOptions) {
    const { threshold = DEFAULT_THRESHOLD } = checkOptions('BinaryAccuracy', options, ['name', 'threshold']);
    super(metricName('BinaryAccuracy', options, 'binaryAccuracy'));
    this.threshold = checkNumber('BinaryAccuracy', 'threshold', threshold, {
      min: 0,
      aboveMin: true,
      max: 1,
      belowMax: true,
    });
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
export class CategoricalAccuracy extends Metric {
  readonly className = 'CategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'dense';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions) {
    checkOptions('CategoricalAccuracy', options, ['name']);
    super(metricName('CategoricalAccuracy', options, 'categoricalAccuracy'));
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
export class SparseCategoricalAccuracy extends Metric {
  readonly className = 'SparseCategoricalAccuracy';
  readonly direction = 'up';
  readonly targets = 'ids';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions) {
    checkOptions('SparseCategoricalAccuracy', options, ['name']);
    super(metricName('SparseCategoricalAccuracy', options, 'sparseCategoricalAccuracy'));
  }

  override toNative(): NativeMetric {
    return { kind: 'sparse_categorical_accuracy' };
  }
}
