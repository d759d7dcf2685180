// SPDX-License-Identifier: MIT
// train.rnn128 and train.rnn512: one recurrent layer on floats, large enough that products are everything.
import { contest, TRAINING_PEERS } from '../support/contest.mjs';
import { floatStepFlop } from '../support/flop.mjs';
import { floatData, floatModel, PacedFit } from '../support/ours.mjs';
import { shareOfPeak } from '../support/share.mjs';

const SIZES = Object.freeze({
  'train.rnn128': { batch: 64, steps: 100, features: 128, units: 128, batches: 16 },
  'train.rnn512': { batch: 64, steps: 50, features: 512, units: 512, batches: 6 },
});

function begin(size) {
  return new PacedFit(floatModel(size), floatData(size, size.batches), { batchSize: size.batch });
}

export default Object.entries(SIZES).flatMap(([name, size]) => [
  {
    name: `${name}.share`,
    unit: '% of peak',
    async run(context) {
      const fit = begin(size);
      try {
        return await shareOfPeak(context, fit, floatStepFlop(size), 15);
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
      const fit = begin(size);
      try {
        await fit.step();
        return await contest(context, fit, { peerCase: name, peers: TRAINING_PEERS });
      } finally {
        await fit.end();
      }
    },
  },
]);
