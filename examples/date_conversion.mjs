// SPDX-License-Identifier: MIT
// Dates as people write them, "Thursday, 3 May 1979" or "5/3/79", become 1979-05-03: an encoder reads the characters, a decoder
// writes the date and attends to those that matter. Draws what it attends to for one date. `--dates N` (10000), `--epochs N`
// (6), `--date TEXT` (the one that is drawn), `--svg FILE`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  Adam,
  Attention,
  Bidirectional,
  concatenate,
  CosineDecay,
  Dense,
  Embedding,
  Input,
  LSTM,
  Masking,
  Model,
  sequence,
  setRandomSeed,
} from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    dates: { type: 'string', default: '10000' },
    epochs: { type: 'string', default: '6' },
    date: { type: 'string', default: 'Thursday, 3 May 1979' },
    svg: { type: 'string', default: 'attention.svg' },
  },
});
setRandomSeed(7);

// Every character is a number; 0 fills up. The decoder begins with START.
const READ = '_ ,./0123456789abcdefghijklmnopqrstuvwxyz';
const WRITTEN = '_0123456789-';
const START = 0;
const units = 64;
const steps = 'YYYY-MM-DD'.length;
const encode = (texts) =>
  sequence.padSequences(
    texts.map((text) => [...text.toLowerCase()].map((character) => READ.indexOf(character))),
    { padding: 'post' },
  );

// Days, not texts, are held out: the net has seen none of them in any notation.
const dates = makeDates(Number(flags.dates));
const held = Math.floor(dates.length / 10);
const [test, train] = [dates.slice(0, held), dates.slice(held)];
const ids = (iso) => [...iso].map((character) => WRITTEN.indexOf(character));

// The encoder reads in both directions; its last states, side by side, are the first ones of the decoder.
const text = new Input([null], { dtype: 'int32', name: 'text' });
const [encoded, h, c, hBack, cBack] = new Bidirectional(
  new LSTM(units, { returnSequences: true, returnState: true }),
).apply(new Embedding(READ.length, 32, { maskZero: true }).apply(text));
const begin = [concatenate([h, hBack]), concatenate([c, cBack])];

// The decoder's layers are used twice: in training, where they read the date as it should be, one character late ...
const embedding = new Embedding(WRITTEN.length, 16);
const writer = new LSTM(2 * units, { returnSequences: true, returnState: true });
const attention = new Attention();
const vote = new Dense(WRITTEN.length, { activation: 'softmax' });
function decode(character, attended, initialState) {
  const [state, ...states] = writer.apply(embedding.apply(character), { initialState });
  const [context, weights] = attention.apply([state, attended], { returnAttentionScores: true });
  return [vote.apply(concatenate([context, state])), weights, ...states];
}
const before = new Input([steps], { dtype: 'int32', name: 'before' });
const model = new Model({ text, before }, decode(before, encoded, begin)[0]);

// ... and in use, where they write one character after the other. What is encoded is zero where the text has ended.
const encoder = new Model(text, [encoded, ...begin]);
const given = [
  new Input([1], { dtype: 'int32' }),
  new Input([null, 2 * units]),
  new Input([2 * units]),
  new Input([2 * units]),
];
const decoder = new Model(given, decode(given[0], new Masking().apply(given[1]), given.slice(2)));

const batchSize = 64;
const decaySteps = Number(flags.epochs) * Math.ceil(train.length / batchSize);
model.compile({
  optimizer: new Adam({ learningRate: new CosineDecay(0.005, decaySteps), clipnorm: 1 }),
  loss: 'sparse_categorical_crossentropy',
  metrics: ['accuracy'],
});
await model.fit(
  {
    text: encode(train.map((date) => date.text)),
    before: train.map(({ iso }) => [START, ...ids(iso).slice(0, -1)]),
  },
  train.map(({ iso }) => ids(iso)),
  { batchSize, epochs: Number(flags.epochs), verbose: 2 },
);

const { written } = await convert(test.map((date) => date.text));
for (let row = 0; row < 5; row++)
  console.log(`${test[row].text} is ${written[row]}: ${written[row] === test[row].iso ? 'right' : 'wrong'}`);
