// SPDX-License-Identifier: MIT
// train.stack.overlap: stacked layers that walk side by side, over the same one after another.
import { createRequire } from 'node:module';
import path from 'node:path';
import { inferModel, noise, ROOT } from '../support/ours.mjs';
import { best, rounded } from '../support/statistics.mjs';
import { TimedForward } from '../support/timed_forward.mjs';
import { byTurns } from '../support/turns.mjs';

const shortcutsFile = path.join(ROOT, 'dist', 'models', 'shortcuts.js');
const { ALL_SHORTCUTS, withShortcuts } = createRequire(import.meta.url)(shortcutsFile);

const STACK = Object.freeze({ cell: 'lstm', depth: 4, units: 32, features: 32, steps: 200 });
const BATCHES = [1, 2];

export default [
  {
    name: 'train.stack.overlap',
    unit: 'x',
    async run(context) {
      // The engine ignores what it does not know: both sides would be the same.
      if (!('overlapLayers' in ALL_SHORTCUTS)) return { skipped: 'this build has no shortcut overlapLayers' };
      const byBatch = {};
      for (const batch of BATCHES) {
        const x = Float32Array.from({ length: batch * STACK.steps * STACK.features }, noise());
        const [off, on] = [false, true].map(
          (overlapLayers) =>
            new TimedForward(withShortcuts(inferModel(STACK), { overlapLayers }), { ...STACK, batch }, x),
        );
        try {
          for (const side of [off, on]) await side.step();
          const sides = { off: () => off.step(), on: () => on.step() };
          const { value, details } = await byTurns(sides, { rounds: 20, summary: best });
          byBatch[`b${batch}`] = { ratio: rounded(value), ...details };
        } finally {
          off.end();
          on.end();
        }
      }
      return { value: byBatch.b1.ratio, details: { ...byBatch, threads: context.threads, isa: context.isa } };
    },
  },
];
