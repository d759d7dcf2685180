// SPDX-License-Identifier: MIT
// The best of one rate where another is at least so high: sensitivity at specificity and its kin.
import { refuseMore } from '../util/arguments';
import { checkInteger, checkNumber } from '../util/validate';
import { ConfusionMetric, evenThresholds, type Counts } from './confusion';
import { divideNoNan, type MetricConfig, type MetricOptions } from './metric';

/** Options of {@link SensitivityAtSpecificity} and its kin. */
export interface RateAtRateOptions extends MetricOptions {
  /** How many thresholds from 0 to 1 are tried, from 1. Default 200. */
  numThresholds?: number;
  /** The only class (column) that counts. Default null: all. */
  classId?: number | null;
}

const CONSTRAINTS = ['specificity', 'sensitivity', 'recall', 'precision'] as const;

type Rate = (counts: Counts, i: number) => number;

const recallAt: Rate = ({ tp, fn }, i) => divideNoNan(tp[i]!, tp[i]! + fn[i]!);
const specificityAt: Rate = ({ tn, fp }, i) => divideNoNan(tn[i]!, tn[i]! + fp[i]!);
const precisionAt: Rate = ({ tp, fp }, i) => divideNoNan(tp[i]!, tp[i]! + fp[i]!);

abstract class RateAtRate extends ConfusionMetric {
  readonly direction = 'up';
  readonly numThresholds: number;
  /** What must be reached at least. */
  readonly value: number;

  protected constructor(
    where: string,
    name: string,
    protected readonly constraint: (typeof CONSTRAINTS)[number],
    value: unknown,
    options: RateAtRateOptions | undefined,
  ) {
    const { numThresholds = 200 } = options ?? {};
    const count = checkInteger(where, 'numThresholds', numThresholds);
    super(where, name, options, ['numThresholds', 'classId'], () => evenThresholds(count));
    this.numThresholds = count;
    this.value = checkNumber(where, constraint, value, { min: 0, max: 1 });
  }

  static override fromConfig<M>(this: new (...args: never) => M, config: MetricConfig): M {
    const key = CONSTRAINTS.find((name) => name in config)!;
    const { [key]: value, ...options } = config;
    return new (this as unknown as new (value: unknown, options: object) => M)(value, options);
  }

  override getConfig(): MetricConfig {
    const { name, constraint, value, numThresholds, classId } = this;
    return { name, [constraint]: value, numThresholds, classId };
  }

  protected best(state: Float64Array, constrained: Rate, wanted: Rate): number {
    const counts = this.counts(state);
    // Keras compares in float32, where a rate that equals the constraint meets it.
    const least = Math.fround(this.value);
    return counts.tp.reduce(
      (best, _, i) => (Math.fround(constrained(counts, i)) >= least ? Math.max(best, wanted(counts, i)) : best),
      0,
    );
  }
}

/**
 * The highest sensitivity, `tp / (tp + fn)`, of the thresholds at which the specificity, `tn / (tn + fp)`, is at least so high.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new SensitivityAtSpecificity(0.9)] });
 */
export class SensitivityAtSpecificity extends RateAtRate {
  readonly className = 'SensitivityAtSpecificity';

  /**
   * @param specificity the specificity to reach, in [0, 1]
   * @param options see {@link RateAtRateOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(specificity: number, options?: RateAtRateOptions, ...rest: []) {
    refuseMore('SensitivityAtSpecificity', rest);
    super('SensitivityAtSpecificity', 'sensitivityAtSpecificity', 'specificity', specificity, options);
  }

  override result(state: Float64Array = this.state): number {
    return this.best(state, specificityAt, recallAt);
  }
}

/**
 * The highest specificity, `tn / (tn + fp)`, of the thresholds at which the sensitivity, `tp / (tp + fn)`, is at least so high.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new SpecificityAtSensitivity(0.9)] });
 */
export class SpecificityAtSensitivity extends RateAtRate {
  readonly className = 'SpecificityAtSensitivity';

  /**
   * @param sensitivity the sensitivity to reach, in [0, 1]
   * @param options see {@link RateAtRateOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(sensitivity: number, options?: RateAtRateOptions, ...rest: []) {
    refuseMore('SpecificityAtSensitivity', rest);
    super('SpecificityAtSensitivity', 'specificityAtSensitivity', 'sensitivity', sensitivity, options);
  }

  override result(state: Float64Array = this.state): number {
    return this.best(state, recallAt, specificityAt);
  }
}

/**
 * The highest precision, `tp / (tp + fp)`, of the thresholds at which the recall, `tp / (tp + fn)`, is at least so high.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new PrecisionAtRecall(0.9)] });
 */
export class PrecisionAtRecall extends RateAtRate {
  readonly className = 'PrecisionAtRecall';

  /**
   * @param recall the recall to reach, in [0, 1]
   * @param options see {@link RateAtRateOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(recall: number, options?: RateAtRateOptions, ...rest: []) {
    refuseMore('PrecisionAtRecall', rest);
    super('PrecisionAtRecall', 'precisionAtRecall', 'recall', recall, options);
  }

  override result(state: Float64Array = this.state): number {
    return this.best(state, recallAt, precisionAt);
  }
}

/**
 * The highest recall, `tp / (tp + fn)`, of the thresholds at which the precision, `tp / (tp + fp)`, is at least so high.
 *
 * Source: keras/src/metrics/confusion_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new RecallAtPrecision(0.9)] });
 */
export class RecallAtPrecision extends RateAtRate {
  readonly className = 'RecallAtPrecision';

  /**
   * @param precision the precision to reach, in [0, 1]
   * @param options see {@link RateAtRateOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(precision: number, options?: RateAtRateOptions, ...rest: []) {
    refuseMore('RecallAtPrecision', rest);
    super('RecallAtPrecision', 'recallAtPrecision', 'precision', precision, options);
  }

  override result(state: Float64Array = this.state): number {
    return this.best(state, precisionAt, recallAt);
  }
}
