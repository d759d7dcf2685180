// SPDX-License-Identifier: MIT
// The metrics by name, and the reading of `compile({ metrics })`: 'accuracy' becomes what the outputs and targets ask for.
import { LOSSES, Loss } from '../losses';
import { refuseMore } from '../util/arguments';
import { resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
} from './accuracy';
import { AUC } from './auc';
import {
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
} from './confusion_at';
import { FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives } from './confusion_counts';
import { F1Score, FBetaScore } from './f_score';
import { BinaryIoU, IoU, MeanIoU } from './iou';
import * as lossMetrics from './loss_metric';
import { Metric, toCamelCase, type MetricConfig } from './metric';
import { Mean, Sum } from './reduction';
import {
  ConcordanceCorrelation,
  CosineSimilarity,
  PearsonCorrelation,
  R2Score,
  RootMeanSquaredError,
} from './regression';

export {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
  type BinaryAccuracyOptions,
  type SparseTopKOptions,
  type TopKOptions,
} from './accuracy';
export { AUC, type AUCOptions } from './auc';
export {
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
  type RateAtRateOptions,
} from './confusion_at';
export {
  FalseNegatives,
  FalsePositives,
  Precision,
  Recall,
  TrueNegatives,
  TruePositives,
  type PrecisionOptions,
  type ThresholdOptions,
} from './confusion_counts';
export { F1Score, FBetaScore, type F1ScoreOptions, type FBetaScoreOptions } from './f_score';
export { BinaryIoU, IoU, MeanIoU, type BinaryIoUOptions, type MeanIoUOptions } from './iou';
export * from './loss_metric';
export { Mean, Sum } from './reduction';
export {
  ConcordanceCorrelation,
  CosineSimilarity,
  PearsonCorrelation,
  R2Score,
  RootMeanSquaredError,
  type R2ScoreOptions,
  type SimilarityOptions,
} from './regression';
export { Metric, toCamelCase, validationKey, type MetricConfig, type MetricOptions } from './metric';

/** A name in any spelling (`'accuracy'`, `'acc'`, `'binary_accuracy'`, `'mae'`), a metric, or a loss to report. */
export type MetricIdentifier = string | Metric | Loss;

/** What decides which accuracy `'accuracy'` means. */
export interface MetricContext {
  /** Classes, or values, on the last axis of the outputs. */
  lastAxis: number;
  /** Whether targets are class ids: they lack the last axis of the outputs, or it is 1. */
  idTargets: boolean;
}

type MetricClass = new (options?: never) => Metric;

/** Classes by Keras' names of them, and its aliases. */
const CLASSES: ReadonlyMap<string, MetricClass> = new Map<string, MetricClass>([
  ['binary_accuracy', BinaryAccuracy],
  ['categorical_accuracy', CategoricalAccuracy],
  ['sparse_categorical_accuracy', SparseCategoricalAccuracy],
  ['top_k_categorical_accuracy', TopKCategoricalAccuracy],
  ['sparse_top_k_categorical_accuracy', SparseTopKCategoricalAccuracy],
  ['binary_crossentropy', lossMetrics.BinaryCrossentropy],
  ['bce', lossMetrics.BinaryCrossentropy],
  ['categorical_crossentropy', lossMetrics.CategoricalCrossentropy],
  ['sparse_categorical_crossentropy', lossMetrics.SparseCategoricalCrossentropy],
  ['mean_squared_error', lossMetrics.MeanSquaredError],
  ['mse', lossMetrics.MeanSquaredError],
  ['mean_absolute_error', lossMetrics.MeanAbsoluteError],
  ['mae', lossMetrics.MeanAbsoluteError],
  ['mean_absolute_percentage_error', lossMetrics.MeanAbsolutePercentageError],
  ['mape', lossMetrics.MeanAbsolutePercentageError],
  ['mean_squared_logarithmic_error', lossMetrics.MeanSquaredLogarithmicError],
  ['msle', lossMetrics.MeanSquaredLogarithmicError],
  ['log_cosh_error', lossMetrics.LogCoshError],
  ['log_cosh', lossMetrics.LogCoshError],
  ['hinge', lossMetrics.Hinge],
  ['squared_hinge', lossMetrics.SquaredHinge],
  ['categorical_hinge', lossMetrics.CategoricalHinge],
  ['kl_divergence', lossMetrics.KLDivergence],
  ['kld', lossMetrics.KLDivergence],
  ['poisson', lossMetrics.Poisson],
  ['root_mean_squared_error', RootMeanSquaredError],
  ['r2_score', R2Score],
  ['cosine_similarity', CosineSimilarity],
  ['pearson_correlation', PearsonCorrelation],
  ['concordance_correlation', ConcordanceCorrelation],
  ['true_positives', TruePositives],
  ['true_negatives', TrueNegatives],
  ['false_positives', FalsePositives],
  ['false_negatives', FalseNegatives],
  ['precision', Precision],
  ['recall', Recall],
  ['auc', AUC],
  ['f1_score', F1Score],
  ['fbeta_score', FBetaScore],
  ['binary_iou', BinaryIoU],
]);

/** Classes that need an argument, or that no name stands for: for configurations alone. */
const OTHERS: readonly (readonly [string, unknown])[] = [
  ['accuracy', Accuracy],
  ['loss_metric', lossMetrics.LossMetric],
  ['sensitivity_at_specificity', SensitivityAtSpecificity],
  ['specificity_at_sensitivity', SpecificityAtSensitivity],
  ['precision_at_recall', PrecisionAtRecall],
  ['recall_at_precision', RecallAtPrecision],
  ['iou', IoU],
  ['mean_iou', MeanIoU],
  ['mean', Mean],
  ['sum', Sum],
];

