// SPDX-License-Identifier: MIT
// train.imdb.b128 and .b32: the chapter's training step. train.lstm32 and train.gru32: the same with another cell.
import { contest, TRAINING_PEERS } from '../support/contest.mjs';
import { GATES, meanTokenStepFlop } from '../support/flop.mjs';
import { EMBEDDING, PacedFit, tokenModel, UNITS } from '../support/ours.mjs';
import { shareOfPeak } from '../support/share.mjs';
import { milliseconds, rounded } from '../support/statistics.mjs';

/** Necessary work of a gate on IMDB, fixed so that figures of different days compare; counted anew in the details. */
const FLOP = Object.freeze({ 128: 201e6, 32: 57.5e6 });

function figures(name, batchSize, cell) {
  return [
    {
      name: `${name}.share`,
      unit: '% of peak',
      async run(context) {
        const training = await context.training();
        const counted = meanTokenStepFlop(training, batchSize, EMBEDDING, UNITS, cell);
        const flop = training.kind === 'imdb' ? FLOP[batchSize] * GATES[cell] : counted;
        const fit = new PacedFit(tokenModel({ cell }), training, { batchSize });
        try {
          const result = await shareOfPeak(context, fit, flop);
          const details = {
            ...result.details,
            countedMegaflop: rounded(counted / 1e6),
            trainOnBatch: milliseconds(await batchByBatch(training, batchSize, cell)),
            data: training.kind,
          };
          return { ...result, details };
        } finally {
          await fit.end();
        }
      },
    },
    {
      name: `${name}.versus`,
      unit: 'x',
      needsPython: true,
      async run(context) {
        const training = await context.training();
        const flags = await context.trainingFlags(training);
        const fit = new PacedFit(tokenModel({ cell }), training, { batchSize });
        try {
          const result = await contest(context, fit, { peerCase: name, peers: TRAINING_PEERS, flags });
          return { ...result, details: { ...result.details, data: training.kind } };
        } finally {
          await fit.end();
        }
      },
    },
  ];
}

/** Seconds of single steps through `trainOnBatch`, which takes its own copy of each batch. */
async function batchByBatch({ x, y, rows, steps }, batchSize, cell) {
  const model = tokenModel({ cell });
  const seconds = [];
  const batches = Math.min(60, Math.floor(rows / batchSize));
  for (let b = 0; b < batches; b++) {
    const first = b * batchSize;
    const batch = {
      data: x.data.subarray(first * steps, (first + batchSize) * steps),
      shape: [batchSize, steps],
    };
    const begin = performance.now();
    await model.trainOnBatch(batch, y.subarray(first, first + batchSize));
    if (b >= 5) seconds.push((performance.now() - begin) / 1e3);
  }
  model.dispose();
  return seconds;
}

export default [
  ...figures('train.imdb.b128', 128, 'rnn'),
  ...figures('train.imdb.b32', 32, 'rnn'),
  ...figures('train.lstm32', 128, 'lstm'),
  ...figures('train.gru32', 128, 'gru'),
];
