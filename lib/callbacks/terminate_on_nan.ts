// SPDX-License-Identifier: MIT
// Ends training at the first batch after which the loss is no finite number.
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkOptions, refusal } from '../util/validate';
import { Callback, type Logs } from './callback';
import { checkStream, type ProgbarStream } from './progbar';

/** Options of {@link TerminateOnNaN}. */
export interface TerminateOnNaNOptions {
  /** Rejects `fit` instead of ending it. Default false. */
  raiseError?: boolean;
  /** Where it tells that it ended training. Default `process.stdout`. */
  stream?: ProgbarStream;
}

const WHERE = 'TerminateOnNaN';

/**
 * Ends training when the loss becomes NaN or infinite. It looks at each batch.
 *
 * Source: keras/src/callbacks/terminate_on_nan.py.
 * Differs from Keras: with `raiseError`, too, the `onTrainEnd` of all callbacks is called.
 *
 * @example
 * await model.fit(x, y, { epochs: 50, callbacks: [new TerminateOnNaN()] });
 */
export class TerminateOnNaN extends Callback {
  override readonly className = WHERE;
  readonly raiseError: boolean;
  readonly #stream: ProgbarStream | undefined;

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: TerminateOnNaNOptions, ...rest: []) {
    refuseMore('TerminateOnNaN', rest);
    super();
    const { raiseError = false, stream } = checkOptions(WHERE, options, ['raiseError', 'stream']);
    this.raiseError = checkBoolean(WHERE, 'raiseError', raiseError);
    this.#stream = checkStream(WHERE, stream);
  }

  /** @throws DataError `ERR_DATA` where `raiseError` is set */
  override onTrainBatchEnd(batch: number, { loss }: Logs): void {
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError) throw refusal('ERR_DATA', WHERE, 'a finite loss', `${loss} at batch ${batch}`);
    (this.#stream ?? process.stdout).write(`Batch ${batch}: Invalid loss, terminating training\n`);
    if (this.model !== undefined) this.model.stopTraining = true;
  }
}
