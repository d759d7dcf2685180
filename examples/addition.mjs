// SPDX-License-Identifier: MIT
// An LSTM that learns to add: it reads "535+61" and writes "596", digit by digit, from examples alone (Keras' addition_rnn).
// `--digits N` (3), `--epochs N` (30), `--sums N` (50000).
import { parseArgs } from 'node:util';
import { Adam, Dense, Embedding, LSTM, RepeatVector, Sequential, setRandomSeed } from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    digits: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '30' },
    sums: { type: 'string', default: '50000' },
  },
});
const digits = Number(flags.digits);
const largest = 10 ** digits - 1;
setRandomSeed(5);

// Every character is a number, a blank fills up. Sums are read from right to left, which brings the digits that belong
// together near each other.
const CHARACTERS = ' +0123456789';
const inputSteps = 2 * digits + 1;
const outputSteps = digits + 1;
const encode = (text, steps) => [...text.padEnd(steps)].map((character) => CHARACTERS.indexOf(character));

const [x, y] = makeSums(Number(flags.sums));
const held = Math.floor(x.length / 10);

const model = new Sequential([
  new Embedding(CHARACTERS.length, 16, { inputLength: inputSteps }),
  new LSTM(128),
  // The last state is given to the decoder at every step.
  new RepeatVector(outputSteps),
  new LSTM(128, { returnSequences: true }),
  new Dense(CHARACTERS.length, { activation: 'softmax' }),
]);
model.compile({
  optimizer: new Adam({ learningRate: 0.003, clipnorm: 1 }),
  loss: 'sparse_categorical_crossentropy',
  metrics: ['accuracy'],
});
await model.fit(x.slice(held), y.slice(held), {
  batchSize: 128,
  epochs: Number(flags.epochs),
  validationData: [x.slice(0, held), y.slice(0, held)],
  verbose: 2,
});

const [test, answers] = [x.slice(0, held), y.slice(0, held)];
const written = (await model.predict(test, { batchSize: 512 })).argmax(-1).toArray();
const decode = (ids) => ids.map((id) => CHARACTERS[id]).join('');
const isRight = (row) => decode(written[row]) === decode(answers[row]);
for (let row = 0; row < 5; row++) {
  const sum = decode(test[row]).trimEnd().split('').reverse().join('');
  console.log(`${sum} = ${decode(written[row]).trimEnd()} ${isRight(row) ? 'right' : 'wrong'}`);
}
const right = test.filter((_, row) => isRight(row)).length;
console.log(`${((100 * right) / held).toFixed(2)} % of ${held} new sums are right`);

/** Different sums and their results, as rows of characters. */
function makeSums(count) {
  const random = generator(17);
  const number = () => random(10 ** (1 + random(digits)));
  const known = new Set();
  const [inputs, results] = [[], []];
  // Fewer than are wanted where there are not so many.
  for (let tries = 0; inputs.length < count && tries < 20 * count; tries++) {
    const [a, b] = [number(), number()];
    const key = Math.min(a, b) * (largest + 1) + Math.max(a, b);
    if (known.has(key)) continue;
    known.add(key);
    inputs.push(encode(`${a}+${b}`.split('').reverse().join(''), inputSteps));
    results.push(encode(`${a + b}`, outputSteps));
  }
  return [inputs, results];
}

/** Integers from 0 to below a bound, the same ones at every start. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
