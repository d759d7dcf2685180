// SPDX-License-Identifier: MIT
// A training step as a share of the peak of the same cores.
import { say } from './context.mjs';
import { median, milliseconds, rounded } from './statistics.mjs';

/**
 * Epochs through `fit`, the peak measured before each; the median epoch over the best peak.
 *
 * @param fit a PacedFit
 * @param flop necessary work of one step
 */
export async function shareOfPeak(context, fit, flop, epochs = 10) {
  await fit.step(); // memory, caches, clock
  const seconds = [];
  let peak = context.peak(0.2);
  for (let epoch = 0; epoch < epochs; epoch++) {
    seconds.push(await fit.step());
    peak = Math.max(peak, context.peak());
    say(`  epoch ${epoch + 1} of ${epochs}: ${rounded(seconds.at(-1) * 1e3)} ms per step`);
  }
  const share = (time) => (100 * flop) / time / peak;
  return {
    value: share(median(seconds)),
    details: {
      ...milliseconds(seconds),
      bestShare: rounded(share(Math.min(...seconds))),
      megaflop: rounded(flop / 1e6),
      peakGigaflops: rounded(peak / 1e9),
      threads: context.threads,
      isa: context.isa,
    },
  };
}
