// SPDX-License-Identifier: MIT
// All layers, and the table that turns a config into one. A new layer needs a line in each of the two lists below.
import { normalizeName, resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { Activation } from './activation';
import { Dense } from './dense';
import { Dropout } from './dropout';
import { Embedding } from './embedding';
import { Flatten } from './flatten';
import { Input } from './input';
import { SimpleRNN } from './simple_rnn';
import type { Layer } from './layer';

export { Layer, type LayerOptions } from './layer';
export { type WeightSpec } from './weights';
export { Activation, type ActivationOptions } from './activation';
export { Dense, type DenseOptions } from './dense';
export { Dropout, type DropoutOptions } from './dropout';
export { Embedding, type EmbeddingOptions } from './embedding';
export { Flatten, type FlattenOptions } from './flatten';
export { Input, type InputOptions } from './input';
export { SimpleRNN, type SimpleRNNOptions } from './simple_rnn';

/** A layer as plain data. */
export interface LayerConfig {
  className: string;
  config: Record<string, unknown>;
}

interface LayerClass {
  readonly name: string;
  fromConfig(config: never): Layer | Input;
}

const CLASSES: readonly LayerClass[] = [Activation, Dense, Dropout, Embedding, Flatten, Input, SimpleRNN];
const TABLE: ReadonlyMap<string, LayerClass> = new Map(CLASSES.map((entry) => [normalizeName(entry.name), entry]));

/**
 * The layer that `{ className, config }` describes.
 *
 * @throws ConfigError `ERR_TYPE`, or `ERR_UNKNOWN_NAME` for a class that does not exist
 */
export function layerFromConfig(where: string, value: unknown): Layer | Input {
  const { className, config } = (value ?? {}) as Partial<LayerConfig>;
  if (typeof className !== 'string' || typeof config !== 'object' || config === null)
    throw refusal('ERR_TYPE', where, 'a layer as { className, config }', describe(value));
  return resolveName(where, 'className', className, TABLE).fromConfig(config as never);
}
