// SPDX-License-Identifier: MIT
// fit.generator, fit.extras: the chapter's step with what real trainings have round it, over the step alone.
import { rmSync } from 'node:fs';
import { ostinato, PacedFit, tokenModel } from '../support/ours.mjs';
import { byTurns } from '../support/turns.mjs';

const BATCH = 128;

/** Both fits by turns, an epoch each. */
async function compare(context, sides, more) {
  const fits = Object.values(sides);
  try {
    for (const fit of fits) await fit.step();
    const turns = Object.fromEntries(Object.entries(sides).map(([name, fit]) => [name, () => fit.step()]));
    const { value, details } = await byTurns(turns, { rounds: 15 });
    return { value, details: { ...details, threads: context.threads, isa: context.isa, ...more } };
  } finally {
    for (const fit of fits) await fit.end();
  }
}

/** The rows in their own order, as a generator over a file or a table would give them. */
function generatorOf({ x, y, rows, steps }) {
  return async function* batches() {
    for (let begin = 0; begin < rows; begin += BATCH) {
      const end = Math.min(rows, begin + BATCH);
      yield [
        { data: x.data.subarray(begin * steps, end * steps), shape: [end - begin, steps] },
        y.subarray(begin, end),
      ];
    }
  };
}

const generator = {
  name: 'fit.generator',
  unit: 'x',
  async run(context) {
    const training = await context.training();
    const { rows, kind } = training;
    const options = { batchSize: BATCH, shuffle: false };
    const sides = {
      generator: new PacedFit(tokenModel(), { x: generatorOf(training), rows }, options),
      memory: new PacedFit(tokenModel(), training, options),
    };
    return compare(context, sides, { data: kind });
  },
};

const extras = {
  name: 'fit.extras',
  unit: '% of a step',
  async run(context) {
    const training = await context.training();
    const { AUC, CSVLogger, Precision, Recall, TensorBoard } = ostinato;
    const weightedMetrics = [new AUC(), new Precision(), new Recall()];
    const sampleWeight = Float32Array.from(training.y, (label) => (label === 1 ? 1.5 : 1));
    const logs = context.file('logs');
    const callbacks = [new CSVLogger(context.file('log.csv')), new TensorBoard({ logDir: logs })];
    const sides = {
      extras: new PacedFit(tokenModel({ compile: { weightedMetrics } }), training, {
        batchSize: BATCH,
        sampleWeight,
        callbacks,
      }),
      plain: new PacedFit(tokenModel(), training, { batchSize: BATCH }),
    };
    try {
      const { value, details } = await compare(context, sides, { data: training.kind });
      return { value: (value - 1) * 100, details };
    } finally {
      rmSync(logs, { recursive: true, force: true });
    }
  },
};

export default [generator, extras];
