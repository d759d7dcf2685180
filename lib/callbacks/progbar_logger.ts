// SPDX-License-Identifier: MIT
// The progress that `fit`, `evaluate` and `predict` show: which bar, when, and with which values.
import { refuseMore } from '../util/arguments';
import { describe, checkOptions, refusal } from '../util/validate';
import { monotonicSeconds } from '../util/timers';
import { Callback, type CallbackParams, type Logs } from './callback';
import { checkStream, Progbar, type ProgbarStream } from './progbar';

/** Options of {@link ProgbarLogger}. */
export interface ProgbarLoggerOptions {
  /** Where to write. Default `process.stdout`. */
  stream?: ProgbarStream;
  /** The clock, in seconds from any origin. Default the process' monotonic clock. */
  now?: () => number;
}

/**
 * Shows progress: a bar (`verbose: 1`) or one line an epoch (`verbose: 2`). Added by itself where `verbose` is not 0;
 * pass one to write elsewhere. Its batch hooks are called once for several batches.
 *
 * Source: keras/src/callbacks/progbar_logger.py.
 *
 * @example
 * await model.fit(x, y, { callbacks: [new ProgbarLogger({ stream: process.stderr })] });
 */
export class ProgbarLogger extends Callback {
  override readonly className = 'ProgbarLogger';
  readonly #stream: ProgbarStream | undefined;
  readonly #now: () => number;
  #progbar: Progbar | undefined;
  #insideFit = false;
  /** Steps of an epoch: given, or learnt from the first one. */
  #target: number | undefined;
  #seen = 0;

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`; `ERR_TYPE` where the stream cannot be written to */
  constructor(options?: ProgbarLoggerOptions, ...rest: []) {
    refuseMore('ProgbarLogger', rest);
    super();
    const { stream, now = monotonicSeconds } = checkOptions('ProgbarLogger', options, ['stream', 'now']);
    if (typeof now !== 'function') throw refusal('ERR_TYPE', 'ProgbarLogger', 'now to be a function', describe(now));
    this.#stream = checkStream('ProgbarLogger', stream);
    this.#now = now;
  }

  override setParams(params: CallbackParams): void {
    super.setParams(params);
    this.#insideFit = false;
    this.#target = params.steps;
  }

  override onTrainBegin(): void {
    this.#insideFit = true;
    this.#begin();
  }
  override onTrainEnd(): void {
    this.#insideFit = false;
    this.#progbar?.leave();
    this.#progbar = undefined;
  }
  override onEpochBegin(epoch: number): void {
    this.#begin();
    const { verbose = 0, epochs = 1 } = this.params ?? {};
    if (verbose !== 0 && epochs > 1) this.#output().write(`Epoch ${epoch + 1}/${epochs}\n`);
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    this.#end(logs);
  }
  override onTestBegin(): void {
    if (!this.#insideFit) this.#begin();
  }
  override onTestEnd(logs: Logs): void {
    if (!this.#insideFit) this.#end(logs);
  }
  override onPredictBegin(): void {
    this.#begin();
  }
  override onPredictEnd(): void {
    this.#end({});
  }
  override onTrainBatchEnd(batch: number, logs: Logs): void {
    this.#update(batch, logs);
  }
  override onTestBatchEnd(batch: number, logs: Logs): void {
    if (!this.#insideFit) this.#update(batch, logs);
  }
  override onPredictBatchEnd(batch: number): void {
    this.#update(batch, {});
  }

  /** Looked up late, so that a `process.stdout` replaced meanwhile is honoured. */
  #output(): ProgbarStream {
    return this.#stream ?? process.stdout;
  }

  #begin(): void {
    const { verbose = 0 } = this.params ?? {};
    this.#seen = 0;
    this.#progbar = new Progbar({ target: this.#target, verbose, stream: this.#output(), now: this.#now });
  }

  #update(batch: number, logs: Logs): void {
    this.#seen = batch + 1;
    if (this.params?.verbose === 1) this.#progbar?.update(batch + 1, logs, false);
  }

  #end(logs: Logs): void {
    this.#progbar?.update(this.#target ?? this.#seen, logs, true);
    this.#target ??= this.#seen;
    this.#progbar = undefined;
  }
}
