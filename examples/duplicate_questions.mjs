// SPDX-License-Identifier: MIT
// Do two questions ask the same? A siamese pair: one embedding and one LSTM read both texts, and what they make of them is
// close where the meaning is one. On questions that this example makes up. `--pairs N` (12000), `--epochs N` (10).
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
    epochs: { type: 'string', default: '10' },
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
// The more alike, the likelier: the weight begins positive.
const isSame = new Dense(1, { activation: 'sigmoid', kernelInitializer: 'ones' }).apply(similarity);
const model = new Model({ first, second }, isSame);
model.compile({ optimizer: new Adam({ learningRate: 0.005 }), loss: 'binary_crossentropy', metrics: ['accuracy'] });
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
const others = test.filter((pair) => !pair.isSame).length;
console.log(`always another meaning: ${((100 * others) / held).toFixed(2)} % right`);
console.log(`${(100 * accuracy).toFixed(2)} % of ${held} new pairs are right`);

/** Different pairs, about half of them of one meaning. The others have most words in common: one thing differs, or the order. */
function makePairs(count) {
  const random = generator(31);
  const oneOf = (list) => list[random(list.length)];
  const other = (list, ...taken) => oneOf(list.filter((item) => !taken.includes(item)));
  const synonyms = (text) => text.split(', ').map((words) => words.split('/'));
  const actions = synonyms('fix/repair, clean/wash, buy/get, sell/get rid of, rent/hire, insure/protect');
  const things = synonyms('car/automobile, bike/bicycle, flat/apartment, sofa/couch, phone/mobile, coat/jacket');
  const cities = 'Paris, London, Rome, Oslo, Vienna, Madrid, Lisbon, Prague, Athens, Berlin, Dublin, Zagreb'.split(
    ', ',
  );
  const askHow = ([action, thing]) => {
    const [verb, noun] = [oneOf(action), oneOf(thing)];
    return oneOf([
      `How do I ${verb} my ${noun}?`,
      `My ${noun} waits: can you show me how to ${verb} it?`,
      `What is the best way to ${verb} a ${noun}?`,
      `I have a ${noun}. Who can tell me how to ${verb} it?`,
      `Is it hard to ${verb} the ${noun} of a friend?`,
    ]);
  };
  const askWay = ([from, to]) =>
    oneOf([
      `How do I travel from ${from} to ${to}?`,
      `What is the best way to ${to} from ${from}?`,
      `I am in ${from}. How far is it to ${to}?`,
      `Is ${to} far away if I begin in ${from}?`,
      `Which train leaves ${from} for ${to}?`,
      `When do I see ${to} if I leave ${from} today?`,
    ]);
  const makePair = () => {
    const isSame = random(2) === 1;
    const isWay = random(2) === 1;
    const from = oneOf(cities);
    const [a, b] = isWay ? [from, other(cities, from)] : [oneOf(actions), oneOf(things)];
    const near = isWay ? oneOf([[b, a], [a, other(cities, a, b)]]) : oneOf([[other(actions, a), b], [a, other(things, b)]]); // prettier-ignore
    const ask = isWay ? askWay : askHow;
    return { first: ask([a, b]), second: ask(isSame ? [a, b] : near), isSame };
  };
  const known = new Set();
  const made = [];
  for (let tries = 0; made.length < count && tries < 20 * count; tries++) {
    const pair = makePair();
    const key = [pair.first, pair.second].sort().join();
    if (pair.first === pair.second || known.has(key)) continue;
    known.add(key);
    made.push(pair);
  }
  return made;
}

/** Integers from 0 to below a bound, the same ones at every start. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
