// SPDX-License-Identifier: MIT
// Ends the process in the middle of `fit`, in the way that the argument names.
const { build, load, reviews } = require('./model.cjs');

const how = process.argv[2];
const ostinato = load();
const model = build(ostinato, { units: 64, width: 32 });
const { x, y } = reviews(512, 100);
const epochs = how === 'empty' ? 2 : 1_000_000;
const fit = model.fit(x, y, { epochs, verbose: 0, batchSize: 64 });
if (how === 'empty') fit.then(({ epoch }) => process.stdout.write(`epochs ${epoch.length}\n`));

setTimeout(() => {
  if (!model.isBusy && how !== 'empty') process.exit(99);
  if (how === 'exit') process.exit(3);
  if (how === 'throw') throw new Error('on purpose');
  if (how === 'reject') Promise.reject(new Error('on purpose'));
  process.stdout.write('ready\n');
}, 150);
