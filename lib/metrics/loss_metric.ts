// SPDX-License-Identifier: MIT
// Any loss, reported as a metric: without the penalties that regularizers add to the loss itself.
import { getLoss, type LossIdentifier } from '../losses';
import { checkOptions } from '../util/validate';
import { Metric, metricName, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

/**
 * A loss as a metric, for instance the mean absolute error of a model trained on squares.
 *
 * Source: keras/src/metrics/regression_metrics.py and probabilistic_metrics.py, one class for all of them.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new LossMetric('mae')] }); // history.meanAbsoluteError
 */
export class LossMetric extends Metric {
  readonly className = 'LossMetric';
  readonly direction = 'down';
  readonly targets: 'ids' | 'dense';
  readonly #native: NativeMetric;

  /**
   * @param loss a name or a loss
   * @param options `name`: key in history, by default that of the loss in camelCase
   * @throws ConfigError `ERR_UNKNOWN_NAME`, `ERR_UNKNOWN_OPTION`, `ERR_TYPE`
   */
  constructor(loss: LossIdentifier, options?: MetricOptions) {
    const { name, kind, fromLogits, targetRule } = getLoss(loss, 'LossMetric');
    checkOptions('LossMetric', options, ['name']);
    super(metricName('LossMetric', options, name));
    this.targets = targetRule === 'ids' ? 'ids' : 'dense';
    this.#native = { kind, fromLogits };
  }

  override getConfig(): MetricConfig {
    return { name: this.name, ...this.#native };
  }

  override toNative(): NativeMetric {
    return { ...this.#native };
  }
}
