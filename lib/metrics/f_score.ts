// SPDX-License-Identifier: MIT
// F-scores of classes and their averages, by the sums of native/metrics/f_beta.cc.
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { checkNumber, checkOneOf } from '../util/validate';
import { Metric, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

/** Options of {@link F1Score}. */
export interface F1ScoreOptions extends MetricOptions {
  /**
   * null: one score for each class; 'micro': one of all elements; 'macro': the mean of the classes'; 'weighted': the same,
   * by how often each is the target. Default null, which models cannot log.
   */
  average?: 'micro' | 'macro' | 'weighted' | null;
  /** Outputs above it are positive, in (0, 1]; null: the largest of each row. Default null. */
  threshold?: number | null;
}

/** Options of {@link FBetaScore}. */
export interface FBetaScoreOptions extends F1ScoreOptions {
  /** How much more recall counts than precision, above 0. Default 1. */
  beta?: number;
}

const EPSILON = 1e-7; // keras.config.epsilon()

abstract class FScore extends Metric {
  readonly direction = 'up';
  readonly targets = 'dense';
  override readonly isScalar: boolean;
  protected override readonly byElement = false;
  readonly average: 'micro' | 'macro' | 'weighted' | null;
  readonly threshold: number | null;
  readonly beta: number;

  protected constructor(where: string, name: string, options: FBetaScoreOptions | undefined, known: readonly string[]) {
    super(where, name, options, ['average', 'threshold', ...known]);
    const { average = null, threshold = null, beta = 1 } = options ?? {};
    const averages = ['micro', 'macro', 'weighted'] as const;
    this.average = average === null ? null : checkOneOf(where, 'average', average, averages);
    const range = { min: 0, aboveMin: true, max: 1 };
    this.threshold = threshold === null ? null : checkNumber(where, 'threshold', threshold, range);
    this.beta = checkNumber(where, 'beta', beta, { min: 0, aboveMin: true });
    this.isScalar = this.average !== null;
  }

  override getConfig(): MetricConfig {
    return { name: this.name, average: this.average, threshold: this.threshold };
  }

  override toNative(): NativeMetric {
    return { kind: 'f_beta', threshold: this.threshold };
  }

  override stateSize(columns: number): number {
    return 4 * columns;
  }

  override result(state: Float64Array = this.state): number | NdArray {
    const columns = state.length / 4;
    const [tp, fp, fn, labels] = [0, 1, 2, 3].map((i) => Array.from(state.subarray(i * columns, (i + 1) * columns)));
    if (this.average === 'micro') return this.#score(sum(tp!), sum(fp!), sum(fn!));
    const scores = tp!.map((count, i) => this.#score(count, fp![i]!, fn![i]!));
    if (this.average === 'macro') return sum(scores) / columns;
    const total = sum(labels!) + EPSILON;
    if (this.average === 'weighted') return sum(scores.map((score, i) => (score * labels![i]!) / total));
    return new NdArray(Float32Array.from(scores), [columns]);
  }

  #score(tp: number, fp: number, fn: number): number {
    const precision = tp / (tp + fp + EPSILON);
    const recall = tp / (tp + fn + EPSILON);
    const weight = this.beta ** 2;
    return ((precision * recall) / (weight * precision + recall + EPSILON)) * (1 + weight);
  }
}

/**
 * F-score, `(1 + beta²)·precision·recall / (beta²·precision + recall)`; targets one-hot or multi-hot [N,K].
 *
 * Source: keras/src/metrics/f_score_metrics.py.
 *
 * @example
 * model.compile({ loss: 'categorical_crossentropy', metrics: [new FBetaScore({ average: 'macro', beta: 2 })] });
 */
export class FBetaScore extends FScore {
  readonly className = 'FBetaScore';

  /**
   * @param options see {@link FBetaScoreOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: FBetaScoreOptions, ...rest: []) {
    refuseMore('FBetaScore', rest);
    super('FBetaScore', 'fbetaScore', options, ['beta']);
  }

  override getConfig(): MetricConfig {
    return { ...super.getConfig(), beta: this.beta };
  }
}

/**
 * F1 score, `2·precision·recall / (precision + recall)`; targets one-hot or multi-hot [N,K].
 *
 * Source: keras/src/metrics/f_score_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new F1Score({ average: 'micro', threshold: 0.5 })] });
 */
export class F1Score extends FScore {
  readonly className = 'F1Score';

  /**
   * @param options see {@link F1ScoreOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: F1ScoreOptions, ...rest: []) {
    refuseMore('F1Score', rest);
    super('F1Score', 'f1Score', options, []);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
