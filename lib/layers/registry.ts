// SPDX-License-Identifier: MIT
// The table that turns a config into a layer. lib/layers/index.ts fills it; wrappers, which are listed there themselves,
// read it.
import { normalizeName, resolveName } from '../util/identifiers';
import { checkOptions, describe, refusal } from '../util/validate';
import type { Input } from './input';
import type { Layer } from './layer';

/** A layer as plain data. */
export interface LayerConfig {
  className: string;
  config: Record<string, unknown>;
  /** A number where the layer stands at several places of a model: all with one number are one layer, that of the first. */
  shared?: number;
}

/** What the table needs of a class. Its name is data: a bundler may have changed that of the function. */
export interface LayerClass {
  readonly className: string;
  fromConfig(config: never): Layer | Input;
}

const TABLE = new Map<string, LayerClass>();

/** Lets {@link layerFromConfig} find these classes. */
export function registerLayers(classes: readonly LayerClass[]): void {
  for (const entry of classes) TABLE.set(normalizeName(entry.className), entry);
}

/** What is known within the outermost of some calls. */
class Scope<K, V> {
  known: Map<K, V> | undefined;

  within<T>(work: () => T): T {
    if (this.known !== undefined) return work();
    this.known = new Map();
    try {
      return work();
    } finally {
      this.known = undefined;
    }
  }
}

/** Layers that the model being described at present has shown already. */
const described = new Scope<Layer, LayerConfig>();
/** Layers that stand at several places of the model being made at present, by their numbers. */
const made = new Scope<number, Layer | Input>();

/** Describes a model; within it, and the models in it, a layer that comes again is marked as the same. */
export function describeShared<T>(describeModel: () => T): T {
  return described.within(describeModel);
}

/** Makes a model; within it, and the models in it, layers of one number are one layer. */
export function makeShared<T>(makeModel: () => T): T {
  return made.within(makeModel);
}

/**
 * The layer that `{ className, config }` describes.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME` for a class that does not exist, or `ERR_CONFIG`
 *   where the layer of this number is of another class
 *
 * @internal
 */
export function layerFromConfig(where: string, value: unknown): Layer | Input {
  const { className, config, shared } = (value ?? {}) as Partial<LayerConfig>;
  if (typeof className !== 'string' || typeof config !== 'object' || config === null)
    throw refusal('ERR_TYPE', where, 'a layer as { className, config }', describe(value));
  checkOptions(where, value as object, ['className', 'config', 'shared', 'calls']);
  if (shared !== undefined && !Number.isSafeInteger(shared))
    throw refusal('ERR_TYPE', where, 'shared to be an integer', describe(shared));
  const layerClass = resolveName(where, 'className', className, TABLE);
  const known = shared === undefined ? undefined : made.known?.get(shared);
  if (known !== undefined) {
    if (known.className === layerClass.className) return known;
    const expected = `${known.className} "${known.name}" for shared: ${shared}`;
    throw refusal('ERR_CONFIG', where, expected, describe(className));
  }
  const layer = layerClass.fromConfig(config as never);
  if (shared !== undefined) made.known?.set(shared, layer);
  return layer;
}

/** The inverse of {@link layerFromConfig}. Where a layer comes again, what was given for it first is marked too. */
export function configOfLayer(layer: Layer): LayerConfig {
  const first = described.known?.get(layer);
  if (first === undefined) {
    const entry = { className: layer.className, config: layer.layerConfig() };
    described.known?.set(layer, entry);
    return entry;
  }
  first.shared ??= 1 + Math.max(0, ...[...described.known!.values()].map(({ shared = 0 }) => shared));
  const { className, config, shared } = first;
  return { className, config: structuredClone(config), shared };
}