type MakeMetric = (name: string, context: MetricContext) => Metric;

const byShape: MakeMetric = (name, { lastAxis, idTargets }) => {
  if (lastAxis === 1) return new BinaryAccuracy({ name });
  return idTargets ? new SparseCategoricalAccuracy({ name }) : new CategoricalAccuracy({ name });
};

const METRICS: ReadonlyMap<string, MakeMetric> = new Map<string, MakeMetric>([
  ['accuracy', byShape],
  ['acc', byShape],
  // Losses that are no metrics of Keras; the classes below go before them.
  ...[...LOSSES.keys()].map((loss): [string, MakeMetric] => [
    loss,
    (name) => new lossMetrics.LossMetric(loss, { name }),
  ]),
  ...[...CLASSES].map(([key, Class]): [string, MakeMetric] => [key, (name) => new Class({ name } as never)]),
]);

/** A metric that the user asked for, whose kind may wait until the shapes are known. */
export interface MetricRequest {
  /** Key in logs and history. */
  readonly name: string;
  /** Whether it looks at sample weights. */
  readonly weighted: boolean;
  readonly resolve: (context: MetricContext) => Metric;
}

/**
 * Reads `compile({ metrics, weightedMetrics })`. Names are checked now; `resolve` waits for the shapes. A weighted metric
 * whose name is taken reports with `weighted` before it.
 *
 * @param names how messages call the two arguments
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`; `ERR_CONFIG` where two metrics report under one key
 * @see keras/src/trainers/compile_utils.py
 *
 * @internal
 */
export function readMetrics(
  where: string,
  metrics: unknown,
  weightedMetrics: unknown = [],
  names: readonly [metrics: string, weightedMetrics: string] = ['metrics', 'weightedMetrics'],
): MetricRequest[] {
  const taken = new Set(['loss']);
  const read = (what: string, given: unknown, weighted: boolean): MetricRequest[] => {
    if (!Array.isArray(given))
      throw refusal('ERR_TYPE', where, `${what} to be an array of names or metrics`, describe(given));
    return Array.from(given, (identifier: unknown, index) => {
      const request = readMetric(where, `${what}[${index}]`, identifier);
      const isTaken = weighted && taken.has(request.name);
      const name = isTaken ? `weighted${request.name.charAt(0).toUpperCase()}${request.name.slice(1)}` : request.name;
      if (taken.has(name))
        throw refusal(
          'ERR_CONFIG',
          where,
          'every metric to have a name of its own',
          `'${name}' twice`,
          'Give one of them another { name }.',
        );
      taken.add(name);
      return { ...request, name, weighted };
    });
  };
  return [...read(names[0], metrics, false), ...read(names[1], weightedMetrics, true)];
}

/**
 * The metric that an identifier means, for outputs and targets of a kind.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`
 * @example
 * getMetric('accuracy', { lastAxis: 1, idTargets: false }).className; // 'BinaryAccuracy'
 */
export function getMetric(identifier: unknown, context: MetricContext, ...rest: []): Metric {
  refuseMore('getMetric', rest);
  return readMetric('getMetric', 'metric', identifier).resolve(context);
}

/** Makes a metric from its class name and the configuration that `getConfig` gave. */
export function metricFromConfig(className: string, config: MetricConfig = {}, ...rest: []): Metric {
  refuseMore('metricFromConfig', rest);
  const where = 'metricFromConfig';
  const table = new Map([...CLASSES, ...OTHERS]) as unknown as ReadonlyMap<string, typeof Metric>;
  const Class = resolveName(where, 'className', className, table);
  return (Class.fromConfig as (this: unknown, config: MetricConfig) => Metric).call(Class, config);
}

function readMetric(where: string, what: string, identifier: unknown): Omit<MetricRequest, 'weighted'> {
  if (identifier instanceof Metric) return { name: identifier.name, resolve: () => identifier };
  if (identifier instanceof Loss) {
    const metric = new lossMetrics.LossMetric(identifier);
    return { name: metric.name, resolve: () => metric };
  }
  if (typeof identifier === 'string') {
    const make = resolveName(where, what, identifier, METRICS);
    const name = toCamelCase(identifier);
    return { name, resolve: (context) => make(name, context) };
  }
  const hint = typeof identifier === 'function' ? 'Metric functions of your own are not there yet.' : '';
  throw refusal('ERR_TYPE', where, `${what} to be a name or a metric`, describe(identifier), hint);
}

/**
 * Refuses a metric that cannot follow the training of a model: that reads other targets than the loss has (ids against an
 * output axis of classes), has several results, or settings that the outputs do not fit.
 *
 * @internal
 */
export function checkMetric(where: string, metric: Metric, { lastAxis, idTargets }: MetricContext): void {
  const received = `'${metric.name}' (${metric.className})`;
  if (metric.targets === 'none')
    throw refusal('ERR_CONFIG', where, 'metrics of outputs and targets', received, 'Call its updateState yourself.');
  if (!metric.isScalar)
    throw refusal(
      'ERR_CONFIG',
      where,
      'metrics whose result is one number',
      received,
      'Give it one threshold, or an average; by itself it may have several results.',
    );
  if (lastAxis !== 1 && (metric.targets === 'ids') !== idTargets)
    throw refusal(
      'ERR_CONFIG',
      where,
      `metrics for ${idTargets ? 'class ids, as the loss has' : "targets of the output's shape, as the loss has"}`,
      received,
      "The name 'accuracy' chooses the fitting one.",
    );
  metric.checkColumns(where, lastAxis);
}
