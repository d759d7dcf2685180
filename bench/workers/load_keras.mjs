// SPDX-License-Identifier: MIT
// One loading of a `.keras`, and the first prediction: `node load_keras.mjs FILE`.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const { loadModel } = createRequire(import.meta.url)(path.join(root, 'dist', 'index.js'));
// Keras' process has imported h5py too.
await loadModel(path.join(root, 'test', 'golden', 'formats', 'keras', 'dense.keras'));
const ids = { data: Int32Array.from({ length: 20 }, (_, i) => i), shape: [1, 20] };
const begin = performance.now();
const model = await loadModel(process.argv[2]);
const loadMs = performance.now() - begin;
await model.predict(ids);
console.log(JSON.stringify({ loadMs, firstMs: performance.now() - begin }));
