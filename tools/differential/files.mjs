// SPDX-License-Identifier: MIT
// The differential test of files, `npm run differential -- --files`: random models go Keras -> package -> Keras and
// package -> Keras -> package, as `.keras` and `.weights.h5`. Weights must be equal, predictions within 1e-5, and what the
// next step of training gives within 1e-4. The Python half is files_side.py, one process for each backend.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { ROOT, StepError } from '../steps.mjs';

export const BACKENDS = ['jax', 'tensorflow', 'torch'];
const OUTPUTS = 1e-5;
const STEP = 1e-4;

/** A Python process that answers commands one by one. */
class KerasSide {
  #child;
  #lines;
  #complaint = '';

  constructor(python, backend) {
    const script = path.join(ROOT, 'tools/differential/files_side.py');
    this.#child = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, KERAS_BACKEND: backend },
    });
    this.#child.stderr.on('data', (text) => (this.#complaint = (this.#complaint + text).slice(-3000)));
    this.#child.on('error', (error) => (this.#complaint = error.message));
    this.#lines = readline.createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(command) {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new StepError(`Keras' side ended: ${this.#complaint}`);
      if (value.startsWith('@')) return JSON.parse(value.slice(1));
    }
  }

  close() {
    this.#child.stdin.end();
  }
}

function decode({ shape, floats, ids }) {
  const bytes = new Uint8Array(Buffer.from(floats ?? ids, 'base64'));
  return floats === undefined
    ? { shape, data: Int32Array.from(new Int8Array(bytes.buffer)) }
    : { shape, data: new Float32Array(bytes.buffer) };
}

function relative(wanted, got) {
  const list = Array.isArray(got) ? got : [got];
  if (list.length !== wanted.length) return Infinity;
  return wanted.reduce((worst, { data, shape }, at) => {
    if (String(list[at].shape) !== String(shape)) return Infinity;
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const error = data.reduce((most, value, i) => Math.max(most, Math.abs(value - list[at].data[i])), 0) / scale;
    return Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }, 0);
}

function weightsDiffer(one, other) {
  const [a, b] = [one.getWeights(), other.getWeights()];
  if (a.length !== b.length) return Infinity;
  return a.reduce((worst, { data }, at) => data.reduce((w, v, i) => Math.max(w, Math.abs(v - b[at].data[i])), worst), 0);
}

/** One case: what differs, as texts. */
async function differences(lib, side, seed, index, folder, { modelOf, layerOf }) {
  const found = [];
  const at = (name) => path.join(folder, name);
  const within = (what, error, most) => {
    if (!(error <= most)) found.push(`${what}: ${error}`);
  };
  const made = await side.ask({ command: 'make', seed, index, folder });
  if (made.failed) return { refused: made.failed };
  const one = (list) => (list.length > 1 ? list : list[0]);
  const x = one(made.inputs.map(decode));
  const y = one(made.targets.map(decode));
  const [outputs, after] = [made.outputs.map(decode), made.after.map(decode)];

  // Keras -> package -> Keras
  const model = await lib.loadModel(at('keras.keras'));
  const bare = await lib.loadModel(at('keras.keras'), { compile: false });
  bare.setWeights(bare.getWeights().map(({ data, shape }) => ({ data: data.map(() => 0.5), shape })));
  await bare.loadWeights(at('keras.weights.h5'));
  within('weights of .weights.h5', weightsDiffer(model, bare), 0);
  const rows = made.recipe.rows;
  within('predictions', relative(outputs, await model.predict(x, { batchSize: rows })), OUTPUTS);
  if (made.recipe.calls !== 2) model.resetStates();
  await model.save(at('ours.keras'));
  await model.saveWeights(at('ours.weights.h5'));
  const checked = await side.ask({ command: 'check', path: at('ours.keras'), weights: at('ours.weights.h5') });
  if (checked.failed) return { found: [...found, `Keras: ${checked.failed}`], recipe: made.recipe, optimizer: made.optimizer };
  within('weights in Keras', checked.weights, 0);
  within('weights of .weights.h5 in Keras', checked.weightsAlone, 0);
  within('predictions in Keras', checked.outputs, OUTPUTS);
  if (checked.warnings.length > 0) found.push(checked.warnings[0]);
  model.resetStates();
  if (!made.noisy) {
    within('loss of the next step in Keras', checked.loss, STEP);
    within('predictions after it in Keras', checked.after, STEP);
    const losses = await model.trainOnBatch(x, y);
    const loss = Array.isArray(losses) ? losses[0] : losses;
    within('loss of the next step', Math.abs(loss - made.loss) / Math.max(1, Math.abs(made.loss)), STEP);
    model.resetStates();
    within('predictions after it', relative(after, await model.predict(x, { batchSize: rows })), STEP);
  }

  // package -> Keras -> package, of a model that was made here
  const own = ownModel(lib, made.recipe, { modelOf, layerOf });
  own.compile({ optimizer: new lib.Adam({ learningRate: 0.01 }), loss: 'mse' });
  await own.trainOnBatch(x, y);
  await own.predict(x, { batchSize: rows });
  await own.save(at('own.keras'));
  const passed = await side.ask({ command: 'pass', path: at('own.keras'), out: at('passed.keras') });
  if (passed.failed) return { found: [...found, `Keras, of ours: ${passed.failed}`], recipe: made.recipe, optimizer: made.optimizer };
  const back = await lib.loadModel(at('passed.keras'));
  within('weights that came back', sortedDiffer(own, back), 0);
  own.resetStates();
  within('predictions that came back', relative(listOf(await own.predict(x, { batchSize: rows })), await back.predict(x, { batchSize: rows })), OUTPUTS);
  own.resetStates();
  back.resetStates();
  if (!made.noisy) {
    const [a, b] = [await own.trainOnBatch(x, y), await back.trainOnBatch(x, y)].map((v) => (Array.isArray(v) ? v[0] : v));
    within('loss of the next step that came back', Math.abs(a - b) / Math.max(1, Math.abs(a)), STEP);
  }
  for (const each of [model, bare, own, back]) each.dispose();
  return { found, recipe: made.recipe, optimizer: made.optimizer };
}

