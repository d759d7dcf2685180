// SPDX-License-Identifier: MIT
// Ends in the way of the first argument, while it does what the second says. Writes "ready" when it is at that, and then
// "asked" at the moment when the end is asked for; a signal comes from outside.
const os = require('node:os');
const path = require('node:path');

const [how, during] = process.argv.slice(2);
const ostinato = require(path.resolve(__dirname, '..', '..', 'dist', 'index.js'));
const { Dense, Input, LSTM, Sequential } = ostinato;
const model = new Sequential([new Input([50, 8]), new LSTM(64), new Dense(1)]);
model.compile({ loss: 'mse' });
const x = { data: new Float32Array(256 * 400).fill(0.5), shape: [256, 50, 8] };
const y = new Float32Array(256);
const file = path.join(os.tmpdir(), `ostinato-exit-${process.pid}.safetensors`);

const once = {
  idle: () => new Promise((resolve) => setTimeout(resolve, 5)),
  fit: () => model.fit(x, y, { verbose: 0, epochs: 3 }),
  predict: () => model.predict(x),
  save: () => model.save(file),
};
// Where the loop is to run empty, the work ends by itself.
let isAsked = false;
const cleanUp = () => require('node:fs').rmSync(file, { force: true });
process.on('exit', cleanUp);

async function work() {
  await once.predict();
  process.stdout.write('ready\n');
  do await once[during]();
  while (!(how === 'empty' && isAsked));
  process.stdout.write(`asked ${Date.now()}\n`);
}
void work();

setTimeout(() => {
  isAsked = true;
  if (how === 'empty') return;
  process.stdout.write(`asked ${Date.now()}\n`);
  if (how === 'exit') process.exit(3);
  if (how === 'throw') throw new Error('on purpose');
}, Number(process.argv[4]));
