// SPDX-License-Identifier: MIT
// Three recurrent nets for one question, does a review please?, with their curves in one picture: SimpleRNN, LSTM and
// Bidirectional LSTM. `--synthetic` takes a generated corpus, in which the order of the words alone tells, for IMDB;
// `--rows N` and `--epochs N` make it smaller, `--svg FILE` says where the picture goes.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  Bidirectional,
  datasets,
  Dense,
  Embedding,
  LSTM,
  sequence,
  Sequential,
  setRandomSeed,
  SimpleRNN,
} from 'ostinato';
import { svgPlot } from '../dist/cli/svg_plot.js';

const { values: flags } = parseArgs({
  options: {
    synthetic: { type: 'boolean', default: false },
    rows: { type: 'string', default: '20000' },
    epochs: { type: 'string', default: '5' },
    svg: { type: 'string', default: 'sentiment.svg' },
  },
});
const numWords = flags.synthetic ? 1000 : 10000;
const maxlen = flags.synthetic ? 80 : 200; // the end of a review says most
const rows = Number(flags.rows);

setRandomSeed(42);
const { train, test } = flags.synthetic
  ? datasets.syntheticReviews({ train: rows, test: Math.ceil(rows / 4), numWords })
  : await datasets.imdb.loadData({ numWords });
const x = sequence.padSequences(train.x.slice(0, rows), { maxlen });
const y = train.y.slice(0, rows);
const xTest = sequence.padSequences(test.x, { maxlen });

const candidates = {
  SimpleRNN: () => new SimpleRNN(32),
  LSTM: () => new LSTM(32),
  'Bidirectional LSTM': () => new Bidirectional(new LSTM(16)),
};

const histories = {};
for (const [name, recurrent] of Object.entries(candidates)) {
  console.log(`\n${name}`);
  const model = new Sequential();
  model.add(new Embedding(numWords, 32));
  model.add(recurrent());
  model.add(new Dense(1, { activation: 'sigmoid' }));
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(x, y, {
    epochs: Number(flags.epochs),
    batchSize: 64,
    validationSplit: 0.2,
    verbose: 2,
  });
  histories[name] = history;
  const [, accuracy] = await model.evaluate(xTest, test.y, { verbose: 0 });
  console.log(`${name}: test accuracy ${accuracy.toFixed(4)}`);
  model.dispose();
}

const panel = (title, yLabel, key) => ({
  title: flags.synthetic ? `${title} (synthetic data)` : title,
  yLabel,
  curves: Object.entries(histories).map(([label, history]) => ({ label, values: history[key], style: 'line' })),
});
writeFileSync(
  flags.svg,
  svgPlot([panel('Validation accuracy', 'Accuracy', 'valAccuracy'), panel('Validation loss', 'Loss', 'valLoss')]),
);
console.log(`\nCurves: ${flags.svg}`);
