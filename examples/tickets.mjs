// SPDX-License-Identifier: MIT
// Support tickets with two questions to each: is it urgent, and which department is to answer? One net reads title, text and
// tags and says both (the example of Keras' guide to the functional API), on tickets that this example makes up.
// `--tickets N` (6000), `--epochs N` (6).
import { parseArgs } from 'node:util';
import { Adam, concatenate, Dense, Embedding, Input, LSTM, Model, setRandomSeed, TextVectorization } from 'ostinato';

const { values: flags } = parseArgs({
  options: {
    tickets: { type: 'string', default: '6000' },
    epochs: { type: 'string', default: '6' },
  },
});
setRandomSeed(4);

const DEPARTMENTS = ['billing', 'devices', 'software', 'delivery'];
const THINGS = [
  ['invoice', 'refund', 'payment', 'receipt', 'discount'],
  ['laptop', 'printer', 'screen', 'keyboard', 'headset'],
  ['login', 'app', 'password', 'update', 'website'],
  ['parcel', 'courier', 'address', 'shipment', 'box'],
];
const TAGS = ['outage', 'important customer', 'question', 'mail', 'phone', 'web'];
const tickets = makeTickets(Number(flags.tickets));
const held = Math.floor(tickets.length / 10);
const [test, train] = [tickets.slice(0, held), tickets.slice(held)];

// Titles and texts share a vocabulary. A ticket has any number of tags: each is a column of 0 or 1.
const words = new TextVectorization();
await words.adapt(train.flatMap(({ title, body }) => [title, body]));
const inputs = (rows) => ({
  title: words.call(rows.map(({ title }) => title)),
  body: words.call(rows.map(({ body }) => body)),
  tags: rows.map(({ tags }) => TAGS.map((tag) => Number(tags.includes(tag)))),
});
const targets = (rows) => ({
  priority: rows.map(({ isUrgent }) => [Number(isUrgent)]),
  department: Int32Array.from(rows, ({ department }) => department),
});

const title = new Input([null], { dtype: 'int32', name: 'title' });
const body = new Input([null], { dtype: 'int32', name: 'body' });
const tags = new Input([TAGS.length], { name: 'tags' });
const read = (text, units) =>
  new LSTM(units).apply(new Embedding(words.vocabularySize(), 32, { maskZero: true }).apply(text));
const all = concatenate([read(title, 32), read(body, 64), tags]);
const priority = new Dense(1, { activation: 'sigmoid', name: 'priority' }).apply(all);
const department = new Dense(DEPARTMENTS.length, { activation: 'softmax', name: 'department' }).apply(all);
const model = new Model({ title, body, tags }, { priority, department });
model.summary();

// Who answers is easier to tell than how soon, and counts less.
model.compile({
  optimizer: new Adam({ learningRate: 0.005 }),
  loss: { priority: 'binary_crossentropy', department: 'sparse_categorical_crossentropy' },
  lossWeights: { priority: 1, department: 0.2 },
  metrics: { priority: 'accuracy', department: 'accuracy' },
});
await model.fit(inputs(train), targets(train), {
  batchSize: 32,
  epochs: Number(flags.epochs),
  validationSplit: 0.1,
  verbose: 2,
});

const said = await model.predict(inputs(test), { returnDict: true });
const departments = said.department.argmax(-1).data;
const share = (isRight) => `${((100 * test.filter(isRight).length) / held).toFixed(2)} %`;
const mostFrequent = Math.max(...DEPARTMENTS.map((_, i) => test.filter((ticket) => ticket.department === i).length));
for (const [row, ticket] of test.slice(0, 4).entries()) {
  console.log(`"${ticket.title}": ${ticket.body} [${ticket.tags.join(', ')}]`);
  console.log(`  for ${DEPARTMENTS[departments[row]]}, urgent by ${(100 * said.priority.data[row]).toFixed(0)} %`);
}
console.log(`always the most frequent department: ${((100 * mostFrequent) / held).toFixed(2)} % right`);
console.log(
  `department: ${share((ticket, row) => departments[row] === ticket.department)} of ${held} new tickets right`,
);
console.log(`never urgent: ${share(({ isUrgent }) => !isUrgent)} right`);
console.log(`priority: ${share(({ isUrgent }, row) => said.priority.data[row] > 0.5 === isUrgent)} right`);

/**
 * Tickets that need all three inputs: what is wrong stands in the title or in the text, and a ticket is urgent where two of
 * three say so: the title, the text (where the order of the words tells) and the tags.
 */
function makeTickets(count) {
  const random = generator(23);
  const oneOf = (list) => list[random(list.length)];
  const makeTicket = () => {
    const department = random(DEPARTMENTS.length);
    const thing = oneOf(THINGS[department]);
    const [hurries, isDown, isTagged] = [random(2), random(2), random(2)].map(Boolean);
    const titleNames = random(2) === 1;
    const subject = titleNames
      ? oneOf([`my ${thing}`, `the ${thing}`, `a ${thing}`])
      : oneOf(['something', 'a problem']);
    const named = titleNames ? 'it' : `the ${thing}`;
    const title = hurries
      ? oneOf([`Urgent: ${subject}`, `Help with ${subject} now!`, `Please look at ${subject} now`])
      : oneOf([`About ${subject}`, `No hurry: ${subject}`, `Help with ${subject} some day`]);
    const [bad, good] = oneOf([
      ['wrong', 'right'],
      ['broken', 'fine'],
      ['gone', 'there'],
    ]);
    const [before, now] = isDown ? [good, bad] : [bad, good];
    const hello = oneOf(['Hello,', 'Dear team,', 'Good morning,']);
    const body = oneOf([
      `${hello} ${named} was ${before} and now is ${now}, thank you.`,
      `${hello} yesterday ${named} was ${before}, today I see that it is ${now}.`,
      `${hello} we found that ${named} had been ${before} for weeks before it was ${now}.`,
    ]);
    const tags = [
      ...(isTagged ? [oneOf(TAGS.slice(0, 2))] : []),
      ...(random(2) ? ['question'] : []),
      oneOf(TAGS.slice(3)),
    ];
    return { title, body, tags, department, isUrgent: hurries + isDown + isTagged >= 2 };
  };
  const made = new Map(); // different ones, so that those held out are new
  while (made.size < count) {
    const ticket = makeTicket();
    made.set(JSON.stringify(ticket), ticket);
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
