// SPDX-License-Identifier: MIT
// `npm run differential -- --count 2000 [--graphs] [--onnx] [--seed S] [--start I] [--jobs J] [--python PATH] [--dump FILE]`
//
// Random layers and small models, computed by Keras 3 and by the package: outputs, loss and every gradient compared.
// With `--graphs` random graphs of layers, of every part of which the first cases are trained for twenty steps too.
// With `--onnx` each case is written as an ONNX file, and ONNX Runtime's outputs are compared with Keras' and with `predict`.
// With `--files` random chains and graphs go through files: differential/files.mjs. `--backends jax,tensorflow,torch` names
// Keras' backends, of which the first has all cases and the others the first `--backendCases` (default 30).
//
//   differential/cases.py       draws configurations and data; case i of a seed is always the same
//   differential/keras_side.py  computes them with Keras on JAX in float64, and prints one JSON line a case
//   ../test/support/differential.ts  rebuilds a case through the public API and compares; the tests use it too
//   differential/onnx_side.py, onnx_runtime.mjs, ../test/support/differential_onnx.ts  run files, and write them
//   differential/graph_cases.py, graph_side.py, ../test/support/differential_graphs.ts  are those of graphs
//
// Prints the seed, every case that differs with its whole configuration, and at the end `N cases, M failed`; cases that
// Keras itself fails to compute are shown and counted apart.
// `--python` names an interpreter that has keras and jax (default: $PYTHON, else python3); `--dump` keeps the lines of
// the cases that failed.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { loadComparisons } from './differential/comparisons.mjs';
import { BACKENDS, runFiles } from './differential/files.mjs';
import { openRuntime } from './differential/onnx_runtime.mjs';
import { ensure } from './ensure.mjs';
import { main, ROOT, StepError } from './steps.mjs';

/** Cases per Python process: a new one now and then keeps its memory small. */
const PART = 250;

/** Cases of a part that have a trajectory, where they are graphs. */
const TRAJECTORIES = 10;

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
      onnx: { type: 'boolean', default: false },
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
    const { differential, differential_graphs } = loadComparisons();
    const makers = { modelOf: differential_graphs.modelOf, layerOf: differential.layerOf };
    const { python } = values;
    const failures = await runFiles({ lib, python, seed, start, count, backends, backendCases, makers });
    return failures === 0 ? 0 : 1;
  }
  const isOfGraphs = values.graphs;
  const { differential: chains, differential_graphs: graphs, differential_onnx: files } = loadComparisons();
  const [compare, summaryOf] = isOfGraphs
    ? [graphs.graphDifferences, graphs.graphSummary]
    : [chains.differencesFromKeras, chains.summaryOf];
  const runtime = values.onnx ? await openRuntime(values.python) : undefined;
  if (runtime) console.log(`ONNX Runtime ${runtime.versions.onnxruntime}`);
  console.log(`seed ${seed}, cases ${start} to ${start + count - 1}`);
  if (values.dump) writeFileSync(values.dump, '');

  let [done, failed, refused] = [0, 0, 0];
  /** What ONNX cannot say, and how often it came. */
  const unsaid = new Map();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'differential-onnx-'));
  const asFile = async (golden) => {
    const outcome = await files.onnxOutcome(lib, golden, path.join(folder, `${golden.index}.onnx`), runtime.run);
    if (outcome.refused !== undefined && golden.refused === undefined) {
      const reason = outcome.refused.replace(/"[^"]*"/g, '"..."').replace(/^.*?, /, '');
      unsaid.set(reason, (unsaid.get(reason) ?? 0) + 1);
    }
    return outcome.differences;
  };
  const accept = async (line) => {
    const golden = JSON.parse(line);
    const differences = runtime ? await asFile(golden) : await compare(lib, golden);
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
    runtime?.close();
    rmSync(folder, { recursive: true, force: true });
  }
  for (const [reason, count] of unsaid) console.log(`${count} refused: ${reason}`);
  const apart = refused > 0 ? `, ${refused} that Keras itself does not compute` : '';
  console.log(`${done} cases, ${failed} failed${apart}`);
  return failed === 0 ? 0 : 1;
});
