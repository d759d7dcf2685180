// SPDX-License-Identifier: MIT
// Bytes to text: UTF-8 alone. Other encodings are refused by the line where they show, never guessed.
import { TextDecoder } from 'node:util';
import { internal } from '../index';

const { refusal } = internal;

const BEGINNINGS: readonly (readonly [bytes: readonly number[], what: string, hint: string])[] = [
  [[0xff, 0xfe], 'UTF-16', 'Convert it: iconv -f UTF-16 -t UTF-8.'],
  [[0xfe, 0xff], 'UTF-16', 'Convert it: iconv -f UTF-16 -t UTF-8.'],
  [[0x1f, 0x8b], 'a gzip file', 'Decompress it: gunzip -c FILE.'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or a spreadsheet', 'Export it as CSV.'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'Pass it as a file that ends in .parquet.'],
];

/** Decodes pieces of a file in their order. A byte order mark at the beginning is dropped. */
export class Utf8Reader {
  readonly #where: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #line = 1;
  #isFirst = true;

  constructor(where: string) {
    this.#where = where;
  }

  /** @throws DataError `ERR_DATA` where the bytes are no UTF-8 text */
  push(bytes: Uint8Array): string {
    if (this.#isFirst && bytes.length > 0) {
      this.#isFirst = false;
      for (const [begin, what, hint] of BEGINNINGS)
        if (begin.every((byte, i) => bytes[i] === byte))
          throw refusal('ERR_DATA', this.#where, 'UTF-8 text', what, hint);
    }
    return this.#checked(() => this.#decoder.decode(bytes, { stream: true }), bytes);
  }

  /** @throws DataError `ERR_DATA` where the last character is cut off */
  end(): string {
    return this.#checked(() => this.#decoder.decode(), new Uint8Array());
  }

  #checked(decode: () => string, bytes: Uint8Array): string {
    let text: string;
    try {
      text = decode();
    } catch {
      const valid = new TextDecoder().decode(bytes).split('\uFFFD', 1)[0]!;
      const hint = 'Save it as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8.';
      throw refusal('ERR_DATA', this.#where, 'UTF-8 text', `other bytes in line ${this.#line + newlines(valid)}`, hint);
    }
    const zero = text.indexOf('\0');
    if (zero >= 0) {
      const line = this.#line + newlines(text.slice(0, zero));
      throw refusal('ERR_DATA', this.#where, 'text', `a zero byte in line ${line}`, 'Is it UTF-16, or no text at all?');
    }
    this.#line += newlines(text);
    return text;
  }
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
