// SPDX-License-Identifier: MIT
// One kernel at a time, on one thread, against the peak of the same ISA on that thread.
import { testingAddon } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

export const LINE = 16;

/** Floats of a row of so many columns (base/plain.h). */
export function stride(columns) {
  const padded = Math.ceil(columns / LINE) * LINE;
  return padded >= 256 && padded % 256 === 0 ? padded + LINE : padded;
}

/** Page-aligned floats around zero, as the engine's buffers are aligned; `scale` keeps states from saturating. */
export function floats(length, scale = 1) {
  const array = testingAddon()
    .guarded(Math.ceil(length / LINE) * LINE, false)
    .subarray(0, length);
  let state = 7;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    array[i] = (state / 2 ** 31 - 1) * scale;
  }
  return array;
}

/** B [k, n] in the panels of an ISA. */
export function packed(isa, k, n, scale) {
  const out = floats(k * Math.ceil(n / LINE) * LINE);
  testingAddon().pack(isa, floats(k * n, scale), n, k, n, false, out);
  return out;
}

const ROUNDS = 7;
const ROUND_SECONDS = 0.03;

/**
 * Times `call`; the median of some rounds. Value and share are of multiply-adds, or of bytes where the kernel has none
 * to speak of (`flop` 0).
 */
export function timeKernel(isa, call, { flop, bytes }) {
  const addon = testingAddon();
  call();
  let calls = 1;
  for (;;) {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) call();
    const seconds = (performance.now() - begin) / 1e3;
    if (seconds >= ROUND_SECONDS / 2) break;
    calls *= 2;
  }
  const times = [];
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (flop > 0) peak = Math.max(peak, addon.peak(isa, 1, 0.01));
    const begin = performance.now();
    for (let i = 0; i < calls; i++) call();
    times.push((performance.now() - begin) / 1e3 / calls);
  }
  const time = median(times);
  const common = { isa, microseconds: rounded(time * 1e6), bestMicroseconds: rounded(Math.min(...times) * 1e6) };
  if (flop === 0) return { value: bytes / time / 1e9, details: { ...common, gigabytesPerSecond: bytes / time / 1e9 } };
  return {
    value: (100 * flop) / time / peak,
    details: { ...common, gigaflops: rounded(flop / time / 1e9), peakGigaflops: rounded(peak / 1e9) },
  };
}
