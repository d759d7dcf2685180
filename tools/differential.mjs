// SPDX-License-Identifier: MIT
// `npm run differential -- --count 2000 [--graphs] [--seed S] [--start I] [--jobs J] [--python PATH] [--dump FILE]`
//
// Random layers and small models, computed by Keras 3 and by the package: outputs, loss and every gradient compared.
// With `--graphs` random graphs of layers, of every part of which the first cases are trained for twenty steps too.
// With `--files` random chains and graphs go through files: differential/files.mjs. `--backends jax,tensorflow,torch` names
// Keras' backends, of which the first has all cases and the others the first `--backendCases` (default 30).
//
//   differential/cases.py       draws configurations and data; case i of a seed is always the same
//   differential/keras_side.py  computes them with Keras on JAX in float64, and prints one JSON line a case
//   ../test/support/differential.ts  rebuilds a case through the public API and compares; the tests use it too
//   differential/graph_cases.py, graph_side.py, ../test/support/differential_graphs.ts  are those of graphs
//
// Prints the seed, every case that differs with its whole configuration, and at the end `N cases, M failed`; cases that
// Keras itself fails to compute are shown and counted apart.
// `--python` names an interpreter that has keras and jax (default: $PYTHON, else python3); `--dump` keeps the lines of
// the cases that failed.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { BACKENDS, runFiles } from './differential/files.mjs';
import { ensure } from './ensure.mjs';
import { main, ROOT, StepError } from './steps.mjs';

/** Cases per Python process: a new one now and then keeps its memory small. */
const PART = 250;

/** Cases of a part that have a trajectory, where they are graphs. */
const TRAJECTORIES = 10;

/** The comparison of the tests. Of the package it imports types alone, so that it runs as soon as they are stripped. */
function loadComparison(isOfGraphs) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'differential-'));
  try {
    for (const name of ['differential', 'differential_graphs']) {
      const source = readFileSync(path.join(ROOT, `test/support/${name}.ts`), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(path.join(folder, `${name}.js`), outputText);
    }
    const require = createRequire(import.meta.url);
    const chains = require(path.join(folder, 'differential.js'));
    const graphs = require(path.join(folder, 'differential_graphs.js'));
    if (isOfGraphs === undefined) return { modelOf: graphs.modelOf, layerOf: chains.layerOf };
    return isOfGraphs
      ? { compare: graphs.graphDifferences, summaryOf: graphs.graphSummary }
      : { compare: chains.differencesFromKeras, summaryOf: chains.summaryOf };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls `accept` with every case that one Python process prints. */
async function readCases({ python, isOfGraphs, signal }, seed, start, count, accept) {
  const script = path.join(ROOT, 'tools/differential', isOfGraphs ? 'graph_side.py' : 'keras_side.py');
  const more = isOfGraphs ? ['--trajectories', TRAJECTORIES] : [];
  const child = spawn(python, [script, '--seed', seed, '--start', start, '--count', count, ...more].map(String), {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-2000)));
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? '' : `exit code ${code}: ${complaint}`));
  });
  for await (const line of readline.createInterface({ input: child.stdout })) await accept(line);
  const failure = await ended;
  if (failure) throw new StepError(`${python}: ${failure}\nHint: --python PATH, of an interpreter with keras and jax.`);
}

function numberOf(values, key, least) {
  const value = Number(values[key]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new StepError(`--${key}: expected an integer from ${least}, received ${values[key]}.`);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Date.now() % 1000000) },
      start: { type: 'string', default: '0' },
      jobs: { type: 'string', default: String(Math.min(4, os.availableParallelism())) },
      python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
      dump: { type: 'string' },
      graphs: { type: 'boolean', default: false },
      files: { type: 'boolean', default: false },
      backends: { type: 'string', default: BACKENDS.join(',') },
      backendCases: { type: 'string', default: '30' },
    },
  });
  const [count, jobs] = [numberOf(values, 'count', 1), numberOf(values, 'jobs', 1)];
  const [seed, start] = [numberOf(values, 'seed', 0), numberOf(values, 'start', 0)];
  ensure();
  const lib = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
  if (values.files) {
    const backends = values.backends.split(',');
    const backendCases = numberOf(values, 'backendCases', 0);
    console.log(`seed ${seed}, cases ${start} to ${start + count - 1}, ${backends.join(', ')}`);
    const makers = loadComparison();
    const { python } = values;
    const failures = await runFiles({ lib, python, seed, start, count, backends, backendCases, makers });
    return failures === 0 ? 0 : 1;
  }
  const isOfGraphs = values.graphs;
  const { compare, summaryOf } = loadComparison(isOfGraphs);
  console.log(`seed ${seed}, cases ${start} to ${start + count - 1}`);
  if (values.dump) writeFileSync(values.dump, '');

  let [done, failed, refused] = [0, 0, 0];
  const accept = async (line) => {
    const golden = JSON.parse(line);
    const differences = await compare(lib, golden);
    done++;
    if (differences.length === 0) return;
    if (golden.refused === undefined) failed++;
    else refused++;
    console.log(`case ${golden.index}: ${summaryOf(golden)}`);
    for (const { what, error, note } of differences) console.log(`  ${what}: ${error.toPrecision(3)} ${note ?? ''}`);
    if (values.dump) appendFileSync(values.dump, `${line}\n`);
  };

  const size = Math.min(PART, Math.ceil(count / jobs));
  let next = start;
  const stop = new AbortController();
  const work = async () => {
    while (next < start + count) {
      const first = next;
      next = Math.min(first + size, start + count);
      await readCases({ python: values.python, isOfGraphs, signal: stop.signal }, seed, first, next - first, accept);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    // Where one failed, the others shall not go on.
    stop.abort();
  }
  const apart = refused > 0 ? `, ${refused} that Keras itself does not compute` : '';
  console.log(`${done} cases, ${failed} failed${apart}`);
  return failed === 0 ? 0 : 1;
});
