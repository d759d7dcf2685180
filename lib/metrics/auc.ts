// SPDX-License-Identifier: MIT
// The area under a curve of rates over thresholds, by the sums of native/metrics/confusion.cc.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkInteger, checkNumber, checkOneOf, describe, refusal } from '../util/validate';
import { ConfusionMetric, countsOf, isEven, makeThresholds, readThresholds, type Counts } from './confusion';
import { divideNoNan, type MetricConfig, type MetricOptions } from './metric';
import type { NativeMetric } from '../native/binding';

const CURVES = ['ROC', 'PR', 'PRGAIN'] as const;
const SUMMATIONS = ['interpolation', 'majoring', 'minoring'] as const;

type Curve = (typeof CURVES)[number];
type Summation = (typeof SUMMATIONS)[number];

/** Options of {@link AUC}. */
export interface AUCOptions extends MetricOptions {
  /** How many thresholds from 0 to 1, from 2. Default 200. */
  numThresholds?: number;
  /** True over false positive rate, precision over recall, or the gains of both. Default 'ROC'. */
  curve?: Curve | Lowercase<Curve>;
  /** Height of the curve between two thresholds: in the middle, the higher or the lower end. Default 'interpolation'. */
  summationMethod?: Summation;
  /** Thresholds in [0, 1] besides those just below 0 and above 1; they go before `numThresholds`. Default null. */
  thresholds?: readonly number[] | null;
  /** The mean of the areas of all columns, instead of one area of all elements. Default false. */
  multiLabel?: boolean;
  /** Columns, where `multiLabel`: others are refused. Default null: whatever comes. */
  numLabels?: number | null;
  /** One weight for each column: of its area with `multiLabel`, else of its elements. Default null: all 1. */
  labelWeights?: readonly number[] | null;
  /** The outputs are logits, not probabilities. Default false. */
  fromLogits?: boolean;
}

const BEYOND = 1e-7; // keras.config.epsilon(): how far the outer thresholds lie beyond 0 and 1

/**
 * Approximate area under the curve of rates over thresholds: 0.5 for guessing, 1 where all true ones lie above all others.
 *
 * Source: keras/src/metrics/confusion_metrics.py; Flach and Kull, Precision-Recall-Gain curves (2015).
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new AUC({ curve: 'PR' })] });
 */
export class AUC extends ConfusionMetric {
  readonly className = 'AUC';
  readonly direction = 'up';
  readonly curve: Curve;
  readonly summationMethod: Summation;
  readonly multiLabel: boolean;
  readonly numLabels: number | null;
  readonly labelWeights: readonly number[] | null;
  readonly fromLogits: boolean;
  readonly #given: readonly number[] | null;

