// SPDX-License-Identifier: MIT
// files.load: a `.keras` of 20 MB from the disk to the first prediction, against what Keras takes to load it. Each load is
// in a process of its own, whose imports are not counted: of those that load such files again and again, HDF5 in WebAssembly
// is compiled once.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ostinato, ROOT } from '../support/ours.mjs';
import { rounded } from '../support/statistics.mjs';

const { Dense, Embedding, LSTM, Sequential } = ostinato;
const ROUNDS = 9;
/** Two million weights, and Adam's two arrays of each, are 20 MB. */
const WORDS = 40000;
const SIZE = 40;

/** What a program prints last, as JSON. */
function answerOf(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let [text, complaint] = ['', ''];
    child.stdout.on('data', (part) => (text += part));
    child.stderr.on('data', (part) => (complaint += part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text.trim().split('\n').at(-1)));
      else reject(new Error(`it ended with ${code}: ${complaint.trim().split('\n').at(-1)}`));
    });
  });
}

const medianOf = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function write(file) {
  const model = new Sequential([new Embedding(WORDS, SIZE), new LSTM(32), new Dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy' });
  const ids = { data: Int32Array.from({ length: 40 }, (_, i) => i), shape: [2, 20] };
  await model.trainOnBatch(ids, { data: Float32Array.of(0, 1), shape: [2, 1] });
  await model.save(file);
  model.dispose();
}

export default [
  {
    name: 'files.load',
    unit: 'x',
    async run(context) {
      const file = context.file('large.keras');
      await write(file);
      const workers = path.join(ROOT, 'bench', 'workers');
      const ours = [];
      const first = [];
      const theirs = [];
      for (let round = 0; round < ROUNDS; round++) {
        const own = await answerOf([process.execPath, path.join(workers, 'load_keras.mjs'), file]);
        ours.push(own.loadMs);
        first.push(own.firstMs);
        if (context.python === undefined) continue;
        theirs.push((await answerOf([context.python, path.join(workers, 'load_keras.py'), file])).loadMs);
      }
      const [loadMs, firstMs] = [ours, first].map((each) => rounded(medianOf(each)));
      if (theirs.length === 0)
        return { skipped: 'needs Keras; name a Python that has it with --python', details: { loadMs, firstMs } };
      const kerasMs = rounded(medianOf(theirs));
      return { value: kerasMs / loadMs, details: { loadMs, firstMs, kerasMs, rounds: ROUNDS } };
    },
  },
];
