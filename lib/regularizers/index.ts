// SPDX-License-Identifier: MIT
// Penalties on weights, added to the loss: l1 times the sum of |w|, l2 times the sum of w^2, and one for rows or columns
// that are not orthogonal. The engine computes them.
import { refuseMore } from '../util/arguments';
import { expectKnown } from '../util/families';
import { resolveName } from '../util/identifiers';
import { withDefaults } from '../util/options';
import { checkNumber, checkOneOf, checkOptions, describe, refusal } from '../util/validate';
import type { NativePenalty } from '../native/binding';

/** A regularizer as plain data, as `getConfig` of a layer writes it. */
export interface RegularizerConfig {
  className: string;
  config: Record<string, unknown>;
}

/** Names of regularizers; a string stands for the class with its default factors. */
export type RegularizerName =
  | 'l1'
  | 'l2'
  | 'l1_l2'
  | 'l1L2'
  | 'L1'
  | 'L2'
  | 'L1L2'
  | 'orthogonal_regularizer'
  | 'orthogonalRegularizer'
  | 'OrthogonalRegularizer';

/** What a `...Regularizer` option takes; null for none. */
export type RegularizerLike = Regularizer | RegularizerName | (string & {}) | RegularizerConfig | null;

/** Defaults of the regularizers, as in Keras. `l1L2Name` is what the string `'l1_l2'` and the function {@link l1l2} mean. */
export const defaults = Object.freeze({
  L1: Object.freeze({ l1: 0.01 }),
  L2: Object.freeze({ l2: 0.01 }),
  L1L2: Object.freeze({ l1: 0, l2: 0 }),
  l1L2Name: Object.freeze({ l1: 0.01, l2: 0.01 }),
  OrthogonalRegularizer: Object.freeze({ factor: 0.01, mode: 'rows' } as const),
});

/** Base class of regularizers: a penalty `l1 * sum(|w|) + l2 * sum(w * w)`, or what `toNative` says more. */
export abstract class Regularizer {
  abstract readonly className: 'L1' | 'L2' | 'L1L2' | 'OrthogonalRegularizer';
  /** Factor of the sum of absolute values. */
  readonly l1: number;
  /** Factor of the sum of squares. */
  readonly l2: number;

  protected constructor(where: string, l1: number, l2: number) {
    expectKnown(Regularizer, new.target);
    this.l1 = checkNumber(where, 'l1', l1, { min: 0 });
    this.l2 = checkNumber(where, 'l2', l2, { min: 0 });
  }

  /** @internal The factors as the engine takes them. */
  toNative(): NativePenalty {
    return { l1: this.l1, l2: this.l2, orthogonal: 0, orthogonalByRows: true };
  }

  /** The constructor's arguments by name; a plain object. */
  abstract getConfig(): Record<string, number | string>;

  /**
   * Refuses weights that this regularizer has no penalty for (others than matrices for {@link OrthogonalRegularizer}).
   *
   * @throws ShapeError `ERR_SHAPE`
   *
   * @internal
   */
  checkShape(_where: string, _weight: string, _shape: readonly number[]): void {}

  /** `{ className, config }`, which every `...Regularizer` option takes as well. */
  toJSON(): RegularizerConfig {
    return { className: this.className, config: this.getConfig() };
  }
}

/**
 * L1 penalty: `l1 * sum(|w|)`.
 *
 * @see keras/src/regularizers/regularizers.py
 * @example
 * new Dense(1, { kernelRegularizer: new L1(0.001) });
 */
export class L1 extends Regularizer {
  readonly className = 'L1';

  /**
   * @param l1 factor, finite and at least 0; default 0.01
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` for any other factor
   */
  constructor(l1: number = defaults.L1.l1, ...rest: []) {
    refuseMore('L1', rest);
    super('L1', l1, 0);
  }

  getConfig(): { l1: number } {
    return { l1: this.l1 };
  }
}

/**
 * L2 penalty: `l2 * sum(w * w)`.
 *
 * @see keras/src/regularizers/regularizers.py
 * @example
 * new Dense(1, { kernelRegularizer: new L2(0.001) });
 */
export class L2 extends Regularizer {
  readonly className = 'L2';

  /**
   * @param l2 factor, finite and at least 0; default 0.01
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` for any other factor
   */
  constructor(l2: number = defaults.L2.l2, ...rest: []) {
    refuseMore('L2', rest);
    super('L2', 0, l2);
  }

  getConfig(): { l2: number } {
    return { l2: this.l2 };
  }
}

/** Factors of {@link L1L2}. */
export interface L1L2Options {
  /** Factor of the sum of absolute values; default 0. */
  l1?: number;
  /** Factor of the sum of squares; default 0. */
  l2?: number;
}

/**
 * L1 and L2 penalty together.
 *
 * @see keras/src/regularizers/regularizers.py
 * @example
 * new Dense(1, { kernelRegularizer: new L1L2({ l1: 0.001, l2: 0.01 }) });
 */
