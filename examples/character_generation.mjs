// SPDX-License-Identifier: MIT
// An LSTM that learns a text character by character and goes on writing it, at three temperatures: near 0 it writes what is most
// likely, above 1 it grows bold. `--text FILE` takes a text of yours (UTF-8), `--epochs N`, `--length N` (characters written).
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Adam, Dense, Embedding, LSTM, preprocessing, Sequential, setRandomSeed, TextVectorization } from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    text: { type: 'string' },
    epochs: { type: 'string', default: '60' },
    length: { type: 'string', default: '200' },
  },
});

// A rhyme in which every verse repeats the last: the most that few characters can teach.
const THINGS = [
  'the house that Jack built',
  'the malt that lay in',
  'the rat that ate',
  'the cat that killed',
  'the dog that worried',
  'the cow with the crumpled horn that tossed',
  'the maiden all forlorn that milked',
  'the man all tattered and torn that kissed',
  'the priest all shaven and shorn that married',
  'the cock that crowed in the morn that woke',
];
const rhyme = THINGS.map(
  (_, verse) =>
    `This is ${THINGS.slice(0, verse + 1)
      .reverse()
      .join('\n')}.`,
).join('\n\n');
const text = flags.text === undefined ? rhyme : readFileSync(flags.text, 'utf8');

setRandomSeed(11);
const vectorize = new TextVectorization({ standardize: null, split: 'character' });
await vectorize.adapt([text]);
const characters = vectorize.getVocabulary();
const ids = vectorize.call(text);

// Windows of 40 characters; at each the net is to say the next one.
const sequenceLength = 40;
const options = { sequenceStride: 3, batchSize: 32 };
const inputs = preprocessing.timeseriesDatasetFromArray(ids.slice(0, ids.length - 1), null, sequenceLength, options);
const targets = preprocessing.timeseriesDatasetFromArray(ids.slice(1), null, sequenceLength, options);

const model = new Sequential();
model.add(new Embedding(characters.length, 32));
model.add(new LSTM(128, { returnSequences: true }));
model.add(new Dense(characters.length, { activation: 'softmax' }));
model.compile({
  optimizer: new Adam({ learningRate: 0.005 }),
  loss: 'sparse_categorical_crossentropy',
  metrics: ['accuracy'],
});
const { history } = await model.fit(inputs.toArrays().x, targets.toArrays().x, {
  epochs: Number(flags.epochs),
  batchSize: 32,
  verbose: 0,
});
console.log(
  `${characters.length} characters; of the next ones ${(100 * history.accuracy.at(-1)).toFixed(1)} % are right`,
);

const known = new Set(text.match(/\p{L}+/gu));
for (const temperature of [0.2, 0.7, 1.2]) {
  const written = write(text.slice(0, sequenceLength), Number(flags.length), temperature);
  const words = (written.match(/\p{L}+/gu) ?? []).slice(1, -1); // those at the ends may be cut
  const right = words.filter((word) => known.has(word)).length;
  console.log(
    `\n--- temperature ${temperature}: ${right} of ${words.length} words are words of the text ---\n${written}`,
  );
}

/** Goes on from the beginning of a text: a stream keeps the state of the LSTM, so that each character is one step of work. */
function write(beginning, length, temperature) {
  const stream = model.openStream();
  let probabilities;
  for (const id of vectorize.call(beginning).data) probabilities = stream.push(id);
  let written = '';
  for (let i = 0; i < length; i++) {
    const next = sample(probabilities, temperature);
    written += characters[next];
    probabilities = stream.push(next);
  }
  stream.close();
  return written;
}

/** Draws a character: p to the power of 1 / temperature. 0 and 1 are padding and unknown characters. */
function sample(probabilities, temperature) {
  const weights = probabilities.map((p, id) => (id < 2 ? 0 : Math.exp(Math.log(p + 1e-12) / temperature)));
  let rest = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => (rest -= weight) < 0);
}
