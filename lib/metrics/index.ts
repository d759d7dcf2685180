// SPDX-License-Identifier: MIT
// The metrics by name, and the reading of `compile({ metrics })`: 'accuracy' becomes what the outputs and targets ask for.
import { lossFromConfig, LOSSES, Loss } from '../losses';
import { resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from './accuracy';
import { LossMetric } from './loss_metric';
import { Metric, toCamelCase, type MetricConfig } from './metric';

export {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  type BinaryAccuracyOptions,
} from './accuracy';
export { LossMetric } from './loss_metric';
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

type MakeMetric = (name: string, context: MetricContext) => Metric;

const byShape: MakeMetric = (name, { lastAxis, idTargets }) => {
  if (lastAxis === 1) return new BinaryAccuracy({ name });
  return idTargets ? new SparseCategoricalAccuracy({ name }) : new CategoricalAccuracy({ name });
};

const METRICS: ReadonlyMap<string, MakeMetric> = new Map<string, MakeMetric>([
  ['accuracy', byShape],
  ['acc', byShape],
  ['binary_accuracy', (name) => new BinaryAccuracy({ name })],
  ['categorical_accuracy', (name) => new CategoricalAccuracy({ name })],
  ['sparse_categorical_accuracy', (name) => new SparseCategoricalAccuracy({ name })],
  ...[...LOSSES.keys()].map((loss): [string, MakeMetric] => [loss, (name) => new LossMetric(loss, { name })]),
]);

type FromConfig = (config: MetricConfig) => Metric;

const CLASSES: ReadonlyMap<string, FromConfig> = new Map<string, FromConfig>([
  ['accuracy', (config) => new Accuracy(config)],
  ['binary_accuracy', (config) => new BinaryAccuracy(config)],
  ['categorical_accuracy', (config) => new CategoricalAccuracy(config)],
  ['sparse_categorical_accuracy', (config) => new SparseCategoricalAccuracy(config)],
  ['loss_metric', ({ name, kind, fromLogits }) => new LossMetric(lossOf(kind, fromLogits), { name: String(name) })],
]);

function lossOf(kind: unknown, fromLogits: unknown): Loss {
  return lossFromConfig(String(kind), fromLogits === true ? { fromLogits } : {});
}

/** A metric that the user asked for, whose kind may wait until the shapes are known. */
export interface MetricRequest {
  /** Key in logs and history. */
  readonly name: string;
  readonly resolve: (context: MetricContext) => Metric;
}

/**
 * Reads `compile({ metrics })`. Names are checked now; `resolve` waits for the shapes.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`; `ERR_CONFIG` where two metrics report under one key
 * @see keras/src/trainers/compile_utils.py
 */
export function readMetrics(where: string, metrics: unknown): MetricRequest[] {
  if (!Array.isArray(metrics))
    throw refusal('ERR_TYPE', where, 'metrics to be an array of names or metrics', describe(metrics));
  const taken = new Set(['loss']);
  return Array.from(metrics, (identifier: unknown, index) => {
    const request = readMetric(where, `metrics[${index}]`, identifier);
    if (taken.has(request.name))
      throw refusal(
        'ERR_CONFIG',
        where,
        'every metric to have a name of its own',
        `'${request.name}' twice`,
        'Give one of them another { name }.',
      );
    taken.add(request.name);
    return request;
  });
}

/**
 * The metric that an identifier means, for outputs and targets of a kind.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`
 * @example
 * getMetric('accuracy', { lastAxis: 1, idTargets: false }).className; // 'BinaryAccuracy'
 */
export function getMetric(identifier: unknown, context: MetricContext, where = 'getMetric'): Metric {
  return readMetric(where, 'metric', identifier).resolve(context);
}

function readMetric(where: string, what: string, identifier: unknown): MetricRequest {
  if (identifier instanceof Metric) return { name: identifier.name, resolve: () => identifier };
  if (identifier instanceof Loss) {
    const metric = new LossMetric(identifier);
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

/** Makes a metric from its class name and the configuration that `getConfig` gave. */
export function metricFromConfig(className: string, config: MetricConfig = {}): Metric {
  return resolveName('metricFromConfig', 'className', className, CLASSES)(config);
}

/** Refuses a metric that reads other targets than the loss has: ids against an output axis of classes. */
export function checkMetricTargets(where: string, metric: Metric, { lastAxis, idTargets }: MetricContext): void {
  if (lastAxis === 1 || (metric.targets === 'ids') === idTargets) return;
  throw refusal(
    'ERR_CONFIG',
    where,
    `metrics for ${idTargets ? 'class ids, as the loss has' : "targets of the output's shape, as the loss has"}`,
    `'${metric.name}' (${metric.className})`,
    "The name 'accuracy' chooses the fitting one.",
  );
}
