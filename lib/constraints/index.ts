// SPDX-License-Identifier: MIT
// Constraints on weights, applied after each step of the optimizer. The engine computes them.
import { describe, refusal } from '../util/validate';
import type { NativeConstraint } from '../native/binding';

/** A constraint as plain data, as `getConfig` of a layer writes it. */
export interface ConstraintConfig {
  className: string;
  config: Record<string, unknown>;
}

/** What a `...Constraint` option takes; null for none. */
export type ConstraintLike = Constraint | (string & {}) | ConstraintConfig | null;

/** Base class of constraints. */
export abstract class Constraint {
  /** The class name, as in Keras: it is written into configs. */
  abstract readonly className: string;

  /** The constraint as the engine takes it. */
  abstract toNative(): NativeConstraint;

  /** The constructor's arguments by name; a plain object. */
  abstract getConfig(): Record<string, unknown>;

  /** `{ className, config }`, which every `...Constraint` option takes as well. */
  toJSON(): ConstraintConfig {
    return { className: this.className, config: this.getConfig() };
  }
}

/**
 * The constraint that an option names.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @throws ConfigError `ERR_TYPE`
 */
export function resolveConstraint(where: string, what: string, value: ConstraintLike | undefined): Constraint | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Constraint) return value;
  throw refusal('ERR_TYPE', where, `${what} to be a constraint or null`, describe(value));
}
