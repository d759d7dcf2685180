// SPDX-License-Identifier: MIT
// R2, the root of the mean squared error, and similarities of rows.
import { NdArray } from '../ndarray';
import { MeanSquaredError as MeanSquaredErrorLoss } from '../losses';
import { checkLastAxis } from '../losses/loss';
import { refuseMore } from '../util/arguments';
import { checkInteger, checkOneOf } from '../util/validate';
import { MeanMetric, Metric, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

/** Options of {@link R2Score}. */
export interface R2ScoreOptions extends MetricOptions {
  /**
   * null: one score for each output; 'uniform_average': their mean; 'variance_weighted_average': their mean by the variance
   * of the targets. Default 'uniform_average'.
   */
  classAggregation?: 'uniform_average' | 'variance_weighted_average' | null;
  /** Independent regressors, from 0: above 0 the score is adjusted for them. Default 0. */
  numRegressors?: number;
}

/** Options of {@link CosineSimilarity}. */
export interface SimilarityOptions extends MetricOptions {
  /** -1, the last one. */
  axis?: number;
}

/**
 * Coefficient of determination, `1 - sum((y - p)²) / sum((y - mean(y))²)`: 1 where outputs are the targets, 0 for their mean.
 *
 * Source: keras/src/metrics/regression_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new R2Score()] });
 */
export class R2Score extends Metric {
  readonly className = 'R2Score';
  readonly direction = 'up';
  readonly targets = 'dense';
  override readonly isScalar: boolean;
  readonly classAggregation: 'uniform_average' | 'variance_weighted_average' | null;
  readonly numRegressors: number;

  /**
   * @param options see {@link R2ScoreOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: R2ScoreOptions, ...rest: []) {
    refuseMore('R2Score', rest);
    super('R2Score', 'r2Score', options, ['classAggregation', 'numRegressors']);
    const { classAggregation = 'uniform_average', numRegressors = 0 } = options ?? {};
    const ways = ['uniform_average', 'variance_weighted_average'] as const;
    this.classAggregation =
      classAggregation === null ? null : checkOneOf('R2Score', 'classAggregation', classAggregation, ways);
    this.numRegressors = checkInteger('R2Score', 'numRegressors', numRegressors, 0);
    this.isScalar = this.classAggregation !== null;
  }

  override getConfig(): MetricConfig {
    return { name: this.name, classAggregation: this.classAggregation, numRegressors: this.numRegressors };
  }

  override toNative(): NativeMetric {
    return { kind: 'r2' };
  }

  override stateSize(columns: number): number {
    return 4 * columns + 1;
  }

  override result(state: Float64Array = this.state): number | NdArray {
    const columns = (state.length - 1) / 4;
    const totals = Array.from({ length: columns }, (_, i) => {
      const sum = state[columns + i]!;
      return state[i]! - (sum * sum) / state[3 * columns + i]!;
    });
    const scores = totals.map((total, i) => {
      const score = 1 - state[2 * columns + i]! / total;
      return Math.abs(score) === Infinity ? 0 : score;
    });
    const adjusted = (score: number): number => this.#adjust(score, state[4 * columns]!);
    if (this.classAggregation === null) return new NdArray(Float32Array.from(scores, adjusted), [columns]);
    const weights = this.classAggregation === 'uniform_average' ? totals.map(() => 1) : totals;
    const weighted = scores.reduce((sum, score, i) => sum + score * weights[i]!, 0);
    return adjusted(weighted / weights.reduce((a, b) => a + b, 0));
  }

  /** Samples are counted as Keras counts them: all elements of the targets. */
  #adjust(score: number, samples: number): number {
    const p = this.numRegressors;
    return p === 0 || p >= samples - 1 ? score : 1 - ((1 - score) * (samples - 1)) / (samples - p - 1);
  }
}

/**
 * Root of the mean squared error of all rows.
 *
 * Source: keras/src/metrics/regression_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new RootMeanSquaredError()] });
 */
export class RootMeanSquaredError extends MeanMetric {
  readonly className = 'RootMeanSquaredError';
  readonly direction = 'down';
  readonly targets = 'dense';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('RootMeanSquaredError', rest);
    super('RootMeanSquaredError', 'rootMeanSquaredError', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'loss', loss: new MeanSquaredErrorLoss().toNative() };
  }

  override result(state: Float64Array = this.state): number {
    return Math.sqrt(super.result(state));
  }
}

abstract class Similarity extends MeanMetric {
  readonly direction = 'up';
  readonly targets = 'dense';
  protected override readonly byElement = false;

  protected constructor(where: string, name: string, options: SimilarityOptions | undefined) {
    super(where, name, options, ['axis']);
    const { axis = -1 } = options ?? {};
    checkLastAxis(where, axis);
  }
}

/**
 * Mean cosine of the angle between targets and outputs of each row: 1 for the same direction.
 *
 * Source: keras/src/metrics/regression_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new metrics.CosineSimilarity()] });
 */
export class CosineSimilarity extends Similarity {
  readonly className = 'CosineSimilarity';

  /**
   * @param options see {@link SimilarityOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SimilarityOptions, ...rest: []) {
    refuseMore('CosineSimilarity', rest);
    super('CosineSimilarity', 'cosineSimilarity', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'cosine_similarity' };
  }
}

/**
 * Mean of Pearson's correlation of targets and outputs of each row.
 *
 * Source: keras/src/metrics/correlation_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new PearsonCorrelation()] });
 */
export class PearsonCorrelation extends Similarity {
  readonly className = 'PearsonCorrelation';

  /**
   * @param options see {@link SimilarityOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SimilarityOptions, ...rest: []) {
    refuseMore('PearsonCorrelation', rest);
    super('PearsonCorrelation', 'pearsonCorrelation', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'pearson_correlation' };
  }
}

/**
 * Mean concordance correlation of targets and outputs of each row, as Keras 3.15 computes it: deviations of both are taken
 * from the mean of the outputs.
 *
 * Source: keras/src/metrics/correlation_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new ConcordanceCorrelation()] });
 */
export class ConcordanceCorrelation extends Similarity {
  readonly className = 'ConcordanceCorrelation';

  /**
   * @param options see {@link SimilarityOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SimilarityOptions, ...rest: []) {
    refuseMore('ConcordanceCorrelation', rest);
    super('ConcordanceCorrelation', 'concordanceCorrelation', options);
  }

  override toNative(): NativeMetric {
    return { kind: 'concordance_correlation' };
  }
}
