// SPDX-License-Identifier: MIT
// `node tools/golden/onnx_exports.mjs [--python PATH]`: test/golden/formats/onnx/exports.json.
//
// Writes each model of the packs of random layers and graphs, and of test/support/onnx_models.ts, as an ONNX file, has ONNX Runtime run it, and keeps the hash of
// the file's graph where the outputs are Keras' and ours. A test that finds the hash knows that the file is one that ran. To be
// run anew where what is written changes.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadComparisons } from '../differential/comparisons.mjs';
import { openRuntime } from '../differential/onnx_runtime.mjs';
import { ensure } from '../ensure.mjs';
import { main, ROOT, StepError } from '../steps.mjs';

const PACKS = ['differential', 'differential_graphs'];
const OUT = path.join(ROOT, 'test/golden/formats/onnx/exports.json');

await main(async () => {
  const { values } = parseArgs({ options: { python: { type: 'string', default: process.env.PYTHON ?? 'python3' } } });
  ensure();
  const lib = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
  const { differential_onnx: files, onnx_models: models } = loadComparisons();
  const { onnxOutcome, fileOutcome, graphHash } = files;
  const runtime = await openRuntime(values.python, ['--check']);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'onnx-exports-'));
  const packs = {};
  const file = path.join(folder, 'model.onnx');
  const keep = (pack, key, { differences, refused }) => {
    if (differences.length > 0) throw new StepError(`${pack}, ${key}: ${JSON.stringify(differences)}`);
    packs[pack][key] = refused === undefined ? graphHash(readFileSync(file)) : null;
  };
  try {
    for (const pack of PACKS) {
      const { cases } = JSON.parse(readFileSync(path.join(ROOT, `test/golden/${pack}.json`), 'utf8'));
      packs[pack] = {};
      for (const golden of cases) keep(pack, golden.index, await onnxOutcome(lib, golden, file, runtime.run));
    }
    packs.models = {};
    for (const [name, each] of Object.entries(models.onnxModels(lib)))
      keep('models', name, await fileOutcome(each, file, runtime.run));
  } finally {
    runtime.close();
    rmSync(folder, { recursive: true });
  }
  const provenance = { ...runtime.versions, command: 'node tools/golden/onnx_exports.mjs' };
  const entries = (pack) => Object.entries(pack).map((entry) => entry.map((each) => JSON.stringify(each)).join(':'));
  const lines = Object.keys(packs).map((pack) => `${JSON.stringify(pack)}:{\n${entries(packs[pack]).join(',\n')}}`);
  writeFileSync(OUT, `{"provenance":${JSON.stringify(provenance)},\n${lines.join(',\n')}}\n`);
  for (const pack of Object.keys(packs)) {
    const hashes = Object.values(packs[pack]);
    console.log(`${pack}: ${hashes.filter((hash) => hash !== null).length} files of ${hashes.length} models`);
  }
});
