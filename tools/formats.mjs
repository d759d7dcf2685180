// SPDX-License-Identifier: MIT
// The formats of files, as `npm run fuzz` and `npm run kill` need them. A new format is a new entry.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

const PACKS = path.join(ROOT, 'test/golden/formats');
const fromBase64 = (text) => Buffer.from(text, 'base64');
const golden = (name) => JSON.parse(readFileSync(path.join(PACKS, `${name}.json`), 'utf8'));

/** Loads a model, and lets it go. */
async function readModel(ostinato, file) {
  const model = await ostinato.loadModel(file);
  model.dispose();
}

/** Files of a pack: one of each folder is read, with those beside it. */
function foldersOf(pack, main) {
  return readdirSync(path.join(PACKS, pack), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = path.join(PACKS, pack, name);
      const files = readdirSync(folder).filter((file) => file === main || file.endsWith('.bin'));
      return { main, files: Object.fromEntries(files.map((file) => [file, readFileSync(path.join(folder, file))])) };
    });
}

const one = (main, bytes) => ({ main, files: { [main]: bytes } });

/** Models that this library saves in a format, in a folder. */
async function saved(ostinato, folder, end) {
  const seeds = [];
  for (const [index, model] of modelsOf(ostinato).entries()) {
    const file = path.join(folder, `seed_${index}${end}`);
    await model.save(file);
    seeds.push(one(`model${end}`, readFileSync(file)));
    model.dispose();
  }
  return seeds;
}

function modelsOf(ostinato) {
  const { Sequential, Model, Input, Embedding, LSTM, GRU, Bidirectional, BatchNormalization, Dense, add } = ostinato;
  const chain = new Sequential([
    new Embedding(20, 4, { maskZero: true, inputLength: 6 }),
    new Bidirectional(new LSTM(3, { dropout: 0.1, kernelRegularizer: 'l2' })),
    new BatchNormalization(),
    new Dense(2, { activation: 'softmax', kernelConstraint: 'maxNorm' }),
  ]);
  chain.compile({ optimizer: 'adam', loss: 'categorical_crossentropy', metrics: ['accuracy'] });
  const x = new Input([null, 3], { name: 'x' });
  const shared = new Dense(3);
  const graph = new Model({ x }, { y: new GRU(2).apply(add([shared.apply(x), x])), z: shared.apply(x) });
  return [chain, graph];
}

/** A model of one weight that says a number. */
async function saveModel(ostinato, file, number) {
  const { Sequential, Input, Dense } = ostinato;
  const model = new Sequential([new Input([256]), new Dense(256, { useBias: false, name: 'd' })]);
  model.setWeights([new ostinato.NdArray(new Float32Array(256 * 256).fill(number), [256, 256])]);
  await model.save(file);
  model.dispose();
}

async function loadModel(ostinato, file) {
  const model = await ostinato.loadModel(file);
  const [{ data }] = model.getWeights();
  model.dispose();
  return only(data);
}

/** The number that all elements are. */
function only(data) {
  if (data.some((value) => value !== data[0])) throw new Error('elements of two saves in one file');
  return data[0];
}

const filled = (ostinato, number) => new ostinato.NdArray(new Float32Array(65536).fill(number), [65536]);

/**
 * Of each format: its name and the end of its files; `seeds`, valid files; `read`, what reads one of them. `save` writes a
 * file that says a number, and `load` reads it; without them the format is read only.
 */
export const FORMATS = [
  {
    name: 'npy',
    end: '.npy',
    save: (ostinato, file, number) => ostinato.saveNpy(file, filled(ostinato, number)),
    load: async (ostinato, file) => only((await ostinato.loadNpy(file)).data),
    seeds: () => [...golden('npy').same, ...golden('npy').read].map(({ file }) => one('a.npy', fromBase64(file))),
    read: (ostinato, file) => ostinato.loadNpy(file),
  },
  {
    name: 'npz',
    end: '.npz',
    save: (ostinato, file, number) => ostinato.saveNpz(file, { x: filled(ostinato, number) }),
    load: async (ostinato, file) => only((await ostinato.loadNpz(file)).x.data),
    seeds: () => ['stored', 'deflated'].map((kind) => one('a.npz', fromBase64(golden('npy').archive[kind]))),
    read: (ostinato, file) => ostinato.loadNpz(file),
  },
  {
    name: 'safetensors',
    end: '.safetensors',
    save: saveModel,
    load: loadModel,
    seeds: (ostinato, folder) => saved(ostinato, folder, '.safetensors'),
    read: readModel,
  },
  {
    name: 'tfjs',
    end: '.json',
    seeds: () => foldersOf('tfjs', 'model.json'),
    read: readModel,
  },
  {
    name: 'keras',
    end: '.keras',
    seeds: (ostinato, folder) => saved(ostinato, folder, '.keras'),
    read: readModel,
    save: saveModel,
    load: loadModel,
  },
  {
    name: 'onnx',
    end: '.onnx',
    seeds: (ostinato, folder) => saved(ostinato, folder, '.onnx'),
    read: readModel,
    save: saveModel,
    load: loadModel,
  },
  {
    name: 'h5',
    end: '.h5',
    seeds: (ostinato, folder) => saved(ostinato, folder, '.h5'),
    read: readModel,
    save: saveModel,
    load: loadModel,
  },
  {
    name: 'weights.h5',
    end: '.weights.h5',
    seeds: async (ostinato, folder) => {
      const [model] = modelsOf(ostinato);
      const file = path.join(folder, 'seed.weights.h5');
      await model.saveWeights(file);
      return [one('model.weights.h5', readFileSync(file))];
    },
    read: (ostinato, file) => modelsOf(ostinato)[0].loadWeights(file),
  },
];
