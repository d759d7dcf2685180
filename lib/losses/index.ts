// SPDX-License-Identifier: MIT
// The losses by name, with Keras' aliases, and the reading of whatever `compile({ loss })` is given.
import { refuseMore } from '../util/arguments';
import { resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { CosineSimilarity } from './cosine_similarity';
import { BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy } from './crossentropy';
import { CTC } from './ctc';
import { BinaryFocalCrossentropy, CategoricalFocalCrossentropy } from './focal_crossentropy';
import { CategoricalHinge, Hinge, SquaredHinge } from './hinge';
import { Loss, type LossConfig } from './loss';
import { Dice, Tversky } from './overlap';
import { KLDivergence, Poisson } from './probabilistic';
import {
  Huber,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
} from './regression';

export { Loss, type LossCallOptions, type LossConfig, type LossOptions, type Reduction, type TargetRule } from './loss';
export { CosineSimilarity, type CosineSimilarityOptions } from './cosine_similarity';
export {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  SparseCategoricalCrossentropy,
  type CrossentropyOptions,
  type SparseCategoricalCrossentropyOptions,
} from './crossentropy';
export { CTC } from './ctc';
export { ctcDecode, type CtcDecodeOptions, type CtcStrategy } from './ctc_decode';
export {
  BinaryFocalCrossentropy,
  CategoricalFocalCrossentropy,
  type BinaryFocalCrossentropyOptions,
  type CategoricalFocalCrossentropyOptions,
} from './focal_crossentropy';
export { CategoricalHinge, Hinge, SquaredHinge } from './hinge';
export { Dice, Tversky, type OverlapOptions, type TverskyOptions } from './overlap';
export { KLDivergence, Poisson } from './probabilistic';
export {
  Huber,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  type HuberOptions,
} from './regression';

/** A name in any spelling (`'binary_crossentropy'`, `'binaryCrossentropy'`, `'bce'`) or a loss. */
export type LossIdentifier = string | Loss;

type LossClass = new (options?: never) => Loss;

/** @internal Names and aliases of keras/src/losses/__init__.py, for the losses that exist here. */
export const LOSSES: ReadonlyMap<string, LossClass> = new Map<string, LossClass>([
  ['binary_crossentropy', BinaryCrossentropy],
  ['bce', BinaryCrossentropy],
  ['categorical_crossentropy', CategoricalCrossentropy],
  ['sparse_categorical_crossentropy', SparseCategoricalCrossentropy],
  ['binary_focal_crossentropy', BinaryFocalCrossentropy],
  ['categorical_focal_crossentropy', CategoricalFocalCrossentropy],
  ['mean_squared_error', MeanSquaredError],
  ['mse', MeanSquaredError],
  ['mean_absolute_error', MeanAbsoluteError],
  ['mae', MeanAbsoluteError],
  ['mean_absolute_percentage_error', MeanAbsolutePercentageError],
  ['mape', MeanAbsolutePercentageError],
  ['mean_squared_logarithmic_error', MeanSquaredLogarithmicError],
  ['msle', MeanSquaredLogarithmicError],
  ['huber', Huber],
  ['log_cosh', LogCosh],
  ['cosine_similarity', CosineSimilarity],
  ['hinge', Hinge],
  ['squared_hinge', SquaredHinge],
  ['categorical_hinge', CategoricalHinge],
  ['kl_divergence', KLDivergence],
  ['kld', KLDivergence],
  ['poisson', Poisson],
  ['dice', Dice],
  ['tversky', Tversky],
  ['ctc', CTC],
]);

/**
 * The loss that an identifier means.
 *
 * @throws ConfigError `ERR_UNKNOWN_NAME` for a name that is none; `ERR_TYPE` for anything else
 * @see keras/src/losses/__init__.py
 * @example
 * getLoss('bce').className; // 'BinaryCrossentropy'
 */
export function getLoss(identifier: unknown, ...rest: []): Loss {
  refuseMore('getLoss', rest);
  return resolveLoss('getLoss', identifier);
}

/** @internal As {@link getLoss}, for the function or class that asks. */
export function resolveLoss(where: string, identifier: unknown): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === 'string') return new (resolveName(where, 'loss', identifier, LOSSES))();
  const hint = typeof identifier === 'function' ? 'Loss functions of your own are not there yet.' : '';
  throw refusal('ERR_TYPE', where, 'loss to be a name or a loss', describe(identifier), hint);
}

/** Makes a loss from its class name and the configuration that `getConfig` gave. */
export function lossFromConfig(className: string, config: LossConfig = {}, ...rest: []): Loss {
  refuseMore('lossFromConfig', rest);
  return new (resolveName('lossFromConfig', 'className', className, LOSSES))(config as never);
}
