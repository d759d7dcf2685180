// SPDX-License-Identifier: MIT
// Saves the model as training goes: after each epoch or some batches, all of them or the best.
import { endingOf } from '../formats/endings';
import { checkPath, makeFolder } from '../serialization';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean, checkNumber } from '../util/validate';
import path from 'node:path';
import { BatchCounter, checkSaveFreq, type SaveFreq } from './batch_counter';
import { MonitorCallback, monitorDefaults, type MonitorOptions } from './monitor';
import { PathTemplate } from './path_template';
import { isCount, isNumber, isOptional, readState } from './state';
import type { Logs } from './callback';

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Saves only where the watched value is better than ever; warns and saves where it is not logged. Default false. */
  saveBestOnly?: boolean;
  /** Saves the weights alone. Default false: the whole model, its optimizer included. */
  saveWeightsOnly?: boolean;
  /** After each epoch, or after this many batches. Default 'epoch'. */
  saveFreq?: SaveFreq;
  /** The value to be beaten before the first is saved. Default none. */
  initialValueThreshold?: number | null;
}

const DEFAULTS = Object.freeze({
  ...monitorDefaults,
  saveBestOnly: false,
  saveWeightsOnly: false,
  saveFreq: 'epoch',
  initialValueThreshold: null,
});
const WHERE = 'ModelCheckpoint';

/**
 * Saves the model during training, each file whole or not at all. Missing folders are made.
 *
 * Source: keras/src/callbacks/model_checkpoint.py (3.15), same decisions.
 * Differs from Keras: `.safetensors` and `.onnx` are formats, too; NaN is worse than any number.
 *
 * @example
 * const best = new ModelCheckpoint('runs/{epoch:02d}-{valLoss:.3f}.safetensors', { saveBestOnly: true });
 * await model.fit(x, y, { epochs: 20, validationSplit: 0.2, callbacks: [best] });
 */
export class ModelCheckpoint extends MonitorCallback {
  override readonly className = WHERE;
  readonly filepath: string;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly saveFreq: SaveFreq;
  readonly initialValueThreshold: number | null;
  /** Best value so far; it stays from one `fit` to the next. */
  best: number | undefined;
  readonly #template: PathTemplate;
  readonly #batches: BatchCounter | undefined;
  #epoch = 0;

  /**
   * @param filepath whose end says the format, as in `model.save` (`.safetensors`, `.keras`, `.h5`, `.onnx`) or, with
   *   `saveWeightsOnly`, in `model.saveWeights` (`.safetensors`, `.weights.h5`, `.h5`); `{epoch}` (from 1), `{batch}` (from 1) and keys of the logs stand for their
   *   values, `{epoch:02d}`, `{valLoss:.2f}` or `{val_loss:.2f}`
   * @param options see {@link ModelCheckpointOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(filepath: string, options?: ModelCheckpointOptions, ...rest: []) {
    refuseMore('ModelCheckpoint', rest);
    const o = withDefaults(WHERE, options, DEFAULTS, ['stream']);
    super(WHERE, o);
    this.filepath = checkPath(WHERE, 'filepath', filepath);
    this.saveBestOnly = checkBoolean(WHERE, 'saveBestOnly', o.saveBestOnly);
    this.saveWeightsOnly = checkBoolean(WHERE, 'saveWeightsOnly', o.saveWeightsOnly);
    endingOf(WHERE, 'filepath', this.filepath, this.saveWeightsOnly ? 'weights' : 'model', 'write');
    this.saveFreq = checkSaveFreq(WHERE, o.saveFreq);
    const threshold: unknown = o.initialValueThreshold;
    this.initialValueThreshold = threshold === null ? null : checkNumber(WHERE, 'initialValueThreshold', threshold);
    this.best = this.initialValueThreshold ?? undefined;
    this.#template = new PathTemplate(WHERE, this.filepath);
    if (this.saveFreq === 'epoch') return;
    // On the instance: an epoch's checkpoint needs no look at each batch.
    const batches = (this.#batches = new BatchCounter(this.saveFreq));
    this.onTrainBatchEnd = (batch, logs) => (batches.isDue() ? this.#save(logs, batch) : undefined);
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    this.#epoch = epoch;
    if (this.#batches !== undefined || (this.saveBestOnly && this.isUnvalidated(logs))) return;
    await this.#save(logs);
  }

  override getState(): unknown {
    return { best: this.best, batches: this.#batches?.count ?? 0, epoch: this.#epoch };
  }

  override setState(given: unknown): void {
    const checks = { best: isOptional(isNumber), batches: isCount, epoch: isCount };
    const { best, batches, epoch } = readState(WHERE, given, checks);
    this.best = best;
    this.#epoch = epoch;
    if (this.#batches !== undefined) this.#batches.count = batches;
  }

  async #save(logs: Logs, batch?: number): Promise<void> {
    const number = this.#epoch + 1;
    const file = this.#template.fill({ ...logs, epoch: number, ...(batch !== undefined && { batch: batch + 1 }) });
    if (!this.#isWanted(logs, number, file)) return;
    await makeFolder(WHERE, path.dirname(file));
    if (this.saveWeightsOnly) await this.model?.saveWeights(file);
    else await this.model?.save(file);
    this.tell(`\nEpoch ${number}: finished saving model to ${file}`);
  }

  #isWanted(logs: Logs, number: number, file: string): boolean {
    if (!this.saveBestOnly) {
      this.tell(`\nEpoch ${number}: saving model to ${file}`);
      return true;
    }
    const current = this.watched(logs, 'The model is saved without it.');
    if (current === undefined) return true;
    const before = this.best === undefined ? 'none' : this.best.toFixed(5);
    if (!this.improves(current, this.best)) {
      this.tell(`\nEpoch ${number}: ${this.monitor} did not improve from ${before}`);
      return false;
    }
    const change = `improved from ${before} to ${current.toFixed(5)}`;
    this.tell(`\nEpoch ${number}: ${this.monitor} ${change}, saving model to ${file}`);
    this.best = current;
    return true;
  }
}
