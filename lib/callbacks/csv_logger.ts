// SPDX-License-Identifier: MIT
// One line of a CSV file for each epoch.
import * as fs from 'node:fs/promises';
import { checkPath, ioError } from '../serialization';
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkOptions, checkString, describe, refusal } from '../util/validate';
import { Callback, type Logs } from './callback';
import { isCount, isOptional, isStrings, readState } from './state';

/** Options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** One character between values. Default ','. */
  separator?: string;
  /** Goes on with a file that is there, for a training that is continued. Default false: it gives way. */
  append?: boolean;
}

const WHERE = 'CSVLogger';
/** As Python's csv module ends lines. */
const NEWLINE = '\r\n';
/** Bytes in which the names of the columns of a file are looked for. */
const MAX_HEADER = 65536;

/**
 * Writes the logs of each epoch to a CSV file: the epoch from 0, then in alphabetical order the keys of the logs of the first
 * epoch, and those of a validation that comes later. `NA` stands where an epoch lacks a key. A file keeps its columns: keys that
 * a callback adds later are left out, with a warning, and with `append` the columns are those of the file.
 *
 * Source: keras/src/callbacks/csv_logger.py.
 * Differs from Keras: without validation there are no columns for it; a file that cannot take the keys of a training that
 * appends to it is refused before the training begins, where Keras writes rows of other columns.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, validationSplit: 0.2, callbacks: [new CSVLogger('run.csv')] });
 */
export class CSVLogger extends Callback {
  override readonly className = WHERE;
  readonly filename: string;
  readonly separator: string;
  readonly append: boolean;
  /** Keys in the order of their columns; undefined until they are known. */
  #keys: string[] | undefined;
  #file: fs.FileHandle | undefined;
  /** Where the file ends for us: what lies beyond is cut off before the next line. */
  #length = 0;
  readonly #leftOut = new Set<string>();

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG` */
  constructor(filename: string, options?: CSVLoggerOptions, ...rest: []) {
    refuseMore('CSVLogger', rest);
    super();
    const { separator = ',', append = false } = checkOptions(WHERE, options, ['separator', 'append']);
    this.filename = checkPath(WHERE, 'filename', filename);
    this.separator = checkString(WHERE, 'separator', separator);
    if (this.separator.length !== 1 || /["\r\n]/.test(this.separator))
      throw refusal('ERR_CONFIG', WHERE, 'separator to be one character', describe(separator));
    this.append = checkBoolean(WHERE, 'append', append);
  }

  /**
   * @throws DataError `ERR_IO`, `ERR_NOT_FOUND` where the file cannot be written to; `ERR_DATA` where it is to be appended to
   *   and does not begin with columns, or not with those of this training
   */
  override async onTrainBegin(): Promise<void> {
    this.#keys = undefined;
    this.#leftOut.clear();
    this.#length = 0;
    // Nothing is cut off yet: a training that is resumed goes on with the lines that are there.
    const file = (this.#file = await this.#guarded(() => fs.open(this.filename, this.append ? 'a+' : 'a')));
    if (!this.append) return;
    this.#length = (await this.#guarded(() => file.stat())).size;
    if (this.#length > 0) this.#keys = await this.#readKeys(file);
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const keys = (this.#keys ??= [...new Set([...Object.keys(logs), ...(this.params?.logKeys ?? [])])].sort());
    const values = keys.map((key) => (Object.hasOwn(logs, key) ? String(logs[key]) : 'NA'));
    await this.#write(this.#line(['epoch', ...keys]), this.#line([String(epoch), ...values]));
    this.#warnOfLeftOut(Object.keys(logs).filter((key) => !keys.includes(key)));
  }

  override async onTrainEnd(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await this.#guarded(async () => {
      await this.#cut(file);
      await file.close();
    });
  }

  override getState(): unknown {
    return { keys: this.#keys, length: this.#length };
  }

  override setState(given: unknown): void {
    const { keys, length } = readState(WHERE, given, { keys: isOptional(isStrings), length: isCount });
    this.#keys = keys;
    this.#length = length;
  }

  #line(values: readonly string[]): string {
    const quoted = values.map((value) =>
      value.includes(this.separator) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value,
    );
    return quoted.join(this.separator) + NEWLINE;
  }

  /** Writes a line, below the header where there is nothing yet. */
  async #write(header: string, line: string): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.#guarded(async () => {
      const isTorn = await this.#cut(file);
      const text = (this.#length === 0 ? header : isTorn ? NEWLINE : '') + line;
      await file.appendFile(text);
      this.#length += Buffer.byteLength(text);
    });
  }

  /**
   * Cuts off what lies beyond our lines: of others, or our own of before a training was cut off. Gives whether what is left ends
   * within a line, where a file to append to was left so.
   */
  async #cut(file: fs.FileHandle): Promise<boolean> {
    const stats = await file.stat();
    if (!stats.isFile()) return false; // a pipe or a terminal has no size
    this.#length = Math.min(this.#length, stats.size);
    if (stats.size > this.#length) await file.truncate(this.#length);
    if (!this.append || this.#length === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, this.#length - 1);
    return buffer.toString() !== '\n';
  }

  /** The keys of the columns of a file that is there. */
  async #readKeys(file: fs.FileHandle): Promise<string[]> {
    const bytes = Buffer.alloc(Math.min(this.#length, MAX_HEADER));
    const { bytesRead } = await this.#guarded(() => file.read(bytes, 0, bytes.length, 0));
    const [first, ...keys] = firstRecord(new TextDecoder().decode(bytes.subarray(0, bytesRead)), this.separator);
    const hint = 'Choose another file, or set append to false to replace this one.';
    if (first !== 'epoch')
      throw refusal(
        'ERR_DATA',
        WHERE,
        `${this.filename} to begin with the column 'epoch', and ${describe(this.separator)} between columns`,
        describe(first),
        hint,
      );
    const missing = this.params?.logKeys?.filter((key) => !keys.includes(key)) ?? [];
    if (missing.length > 0)
      throw refusal(
        'ERR_DATA',
        WHERE,
        `${this.filename} to have columns for ${missing.join(', ')}`,
        keys.join(', ') || 'none',
        hint,
      );
    return keys;
  }

  #warnOfLeftOut(keys: readonly string[]): void {
    const late = keys.filter((key) => !this.#leftOut.has(key));
    if (late.length === 0) return;
    for (const key of late) this.#leftOut.add(key);
    process.emitWarning(
      `${WHERE}: expected the keys of the columns of ${this.filename}, ${this.#keys?.join(', ')}, received ` +
        `${late.join(', ')} as well. A file keeps its columns: they are left out.`,
      { type: 'OstinatoWarning', code: 'OSTINATO_KEY_LEFT_OUT' },
    );
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw ioError(WHERE, `write ${this.filename}`, error);
    }
  }
}

/** The fields of the first record of a CSV text. */
function firstRecord(text: string, separator: string): string[] {
  const between = `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const field = new RegExp(`("(?:[^"]|"")*"|[^"\\r\\n${between}]*)(${between}|\\r?\\n|$)`, 'y');
  const fields: string[] = [];
  for (let found = field.exec(text); found !== null; found = field.exec(text)) {
    const [, value = '', end] = found;
    fields.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end !== separator) return fields;
  }
  return [text.slice(0, 40)];
}
