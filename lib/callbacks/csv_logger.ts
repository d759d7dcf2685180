// SPDX-License-Identifier: MIT
// One line of a CSV file for each epoch.
import * as fs from 'node:fs/promises';
import { checkPath, ioError } from '../serialization';
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkOptions, checkString, describe, refusal } from '../util/validate';
import { validationKey } from '../metrics';
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

/**
 * Writes the logs of each epoch to a CSV file: the epoch from 0, then all keys of the first epoch in alphabetical order.
 * Where there was no validation then, columns for it follow, filled with `NA` until there is.
 *
 * Source: keras/src/callbacks/csv_logger.py.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, validationSplit: 0.2, callbacks: [new CSVLogger('run.csv')] });
 */
export class CSVLogger extends Callback {
  readonly filename: string;
  readonly separator: string;
  readonly append: boolean;
  #keys: string[] | undefined;
  #file: fs.FileHandle | undefined;
  /** Where the file ends for us: what lies beyond is cut off before the next line. */
  #length = 0;

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

  /** @throws DataError `ERR_IO`, `ERR_NOT_FOUND` where the file cannot be written to */
  override async onTrainBegin(): Promise<void> {
    this.#keys = undefined;
    await this.#guarded(async () => {
      // Nothing is cut off yet: a training that is resumed goes on with the lines that are there.
      this.#file = await fs.open(this.filename, 'a');
      this.#length = this.append ? (await this.#file.stat()).size : 0;
    });
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const isFirst = this.#keys === undefined;
    const keys = (this.#keys ??= columns(logs));
    const header = isFirst && this.#length === 0 ? this.#line(['epoch', ...keys]) : '';
    const values = keys.map((key) => (Object.hasOwn(logs, key) ? String(logs[key]) : 'NA'));
    await this.#write(header + this.#line([String(epoch), ...values]));
  }

  override async onTrainEnd(): Promise<void> {
    await this.#write('');
    await this.#guarded(async () => this.#file?.close());
    this.#file = undefined;
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

  async #write(text: string): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.#guarded(async () => {
      const { size } = await file.stat();
      this.#length = Math.min(this.#length, size);
      if (size > this.#length) await file.truncate(this.#length);
      await file.appendFile(text);
      this.#length += Buffer.byteLength(text);
    });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw ioError(WHERE, `write ${this.filename}`, error);
    }
  }
}

function columns(logs: Logs): string[] {
  const keys = Object.keys(logs).sort();
  return keys.some((key) => /^val[A-Z]/.test(key)) ? keys : [...keys, ...keys.map(validationKey)];
}
