// SPDX-License-Identifier: MIT
// Lets a training that was cut off go on as if it had not been: all that it depends on lies in one file, which is
// replaced whole or not at all.
import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { OstinatoError } from '../errors';
import { checkPath, ioError, makeFolder, removeStaleFiles } from '../serialization';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean, describe, refusal } from '../util/validate';
import { BatchCounter, checkSaveFreq, type SaveFreq } from './batch_counter';
import { Callback, type CallbackModel } from './callback';
import { isCount, isDoubles, readState } from './state';

/** Options of {@link BackupAndRestore}. */
export interface BackupAndRestoreOptions {
  /** After each epoch, or after this many batches. Default 'epoch'. */
  saveFreq?: SaveFreq;
  /** Removes the backup when training has run to its end. Default true. */
  deleteCheckpoint?: boolean;
  /** Only false: a backup is replaced whole or not at all, so a second one would never be needed. */
  doubleCheckpoint?: false;
}

const DEFAULTS = Object.freeze({ saveFreq: 'epoch', deleteCheckpoint: true, doubleCheckpoint: false });
const WHERE = 'BackupAndRestore';
const FILE = 'latest.safetensors';
const SECTIONS = ['progress', 'callbacks'] as const;

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/**
 * Backs up a training, and goes on from the backup when the same program runs again. What `fit` then ends with is what it
 * would have ended with, bit for bit: weights, optimizer, history, order of rows, dropout, and the other callbacks, whose
 * `getState` is part of the backup. The program must build the same model, compile it alike and give the same data.
 *
 * Differs from Keras: it goes on in the middle of an epoch, too; a `fit` that fails keeps its backup.
 * Source: keras/src/callbacks/backup_and_restore.py.
 *
 * @example
 * const backup = new BackupAndRestore('backup', { saveFreq: 100 });
 * await model.fit(x, y, { epochs: 50, callbacks: [backup] });
 */
export class BackupAndRestore extends Callback {
  override readonly className = WHERE;
  readonly backupDir: string;
  readonly saveFreq: SaveFreq;
  readonly deleteCheckpoint: boolean;
  readonly #file: string;
  readonly #batches: BatchCounter | undefined;
  #callbacks: readonly Callback[] = [];
  #isDone = false;

  /**
   * @param backupDir folder for the backup, of this training alone; made where it is missing
   * @param options see {@link BackupAndRestoreOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(backupDir: string, options?: BackupAndRestoreOptions, ...rest: []) {
    refuseMore('BackupAndRestore', rest);
    super();
    const o = withDefaults(WHERE, options, DEFAULTS);
    this.backupDir = checkPath(WHERE, 'backupDir', backupDir);
    this.saveFreq = checkSaveFreq(WHERE, o.saveFreq);
    this.deleteCheckpoint = checkBoolean(WHERE, 'deleteCheckpoint', o.deleteCheckpoint);
    if (checkBoolean(WHERE, 'doubleCheckpoint', o.doubleCheckpoint))
      throw refusal(
        'ERR_CONFIG',
        WHERE,
        'doubleCheckpoint to be false',
        'true',
        'A backup is replaced whole or not at all.',
      );
    this.#file = path.join(this.backupDir, FILE);
    if (this.saveFreq === 'epoch') return;
    // On the instance: a backup of each epoch needs no look at each batch.
    const batches = (this.#batches = new BatchCounter(this.saveFreq));
    this.onTrainBatchEnd = () => (batches.isDue() ? this.#save() : undefined);
  }

  override setCallbacks(callbacks: readonly Callback[]): void {
    this.#callbacks = callbacks;
  }

  /** @throws DataError `ERR_DATA` where the backup is malformed or of another training, `ERR_IO`; ShapeError `ERR_SHAPE` */
  override async onTrainBegin(): Promise<void> {
    this.#isDone = false;
    await makeFolder(WHERE, this.backupDir);
    await removeStaleFiles(WHERE, this.#file);
    try {
      const [progress, callbacks] = await this.#model.loadTraining(this.#file, SECTIONS);
      this.#restore(progress, callbacks);
    } catch (error) {
      // Nothing was cut off: this is a beginning.
      if (!(error instanceof OstinatoError && error.code === 'ERR_NOT_FOUND')) throw error;
    }
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    this.#isDone = epoch + 1 >= (this.params?.epochs ?? 0) || this.#model.stopTraining;
    if (this.#batches === undefined) await this.#save();
  }

  override async onTrainEnd(): Promise<void> {
    if (!this.#isDone || !this.deleteCheckpoint) return;
    try {
      await rm(this.#file, { force: true });
      await rmdir(this.backupDir);
    } catch (error) {
      // Whatever else lies in the folder is not ours.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw ioError(WHERE, `remove ${this.#file}`, error);
    }
  }

  get #model(): CallbackModel {
    if (this.model !== undefined) return this.model;
    throw refusal('ERR_STATE', WHERE, 'a model in training', 'none');
  }

  async #save(): Promise<void> {
    const { progress, stopTraining } = this.#model;
    const states = this.#stateful().map((callback) => [callback.className, callback.getState()]);
    await this.#model.saveTraining(this.#file, {
      progress: {
        ...progress,
        // As an array of the file: a metric with thresholds has hundreds of sums.
        totals: Float64Array.from(progress?.totals ?? []),
        isStopped: stopTraining,
        sinceLast: this.#batches?.count ?? 0,
      },
      callbacks: states,
    });
  }

  #restore(given: unknown, callbacks: unknown): void {
    const saved = readState(WHERE, given, {
      epoch: isCount,
      batch: isCount,
      seed: isCount,
      totals: isDoubles,
      isStopped: isBoolean,
      sinceLast: isCount,
    });
    const { batch, seed, isStopped } = saved;
    this.#restoreCallbacks(callbacks);
    const epochs = this.params?.epochs ?? 0;
    // A training that ended early has no epoch left, unless it was cut off before the end of the last.
    const epoch = isStopped && batch === 0 ? Math.max(saved.epoch, epochs) : saved.epoch;
    this.#model.progress = { epoch, batch, seed, totals: [...saved.totals] };
    this.#model.stopTraining = isStopped;
    this.#isDone = epoch >= epochs;
    if (this.#batches !== undefined) this.#batches.count = saved.sinceLast;
  }

  #restoreCallbacks(states: unknown): void {
    const callbacks = this.#stateful();
    const saved = Array.isArray(states) ? states.map((entry: unknown) => (Array.isArray(entry) ? entry : [])) : [];
    const names = callbacks.map((callback) => callback.className);
    if (saved.length !== names.length || saved.some(([name], index) => name !== names[index])) {
      const received = saved.map(([name]) => describe(name)).join(', ') || 'none';
      throw refusal('ERR_DATA', WHERE, `a backup with the callbacks ${names.join(', ') || '(none)'}`, received);
    }
    saved.forEach(([, state]: unknown[], index) => callbacks[index]!.setState(state));
  }

  #stateful(): Callback[] {
    return this.#callbacks.filter((callback) => callback.getState() !== undefined);
  }
}
