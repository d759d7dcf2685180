// SPDX-License-Identifier: MIT
// train.stack4: the chapter's stack of four recurrent layers, on reviews.
import { contest, TRAINING_PEERS } from '../support/contest.mjs';
import { PacedFit, tokenModel } from '../support/ours.mjs';

/** An epoch of this many rows is one of our turns. */
const ROWS = 10240;

export default [
  {
    name: 'train.stack4.versus',
    unit: 'x',
    needsPython: true,
    async run(context) {
      const training = await context.training(ROWS);
      const flags = await context.trainingFlags(training);
      const fit = new PacedFit(tokenModel({ depth: 4 }), training, { batchSize: 128 });
      try {
        await fit.step();
        const result = await contest(context, fit, { peerCase: 'train.stack4', peers: TRAINING_PEERS, flags });
        return { ...result, details: { ...result.details, data: training.kind } };
      } finally {
        await fit.end();
      }
    },
  },
];
