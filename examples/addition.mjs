// SPDX-License-Identifier: MIT
// An LSTM that learns to add: it reads "535+61" and writes "596", digit by digit, from examples alone (Keras' addition_rnn).
// `--digits N` (3), `--epochs N` (6), `--sums N` (50000).
import { parseArgs } from 'node:util';
import { Adam, CosineDecay, Dense, Embedding, Input, LSTM, Model, RepeatVector, setRandomSeed } from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    digits: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '6' },
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
const [test, answers] = [x.slice(0, held), y.slice(0, held)];

// The decoder goes on with the states that the encoder ends with, and is told the result of its reading at every step.
const sum = new Input([inputSteps], { dtype: 'int32' });
const [read, ...states] = new LSTM(128, { returnState: true }).apply(new Embedding(CHARACTERS.length, 16).apply(sum));
const decoder = new LSTM(128, { returnSequences: true });
const decoded = decoder.apply(new RepeatVector(outputSteps).apply(read), { initialState: states });
const model = new Model(sum, new Dense(CHARACTERS.length, { activation: 'softmax' }).apply(decoded));

// A rate that falls to 0 lets the net begin fast and end calm.
const batchSize = 128;
const decaySteps = Number(flags.epochs) * Math.ceil((x.length - held) / batchSize);
model.compile({
  optimizer: new Adam({ learningRate: new CosineDecay(0.008, decaySteps), clipnorm: 1 }),
  loss: 'sparse_categorical_crossentropy',
  metrics: ['accuracy'],
});
await model.fit(x.slice(held), y.slice(held), {
  batchSize,
  epochs: Number(flags.epochs),
  validationData: [test, answers],
  verbose: 2,
});

const written = (await model.predict(test, { batchSize: 512 })).argmax(-1).toArray();
const decode = (ids) => ids.map((id) => CHARACTERS[id]).join('');
const isRight = (row) => decode(written[row]) === decode(answers[row]);
for (let row = 0; row < 5; row++) {
  const question = decode(test[row]).trimEnd().split('').reverse().join('');
  console.log(`${question} = ${decode(written[row]).trimEnd()} ${isRight(row) ? 'right' : 'wrong'}`);
}
const right = test.filter((_, row) => isRight(row)).length;
console.log(`${((100 * right) / held).toFixed(2)} % of ${held} new sums are right`);

/** Different sums and their results, as rows of characters in any order. */
function makeSums(count) {
  const random = generator(17);
  const number = () => random(10 ** (1 + random(digits)));
  const known = new Set();
  const rows = [];
  // Fewer than are wanted where there are not so many.
  for (let tries = 0; rows.length < count && tries < 20 * count; tries++) {
    const [a, b] = [number(), number()];
    const key = Math.min(a, b) * (largest + 1) + Math.max(a, b);
    if (known.has(key)) continue;
    known.add(key);
    // Short sums are found first: each goes to a random place, so that those held out are like the others.
    const place = random(rows.length + 1);
    rows.push(rows[place]);
    rows[place] = [`${a}+${b}`.split('').reverse().join(''), `${a + b}`];
  }
  return [rows.map(([text]) => encode(text, inputSteps)), rows.map(([, result]) => encode(result, outputSteps))];
}

/** Integers from 0 to below a bound, the same ones at every start. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
