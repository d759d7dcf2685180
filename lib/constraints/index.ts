// SPDX-License-Identifier: MIT
// All constraints, and the table that turns a name or a config into one.
import { resolveName } from '../util/identifiers';
import { checkOptions, describe, refusal } from '../util/validate';
import { Constraint, type ConstraintConfig } from './constraint';
import { NonNeg } from './non_neg';
import { MaxNorm, MinMaxNorm, UnitNorm } from './norms';

export { Constraint, type ConstraintConfig } from './constraint';
export { NonNeg } from './non_neg';
export { MaxNorm, MinMaxNorm, UnitNorm, type AxisOptions, type MaxNormOptions, type MinMaxNormOptions } from './norms';

/** Names of constraints; a string stands for the class with its defaults. */
export type ConstraintName =
  | 'max_norm'
  | 'non_neg'
  | 'unit_norm'
  | 'min_max_norm'
  | 'maxNorm'
  | 'nonNeg'
  | 'unitNorm'
  | 'minMaxNorm'
  | 'MaxNorm'
  | 'NonNeg'
  | 'UnitNorm'
  | 'MinMaxNorm';

/** What a `...Constraint` option takes; null for none. */
export type ConstraintLike = Constraint | ConstraintName | (string & {}) | ConstraintConfig | null;

type Maker = (config: Record<string, unknown>) => Constraint;

const TABLE: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['max_norm', (config) => new MaxNorm(config)],
  ['non_neg', (config) => (checkOptions('NonNeg', config, []), new NonNeg())],
  ['unit_norm', (config) => new UnitNorm(config)],
  ['min_max_norm', (config) => new MinMaxNorm(config)],
]);

/**
 * The constraint that an option names.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @param value a constraint, a name in any spelling, `{ className, config }`, or null for none
 * @throws ConfigError `ERR_TYPE` or `ERR_UNKNOWN_NAME`, with the nearest name
 *
 * @internal
 */
export function resolveConstraint(where: string, what: string, value: ConstraintLike | undefined): Constraint | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Constraint) return value;
  if (typeof value === 'string') return resolveName(where, what, value, TABLE)({});
  if (typeof value === 'object' && typeof value.className === 'string') {
    const { className, config } = checkOptions(`${where}.${what}`, value, ['className', 'config']);
    return resolveName(where, what, className, TABLE)(config ?? {});
  }
  throw refusal('ERR_TYPE', where, `${what} to be a constraint, its name or null`, describe(value));
}
