// SPDX-License-Identifier: MIT
// True and false positives and negatives, precision and recall.
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { refusal } from '../util/validate';
import {
  ConfusionMetric,
  integerOrNull,
  makeThresholds,
  readThresholds,
  type Counts,
  type Thresholds,
} from './confusion';
import { divideNoNan, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

/** Options of the counts. */
export interface ThresholdOptions extends MetricOptions {
  /** Outputs above it count as positive; several give as many results. Default 0.5. */
  thresholds?: number | readonly number[] | null;
}

/** Options of {@link Precision} and {@link Recall}. */
export interface PrecisionOptions extends ThresholdOptions {
  /** Only the k largest outputs of a row can be positive, and without `thresholds` all of them are. Default null: no limit. */
  topK?: number | null;
  /** The only class (column) that counts. Default null: all. */
  classId?: number | null;
}

/** The threshold of Keras below which nothing lies that is at the top. */
const NO_THRESHOLD = -1e10;

type Given = number | readonly number[] | null;

abstract class ThresholdMetric extends ConfusionMetric {
  override readonly isScalar: boolean;
  readonly topK: number | null;
  readonly #given: Given;

  protected constructor(where: string, name: string, options: PrecisionOptions | undefined, known: readonly string[]) {
    const { thresholds = null, topK = null } = options ?? {};
    const read = (): Thresholds =>
      makeThresholds(thresholds === null ? [topK === null ? 0.5 : NO_THRESHOLD] : readThresholds(where, thresholds));
    super(where, name, options, ['thresholds', ...known], read);
    this.topK = integerOrNull(where, 'topK', topK, 1);
    this.#given = Array.isArray(thresholds) ? [...(thresholds as number[])] : (thresholds as number | null);
    this.isScalar = this.cuts.places.length === 1;
  }

  override getConfig(): MetricConfig {
    return { name: this.name, thresholds: this.#given };
  }

  override checkColumns(where: string, columns: number): void {
    super.checkColumns(where, columns);
    if (this.topK !== null && this.topK > columns)
      throw refusal(
        'ERR_CONFIG',
        where,
        `topK from 1 to ${columns}, as many classes as the outputs have`,
        `${this.topK}`,
      );
  }

  override toNative(): NativeMetric {
    return this.confusion({ topK: this.topK ?? 0 });
  }

  /** The result at each threshold. */
  protected abstract resultOf(counts: Counts): number[];

  override result(state: Float64Array = this.state): number | NdArray {
    const results = this.resultOf(this.counts(state));
    return results.length === 1 ? results[0]! : new NdArray(Float32Array.from(results), [results.length]);
  }
}

/**
 * Weight of outputs above the threshold whose target is not 0.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new TruePositives()] });
 */
export class TruePositives extends ThresholdMetric {
  readonly className = 'TruePositives';
  readonly direction = undefined;

  /**
   * @param options see {@link ThresholdOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: ThresholdOptions, ...rest: []) {
    refuseMore('TruePositives', rest);
    super('TruePositives', 'truePositives', options, []);
  }

  protected override resultOf({ tp }: Counts): number[] {
    return [...tp];
  }
}

/**
 * Weight of outputs not above the threshold whose target is 0.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new TrueNegatives()] });
 */
export class TrueNegatives extends ThresholdMetric {
  readonly className = 'TrueNegatives';
  readonly direction = undefined;

  /**
   * @param options see {@link ThresholdOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: ThresholdOptions, ...rest: []) {
    refuseMore('TrueNegatives', rest);
    super('TrueNegatives', 'trueNegatives', options, []);
  }

  protected override resultOf({ tn }: Counts): number[] {
    return [...tn];
  }
}

/**
 * Weight of outputs above the threshold whose target is 0.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new FalsePositives()] });
 */
export class FalsePositives extends ThresholdMetric {
  readonly className = 'FalsePositives';
  readonly direction = undefined;

  /**
   * @param options see {@link ThresholdOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: ThresholdOptions, ...rest: []) {
    refuseMore('FalsePositives', rest);
    super('FalsePositives', 'falsePositives', options, []);
  }

  protected override resultOf({ fp }: Counts): number[] {
    return [...fp];
  }
}

/**
 * Weight of outputs not above the threshold whose target is not 0.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new FalseNegatives()] });
 */
export class FalseNegatives extends ThresholdMetric {
  readonly className = 'FalseNegatives';
  readonly direction = undefined;

  /**
   * @param options see {@link ThresholdOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: ThresholdOptions, ...rest: []) {
    refuseMore('FalseNegatives', rest);
    super('FalseNegatives', 'falseNegatives', options, []);
  }

  protected override resultOf({ fn }: Counts): number[] {
    return [...fn];
  }
}

/**
 * Share of true ones among the positive outputs, `tp / (tp + fp)`; 0 where none is positive.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new Precision({ thresholds: 0.7 })] });
 */
export class Precision extends ThresholdMetric {
  readonly className = 'Precision';
  readonly direction = 'up';

  /**
   * @param options see {@link PrecisionOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: PrecisionOptions, ...rest: []) {
    refuseMore('Precision', rest);
    super('Precision', 'precision', options, ['topK', 'classId']);
  }

  override getConfig(): MetricConfig {
    return { ...super.getConfig(), topK: this.topK, classId: this.classId };
  }

  protected override resultOf({ tp, fp }: Counts): number[] {
    return tp.map((count, i) => divideNoNan(count, count + fp[i]!));
  }
}

/**
 * Share of positive outputs among those whose target is not 0, `tp / (tp + fn)`; 0 where there is no such target.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new Recall()] });
 */
export class Recall extends ThresholdMetric {
  readonly className = 'Recall';
  readonly direction = 'up';

  /**
   * @param options see {@link PrecisionOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: PrecisionOptions, ...rest: []) {
    refuseMore('Recall', rest);
    super('Recall', 'recall', options, ['topK', 'classId']);
  }

  override getConfig(): MetricConfig {
    return { ...super.getConfig(), topK: this.topK, classId: this.classId };
  }

  protected override resultOf({ tp, fn }: Counts): number[] {
    return tp.map((count, i) => divideNoNan(count, count + fn[i]!));
  }
}
