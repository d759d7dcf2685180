// SPDX-License-Identifier: MIT
// graph.chain: what models that are chains pay for graphs: this build over one of another commit, in two processes by turns.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { LineProcess } from '../support/line_process.mjs';
import { ROOT } from '../support/ours.mjs';
import { best } from '../support/statistics.mjs';
import { byTurns } from '../support/turns.mjs';

/** Turns of a case: one that lasts microseconds needs many. */
const ROUNDS = Object.freeze({ headline: 15, lstm128: 15, 'infer.rnn32': 101, 'stream.step': 101 });

export default Object.entries(ROUNDS).map(([name, rounds]) => ({
  name: `graph.chain.${name}`,
  unit: 'x',
  async run({ base }) {
    if (base === undefined)
      return { skipped: 'needs a built checkout of the commit before graphs; name it with --base' };
    const sides = [];
    try {
      for (const [side, root] of Object.entries({ here: ROOT, base: path.resolve(base) })) {
        const script = path.join(root, 'bench', 'workers', 'speed.mjs');
        if (!existsSync(script)) throw new Error(`${root} has no bench/workers/speed.mjs`);
        sides.push([side, new LineProcess([process.execPath, script, name])]);
      }
      for (const [, process] of sides) await process.answer();
      const steps = sides.map(([side, process]) => [side, async () => (await process.ask('run 1')).seconds]);
      return await byTurns(Object.fromEntries(steps), { rounds, summary: best });
    } finally {
      for (const [, process] of sides) await process.quit();
    }
  },
}));
