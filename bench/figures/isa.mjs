// SPDX-License-Identifier: MIT
// train.imdb.avx2: what a machine without AVX-512 gives away, on one that has it.
import path from 'node:path';
import { LineProcess } from '../support/line_process.mjs';
import { ROOT, testingAddon } from '../support/ours.mjs';
import { byTurns } from '../support/turns.mjs';

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
        process: new LineProcess([process.execPath, script, ...flags], { env: { OSTINATO_ISA: isa } }),
      }));
      try {
        for (const { process, isa } of sides) {
          const answer = await process.answer();
          if (answer.isa !== isa) throw new Error(`${isa} was forced, ${answer.isa} runs`);
        }
        const steps = sides.map(({ isa, process }) => [isa, async () => (await process.ask('run 1')).seconds]);
        const { value, details } = await byTurns(Object.fromEntries(steps));
        return { value, details: { ...details, threads: context.threads, data: training.kind } };
      } finally {
        for (const { process } of sides) await process.quit();
      }
    },
  },
];