  /**
   * @param options see {@link AUCOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: AUCOptions, ...rest: []) {
    refuseMore('AUC', rest);
    const known = [
      'numThresholds',
      'curve',
      'summationMethod',
      'thresholds',
      'multiLabel',
      'numLabels',
      'labelWeights',
    ];
    const { numThresholds = 200, thresholds = null } = options ?? {};
    super('AUC', 'auc', options, [...known, 'fromLogits'], () => {
      const count = checkInteger('AUC', 'numThresholds', numThresholds, 2);
      const even = Array.from({ length: count - 2 }, (_, i) => (i + 1) / (count - 1));
      const inner = thresholds === null ? even : [...readThresholds('AUC', thresholds)].sort((a, b) => a - b);
      return makeThresholds([-BEYOND, ...inner, 1 + BEYOND], thresholds === null || isEven([0, ...inner, 1]));
    });
    const { curve = 'ROC', summationMethod = 'interpolation', multiLabel = false, fromLogits = false } = options ?? {};
    const { numLabels = null, labelWeights = null } = options ?? {};
    const name = typeof curve === 'string' ? curve.toUpperCase() : curve;
    this.curve = checkOneOf('AUC', 'curve', name, CURVES);
    this.summationMethod = checkOneOf('AUC', 'summationMethod', summationMethod, SUMMATIONS);
    this.multiLabel = checkBoolean('AUC', 'multiLabel', multiLabel);
    this.fromLogits = checkBoolean('AUC', 'fromLogits', fromLogits);
    this.numLabels = numLabels === null ? null : checkInteger('AUC', 'numLabels', numLabels);
    if (numLabels !== null && !multiLabel)
      throw refusal('ERR_CONFIG', 'AUC', 'numLabels with multiLabel', `${numLabels} without it`);
    this.labelWeights = labelWeights === null ? null : readLabelWeights(labelWeights);
    this.#given = thresholds === null ? null : [...thresholds].sort((a, b) => a - b);
  }

  override getConfig(): MetricConfig {
    const { name, curve, summationMethod, multiLabel, numLabels, labelWeights, fromLogits } = this;
    const numThresholds = this.cuts.sorted.length;
    const thresholds = this.#given;
    return { name, numThresholds, thresholds, curve, summationMethod, multiLabel, numLabels, labelWeights, fromLogits };
  }

  override checkColumns(where: string, columns: number): void {
    const wanted = this.numLabels ?? this.labelWeights?.length ?? columns;
    if (wanted === columns && (this.labelWeights === null || this.labelWeights.length === columns)) return;
    const received = `${this.numLabels === null ? 'labelWeights' : 'numLabels'} of ${wanted}`;
    throw refusal('ERR_CONFIG', where, `as many labels as the ${columns} columns of the outputs`, received);
  }

  override stateSize(columns: number): number {
    return super.stateSize(columns) * (this.multiLabel ? columns : 1);
  }

  override toNative(): NativeMetric {
    const weights = this.multiLabel ? [] : (this.labelWeights ?? []);
    return this.confusion({
      belowFirst: true,
      fromLogits: this.fromLogits,
      byColumn: this.multiLabel,
      labelWeights: Float64Array.from(weights),
    });
  }

  override result(state: Float64Array = this.state): number {
    const size = super.stateSize(1);
    const areas = Array.from({ length: state.length / size }, (_, label) =>
      this.#area(countsOf(state.subarray(label * size, (label + 1) * size))),
    );
    const weights = areas.map((_, label) => (this.multiLabel ? (this.labelWeights?.[label] ?? 1) : 1));
    const total = areas.reduce((sum, area, label) => sum + area * weights[label]!, 0);
    return divideNoNan(
      total,
      weights.reduce((a, b) => a + b, 0),
    );
  }

  #area(counts: Counts): number {
    if (this.curve === 'PR' && this.summationMethod === 'interpolation') return interpolatedPrecision(counts);
    const points = counts.tp.map((_, i) => pointOf(this.curve, counts, i));
    let area = 0;
    for (let i = 0; i + 1 < points.length; i++) {
      const [x, y] = points[i]!;
      const [nextX, nextY] = points[i + 1]!;
      const height = { interpolation: (y + nextY) / 2, majoring: Math.max(y, nextY), minoring: Math.min(y, nextY) };
      area += (x - nextX) * height[this.summationMethod];
    }
    return area;
  }
}

/** Where the curve is at threshold i. */
function pointOf(curve: Curve, { tp, fp, tn, fn }: Counts, i: number): [x: number, y: number] {
  const recall = divideNoNan(tp[i]!, tp[i]! + fn[i]!);
  if (curve === 'ROC') return [divideNoNan(fp[i]!, fp[i]! + tn[i]!), recall];
  if (curve === 'PR') return [recall, divideNoNan(tp[i]!, tp[i]! + fp[i]!)];
  if (tp[i] === 0) return [0, 1];
  const scale = divideNoNan(tp[i]! + fn[i]!, tn[i]! + fp[i]!);
  return [Math.max(0, 1 - (scale * fn[i]!) / tp[i]!), 1 - (scale * fp[i]!) / tp[i]!];
}

/** Between two thresholds true positives grow in proportion to all positives (Davis and Goadrich, 2006). */
function interpolatedPrecision({ tp, fp, fn }: Counts): number {
  let area = 0;
  for (let i = 0; i + 1 < tp.length; i++) {
    const [p, next] = [tp[i]! + fp[i]!, tp[i + 1]! + fp[i + 1]!];
    const gained = tp[i]! - tp[i + 1]!;
    const slope = divideNoNan(gained, Math.max(p - next, 0));
    const intercept = tp[i + 1]! - slope * next;
    const ratio = p > 0 && next > 0 ? p / next : 1;
    area += divideNoNan(slope * (gained + intercept * Math.log(ratio)), Math.max(tp[i + 1]! + fn[i + 1]!, 0));
  }
  return area;
}

function readLabelWeights(value: unknown): number[] {
  if (!Array.isArray(value) || value.length === 0)
    throw refusal('ERR_TYPE', 'AUC', 'labelWeights to be an array of numbers, or null', describe(value));
  return value.map((weight: unknown, i) => checkNumber('AUC', `labelWeights[${i}]`, weight, { min: 0 }));
}