export class L1L2 extends Regularizer {
  readonly className = 'L1L2';

  /**
   * @param options factors, finite and at least 0; default 0 each
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION`
   */
  constructor(options: L1L2Options = {}, ...rest: []) {
    refuseMore('L1L2', rest);
    const { l1, l2 } = withDefaults('L1L2', options, defaults.L1L2);
    super('L1L2', l1, l2);
  }

  getConfig(): { l1: number; l2: number } {
    return { l1: this.l1, l2: this.l2 };
  }
}

/** Options of {@link OrthogonalRegularizer}. */
export interface OrthogonalRegularizerOptions {
  /** Factor of the penalty; default 0.01. */
  factor?: number;
  /** Which vectors of a matrix shall be orthogonal to each other; default `'rows'`. */
  mode?: 'rows' | 'columns';
}

/**
 * Penalty for rows, or columns, of a matrix that are not orthogonal: `factor / 2` times the mean over all pairs of
 * `|u_i · u_j|`, counted both ways, where `u` are the vectors scaled to norm 1.
 *
 * @see keras/src/regularizers/regularizers.py
 * @example
 * new Dense(4, { kernelRegularizer: new OrthogonalRegularizer({ factor: 0.01, mode: 'columns' }) });
 */
export class OrthogonalRegularizer extends Regularizer {
  readonly className = 'OrthogonalRegularizer';
  readonly factor: number;
  readonly mode: 'rows' | 'columns';

  /**
   * @param options factor, finite and at least 0, and mode
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION`
   */
  constructor(options: OrthogonalRegularizerOptions = {}, ...rest: []) {
    const where = 'OrthogonalRegularizer';
    refuseMore(where, rest);
    const { factor, mode } = withDefaults(where, options, defaults.OrthogonalRegularizer);
    super(where, 0, 0);
    this.factor = checkNumber(where, 'factor', factor, { min: 0 });
    this.mode = checkOneOf(where, 'mode', mode, ['rows', 'columns']);
  }

  override toNative(): NativePenalty {
    return { l1: 0, l2: 0, orthogonal: this.factor, orthogonalByRows: this.mode === 'rows' };
  }

  override checkShape(where: string, weight: string, shape: readonly number[]): void {
    if (shape.length !== 2)
      throw refusal(
        'ERR_SHAPE',
        where,
        `${weight} to be a matrix for its ${this.className}`,
        `shape [${shape.join(', ')}]`,
      );
  }

  getConfig(): { factor: number; mode: 'rows' | 'columns' } {
    return { factor: this.factor, mode: this.mode };
  }
}

/** Short for `new L1(factor)`; default 0.01. */
export function l1(factor: number = defaults.L1.l1, ...rest: []): L1 {
  refuseMore('l1', rest);
  return new L1(factor);
}

/** Short for `new L2(factor)`; default 0.01. */
export function l2(factor: number = defaults.L2.l2, ...rest: []): L2 {
  refuseMore('l2', rest);
  return new L2(factor);
}

/** Short for `new L1L2({ l1, l2 })`; default 0.01 each, as the string `'l1_l2'` documents it in Keras. */
export function l1l2(options: L1L2Options = {}, ...rest: []): L1L2 {
  refuseMore('l1l2', rest);
  return new L1L2(withDefaults('l1l2', options, defaults.l1L2Name));
}

const TABLE: ReadonlyMap<string, (config: Record<string, unknown> | undefined) => Regularizer> = new Map([
  ['l1', (config) => new L1(factorOf('L1', config, 'l1'))],
  ['l2', (config) => new L2(factorOf('L2', config, 'l2'))],
  ['l1_l2', (config) => (config === undefined ? l1l2() : new L1L2(config))],
  ['orthogonal_regularizer', (config) => new OrthogonalRegularizer(config)],
] as [string, (config: Record<string, unknown> | undefined) => Regularizer][]);

function factorOf(where: string, config: Record<string, unknown> | undefined, key: string): number | undefined {
  return checkOptions(where, config, [key])[key] as number | undefined;
}

/**
 * The regularizer that an option names.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @throws ConfigError `ERR_TYPE` or `ERR_UNKNOWN_NAME`
 *
 * @internal
 */
export function resolveRegularizer(
  where: string,
  what: string,
  value: RegularizerLike | undefined,
): Regularizer | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Regularizer) return value;
  if (typeof value === 'string') return resolveName(where, what, value, TABLE)(undefined);
  if (typeof value === 'object' && typeof value.className === 'string') {
    const { className, config } = checkOptions(`${where}.${what}`, value, ['className', 'config']);
    return resolveName(where, what, className, TABLE)(config ?? {});
  }
  throw refusal('ERR_TYPE', where, `${what} to be a regularizer, its name or null`, describe(value));
}
