// SPDX-License-Identifier: MIT
// The optimizers by name, and the reading of whatever `compile({ optimizer })` is given.
import { refuseMore } from '../util/arguments';
import { resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { Adadelta } from './adadelta';
import { Adagrad } from './adagrad';
import { Adam } from './adam';
import { AdamW } from './adamw';
import { Adamax } from './adamax';
import { Lion } from './lion';
import { Nadam } from './nadam';
import { RMSprop } from './rmsprop';
import { SGD } from './sgd';
import { Optimizer, type OptimizerConfig } from './optimizer';

export { Adadelta, type AdadeltaOptions } from './adadelta';
export { Adagrad, type AdagradOptions } from './adagrad';
export { Adam, type AdamOptions } from './adam';
export { AdamW, type AdamWOptions } from './adamw';
export { Adamax, type AdamaxOptions } from './adamax';
export { Lion, type LionOptions } from './lion';
export { Nadam, type NadamOptions } from './nadam';
export { RMSprop, type RMSpropOptions } from './rmsprop';
export { SGD, type SGDOptions } from './sgd';
export { Optimizer, type OptimizerConfig, type OptimizerOptions } from './optimizer';
export * as schedules from '../schedules';

/** A name (`'rmsprop'`, `'RMSprop'`, `'adam'`, `'sgd'`) or an optimizer. */
export type OptimizerIdentifier = string | Optimizer;

const TABLE: ReadonlyMap<string, (config: OptimizerConfig) => Optimizer> = new Map<
  string,
  (config: OptimizerConfig) => Optimizer
>([
  ['sgd', (config) => SGD.fromConfig(config)],
  ['rmsprop', (config) => RMSprop.fromConfig(config)],
  ['adam', (config) => Adam.fromConfig(config)],
  ['adamw', (config) => AdamW.fromConfig(config)],
  ['nadam', (config) => Nadam.fromConfig(config)],
  ['adamax', (config) => Adamax.fromConfig(config)],
  ['adagrad', (config) => Adagrad.fromConfig(config)],
  ['adadelta', (config) => Adadelta.fromConfig(config)],
  ['lion', (config) => Lion.fromConfig(config)],
]);

/**
 * The optimizer that an identifier means; a name gives one with Keras' defaults.
 *
 * @throws ConfigError `ERR_UNKNOWN_NAME` for a name that is none; `ERR_TYPE` for anything else
 * @see keras/src/optimizers/__init__.py
 * @example
 * getOptimizer('rmsprop').learningRate; // 0.001
 */
export function getOptimizer(identifier: unknown, ...rest: []): Optimizer {
  refuseMore('getOptimizer', rest);
  return resolveOptimizer('getOptimizer', identifier);
}

/** @internal As {@link getOptimizer}, for the function or class that asks. */
export function resolveOptimizer(where: string, identifier: unknown): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  if (typeof identifier === 'string') return resolveName(where, 'optimizer', identifier, TABLE)({});
  const hint = typeof identifier === 'function' ? 'Pass an instance, new Adam(), not the class.' : '';
  throw refusal('ERR_TYPE', where, 'optimizer to be a name or an optimizer', describe(identifier), hint);
}

/** Makes an optimizer from its class name and the configuration that `getConfig` gave. */
export function optimizerFromConfig(className: string, config: OptimizerConfig = {}, ...rest: []): Optimizer {
  refuseMore('optimizerFromConfig', rest);
  return resolveName('optimizerFromConfig', 'className', className, TABLE)(config);
}
