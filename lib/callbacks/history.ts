// SPDX-License-Identifier: MIT
// The record of a training: what `fit` returns.
import { Callback, type Logs } from './callback';
import { isNumbers, isStrings, readState } from './state';

const isTable = (value: unknown): value is number[][] => Array.isArray(value) && value.every(isNumbers);

/**
 * Records loss and metrics of each epoch. `fit` adds one by itself and returns it.
 *
 * Source: keras/src/callbacks/history.py.
 *
 * @example
 * const { history } = await model.fit(x, y, { epochs: 3, validationSplit: 0.2 });
 * history.valLoss; // three numbers
 */
export class History extends Callback {
  override readonly className = 'History';
  /** Values per epoch: `loss`, `accuracy` ..., `valLoss`, `valAccuracy` ... */
  history: Record<string, number[]> = {};
  /** Epochs that ran, counted from 0. */
  epoch: number[] = [];

  override onTrainBegin(): void {
    this.epoch = [];
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [key, value] of Object.entries(logs)) (this.history[key] ??= []).push(value);
  }

  override getState(): unknown {
    return { epoch: this.epoch, keys: Object.keys(this.history), values: Object.values(this.history) };
  }

  override setState(given: unknown): void {
    const state = readState('History', given, { epoch: isNumbers, keys: isStrings, values: isTable });
    this.epoch = state.epoch;
    this.history = Object.fromEntries(state.keys.map((key, index) => [key, state.values[index] ?? []]));
  }
}