const right = test.filter(({ iso }, row) => written[row] === iso).length;
console.log(`${((100 * right) / held).toFixed(2)} % of ${held} new dates are right`);

const { written: [iso], attended } = await convert([flags.date]); // prettier-ignore
const matrix = attended.map((step) => step[0]);
console.log(`\n${terminalMatrix(matrix, iso, flags.date)}\n`);
writeFileSync(flags.svg, svgMatrix(matrix, iso, flags.date));
console.log(`What each character of ${iso} attends to: ${flags.svg}`);

/** Writes the date of every text, always the likeliest character; and how much each character attends to those of the text. */
async function convert(texts) {
  let [sequences, ...states] = await encoder.predict(encode(texts));
  let last = texts.map(() => START);
  const written = texts.map(() => '');
  const attended = [];
  for (let step = 0; step < steps; step++) {
    const [votes, weights, ...next] = await decoder.predict([last.map((id) => [id]), sequences, ...states]);
    states = next;
    last = votes.argmax(-1).toArray().flat();
    last.forEach((id, row) => (written[row] += WRITTEN[id]));
    attended.push(weights.toArray().map(([row]) => row));
  }
  return { written, attended };
}

/** Different days from 1950 to 2049, each in one of the notations. */
function makeDates(count) {
  const random = generator(11);
  const [first, last] = [Date.UTC(1950, 0, 1), Date.UTC(2050, 0, 1)].map((time) => time / 86_400_000);
  const days = Array.from({ length: last - first }, (_, day) => first + day);
  const months = 'January February March April May June July August September October November December'.split(' ');
  const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
  return Array.from({ length: Math.min(count, days.length) }, (_, i) => {
    const chosen = i + random(days.length - i);
    [days[i], days[chosen]] = [days[chosen], days[i]];
    const date = new Date(days[i] * 86_400_000);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const two = (number) => String(number).padStart(2, '0');
    const [name, weekday] = [months[month - 1], weekdays[date.getUTCDay()]];
    const notations = [
      `${day} ${name} ${year}`,
      `${name} ${day}, ${year}`,
      `${day} ${name.slice(0, 3)} ${year}`,
      `${name.slice(0, 3)} ${day} ${year}`,
      `${weekday}, ${day} ${name} ${year}`,
      `${weekday.slice(0, 3)} ${name.slice(0, 3)} ${two(day)} ${year}`,
      `${month}/${day}/${two(year % 100)}`, // month first, and of this century until 49
      `${two(day)}.${two(month)}.${year}`, // day first
    ];
    return { text: notations[random(notations.length)], iso: date.toISOString().slice(0, steps) };
  });
}

/** A row for each character that is written, a column for each one that is read: the darker, the more it is attended to. */
function terminalMatrix(matrix, rows, columns) {
  const SHADES = ' .:*#';
  const shade = (weight) => SHADES[Math.min(SHADES.length - 1, Math.floor(weight * SHADES.length))];
  return [`  ${columns}`, ...matrix.map((weights, row) => `${rows[row]} ${[...weights].map(shade).join('')}`)].join(
    '\n',
  );
}

/** The same as a picture. */
function svgMatrix(matrix, rows, columns) {
  const size = 22;
  const [width, height] = [(columns.length + 2) * size, (rows.length + 2) * size];
  const letter = (x, y, character) =>
    `<text x="${(x + 1.5) * size}" y="${(y + 1.7) * size}" text-anchor="middle">${character}</text>`;
  const cells = matrix.flatMap((weights, y) =>
    [...weights].map(
      (weight, x) =>
        `<rect x="${(x + 1) * size}" y="${(y + 1) * size}" width="${size}" height="${size}" fill="#0072b2" fill-opacity="${weight.toFixed(3)}"/>`,
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="15">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...[...columns].map((character, x) => letter(x, -1, character)),
    ...[...rows].map((character, y) => letter(-1, y, character)),
    ...cells,
    '</svg>\n',
  ].join('\n');
}

/** Integers from 0 to below a bound, the same ones at every start. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
