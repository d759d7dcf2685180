// SPDX-License-Identifier: MIT
// Which of 46 topics is a newswire about? A GRU over the Reuters data, or where it cannot be had (or with `--synthetic`)
// over newswires of the same shape that this example makes up. `--epochs N`, `--rows N` (of made-up ones), `--svg FILE`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Adam, datasets, Dense, Embedding, GRU, sequence, Sequential, setRandomSeed, SpatialDropout1D } from 'ostinato';
import { svgPlot } from '../dist/cli/svg_plot.js';

const { values: flags } = parseArgs({
  options: {
    synthetic: { type: 'boolean', default: false },
    rows: { type: 'string', default: '8000' },
    epochs: { type: 'string', default: '8' },
    svg: { type: 'string', default: 'topics.svg' },
  },
});
const numWords = 5000;
const maxlen = 80;
const topics = datasets.reuters.getLabelNames();

setRandomSeed(7);
const [[xTrain, yTrain], [xTest, yTest]] = await newswires();
const pad = (newswires) => sequence.padSequences(newswires, { maxlen, padding: 'post' });

const model = new Sequential();
model.add(new Embedding(numWords, 64, { maskZero: true })); // padding is no word: the net does not see it
model.add(new SpatialDropout1D(0.2));
model.add(new GRU(64));
model.add(new Dense(topics.length, { activation: 'softmax' }));
model.compile({
  optimizer: new Adam({ learningRate: 0.003 }),
  loss: 'sparse_categorical_crossentropy',
  metrics: ['accuracy'],
});
const { history } = await model.fit(pad(xTrain), yTrain, {
  epochs: Number(flags.epochs),
  batchSize: 64,
  validationSplit: 0.1,
  verbose: 2,
});

const [, accuracy] = await model.evaluate(pad(xTest), yTest, { verbose: 0 });
const counts = new Int32Array(topics.length);
for (const topic of yTest) counts[topic]++;
console.log(`test accuracy ${accuracy.toFixed(4)}`);
console.log(`always saying the most frequent topic: ${(Math.max(...counts) / yTest.length).toFixed(4)}`);

const probabilities = await model.predict(pad(xTest.slice(0, 5)));
for (const [i, row] of [...probabilities].entries()) {
  const best = [...row.data.keys()].sort((a, b) => row.data[b] - row.data[a]).slice(0, 3);
  const guesses = best.map((topic) => `${topics[topic]} ${(100 * row.data[topic]).toFixed(0)} %`);
  console.log(`newswire ${i} is about ${topics[yTest[i]]}; the net says ${guesses.join(', ')}`);
}

const panel = (title, key, validation) => ({
  title,
  yLabel: title,
  curves: [
    { label: 'Training', values: history[key], style: 'dots' },
    { label: 'Validation', values: history[validation], style: 'line' },
  ],
});
writeFileSync(flags.svg, svgPlot([panel('Accuracy', 'accuracy', 'valAccuracy'), panel('Loss', 'loss', 'valLoss')]));
console.log(`Curves: ${flags.svg}`);

async function newswires() {
  if (!flags.synthetic) {
    try {
      return await datasets.reuters.loadData({ numWords });
    } catch (error) {
      if (error.code !== 'ERR_NOT_FOUND') throw error;
      console.log(`${error.message}\nMade-up newswires instead: every figure below is synthetic.`);
    }
  }
  const split = Math.floor(0.8 * Number(flags.rows));
  const made = Array.from({ length: Number(flags.rows) }, makeUp);
  const part = (rows) => [rows.map(({ words }) => words), Int32Array.from(rows, ({ topic }) => topic)];
  return [part(made.slice(0, split)), part(made.slice(split))];
}

/** A newswire of 20 to 120 words: most are common, one in five belongs to the topic. As in Reuters, few topics are frequent. */
function makeUp(_, seed) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state ^ 0x9e3779b9, 0x85ebca6b) + 0x7f4a7c15) | 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 4; i++) random();
  const topic = Math.floor(topics.length * random() ** 3);
  const words = Array.from({ length: 20 + Math.floor(100 * random()) }, () =>
    random() < 0.2 ? 1000 + 40 * topic + Math.floor(40 * random()) : 4 + Math.floor(900 * random() ** 3),
  );
  return { topic, words: [1, ...words] };
}
