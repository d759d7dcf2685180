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

/**
 * The layer that `{ className, config }` describes.
 *
 * @throws ConfigError `ERR_TYPE`, or `ERR_UNKNOWN_NAME` for a class that does not exist
 *
 * @internal
 */
export function layerFromConfig(where: string, value: unknown): Layer | Input {
  const { className, config } = (value ?? {}) as Partial<LayerConfig>;
  if (typeof className !== 'string' || typeof config !== 'object' || config === null)
    throw refusal('ERR_TYPE', where, 'a layer as { className, config }', describe(value));
  checkOptions(where, value as object, ['className', 'config']);
  return resolveName(where, 'className', className, TABLE).fromConfig(config as never);
}

/** The inverse of {@link layerFromConfig}. */
export function configOfLayer(layer: Layer): LayerConfig {
  return { className: layer.className, config: layer.getConfig() };
}
