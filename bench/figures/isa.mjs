// SPDX-License-Identifier: MIT
// train.imdb.avx2: what a machine without AVX-512 gives away, on one that has it.
import path from 'node:path';
import { say } from '../support/context.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { ROOT, testingAddon } from '../support/ours.mjs';
import { median, milliseconds, rounded } from '../support/statistics.mjs';

const ROUNDS = 9;

export default [
  {
    name: 'train.imdb.avx2',
    unit: 'x',
    async run(context) {
      if (!testingAddon().isas().includes('avx512')) return { skipped: 'this CPU has no AVX-512' };
      const training = await context.training();
      const script = path.join(ROOT, 'bench', 'workers', 'headline.mjs');
      const flags = [...(await context.trainingFlags(training)), '--batch', '128', '--threads', `${context.threads}`];
      const sides = ['avx2', 'avx512'].map((isa) => ({
        isa,
        seconds: [],
        process: new LineProcess([process.execPath, script, ...flags], { env: { OSTINATO_ISA: isa } }),
      }));
      try {
        for (const { process, isa } of sides) {
          const answer = await process.answer();
          if (answer.isa !== isa) throw new Error(`${isa} was forced, ${answer.isa} runs`);
        }
        for (let round = 0; round < ROUNDS; round++) {
          for (const { process, seconds } of sides) seconds.push((await process.ask('run 1')).seconds);
          const shown = sides.map(({ isa, seconds }) => `${isa} ${rounded(seconds.at(-1) * 1e3)}`).join(', ');
          say(`  round ${round + 1} of ${ROUNDS}, ms: ${shown}`);
        }
      } finally {
        for (const { process } of sides) await process.quit();
      }
      const [avx2, avx512] = sides.map(({ seconds }) => seconds);
      return {
        value: median(avx2) / median(avx512),
        details: {
          avx2: milliseconds(avx2),
          avx512: milliseconds(avx512),
          threads: context.threads,
          data: training.kind,
        },
      };
    },
  },
];
