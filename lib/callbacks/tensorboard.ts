// SPDX-License-Identifier: MIT
// Curves for TensorBoard, without TensorFlow.
import path from 'node:path';
import { checkPath } from '../serialization';
import { refuseMore } from '../util/arguments';
import { normalizeName } from '../util/identifiers';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, describe, refusal } from '../util/validate';
import { secondsSince1970 as now } from '../util/timers';
import { Callback, type Logs } from './callback';
import { EventFile } from './event_file';
import { isCount, readState } from './state';

/** Options of {@link TensorBoard}. */
export interface TensorBoardOptions {
  /** Folder of the logs, of this training alone. Default 'logs'. */
  logDir?: string;
  /** After each epoch; or also each batch ('batch', 1) or every so many batches. Default 'epoch'. */
  updateFreq?: 'epoch' | 'batch' | number;
  /** Adds the steps per second. Default false. */
  writeStepsPerSecond?: boolean;
  /** Not supported yet: only 0. */
  histogramFreq?: number;
  /** Not supported yet: only false. */
  writeGraph?: boolean;
  /** Not supported yet: only false. */
  writeImages?: boolean;
  /** Not supported yet: only 0. */
  profileBatch?: number;
  /** Not supported yet: only 0. */
  embeddingsFreq?: number;
  /** Not supported yet: only null. */
  embeddingsMetadata?: null;
}

const NOT_YET = Object.freeze({
  histogramFreq: 0,
  writeGraph: false,
  writeImages: false,
  profileBatch: 0,
  embeddingsFreq: 0,
  embeddingsMetadata: null,
});
const DEFAULTS = Object.freeze({ ...NOT_YET, logDir: 'logs', updateFreq: 'epoch', writeStepsPerSecond: false });
const WHERE = 'TensorBoard';

/**
 * Writes event files that TensorBoard shows: `epoch_loss` and the like by epoch in `train/` and `validation/`,
 * `evaluation_loss_vs_iterations` by step, and with `updateFreq` `batch_loss` by batch. Tags are in Keras' spelling, snake
 * case, so that runs of both lie in one chart.
 *
 * Source: keras/src/callbacks/tensorboard.py.
 * Differs from Keras: numbers only; graph, histograms, images, profiles and embeddings are refused.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, validationSplit: 0.2, callbacks: [new TensorBoard({ logDir: 'logs/run1' })] });
 * // tensorboard --logdir logs
 */
export class TensorBoard extends Callback {
  override readonly className = WHERE;
  readonly logDir: string;
  readonly updateFreq: 'epoch' | number;
  readonly writeStepsPerSecond: boolean;
  #train: EventFile | undefined;
  #validation: EventFile | undefined;
  /** Batches of training so far, counted through the epochs. */
  #batch = 0;
  #batchBegan = 0;
  #epochBegan = { seconds: 0, iterations: 0 };

  /**
   * @param logDir folder of the logs; default 'logs'
   * @param options see {@link TensorBoardOptions}; may stand first, with `logDir` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(logDir?: string | TensorBoardOptions, options?: Omit<TensorBoardOptions, 'logDir'>, ...rest: []) {
    refuseMore('TensorBoard', rest);
    super();
    const given = typeof logDir === 'object' ? logDir : { ...options, ...(logDir !== undefined && { logDir }) };
    if (typeof logDir === 'object' && options !== undefined)
      throw refusal('ERR_TYPE', WHERE, 'a folder and then options, or options alone', 'two objects');
    const o = withDefaults(WHERE, given, DEFAULTS);
    refuseNotYet(WHERE, given, NOT_YET);
    this.logDir = checkPath(WHERE, 'logDir', o.logDir);
    this.updateFreq = checkUpdateFreq(o.updateFreq);
    this.writeStepsPerSecond = checkBoolean(WHERE, 'writeStepsPerSecond', o.writeStepsPerSecond);
    const { updateFreq } = this;
    if (updateFreq === 'epoch') return;
    // On the instance: curves by epoch need no look at each batch.
    this.onTrainBatchBegin = () => void (this.#batchBegan = now());
    this.onTrainBatchEnd = (_batch, logs) => this.#logBatch(updateFreq, logs);
  }

  override onTrainBegin(): void {
    this.#batch = 0;
    this.#train = undefined;
    this.#validation = undefined;
  }

  override onEpochBegin(): void {
    this.#epochBegan = { seconds: now(), iterations: this.#iterations };
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const train = this.#trainFile();
    for (const [key, value] of Object.entries(logs)) {
      const bare = key.replace(/^val(?=[A-Z])/, '');
      const file = bare === key ? train : this.#validationFile();
      file.add(`epoch_${normalizeName(bare)}`, value, epoch);
    }
    const learningRate = this.model?.optimizer?.learningRate;
    if (learningRate !== undefined && logs['learningRate'] === undefined)
      train.add('epoch_learning_rate', learningRate, epoch);
    if (this.writeStepsPerSecond) {
      const { seconds, iterations } = this.#epochBegan;
      train.add('epoch_steps_per_second', (this.#iterations - iterations) / (now() - seconds), epoch);
    }
    await train.flush();
    await this.#validation?.flush();
  }

  override async onTestEnd(logs: Logs): Promise<void> {
    if (this.model?.optimizer === undefined) return;
    const file = this.#validationFile();
    for (const [key, value] of Object.entries(logs))
      file.add(`evaluation_${normalizeName(key)}_vs_iterations`, value, this.#iterations);
    await file.flush();
  }

  override async onTrainEnd(): Promise<void> {
    await this.#train?.flush();
    await this.#validation?.flush();
  }

  override getState(): unknown {
    return { batch: this.#batch };
  }

  override setState(given: unknown): void {
    this.#batch = readState(WHERE, given, { batch: isCount }).batch;
  }

  #logBatch(every: number, logs: Logs): void | Promise<void> {
    this.#batch++;
    if (this.#batch % every !== 0) return;
    const file = this.#trainFile();
    if (this.writeStepsPerSecond) file.add('batch_steps_per_second', 1 / (now() - this.#batchBegan), this.#batch);
    for (const [key, value] of Object.entries(logs)) file.add(`batch_${normalizeName(key)}`, value, this.#batch);
    if (file.isFull) return file.flush();
  }

  get #iterations(): number {
    return this.model?.optimizer?.iterations ?? 0;
  }

  #trainFile(): EventFile {
    return (this.#train ??= new EventFile(WHERE, path.join(this.logDir, 'train'), now));
  }

  #validationFile(): EventFile {
    return (this.#validation ??= new EventFile(WHERE, path.join(this.logDir, 'validation'), now));
  }
}

function checkUpdateFreq(value: unknown): 'epoch' | number {
  if (value === 'epoch') return value;
  if (value === 'batch') return 1;
  if (typeof value === 'number') return checkInteger(WHERE, 'updateFreq', value);
  const code = typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE';
  throw refusal(code, WHERE, "updateFreq to be 'epoch', 'batch' or a number of batches", describe(value));
}