const listOf = (value) => (Array.isArray(value) ? value : [value]);

/** Weights by their names: Keras has layers of a graph in an order of its own. */
function sortedDiffer(one, other) {
  const named = (model) => new Map(model.layers.map((layer) => [layer.name, layer]));
  const [a, b] = [named(one), named(other)];
  let worst = 0;
  for (const [name, layer] of a) {
    const mine = layer.getWeights();
    if (mine.length === 0) continue;
    const theirs = b.get(name);
    if (theirs === undefined) return Infinity;
    if (layer.layers !== undefined) worst = Math.max(worst, sortedDiffer(layer, theirs));
    else worst = Math.max(worst, weightsDiffer(layer, theirs));
  }
  return worst;
}

function ownModel(lib, recipe, { modelOf, layerOf }) {
  if (recipe.graph !== undefined) return modelOf(lib, recipe.graph).model;
  const dtype = recipe.tokens === undefined ? 'float32' : 'int32';
  return new lib.Sequential([new lib.Input(recipe.inputShape, { dtype }), ...recipe.layers.map((each) => layerOf(lib, each))]);
}

/** Runs cases; how many failed. */
export async function runFiles({ lib, python, seed, start, count, backends, backendCases, makers }) {
  const sides = new Map();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'files-'));
  let [done, failed, refused] = [0, 0, 0];
  try {
    for (let index = start; index < start + count; index++) {
      const chosen = index < start + backendCases ? backends : backends.slice(0, 1);
      for (const backend of chosen) {
        if (!sides.has(backend)) sides.set(backend, new KerasSide(python, backend));
        const result = await differences(lib, sides.get(backend), seed, index, folder, makers).catch((error) => ({
          found: [String(error.stack ?? error)],
        }));
        if (result.refused !== undefined) {
          refused++;
          console.log(`case ${index} on ${backend}: refused by Keras: ${result.refused}`);
          continue;
        }
        done++;
        if (result.found.length === 0) continue;
        failed++;
        console.log(`case ${index} on ${backend}, ${result.optimizer}: ${JSON.stringify(result.recipe)}`);
        for (const each of result.found) console.log(`  ${each}`);
      }
    }
  } finally {
    for (const side of sides.values()) side.close();
    rmSync(folder, { recursive: true });
  }
  const apart = refused > 0 ? `, ${refused} that Keras itself does not compute` : '';
  console.log(`${done} cases, ${failed} failed${apart}`);
  return failed;
}
