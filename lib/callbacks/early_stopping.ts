// SPDX-License-Identifier: MIT
// Ends training when a value no longer improves, and may put the best weights back.
import { toCamelCase } from '../metrics';
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkString,
  refusal,
} from '../util/validate';
import { Callback, type Logs } from './callback';
import type { ProgbarStream } from './progbar';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions {
  /** Key of the value in the logs; `val_loss` is read as `valLoss`. Default 'valLoss'. */
  monitor?: string;
  /** Smaller changes count as none; its sign is dropped. Default 0. */
  minDelta?: number;
  /** Epochs without improvement after which training ends, from 0. Default 0. */
  patience?: number;
  /** 1 tells of what it did. Default 0. */
  verbose?: 0 | 1;
  /** Whether lower (`min`) or higher (`max`) is better; `auto` asks the metric. Default 'auto'. */
  mode?: 'auto' | 'min' | 'max';
  /** A value to be beaten within the patience. Default none. */
  baseline?: number | null;
  /** Puts the weights of the best epoch back when training ends, whatever ended it. Default false. */
  restoreBestWeights?: boolean;
  /** First epoch that counts, from 0. Default 0. */
  startFromEpoch?: number;
  /** Where `verbose` writes. Default `process.stdout`. */
  stream?: ProgbarStream;
}

const DEFAULTS = Object.freeze({
  monitor: 'valLoss',
  minDelta: 0,
  patience: 0,
  verbose: 0,
  mode: 'auto',
  baseline: null,
  restoreBestWeights: false,
  startFromEpoch: 0,
});
const WHERE = 'EarlyStopping';

/**
 * Ends training when the monitored value has stopped improving.
 *
 * Source: keras/src/callbacks/early_stopping.py and monitor_callback.py (3.15), same semantics.
 * Differs from Keras: an unknown `mode` is an error, not a warning.
 *
 * @example
 * const stop = new EarlyStopping('valLoss', { patience: 2, restoreBestWeights: true });
 * await model.fit(x, y, { epochs: 50, validationSplit: 0.2, callbacks: [stop] });
 */
export class EarlyStopping extends Callback {
  readonly monitor: string;
  readonly minDelta: number;
  readonly patience: number;
  readonly mode: 'auto' | 'min' | 'max';
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  readonly verbose: number;
  /** Epochs since the last improvement. */
  wait = 0;
  /** Epoch that ended training, 0 where it ran to its end. */
  stoppedEpoch = 0;
  /** Best value so far; undefined before the first. */
  best: number | undefined;
  /** Epoch of the best value. */
  bestEpoch = 0;
  #bestWeights: unknown[] | undefined;
  readonly #stream: ProgbarStream | undefined;

  /**
   * @param monitor key of the value in the logs; default 'valLoss'
   * @param options see {@link EarlyStoppingOptions}; may stand first, with `monitor` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(monitor?: string | EarlyStoppingOptions, options?: Omit<EarlyStoppingOptions, 'monitor'>) {
    super();
    const first = typeof monitor === 'object' ? monitor : { ...options, ...(monitor !== undefined && { monitor }) };
    if (typeof monitor !== 'object' || monitor === null)
      checkOptions(WHERE, options, [...Object.keys(DEFAULTS), 'stream']);
    else if (options !== undefined)
      throw refusal('ERR_TYPE', WHERE, 'a key to monitor and then options, or options alone', 'two objects');
    const given = checkOptions(WHERE, first, [...Object.keys(DEFAULTS), 'stream']);
    const o = { ...DEFAULTS, ...given };
    this.monitor = toCamelCase(checkString(WHERE, 'monitor', o.monitor));
    this.minDelta = Math.abs(checkNumber(WHERE, 'minDelta', o.minDelta));
    this.patience = checkInteger(WHERE, 'patience', o.patience, 0);
    this.verbose = checkInteger(WHERE, 'verbose', o.verbose, 0, 1);
    this.mode = checkOneOf(WHERE, 'mode', o.mode, ['auto', 'min', 'max']);
    this.baseline = o.baseline === null ? null : checkNumber(WHERE, 'baseline', o.baseline);
    this.restoreBestWeights = checkBoolean(WHERE, 'restoreBestWeights', o.restoreBestWeights);
    this.startFromEpoch = checkInteger(WHERE, 'startFromEpoch', o.startFromEpoch, 0);
    this.#stream = given.stream;
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = undefined;
    this.bestEpoch = 0;
    this.#bestWeights = undefined;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    const sign = this.#direction();
    const current = logs[this.monitor];
    if (current === undefined) this.#warn(logs);
    if (current === undefined || epoch < this.startFromEpoch) return;
    this.wait++;
    if (this.#improves(sign, current, this.best)) {
      this.best = current;
      this.#keep(epoch);
      if (this.#improves(sign, current, this.baseline ?? undefined)) this.wait = 0;
      return;
    }
    if (this.wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      if (this.model !== undefined) this.model.stopTraining = true;
    }
  }

  override onTrainEnd(): void {
    if (this.stoppedEpoch > 0) this.#tell(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (this.#bestWeights === undefined) return;
    this.#tell(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    this.model?.setWeights(this.#bestWeights as never[]);
    this.#bestWeights = undefined;
  }

  #keep(epoch: number): void {
    this.bestEpoch = epoch;
    if (this.restoreBestWeights) this.#bestWeights = this.model?.getWeights();
  }

  /** 1 where higher is better, -1 where lower is. */
  #direction(): 1 | -1 {
    if (this.mode !== 'auto') return this.mode === 'max' ? 1 : -1;
    const bare = this.monitor.replace(/^val(?=[A-Z])/, '');
    if (bare.toLowerCase() === 'loss') return -1;
    // Only the first letter differs between `accuracy` and the rest of `valAccuracy`.
    const metric = this.params?.metrics.find(({ name }) => name.slice(1) === bare.slice(1) && sameLetter(name, bare));
    if (metric !== undefined) return metric.direction === 'up' ? 1 : -1;
    throw refusal(
      'ERR_CONFIG',
      WHERE,
      "monitor to be the loss or a metric of the model, for mode 'auto'",
      `'${this.monitor}'`,
      "Set mode to 'min' or 'max'.",
    );
  }

  #improves(sign: 1 | -1, value: number, reference: number | undefined): boolean {
    return reference === undefined || sign * (value - sign * this.minDelta) > sign * reference;
  }

  #tell(text: string): void {
    if (this.verbose > 0) (this.#stream ?? process.stdout).write(`${text}\n`);
  }

  #warn(logs: Logs): void {
    process.emitWarning(
      `EarlyStopping: expected '${this.monitor}' among the logs, received ${Object.keys(logs).join(', ') || 'none'}. ` +
        'Training goes on without it.',
      { type: 'OstinatoWarning', code: 'OSTINATO_MONITOR_MISSING' },
    );
  }
}

function sameLetter(a: string, b: string): boolean {
  return a.charAt(0).toLowerCase() === b.charAt(0).toLowerCase();
}
