// SPDX-License-Identifier: MIT
// Paths with places for numbers, `{epoch:02d}-{valLoss:.2f}`: the part of Python's format strings that paths need.
import { nearest } from '../util/did_you_mean';
import { toCamelCase } from '../metrics';
import { describe, refusal } from '../util/validate';

interface Place {
  readonly key: string;
  readonly zeros: boolean;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

const PLACE = /^(\w+)(?::(0?)(\d{0,3})(?:\.(\d{1,2}))?([dfe%]?))?$/;

/**
 * @example
 * new PathTemplate('ModelCheckpoint', '{epoch:02d}-{val_loss:.2f}').fill({ epoch: 3, valLoss: 0.456 }); // '03-0.46'
 */
export class PathTemplate {
  readonly #parts: readonly (string | Place)[];

  /**
   * @param text `{key}` or `{key:[0][width][.precision][d, f, e or %]}`; `{{` and `}}` stand for braces
   * @throws ConfigError `ERR_CONFIG` where it is malformed
   */
  constructor(
    private readonly where: string,
    text: string,
  ) {
    const pieces = text.split(/(\{\{|\}\}|\{[^{}]*\}|[{}])/);
    this.#parts = pieces.map((piece) => {
      if (piece === '{{' || piece === '}}') return piece[0]!;
      if (!/[{}]/.test(piece)) return piece;
      const match = PLACE.exec(piece.slice(1, -1));
      if (match === null || piece.length < 3)
        throw refusal('ERR_CONFIG', where, 'places like {epoch:02d} or {valLoss:.2f} in the path', describe(piece));
      const [, key, zero, width, precision, type] = match;
      return {
        key: toCamelCase(key!),
        zeros: zero === '0',
        width: Number(width ?? 0),
        precision: precision === undefined ? undefined : Number(precision),
        type: type ?? '',
      };
    });
  }

  /**
   * The path with numbers in its places.
   *
   * @throws ConfigError `ERR_CONFIG` where a number is missing, with the nearest name, or `d` is given a fraction
   */
  fill(values: Readonly<Record<string, number>>): string {
    return this.#parts.map((part) => (typeof part === 'string' ? part : this.#format(part, values))).join('');
  }

  #format({ key, zeros, width, precision, type }: Place, values: Readonly<Record<string, number>>): string {
    const value = Object.hasOwn(values, key) ? values[key]! : undefined;
    if (value === undefined) {
      const hint = nearest(key, Object.keys(values));
      const known = Object.keys(values).join(', ');
      throw refusal(
        'ERR_CONFIG',
        this.where,
        `names among ${known} in the path`,
        `'${key}'`,
        hint && `Did you mean '${hint}'?`,
      );
    }
    if (type === 'd' && !Number.isInteger(value))
      throw refusal('ERR_CONFIG', this.where, `an integer for {${key}:d}`, String(value), 'Use f for fractions.');
    const digits = numberText(Math.abs(value), precision, type);
    const sign = value < 0 ? '-' : '';
    if (!zeros || !Number.isFinite(value)) return (sign + digits).padStart(width);
    return sign + digits.padStart(width - sign.length, '0');
  }
}

function numberText(value: number, precision: number | undefined, type: string): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (type === 'f' || (type === '' && precision !== undefined)) return value.toFixed(precision ?? 6);
  if (type === '%') return `${(value * 100).toFixed(precision ?? 6)}%`;
  // Python writes two digits of the exponent at least.
  if (type === 'e') return value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
  return String(value);
}
