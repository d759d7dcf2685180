// SPDX-License-Identifier: MIT
// What `compile` was given: names in Keras' spelling, and objects. How Keras runs a model (jit_compile and the like) is left.
import { isPlainObject } from '../../serialization';
import { normalizeName } from '../../util/identifiers';
import { describe, refusal } from '../../util/validate';
import { floats } from '../keras_config/python_json';
import { fromKeras, functionName, toKeras, type Described, type KerasObject } from '../keras_config/objects';
import type { Config, Kind } from '../keras_config/classes';

/** No layers are in what compile was given. */
const NONE = {
  layer(value: unknown): never {
    throw refusal('ERR_DATA', 'compile', 'losses, metrics and optimizers', describe(value));
  },
};

/** Names that the data decides about here, which Keras does not know. */
const BY_DATA = new Set(['crossentropy', 'ce']);

export function compileToKeras(where: string, compile: Config): Config {
  const of = (kind: Kind, value: unknown): unknown => valueToKeras(where, kind, value);
  return {
    optimizer: of('optimizer', compile['optimizer']),
    loss: of('loss', compile['loss']),
    loss_weights: lossWeights(compile['lossWeights'] ?? null),
    metrics: of('metric', compile['metrics'] ?? null),
    weighted_metrics: of('metric', compile['weightedMetrics'] ?? null),
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

function lossWeights(value: unknown): unknown {
  if (!isPlainObject(value)) return floats(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, floats(each)]));
}

function valueToKeras(where: string, kind: Kind, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => valueToKeras(where, kind, each));
  if (typeof value === 'string') return nameToKeras(where, kind, value);
  if (!isPlainObject(value)) return value;
  const { kind: own, className } = value;
  if (typeof own !== 'string' || typeof className !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueToKeras(where, kind, each)]));
  return toKeras(where, own as Kind, value as unknown as Described, NONE);
}

function nameToKeras(where: string, kind: Kind, name: string): string {
  const known = normalizeName(name);
  if (kind !== 'loss' || !BY_DATA.has(known)) return known;
  const hint = "Name the one that is meant: 'binary_crossentropy', say.";
  throw refusal('ERR_CONFIG', where, 'a loss that Keras has', describe(name), hint);
}

/** null where a file says nothing of it. */
export function compileFromKeras(where: string, value: unknown): Config | null {
  if (!isPlainObject(value) || !isPlainObject(value['optimizer'] ?? value['optimizer_config'])) return null;
  const of = (kind: Kind, given: unknown): unknown => valueFromKeras(where, kind, given);
  const entries: [string, unknown][] = [
    ['optimizer', of('optimizer', value['optimizer'] ?? value['optimizer_config'])],
    ['loss', of('loss', value['loss'] ?? null)],
    ['lossWeights', value['loss_weights'] ?? null],
    ['metrics', of('metric', value['metrics'] ?? null)],
    ['weightedMetrics', of('metric', value['weighted_metrics'] ?? null)],
  ];
  return Object.fromEntries(entries.filter(([, each]) => each !== null));
}

function valueFromKeras(where: string, kind: Kind, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => valueFromKeras(where, kind, each));
  if (typeof value === 'string' || !isPlainObject(value)) return value;
  const { class_name: className, config } = value;
  if (className === 'function') return functionName(where, kind, value);
  if (typeof className !== 'string' || config === undefined)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueFromKeras(where, kind, each)]));
  return { kind, ...fromKeras(where, kind, value as KerasObject, NONE) };
}
