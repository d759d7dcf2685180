// SPDX-License-Identifier: MIT
// What an AbortSignal ends. A signal has one listener of ours however many calls it may end, for Node warns of more than
// ten: a server that passes one signal to all of its models has no leak.
import type { AbortSignalLike } from '../types';

interface Watch {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignalLike, Watch>();

/**
 * Calls back when the signal aborts. A signal that has aborted already never calls: look at `aborted` first.
 *
 * @returns what takes the call back; the listener goes with the last one
 */
export function onAbort(signal: AbortSignalLike, call: () => void): () => void {
  const watch = watches.get(signal) ?? begin(signal);
  // An object of its own: the same function may be given twice.
  const own = (): void => call();
  watch.calls.add(own);
  return () => {
    if (!watch.calls.delete(own) || watch.calls.size > 0) return;
    signal.removeEventListener('abort', watch.listener);
    watches.delete(signal);
  };
}

function begin(signal: AbortSignalLike): Watch {
  const calls = new Set<() => void>();
  const listener = (): void => [...calls].forEach((call) => call());
  const watch = { calls, listener };
  watches.set(signal, watch);
  signal.addEventListener('abort', listener);
  return watch;
}
