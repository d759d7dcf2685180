// SPDX-License-Identifier: MIT
// loop.delay: how much later timers fire while every core trains.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../support/context.mjs';
import { PacedFit, tokenModel } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

const ROUNDS = 5;
const IDLE = 1500;
const EPOCHS = 5;

/** p99 and the longest of the intervals between ticks of one millisecond, in ms, while `body` goes on. */
async function delayDuring(body) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await body();
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}

export default [
  {
    name: 'loop.delay',
    unit: 'ms',
    async run(context) {
      const training = await context.training();
      const fit = new PacedFit(tokenModel(), training, { batchSize: 128 });
      const idle = [];
      const busy = [];
      try {
        await fit.step();
        for (let round = 0; round < ROUNDS; round++) {
          idle.push(await delayDuring(() => sleep(IDLE)));
          busy.push(
            await delayDuring(async () => {
              for (let epoch = 0; epoch < EPOCHS; epoch++) await fit.step();
            }),
          );
          say(`  p99: idle ${rounded(idle.at(-1).p99)} ms, during fit ${rounded(busy.at(-1).p99)} ms`);
        }
      } finally {
        await fit.end();
      }
      const p99 = (delays) => median(delays.map((delay) => delay.p99));
      return {
        value: p99(busy) - p99(idle),
        details: {
          idleP99Ms: rounded(p99(idle)),
          fitP99Ms: rounded(p99(busy)),
          idleMaxMs: rounded(Math.max(...idle.map(({ max }) => max))),
          fitMaxMs: rounded(Math.max(...busy.map(({ max }) => max))),
          rounds: ROUNDS,
          threads: context.threads,
          data: training.kind,
        },
      };
    },
  },
];
