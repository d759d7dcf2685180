// SPDX-License-Identifier: MIT
// Sets the learning rate of each epoch by a function.
import { refuseMore } from '../util/arguments';
import { checkOptions, checkInteger, describe, refusal } from '../util/validate';
import { Callback, type Logs } from './callback';
import { logLearningRate, optimizerOf } from './learning_rates';
import { checkStream, type ProgbarStream } from './progbar';

/** Options of {@link LearningRateScheduler}. */
export interface LearningRateSchedulerOptions {
  /** 1 tells of each rate. Default 0. */
  verbose?: 0 | 1;
  /** Where `verbose` writes. Default `process.stdout`. */
  stream?: ProgbarStream;
}

const WHERE = 'LearningRateScheduler';

/**
 * Asks a function for the learning rate before each epoch, and logs it as `learningRate`.
 *
 * Source: keras/src/callbacks/learning_rate_scheduler.py.
 *
 * @example
 * const halve = new LearningRateScheduler((epoch, learningRate) => (epoch % 10 === 9 ? learningRate / 2 : learningRate));
 * await model.fit(x, y, { epochs: 50, callbacks: [halve] });
 */
export class LearningRateScheduler extends Callback {
  override readonly className = WHERE;
  readonly verbose: number;
  readonly #schedule: (epoch: number, learningRate: number) => number;
  readonly #stream: ProgbarStream | undefined;

  /**
   * @param schedule gives the rate of an epoch, counted from 0, from that of the epoch before
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    schedule: (epoch: number, learningRate: number) => number,
    options?: LearningRateSchedulerOptions,
    ...rest: []
  ) {
    refuseMore('LearningRateScheduler', rest);
    super();
    if (typeof schedule !== 'function')
      throw refusal('ERR_TYPE', WHERE, 'schedule to be a function of epoch and rate', describe(schedule));
    const { verbose = 0, stream } = checkOptions(WHERE, options, ['verbose', 'stream']);
    this.verbose = checkInteger(WHERE, 'verbose', verbose, 0, 1);
    this.#schedule = schedule;
    this.#stream = checkStream(WHERE, stream);
  }

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where the function gives no number of at least 0 */
  override onEpochBegin(epoch: number): void {
    const optimizer = optimizerOf(WHERE, this);
    const rate: unknown = this.#schedule(epoch, optimizer.learningRate);
    if (typeof rate !== 'number') throw refusal('ERR_TYPE', WHERE, 'schedule to give a number', describe(rate));
    optimizer.learningRate = rate;
    if (this.verbose === 0) return;
    const text = `\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate}.\n`;
    (this.#stream ?? process.stdout).write(text);
  }

  override onEpochEnd(_epoch: number, logs: Logs): void {
    logLearningRate(logs, optimizerOf(WHERE, this));
  }
}
