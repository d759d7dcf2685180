// SPDX-License-Identifier: MIT
// The header of an .npy file: a Python dict, read by hand and never evaluated. Source: numpy/lib/_format_impl.py.
import { describe, refusal } from '../../util/validate';

/** What the header of an .npy file says. */
export interface NpyHeader {
  /** numpy's type string, as `<i8` or `|O`. */
  readonly descr: string;
  /** Whether the first axis is the one that changes fastest. */
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

const MOST_AXES = 64;

/** @throws DataError `ERR_DATA` where the text is anything but such a dict */
export function readHeader(where: string, text: string): NpyHeader {
  return new HeaderReader(where, text).read();
}

/** The text of a header as numpy writes it, with the room that it leaves for the first axis to grow. */
export function headerText(descr: string, shape: readonly number[]): string {
  const sizes = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const room = shape.length === 0 ? 0 : Math.max(0, 21 - String(shape[0]).length);
  return `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }${' '.repeat(room)}`;
}

/** Grammar: `{ 'descr': STRING, 'fortran_order': BOOL, 'shape': ( INT, ... ) , }` in any order of the keys, then blanks. */
class HeaderReader {
  private at = 0;

  constructor(
    private readonly where: string,
    private readonly text: string,
  ) {}

  read(): NpyHeader {
    let descr: string | undefined;
    let isFortran: boolean | undefined;
    let shape: number[] | undefined;
    this.expect('{');
    while (!this.accept('}')) {
      const key = this.readString();
      this.expect(':');
      if (key === 'descr' && descr === undefined) descr = this.readString();
      else if (key === 'fortran_order' && isFortran === undefined) isFortran = this.readBoolean();
      else if (key === 'shape' && shape === undefined) shape = this.readShape();
      else throw this.malformed(`each of descr, fortran_order and shape once`, describe(key));
      if (!this.accept(',')) {
        this.expect('}');
        break;
      }
    }
    if (this.text.slice(this.at).trim() !== '') throw this.malformed('nothing after the header', 'more text');
    if (descr === undefined || isFortran === undefined || shape === undefined)
      throw this.malformed('descr, fortran_order and shape', 'a header without one of them');
    return { descr, isFortran, shape };
  }

  private readString(): string {
    const quote = this.accept("'") ? "'" : this.accept('"') ? '"' : undefined;
    const end = quote === undefined ? -1 : this.text.indexOf(quote, this.at);
    if (end < 0) throw this.malformed('a string', this.excerpt());
    const value = this.text.slice(this.at, end);
    if (!/^[\w<>|=]*$/.test(value)) throw this.malformed('a plain string', describe(value));
    this.at = end + 1;
    return value;
  }

  private readBoolean(): boolean {
    if (this.accept('True')) return true;
    if (this.accept('False')) return false;
    throw this.malformed('True or False', this.excerpt());
  }

  private readShape(): number[] {
    const shape: number[] = [];
    this.expect('(');
    while (!this.accept(')')) {
      this.skipBlanks();
      const digits = /^\d{1,15}(?!\d)/.exec(this.text.slice(this.at, this.at + 16))?.[0];
      if (digits === undefined || shape.length === MOST_AXES) throw this.malformed('a size', this.excerpt());
      this.at += digits.length;
      this.accept('L'); // Python 2 wrote 25000L.
      shape.push(Number(digits));
      if (!this.accept(',')) {
        this.expect(')');
        break;
      }
    }
    return shape;
  }

  private accept(token: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw this.malformed(`'${token}'`, this.excerpt());
  }

  private skipBlanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\n') this.at++;
  }

  private excerpt(): string {
    return this.at < this.text.length ? describe(this.text.slice(this.at, this.at + 12)) : 'the end of the header';
  }

  private malformed(expected: string, received: string): Error {
    return refusal('ERR_DATA', this.where, `${expected} at character ${this.at} of the .npy header`, received);
  }
}
