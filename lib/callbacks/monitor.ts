// SPDX-License-Identifier: MIT
// What callbacks share that watch one value of the logs: its key, which way is better, what counts as an improvement.
import { toCamelCase } from '../metrics';
import { checkInteger, checkNumber, checkOneOf, checkOptions, checkString, refusal } from '../util/validate';
import { Callback, type Logs } from './callback';
import { checkStream, type ProgbarStream } from './progbar';

/** Options of every callback that watches a value. */
export interface MonitorOptions {
  /** Key of the value in the logs; `val_loss` is read as `valLoss`. Default 'valLoss'. */
  monitor?: string;
  /** 1 tells of what it did. Default 0. */
  verbose?: 0 | 1;
  /** Whether lower (`min`) or higher (`max`) is better; `auto` asks the metric. Default 'auto'. */
  mode?: 'auto' | 'min' | 'max';
  /** Where `verbose` writes. Default `process.stdout`. */
  stream?: ProgbarStream;
}

/** Defaults of {@link MonitorOptions}. */
export const monitorDefaults = Object.freeze({ monitor: 'valLoss', verbose: 0, mode: 'auto' } as const);

/** Base class of callbacks that watch a value. Source: keras/src/callbacks/monitor_callback.py. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: 'auto' | 'min' | 'max';
  /** Smaller changes count as none. */
  readonly minDelta: number;
  readonly verbose: number;
  readonly #where: string;
  readonly #stream: ProgbarStream | undefined;

  protected constructor(where: string, options: MonitorOptions & { minDelta?: number }) {
    super();
    this.#where = where;
    this.monitor = toCamelCase(checkString(where, 'monitor', options.monitor));
    this.mode = checkOneOf(where, 'mode', options.mode, ['auto', 'min', 'max']);
    this.minDelta = Math.abs(checkNumber(where, 'minDelta', 'minDelta' in options ? options.minDelta : 0));
    this.verbose = checkInteger(where, 'verbose', options.verbose, 0, 1);
    this.#stream = checkStream(where, options.stream);
  }

  /**
   * Whether `value` is better than `reference` by at least the smallest change that counts. Any value is better than none, and
   * any number is better than NaN.
   */
  protected improves(value: number, reference: number | undefined): boolean {
    if (reference === undefined) return true;
    if (Number.isNaN(reference)) return !Number.isNaN(value);
    const sign = this.#direction();
    return sign * (value - sign * this.minDelta) > sign * reference;
  }

  /** Whether an epoch lacks the value because its validation is not due: others have it. */
  protected isUnvalidated(logs: Logs): boolean {
    this.#direction(); // an unknown one is refused at the first epoch
    return logs[this.monitor] === undefined && this.params?.logKeys?.includes(this.monitor) === true;
  }

  /** The watched value; undefined, with a warning, where the logs lack it. */
  protected watched(logs: Logs, otherwise: string): number | undefined {
    this.#direction(); // see above
    const value = logs[this.monitor];
    if (value === undefined)
      process.emitWarning(
        `${this.#where}: expected '${this.monitor}' among the logs, received ` +
          `${Object.keys(logs).join(', ') || 'none'}. ${otherwise}`,
        { type: 'OstinatoWarning', code: 'OSTINATO_MONITOR_MISSING' },
      );
    return value;
  }

  protected tell(text: string): void {
    if (this.verbose > 0) (this.#stream ?? process.stdout).write(`${text}\n`);
  }

  /** 1 where higher is better, -1 where lower is. */
  #direction(): 1 | -1 {
    if (this.mode !== 'auto') return this.mode === 'max' ? 1 : -1;
    const bare = this.monitor.replace(/^val(?=[A-Z])/, '');
    if (bare.toLowerCase() === 'loss') return -1;
    // Only the first letter differs between `accuracy` and the rest of `valAccuracy`.
    const metric = this.params?.metrics.find(({ name }) => name.slice(1) === bare.slice(1) && sameLetter(name, bare));
    if (metric?.direction !== undefined) return metric.direction === 'up' ? 1 : -1;
    throw refusal(
      'ERR_CONFIG',
      this.#where,
      "monitor to be the loss or a metric of the model of which more, or less, is better, for mode 'auto'",
      `'${this.monitor}'`,
      "Set mode to 'min' or 'max'.",
    );
  }
}

function sameLetter(a: string, b: string): boolean {
  return a.charAt(0).toLowerCase() === b.charAt(0).toLowerCase();
}

/**
 * The options over the defaults, in either of Keras' calling styles: `('loss', { patience })` and `({ monitor, patience })`.
 *
 * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`
 */
export function monitorFirst<D extends typeof monitorDefaults>(
  where: string,
  defaults: D,
  first: unknown,
  second: object | undefined,
): D & Pick<MonitorOptions, 'stream'> {
  const keys = [...Object.keys(defaults), 'stream'];
  if (typeof first === 'object' && second !== undefined)
    throw refusal('ERR_TYPE', where, 'a key to monitor and then options, or options alone', 'two objects');
  const given = checkOptions(where, (typeof first === 'object' ? first : second) as object | undefined, keys);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const monitor = typeof first === 'object' || first === undefined ? {} : { monitor: first };
  return { ...defaults, ...Object.fromEntries(set), ...monitor };
}
