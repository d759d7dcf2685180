// SPDX-License-Identifier: MIT
// Timers and clocks, taken when the library is loaded: fake timers of a test runner, which replace those of the process
// or of node:timers later, then hold up no call of a model. Nothing else in lib/ may use them (eslint.config.mjs).
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

export const { setImmediate, clearImmediate, setTimeout, clearTimeout } = timers;

const performanceNow = performance.now.bind(performance);
const { timeOrigin } = performance;

/** Seconds from some origin, on a clock that never goes back. */
export function monotonicSeconds(): number {
  return performanceNow() / 1000;
}

/** Seconds since 1970, on the same clock. */
export function secondsSince1970(): number {
  return (timeOrigin + performanceNow()) / 1000;
}

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** A histogram of the event loop's delay, in nanoseconds, that is running. */
export function watchEventLoop(): ReturnType<typeof monitorEventLoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  return histogram;
}
