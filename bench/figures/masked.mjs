// SPDX-License-Identifier: MIT
// train.imdb.masked, train.lstm32.masked: the chapter's step with its padding masked, over the same without a mask.
import { PacedFit, tokenModel } from '../support/ours.mjs';
import { byTurns } from '../support/turns.mjs';

function figure(name, cell) {
  return {
    name,
    unit: 'x',
    async run(context) {
      const training = await context.training();
      const fits = [true, false].map(
        (maskZero) => new PacedFit(tokenModel({ cell, maskZero }), training, { batchSize: 128 }),
      );
      try {
        for (const fit of fits) await fit.step();
        const [masked, unmasked] = fits.map((fit) => () => fit.step());
        const { value, details } = await byTurns({ masked, unmasked });
        return { value, details: { ...details, threads: context.threads, isa: context.isa, data: training.kind } };
      } finally {
        for (const fit of fits) await fit.end();
      }
    },
  };
}

export default [figure('train.imdb.masked', 'rnn'), figure('train.lstm32.masked', 'lstm')];
