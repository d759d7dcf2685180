// SPDX-License-Identifier: MIT
// All initializers, and the table that turns a name or a config into one.
import { resolveName } from '../util/identifiers';
import { checkOptions, describe, refusal } from '../util/validate';
import { Constant, Identity, Ones, Zeros } from './constants';
import { Initializer, type InitializerConfig } from './initializer';
import { Orthogonal, RandomNormal, RandomUniform, TruncatedNormal } from './random';
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  VarianceScaling,
} from './variance_scaling';

export { Initializer, type InitializerConfig, type SeedOptions } from './initializer';
export { Constant, Identity, Ones, Zeros, type IdentityOptions } from './constants';
export {
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  type OrthogonalOptions,
  type RandomNormalOptions,
  type RandomUniformOptions,
} from './random';
export {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  VarianceScaling,
  type VarianceDistribution,
  type VarianceMode,
  type VarianceScalingOptions,
} from './variance_scaling';

/** Names of initializers in Keras' spelling; camelCase and the class names are understood as well. */
export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'constant'
  | 'identity'
  | 'random_uniform'
  | 'uniform'
  | 'random_normal'
  | 'normal'
  | 'truncated_normal'
  | 'variance_scaling'
  | 'glorot_uniform'
  | 'glorot_normal'
  | 'he_uniform'
  | 'he_normal'
  | 'lecun_uniform'
  | 'lecun_normal'
  | 'orthogonal'
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunUniform'
  | 'lecunNormal';

/** What an `...Initializer` option takes. */
export type InitializerLike = Initializer | InitializerName | (string & {}) | InitializerConfig;

type Maker = (config: Record<string, unknown>) => Initializer;

const zeros: Maker = (config) => (checkOptions('Zeros', config, []), new Zeros());
const ones: Maker = (config) => (checkOptions('Ones', config, []), new Ones());

const TABLE: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['zeros', zeros],
  ['ones', ones],
  ['constant', (config) => new Constant(checkOptions('Constant', config, ['value'])['value'] as number | undefined)],
  ['identity', (config) => new Identity(config)],
  ['random_uniform', (config) => new RandomUniform(config)],
  ['random_normal', (config) => new RandomNormal(config)],
  ['truncated_normal', (config) => new TruncatedNormal(config)],
  ['variance_scaling', (config) => new VarianceScaling(config)],
  ['glorot_uniform', (config) => new GlorotUniform(config)],
  ['glorot_normal', (config) => new GlorotNormal(config)],
  ['he_uniform', (config) => new HeUniform(config)],
  ['he_normal', (config) => new HeNormal(config)],
  ['lecun_uniform', (config) => new LecunUniform(config)],
  ['lecun_normal', (config) => new LecunNormal(config)],
  ['orthogonal', (config) => new Orthogonal(config)],
  ['uniform', (config) => new RandomUniform(config)],
  ['normal', (config) => new RandomNormal(config)],
  ['zero', zeros],
  ['one', ones],
  ['eye', (config) => new Identity(config)],
  ['identity_initializer', (config) => new Identity(config)],
  ['orthogonal_initializer', (config) => new Orthogonal(config)],
]);

/**
 * The initializer that an option names.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @param value an initializer, a name in any spelling, or `{ className, config }`
 * @throws ConfigError `ERR_TYPE` or `ERR_UNKNOWN_NAME`, with the nearest name
 *
 * @internal
 */
export function resolveInitializer(where: string, what: string, value: InitializerLike): Initializer {
  if (value instanceof Initializer) return value;
  if (typeof value === 'string') return resolveName(where, what, value, TABLE)({});
  if (typeof value === 'object' && value !== null && typeof value.className === 'string') {
    const { className, config } = checkOptions(`${where}.${what}`, value, ['className', 'config']);
    return resolveName(where, what, className, TABLE)(config ?? {});
  }
  throw refusal('ERR_TYPE', where, `${what} to be an initializer or its name`, describe(value));
}
