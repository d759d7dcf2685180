// SPDX-License-Identifier: MIT
// The losses by name, with Keras' aliases, and the reading of whatever `compile({ loss })` is given.
import { resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { BinaryCrossentropy } from './binary_crossentropy';
import { CategoricalCrossentropy } from './categorical_crossentropy';
import { Loss, type LossConfig } from './loss';
import { MeanAbsoluteError } from './mean_absolute_error';
import { MeanSquaredError } from './mean_squared_error';
import { SparseCategoricalCrossentropy } from './sparse_categorical_crossentropy';

export { Loss, type CrossentropyOptions, type LossConfig, type LossOptions, type TargetRule } from './loss';
export {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
};

/** A name in any spelling (`'binary_crossentropy'`, `'binaryCrossentropy'`, `'bce'`) or a loss. */
export type LossIdentifier = string | Loss;

type MakeLoss = (config?: LossConfig) => Loss;

const binary: MakeLoss = (config = {}) => BinaryCrossentropy.fromConfig(config);
const categorical: MakeLoss = (config = {}) => CategoricalCrossentropy.fromConfig(config);
const sparse: MakeLoss = (config = {}) => SparseCategoricalCrossentropy.fromConfig(config);
const squared: MakeLoss = (config = {}) => MeanSquaredError.fromConfig(config);
const absolute: MakeLoss = (config = {}) => MeanAbsoluteError.fromConfig(config);

/** Names and aliases of keras/src/losses/__init__.py, for the losses that exist here. */
export const LOSSES: ReadonlyMap<string, MakeLoss> = new Map([
  ['binary_crossentropy', binary],
  ['bce', binary],
  ['categorical_crossentropy', categorical],
  ['sparse_categorical_crossentropy', sparse],
  ['mean_squared_error', squared],
  ['mse', squared],
  ['mean_absolute_error', absolute],
  ['mae', absolute],
]);

/**
 * The loss that an identifier means.
 *
 * @throws ConfigError `ERR_UNKNOWN_NAME` for a name that is none; `ERR_TYPE` for anything else
 * @see keras/src/losses/__init__.py
 * @example
 * getLoss('bce').className; // 'BinaryCrossentropy'
 */
export function getLoss(identifier: unknown, where = 'getLoss'): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === 'string') return resolveName(where, 'loss', identifier, LOSSES)();
  const hint = typeof identifier === 'function' ? 'Loss functions of your own are not there yet.' : '';
  throw refusal('ERR_TYPE', where, 'loss to be a name or a loss', describe(identifier), hint);
}

/** Makes a loss from its class name and the configuration that `getConfig` gave. */
export function lossFromConfig(className: string, config: LossConfig = {}): Loss {
  return resolveName('lossFromConfig', 'className', className, LOSSES)(config);
}
