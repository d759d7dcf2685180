// SPDX-License-Identifier: MIT
// train.rnn128, train.lstm512 and so on: one recurrent layer on floats, large enough that products are everything.
import { contest, TRAINING_PEERS } from '../support/contest.mjs';
import { floatStepFlop } from '../support/flop.mjs';
import { floatData, floatModel, PacedFit } from '../support/ours.mjs';
import { shareOfPeak } from '../support/share.mjs';

const H128 = Object.freeze({ batch: 64, steps: 100, features: 128, units: 128 });
const H512 = Object.freeze({ batch: 64, steps: 50, features: 512, units: 512 });

/** `batches` make an epoch, which is one of our turns. */
const SIZES = Object.freeze({
  'train.rnn128': { ...H128, cell: 'rnn', batches: 16 },
  'train.rnn512': { ...H512, cell: 'rnn', batches: 6 },
  'train.lstm128': { ...H128, cell: 'lstm', batches: 12 },
  'train.gru128': { ...H128, cell: 'gru', batches: 12 },
  'train.lstm512': { ...H512, cell: 'lstm', batches: 3 },
  'train.gru512': { ...H512, cell: 'gru', batches: 3 },
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
