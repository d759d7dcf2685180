// SPDX-License-Identifier: MIT
// The training itself: the best model is in its file from the first good epoch on, whatever ends the training.
import { Callback, EarlyStopping, History, OstinatoError, ProgbarLogger } from '../../index';
import type { Logs, ProgbarStream } from '../../callbacks';
import { monotonicSeconds } from '../../util/timers';
import { assetsOf, type Recipe } from './recipe';
import type { Model } from '../../models';
import type { Dataset } from './dataset';

export interface FitSettings {
  readonly out: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly patience: number;
  /** What the best model is best in. */
  readonly monitor: 'loss' | 'accuracy';
  readonly classWeights: boolean;
  /** Where progress is shown; undefined: nowhere. */
  readonly progress: ProgbarStream | undefined;
  readonly signal: AbortSignal;
}

export interface FitResult {
  /** Loss and metrics by epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Epoch of the model in the file, from 1; 0 where there is none. */
  readonly bestEpoch: number;
  readonly isInterrupted: boolean;
  readonly seconds: number;
}

/** Saves the model with its assets after each epoch that is better than all before. */
class KeepBest extends Callback {
  bestEpoch = 0;
  #best = Infinity;

  constructor(
    private readonly trained: Model,
    private readonly recipe: Recipe,
    private readonly settings: FitSettings,
  ) {
    super();
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const value = this.settings.monitor === 'loss' ? logs['valLoss'] : -(logs['valAccuracy'] ?? NaN);
    // NaN is worse than all: nothing after it is better.
    if (!Number.isFinite(logs['loss'])) this.trained.stopTraining = true;
    if (value === undefined || !(value < this.#best)) return;
    await this.trained.save(this.settings.out, { assets: assetsOf(this.recipe) });
    [this.#best, this.bestEpoch] = [value, epoch + 1];
  }
}

/** Trains until the epochs are over, nothing gets better any more, or the signal. */
export async function fitNetwork(
  model: Model,
  recipe: Recipe,
  data: Dataset,
  settings: FitSettings,
): Promise<FitResult> {
  const { epochs, batchSize, patience, monitor, progress, signal } = settings;
  const keep = new KeepBest(model, recipe, settings);
  const history = new History();
  const begin = monotonicSeconds();
  let isInterrupted = false;
  try {
    await model.fit(data.training.x, data.training.y, {
      epochs,
      batchSize,
      validationData: [data.held.x, data.held.y],
      validationBatchSize: 256,
      verbose: progress === undefined ? 0 : 1,
      callbacks: [
        history,
        keep,
        new EarlyStopping(monitor === 'loss' ? 'valLoss' : 'valAccuracy', { patience }),
        ...(progress === undefined ? [] : [new ProgbarLogger({ stream: progress })]),
      ],
      ...(settings.classWeights && { classWeight: balancedWeights(data.training.y, recipe.labels.length) }),
      signal,
    });
  } catch (error) {
    if (!(error instanceof OstinatoError) || error.code !== 'ERR_ABORTED') throw error;
    isInterrupted = true;
  }
  return { history: history.history, bestEpoch: keep.bestEpoch, isInterrupted, seconds: monotonicSeconds() - begin };
}

/** Each class counts as much as any other, and a row 1 in the mean. */
export function balancedWeights(y: Float32Array, classes: number): Record<number, number> {
  const counts = new Float64Array(classes);
  for (const id of y) counts[id] = counts[id]! + 1;
  const present = counts.filter((count) => count > 0).length;
  return Object.fromEntries(Array.from(counts, (count, id) => [id, count > 0 ? y.length / (present * count) : 1]));
}
