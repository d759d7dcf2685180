// SPDX-License-Identifier: MIT
// Copies between JavaScript and the engine that compute threads make, so that the event loop waits for none.
import { callEngine, engineError } from './engine';
import { keepTidy } from './workspace';
import type { NativeCopied, NativeCopy, NativeModel } from './binding';

/** The promise of what takes a callback of copies. Rejects with what the engine reports. */
export function whenDone(native: NativeModel | undefined, begin: (done: NativeCopied) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const done: NativeCopied = (code, message) => {
      if (native !== undefined) keepTidy(native);
      if (code === null) resolve();
      else reject(engineError(code, message));
    };
    callEngine(() => begin(done));
  });
}

/** Fills arrays with what of a model belongs to them, as it is at the call. */
export function copyOut(native: NativeModel, copies: readonly NativeCopy[]): Promise<void> {
  return whenDone(native, (done) => native.copyOut(copies, null, done));
}

/** Has a model draw its first weights, and pack them for streams. */
export function prepare(native: NativeModel): Promise<void> {
  return whenDone(native, (done) => native.prepare(done));
}

/** Has the moving averages of the optimizer, where it keeps some, take the place of the weights. */
export function applyEma(native: NativeModel): Promise<void> {
  return whenDone(native, (done) => native.applyEma(done));
}
