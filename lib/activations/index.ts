// SPDX-License-Identifier: MIT
// The names of activations. The functions themselves live in the engine; here a string becomes the engine's name for one.
import { normalizeName, resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import type { NativeActivation } from '../native/binding';

/** Second names that Keras has for an activation. */
type Alias = 'swish' | 'hard_swish';

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Every activation, in Keras' spelling or in camelCase; any other string is refused when it is used. */
export type ActivationName = NativeActivation | Alias | CamelCase<NativeActivation | Alias>;

/** What an `activation` option takes: a name, or null for none (`linear`). */
export type ActivationLike = ActivationName | (string & {}) | null;

const NAMES = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'softmax',
  'elu',
  'exponential',
  'hard_sigmoid',
  'legacy_hard_sigmoid',
  'softsign',
  'leaky_relu',
  'relu6',
  'celu',
  'selu',
  'gelu',
  'silu',
  'softplus',
  'squareplus',
  'soft_shrink',
  'hard_shrink',
  'tanh_shrink',
  'hard_tanh',
  'hard_silu',
  'log_sigmoid',
  'log_softmax',
  'mish',
  'sparse_plus',
  'sparse_sigmoid',
  'sparsemax',
] as const satisfies readonly NativeActivation[];

const TABLE: ReadonlyMap<string, NativeActivation> = new Map<string, NativeActivation>([
  ...NAMES.map((name) => [name, name] as const),
  ['swish', 'silu'],
  ['hard_swish', 'hard_silu'],
]);

/** Activations of Keras that no name stands for here. */
const NOT_BY_NAME: ReadonlyMap<string, string> = new Map([
  ['glu', 'glu halves the last axis, which is not supported yet.'],
  ['threshold', 'threshold has parameters without defaults, which a name cannot give.'],
]);

const ROWS: ReadonlySet<NativeActivation> = new Set<NativeActivation>(['softmax', 'log_softmax', 'sparsemax']);

/** Names of all activations, in Keras' spelling. */
export const activationNames: readonly string[] = Object.freeze([...NAMES]);

/** Whether an activation mixes the last axis: recurrent layers, whose units are activated one by one, cannot take it. */
export function isRowActivation(name: NativeActivation): boolean {
  return ROWS.has(name);
}

/**
 * The engine's name of an activation. Each has the parameters that are Keras' defaults.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @param value a name in snake_case, camelCase or PascalCase; null or undefined means `linear`
 * @throws ConfigError `ERR_TYPE` where `value` is no string; `ERR_UNKNOWN_NAME`, with the nearest name, for an unknown one;
 * `ERR_CONFIG` for one that Keras has and that no name can stand for
 * @see keras/src/activations/__init__.py
 */
export function resolveActivation(where: string, what: string, value: ActivationLike | undefined): NativeActivation {
  if (value === null || value === undefined) return 'linear';
  const reason = typeof value === 'string' ? NOT_BY_NAME.get(normalizeName(value)) : undefined;
  if (reason !== undefined) throw refusal('ERR_CONFIG', where, `${what} to be another`, describe(value), reason);
  return resolveName(where, what, value, TABLE);
}
