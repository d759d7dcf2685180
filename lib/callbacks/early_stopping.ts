// SPDX-License-Identifier: MIT
// Ends training when a value no longer improves, and may put the best weights back.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkInteger, checkNumber } from '../util/validate';
import { MonitorCallback, monitorDefaults, monitorFirst, type MonitorOptions } from './monitor';
import { isCount, isFloatsList, isOptional, isNumber, readState } from './state';
import { NdArray } from '../ndarray';
import type { Logs } from './callback';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Smaller changes count as none; its sign is dropped. Default 0. */
  minDelta?: number;
  /** Epochs without improvement after which training ends, from 0. Default 0. */
  patience?: number;
  /** A value to be beaten within the patience. Default none. */
  baseline?: number | null;
  /** Puts the weights of the best epoch back when training ends, whatever ended it. Default false. */
  restoreBestWeights?: boolean;
  /** First epoch that counts, from 0. Default 0. */
  startFromEpoch?: number;
}

const DEFAULTS = Object.freeze({
  ...monitorDefaults,
  minDelta: 0,
  patience: 0,
  baseline: null,
  restoreBestWeights: false,
  startFromEpoch: 0,
});
const WHERE = 'EarlyStopping';

/**
 * Ends training when the monitored value has stopped improving.
 *
 * Source: keras/src/callbacks/early_stopping.py and monitor_callback.py (3.15), same semantics.
 * Differs from Keras: NaN is worse than any number, where a NaN that comes first is the best for ever in Keras; an unknown
 * `mode` is an error, not a warning.
 *
 * @example
 * const stop = new EarlyStopping('valLoss', { patience: 2, restoreBestWeights: true });
 * await model.fit(x, y, { epochs: 50, validationSplit: 0.2, callbacks: [stop] });
 */
export class EarlyStopping extends MonitorCallback {
  override readonly className = WHERE;
  readonly patience: number;
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  /** Epochs since the last improvement. */
  wait = 0;
  /** Epoch that ended training, 0 where it ran to its end. */
  stoppedEpoch = 0;
  /** Best value so far; undefined before the first. */
  best: number | undefined;
  /** Epoch of the best value. */
  bestEpoch = 0;
  #bestWeights: unknown[] | undefined;

  /**
   * @param monitor key of the value in the logs; default 'valLoss'
   * @param options see {@link EarlyStoppingOptions}; may stand first, with `monitor` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(monitor?: string | EarlyStoppingOptions, options?: Omit<EarlyStoppingOptions, 'monitor'>, ...rest: []) {
    refuseMore('EarlyStopping', rest);
    const o = monitorFirst(WHERE, DEFAULTS, monitor, options);
    super(WHERE, o);
    this.patience = checkInteger(WHERE, 'patience', o.patience, 0);
    this.baseline = o.baseline === null ? null : checkNumber(WHERE, 'baseline', o.baseline);
    this.restoreBestWeights = checkBoolean(WHERE, 'restoreBestWeights', o.restoreBestWeights);
    this.startFromEpoch = checkInteger(WHERE, 'startFromEpoch', o.startFromEpoch, 0);
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = undefined;
    this.bestEpoch = 0;
    this.#bestWeights = undefined;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    if (this.isUnvalidated(logs)) return;
    const current = this.watched(logs, 'Training goes on without it.');
    if (current === undefined || epoch < this.startFromEpoch) return;
    this.wait++;
    if (this.improves(current, this.best)) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.improves(current, this.baseline ?? undefined)) this.wait = 0;
      if (this.restoreBestWeights) this.#bestWeights = await this.model?.getWeightsAsync();
      return;
    }
    if (this.wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      if (this.model !== undefined) this.model.stopTraining = true;
    }
  }

  override async onTrainEnd(): Promise<void> {
    if (this.stoppedEpoch > 0) this.tell(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (this.#bestWeights === undefined) return;
    this.tell(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    const weights = this.#bestWeights as never[];
    this.#bestWeights = undefined;
    await this.model?.setWeightsAsync(weights);
  }

  override getState(): unknown {
    const { wait, stoppedEpoch, best, bestEpoch } = this;
    // From the model, or from a backup.
    const bestWeights = this.#bestWeights?.map((values) => (values instanceof NdArray ? values.data : values));
    return { wait, stoppedEpoch, best, bestEpoch, bestWeights };
  }

  override setState(given: unknown): void {
    const state = readState(WHERE, given, {
      wait: isCount,
      stoppedEpoch: isCount,
      best: isOptional(isNumber),
      bestEpoch: isCount,
      bestWeights: isOptional(isFloatsList),
    });
    this.wait = state.wait;
    this.stoppedEpoch = state.stoppedEpoch;
    this.best = state.best;
    this.bestEpoch = state.bestEpoch;
    this.#bestWeights = state.bestWeights;
  }
}
