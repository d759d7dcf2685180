// SPDX-License-Identifier: MIT
// What `compile` was given as plain data, and back: names stay names, objects become { className, config }.
import { lossFromConfig, Loss } from '../losses';
import { metricFromConfig, Metric } from '../metrics';
import { optimizerFromConfig, type Optimizer } from '../optimizers';
import { describe, refusal } from '../util/validate';
import { isPlain } from './structure';
import type { CompileOptions } from './options';

/** Options of `compile` as plain data. */
export type CompileConfig = Readonly<Record<string, unknown>>;

/** @param optimizer that of the model, as it is at present */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): CompileConfig {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries.map(([key, value]) => [key, toPlain(value)])), optimizer: toPlain(optimizer) };
}

function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  if (isPlain(value)) return mapValues(value, toPlain);
  const { className, getConfig } = value as Partial<Loss>;
  if (typeof className !== 'string' || typeof getConfig !== 'function') return value;
  const kind = value instanceof Metric ? 'metric' : value instanceof Loss ? 'loss' : 'optimizer';
  return { kind, className, config: getConfig.call(value) };
}

/**
 * The options that a config describes.
 *
 * @throws DataError `ERR_DATA` where it describes none; what the constructors throw
 */
export function compileOptions(where: string, config: unknown): CompileOptions {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw refusal('ERR_DATA', where, 'options of compile', describe(config));
  const entries = Object.entries(config).map(([key, value]) => [key, fromPlain(where, value)]);
  return Object.fromEntries(entries) as CompileOptions;
}

function mapValues(object: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function fromPlain(where: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => fromPlain(where, item));
  if (typeof value !== 'object' || value === null) return value;
  const { kind, className, config } = value as Record<string, unknown>;
  // Else names of outputs, which may be any.
  if (typeof config !== 'object' || config === null || Object.keys(value).length !== 3)
    return mapValues(value, (item) => fromPlain(where, item));
  if (typeof className !== 'string') throw refusal('ERR_DATA', where, '{ kind, className, config }', describe(value));
  if (kind === 'metric') return metricFromConfig(className, config as never);
  if (kind === 'loss') return lossFromConfig(className, config as never);
  if (kind === 'optimizer') return optimizerFromConfig(className, config as never);
  throw refusal('ERR_DATA', where, 'a metric, a loss or an optimizer', describe(kind));
}
