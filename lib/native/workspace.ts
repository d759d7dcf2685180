// SPDX-License-Identifier: MIT
// How much memory a model keeps for batches, and for how long.
import { setTimeout } from '../util/timers';
import type { NativeModel } from './binding';

/** Bytes that a batch of `predict` or `evaluate` may need before it is computed part by part. */
export const MAX_WORKSPACE = 256 * 2 ** 20;

/** What was not needed for this long is given back. */
const WINDOW_MS = 10_000;

const models = new Set<WeakRef<NativeModel>>();
const known = new WeakSet<NativeModel>();
let isWaiting = false;

/**
 * Has a model give back, in a while, what it then has not needed for a while. To be called whenever it was used, by what
 * the engine calls: a timer keeps the asynchronous context in which it is made, and there is none there.
 */
export function keepTidy(model: NativeModel): void {
  if (!known.has(model)) {
    known.add(model);
    models.add(new WeakRef(model));
  }
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(sweep, WINDOW_MS).unref();
}

/** Ends the window of all models. Once none has anything left to give back, nobody waits until one is used again. */
function sweep(): void {
  isWaiting = false;
  let again: NativeModel | undefined;
  for (const reference of models) {
    const model = reference.deref();
    if (model === undefined) models.delete(reference);
    else if (model.sweep()) again = model;
  }
  if (again !== undefined) keepTidy(again);
}
