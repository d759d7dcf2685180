// SPDX-License-Identifier: MIT
// train.imdb.book: the chapter's whole experiment, 10 epochs of batch 128 with a fifth held out.
// train.lstm32.accuracy: the same with an LSTM.
import { contest } from '../support/contest.mjs';
import { say } from '../support/context.mjs';
import { ostinato, tokenModel } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

/** One experiment: seconds of `fit`, and the best validation accuracy of its epochs. */
async function experiment({ x, y }, cell = 'rnn') {
  const model = tokenModel({ cell });
  const begin = performance.now();
  const { history } = await model.fit(x, y, { epochs: 10, batchSize: 128, validationSplit: 0.2, verbose: 0 });
  const seconds = (performance.now() - begin) / 1e3;
  model.dispose();
  return { seconds, accuracy: Math.max(...history.valAccuracy) };
}

/** The best validation accuracy of an experiment, the median over the seeds. */
function accuracy(name, cell, seeds) {
  return {
    name,
    unit: '',
    async run(context) {
      const training = await context.training(25000);
      const accuracies = [];
      const seconds = [];
      for (const seed of seeds) {
        ostinato.setRandomSeed(seed);
        const result = await experiment(training, cell);
        accuracies.push(result.accuracy);
        seconds.push(result.seconds);
        say(`  seed ${seed}: ${result.accuracy.toFixed(4)} in ${result.seconds.toFixed(2)} s`);
      }
      return {
        value: median(accuracies),
        details: {
          seeds,
          accuracies: accuracies.map((value) => rounded(value)),
          fitSeconds: seconds.map((value) => rounded(value)),
          data: training.kind,
        },
      };
    },
  };
}

export default [
  {
    name: 'train.imdb.book.versus',
    unit: 'x',
    needsPython: true,
    async run(context) {
      const training = await context.training(25000);
      const flags = await context.trainingFlags(training);
      const ours = { step: async () => (await experiment(training)).seconds };
      const result = await contest(context, ours, {
        peerCase: 'train.imdb.book',
        peers: ['keras-tensorflow'],
        flags,
        rounds: 2,
        turnSeconds: 0,
      });
      return { ...result, details: { ...result.details, data: training.kind } };
    },
  },
  accuracy('train.imdb.book.accuracy', 'rnn', [1, 2, 3, 4, 5]),
  accuracy('train.lstm32.accuracy', 'lstm', [1, 2, 3]),
];
