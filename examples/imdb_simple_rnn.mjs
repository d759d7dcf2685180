// SPDX-License-Identifier: MIT
// The chapter's experiment: does a film review please? `--synthetic` takes a small generated corpus, which makes the
// figures synthetic too; `--epochs N` changes the chapter's ten.
import { parseArgs } from 'node:util';
import { datasets, Dense, Embedding, sequence, Sequential, SimpleRNN } from 'ostinato';

const { values: flags } = parseArgs({
  options: { synthetic: { type: 'boolean', default: false }, epochs: { type: 'string', default: '10' } },
});

const maxFeatures = 10000; // number of words to consider as features
const maxlen = 500; // cut reviews after this number of words

const {
  train: [inputTrain, yTrain],
  test: [inputTest, yTest],
} = flags.synthetic
  ? datasets.syntheticReviews({ train: 400, test: 200, numWords: maxFeatures })
  : await datasets.imdb.loadData({ numWords: maxFeatures });
const xTrain = sequence.padSequences(inputTrain, { maxlen });
const xTest = sequence.padSequences(inputTest, { maxlen });

const model = new Sequential();
model.add(new Embedding(maxFeatures, 32));
model.add(new SimpleRNN(32));
model.add(new Dense(1, { activation: 'sigmoid' }));

model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
const history = await model.fit(xTrain, yTrain, {
  epochs: Number(flags.epochs),
  batchSize: 128,
  validationSplit: 0.2,
});
console.log(history.history);

const [loss, accuracy] = await model.evaluate(xTest, yTest, { verbose: 0 });
console.log(`${flags.synthetic ? 'synthetic ' : ''}test loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`);
