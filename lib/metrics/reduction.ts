// SPDX-License-Identifier: MIT
// Means and sums of plain values, for loops of one's own.
import { refuseMore } from '../util/arguments';
import { readValueRows } from '../losses/rows';
import { callEngine, loadBinding } from '../native/engine';
import { MeanMetric, Metric, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';
import type { ArrayInput } from '../types';

function addValues(metric: Metric, state: Float64Array, values: ArrayInput | number, weights?: ArrayInput): void {
  const rows = readValueRows(metric.className, typeof values === 'number' ? [values] : values, weights);
  callEngine(() => loadBinding().updateMetric(metric.toNative(), rows, state));
}

/**
 * Mean of values by weight.
 *
 * Source: keras/src/metrics/reduction_metrics.py.
 *
 * @example
 * const mean = new Mean();
 * mean.updateState([1, 3, 5, 7], [1, 1, 0, 0]);
 * mean.result(); // 2
 */
export class Mean extends MeanMetric {
  readonly className = 'Mean';
  readonly direction = undefined;
  readonly targets = 'none';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('Mean', rest);
    super('Mean', 'mean', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'mean' };
  }

  /**
   * Adds values.
   *
   * @param values a number, or an array: the mean of axes behind those of the weights (or behind the first) is taken first
   * @param sampleWeight of the values' first axis, or axes
   * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
   */
  override updateState(values: ArrayInput | number, sampleWeight?: ArrayInput): void {
    addValues(this, this.ownState(1), values, sampleWeight);
  }
}

/**
 * Sum of values times weights.
 *
 * Source: keras/src/metrics/reduction_metrics.py.
 *
 * @example
 * const sum = new Sum();
 * sum.updateState([1, 3, 5, 7]);
 * sum.result(); // 16
 */
export class Sum extends Metric {
  readonly className = 'Sum';
  readonly direction = undefined;
  readonly targets = 'none';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('Sum', rest);
    super('Sum', 'sum', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'sum' };
  }

  override stateSize(): number {
    return 1;
  }

  override result(state: Float64Array = this.state): number {
    return state[0]!;
  }

  /**
   * Adds values.
   *
   * @param values a number, or an array
   * @param sampleWeight of the values' first axis, or axes
   * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
   */
  override updateState(values: ArrayInput | number, sampleWeight?: ArrayInput): void {
    addValues(this, this.ownState(1), values, sampleWeight);
  }
}
