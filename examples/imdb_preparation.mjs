// SPDX-License-Identifier: MIT
// The IMDB reviews, cut and padded to one length. `--synthetic` takes a small generated corpus in their place.
import { datasets, sequence } from 'ostinato';

const maxFeatures = 10000; // number of words to consider as features
const maxlen = 500; // cut reviews after this number of words

console.log('Loading data...');
const {
  train: [inputTrain, yTrain],
  test: [inputTest, yTest],
} = process.argv.includes('--synthetic')
  ? datasets.syntheticReviews({ train: 400, test: 200, numWords: maxFeatures })
  : await datasets.imdb.loadData({ numWords: maxFeatures });
console.log(inputTrain.length, 'train sequences');
console.log(inputTest.length, 'test sequences');

console.log('Pad sequences (samples x time)');
const xTrain = sequence.padSequences(inputTrain, { maxlen });
const xTest = sequence.padSequences(inputTest, { maxlen });
console.log(`input_train shape: (${xTrain.shape.join(', ')})`);
console.log(`input_test shape: (${xTest.shape.join(', ')})`);
console.log('labels:', yTrain.length, 'and', yTest.length);
