// SPDX-License-Identifier: MIT
// Records of delimited text (CSV, TSV) from pieces of any size, as RFC 4180 has them: fields in quotes hold delimiters, line
// breaks and doubled quotes. Lines end in LF, CRLF or CR. A quote inside a field that does not begin with one stands for
// itself. Blank lines are skipped.
import { internal } from '../index';

const { refusal } = internal;

/** Characters that a field may have at most: a quote that is never closed must not take the whole file into memory. */
export const MAX_FIELD = 2 ** 22;
/** Fields that a record may have at most. */
export const MAX_FIELDS = 2 ** 14;

/** One record and the line where it begins. */
export interface TextRecord {
  readonly line: number;
  readonly cells: string[];
}

const QUOTE = 34;
const LF = 10;
const CR = 13;

type State = 'begin' | 'plain' | 'quoted' | 'quote';

/** Splits text into records. */
export class DelimitedText {
  readonly #where: string;
  readonly #delimiter: number;
  #state: State = 'begin';
  /** The part of the present field that came in earlier pieces, and parts of a quoted field. */
  #field = '';
  #cells: string[] = [];
  #wasQuoted = false;
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  /** The last character was CR: an LF that follows belongs to it. */
  #afterCr = false;

  /** @param delimiter one character */
  constructor(where: string, delimiter: string) {
    this.#where = where;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** The records that end in this piece. @throws DataError `ERR_DATA` with the line */
  push(text: string): TextRecord[] {
    const records: TextRecord[] = [];
    const delimiter = this.#delimiter;
    let at = 0;
    if (this.#afterCr && text.length > 0) {
      if (text.charCodeAt(0) === LF) at = 1;
      this.#afterCr = false;
    }
    while (at < text.length) {
      const code = text.charCodeAt(at);
      switch (this.#state) {
        case 'begin':
          this.#wasQuoted = code === QUOTE;
          this.#state = this.#wasQuoted ? 'quoted' : 'plain';
          this.#quoteLine = this.#line;
          if (this.#wasQuoted) at++;
          break;
        case 'plain': {
          let end = at;
          for (; end < text.length; end++) {
            const next = text.charCodeAt(end);
            if (next === delimiter || next === LF || next === CR) break;
          }
          this.#append(text.slice(at, end));
          at = end < text.length ? this.#endField(text, end, records) : end;
          break;
        }
        case 'quoted': {
          const found = text.indexOf('"', at);
          const end = found < 0 ? text.length : found;
          const part = text.slice(at, end);
          this.#append(part);
          this.#countLines(part);
          at = end + 1;
          if (found >= 0) this.#state = 'quote';
          break;
        }
        case 'quote':
          if (code === QUOTE) {
            this.#append('"');
            this.#state = 'quoted';
            at++;
          } else if (code === delimiter || code === LF || code === CR) at = this.#endField(text, at, records);
          else {
            const hint = 'A quote within quotes is written twice.';
            const received = `${JSON.stringify(text[at])} in line ${this.#line}`;
            throw refusal('ERR_DATA', this.#where, 'a delimiter or a line break after a closing quote', received, hint);
          }
      }
    }
    return records;
  }

  /** The last record, where the text ends without a line break. @throws DataError `ERR_DATA` for a quote that is open */
  end(): TextRecord[] {
    if (this.#state === 'quoted')
      throw refusal('ERR_DATA', this.#where, 'a closing quote', `none for the one in line ${this.#quoteLine}`);
    const records: TextRecord[] = [];
    if (this.#state !== 'begin' || this.#cells.length > 0) {
      this.#takeField();
      this.#takeRecord(records);
    }
    return records;
  }

  #append(part: string): void {
    this.#field = this.#field === '' ? part : this.#field + part;
    if (this.#field.length <= MAX_FIELD) return;
    const hint = this.#wasQuoted ? 'Is its quote closed?' : '';
    const received = `a longer one in line ${this.#wasQuoted ? this.#quoteLine : this.#line}`;
    throw refusal('ERR_DATA', this.#where, `fields of at most ${MAX_FIELD} characters`, received, hint);
  }

  /** Ends the field at a delimiter or a line break. @returns where the next field begins */
  #endField(text: string, at: number, records: TextRecord[]): number {
    this.#takeField();
    const code = text.charCodeAt(at);
    if (code === this.#delimiter) return at + 1;
    this.#takeRecord(records);
    this.#line++;
    this.#recordLine = this.#line;
    if (code === LF) return at + 1;
    if (at + 1 === text.length) this.#afterCr = true;
    return text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
  }

  #takeField(): void {
    this.#cells.push(this.#field);
    this.#field = '';
    this.#state = 'begin';
    if (this.#cells.length > MAX_FIELDS)
      throw refusal('ERR_DATA', this.#where, `at most ${MAX_FIELDS} fields`, `more in line ${this.#recordLine}`);
  }

  #takeRecord(records: TextRecord[]): void {
    const isBlank = this.#cells.length === 1 && this.#cells[0] === '' && !this.#wasQuoted;
    if (!isBlank) records.push({ line: this.#recordLine, cells: this.#cells });
    this.#cells = [];
    this.#wasQuoted = false;
  }

  /** A line break may come in two pieces, CR and LF: LF counts, and CR where no LF follows is no line of its own here. */
  #countLines(part: string): void {
    for (let i = part.indexOf('\n'); i >= 0; i = part.indexOf('\n', i + 1)) this.#line++;
  }
}

const CANDIDATES = [',', '\t', ';', '|'] as const;
/** Records of the beginning that are looked at. */
const SAMPLE = 20;

/** The delimiter that gives the most columns, the same number in every record of the beginning; a comma where none does. */
export function detectDelimiter(beginning: string): string {
  let best: string = ',';
  let most = 1;
  for (const delimiter of CANDIDATES) {
    const columns = columnsBy(delimiter, beginning);
    if (columns > most) [best, most] = [delimiter, columns];
  }
  return best;
}

/** Columns of every record of a beginning, whose last record may be cut off; 0 where they differ. */
function columnsBy(delimiter: string, beginning: string): number {
  let records: TextRecord[];
  try {
    const parser = new DelimitedText('', delimiter);
    records = parser.push(beginning);
    if (records.length === 0) records = parser.end();
  } catch {
    return 0;
  }
  const count = records[0]?.cells.length ?? 0;
  return records.slice(0, SAMPLE).every(({ cells }) => cells.length === count) ? count : 0;
}
