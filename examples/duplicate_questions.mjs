// SPDX-License-Identifier: MIT
// Do two questions ask the same? A siamese pair: one embedding and one LSTM read both texts, and what they make of them is
// close where the meaning is one. On questions that this example makes up. `--pairs N` (12000), `--epochs N` (6).
import { parseArgs } from 'node:util';
import {
  Adam,
  Dense,
  Dot,
  Embedding,
  Input,
  LSTM,
  Model,
  Sequential,
  setRandomSeed,
  TextVectorization,
} from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    pairs: { type: 'string', default: '12000' },
    epochs: { type: 'string', default: '6' },
  },
});
setRandomSeed(6);

const pairs = makePairs(Number(flags.pairs));
const held = Math.floor(pairs.length / 10);
const [test, train] = [pairs.slice(0, held), pairs.slice(held)];
const words = new TextVectorization();
await words.adapt(train.flatMap(({ first, second }) => [first, second]));
const inputs = (rows) => ({
  first: words.call(rows.map(({ first }) => first)),
  second: words.call(rows.map(({ second }) => second)),
});
const targets = (rows) => rows.map(({ isSame }) => [Number(isSame)]);

// One reader for both texts: what it learns of the one it knows of the other.
const reader = new Sequential([new Embedding(words.vocabularySize(), 32, { maskZero: true }), new LSTM(64)]);
const first = new Input([null], { dtype: 'int32', name: 'first' });
const second = new Input([null], { dtype: 'int32', name: 'second' });
const similarity = new Dot(1, { normalize: true }).apply([reader.apply(first), reader.apply(second)]);
const isSame = new Dense(1, { activation: 'sigmoid' }).apply(similarity);
const model = new Model({ first, second }, isSame);
model.compile({ optimizer: new Adam({ learningRate: 0.01 }), loss: 'binary_crossentropy', metrics: ['accuracy'] });
await model.fit(inputs(train), targets(train), {
  batchSize: 64,
  epochs: Number(flags.epochs),
  validationSplit: 0.1,
  verbose: 2,
});

const [, accuracy] = await model.evaluate(inputs(test), targets(test), { verbose: 0 });
// The distance is a model of the same layers, and needs no training of its own: from 0, the same, to 2.
const closeness = new Model({ first, second }, similarity);
const distances = (await closeness.predict(inputs(test))).data.map((cosine) => 1 - cosine);
for (const [row, pair] of test.slice(0, 8).entries())
  console.log(`${distances[row].toFixed(2)} ${pair.isSame ? 'same ' : 'other'} ${pair.first} | ${pair.second}`);
const mean = (wanted) => {
  const chosen = distances.filter((_, row) => test[row].isSame === wanted);
  return (chosen.reduce((a, b) => a + b, 0) / chosen.length).toFixed(2);
};
console.log(`mean distance: ${mean(true)} where the meaning is the same, ${mean(false)} where it is another`);
console.log(`${(100 * accuracy).toFixed(2)} % of ${held} new pairs are right`);

/** Different pairs, half of them of one meaning. The others have most words in common: one thing differs, or the order. */
function makePairs(count) {
  const random = generator(31);
  const oneOf = (list) => list[random(list.length)];
  const actions = [['fix', 'repair'], ['clean', 'wash'], ['buy', 'get'], ['sell', 'get rid of'], ['rent', 'hire'], ['insure', 'protect']]; // prettier-ignore
  const things = [['car', 'automobile'], ['bike', 'bicycle'], ['flat', 'apartment'], ['sofa', 'couch'], ['phone', 'mobile'], ['tv', 'television'], ['boat', 'ship'], ['coat', 'jacket']]; // prettier-ignore
  const cities = ['Paris', 'London', 'Rome', 'Oslo', 'Vienna', 'Madrid', 'Lisbon', 'Prague'];
  const another = (list, item) => oneOf(list.filter((other) => other !== item));
  const askHow = ({ action, thing }) => {
    const [verb, noun] = [oneOf(action), oneOf(thing)];
    return oneOf([
      `How do I ${verb} my ${noun}?`,
      `What is the best way to ${verb} a ${noun}?`,
      `I have a ${noun}. Who can tell me how to ${verb} it?`,
    ]);
  };
  const askWay = ({ from, to }) =>
    oneOf([
      `How do I travel from ${from} to ${to}?`,
      `What is the best way to ${to} from ${from}?`,
      `I am in ${from}. How far is it to ${to}?`,
    ]);
  const makePair = () => {
    const isSame = random(2) === 1;
    if (random(2)) {
      const meaning = { action: oneOf(actions), thing: oneOf(things) };
      const other = random(2)
        ? { ...meaning, action: another(actions, meaning.action) }
        : { ...meaning, thing: another(things, meaning.thing) };
      return { first: askHow(meaning), second: askHow(isSame ? meaning : other), isSame };
    }
    const from = oneOf(cities);
    const meaning = { from, to: another(cities, from) };
    const other = random(2) ? { from: meaning.to, to: from } : { from, to: another(cities.filter((city) => city !== from), meaning.to) }; // prettier-ignore
    return { first: askWay(meaning), second: askWay(isSame ? meaning : other), isSame };
  };
  const made = new Map(); // different ones, so that those held out are new
  for (let tries = 0; made.size < count && tries < 20 * count; tries++) {
    const pair = makePair();
    if (pair.first !== pair.second) made.set([pair.first, pair.second].sort().join(), pair);
  }
  return [...made.values()];
}

/** Integers from 0 to below a bound, the same ones at every start. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
