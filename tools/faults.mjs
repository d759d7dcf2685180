// SPDX-License-Identifier: MIT
// `npm run faults [-- --only TEXT] [--list] [--jobs J]`
//
// Do the tests see it when the engine computes something else? Every fault of faults/table.mjs is seeded into a copy of
// native/, one at a time, and the tests below run against an addon made of it. Prints one line a fault, and at the end
// `N faults, M caught by two tests or more, K survived`; ends with 1 where any survived. The checkout stays as it is.
//
// The addon is built here, without optimization and with the kernels of one instruction set, so that a fault costs
// seconds: what does not include the file of the fault is compiled once. CXX names the compiler.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { headersFolder } from './ensure.mjs';
import { FAULTS, seeded } from './faults/table.mjs';
import { main, moduleProgram, ROOT, say, StepError } from './steps.mjs';

/** The quick ones first: a run ends with the file in which the second test failed. */
const TESTS = [
  'test/unit/layers/call.test.ts',
  'test/unit/models/states.test.ts',
  'test/unit/streams/streams.test.ts',
  'test/golden/recurrent.test.ts',
  'test/unit/contract/recurrent_batches.test.ts',
  'test/unit/contract/recurrent_dropout.test.ts',
  'test/golden/foreign.test.ts',
  'test/integration/shortcuts.test.ts',
  'test/unit/contract/recurrent_gradients.test.ts',
];
const testsOf = ({ tests = TESTS }) => tests;
const ISA = process.arch === 'arm64' ? 'neon' : 'baseline';
const MINUTE = 60_000;

const require = createRequire(path.join(ROOT, 'package.json'));

/** Lists of native/sources.gypi, which is JSON. */
const { variables: lists } = JSON.parse(readFileSync(path.join(ROOT, 'native/sources.gypi'), 'utf8'));
const isaSource = lists[`isa_sources_${ISA}`][0];
const STANDINS = 'native/isa/standins.cc';
const SOURCES = [...lists.core_sources, ...lists.napi_sources, isaSource, STANDINS];

/** Definitions of the tables that are left out: nobody asks for them, since OSTINATO_ISA says which one is to run. */
function standins() {
  const tables = { scalar: 'Scalar', baseline: 'Baseline', avx2: 'Avx2', avx512: 'Avx512', neon: 'Neon' };
  const { [ISA]: real, ...others } = tables;
  const lines = Object.values(others).map((name) => `const KernelTable* ${name}Kernels() { return ${real}Kernels(); }`);
  return `#include "dispatch/kernel_tables.h"\nnamespace ostinato {\n${lines.join('\n')}\n}\n`;
}

/** Runs a program; resolves to how it ended and what it printed. */
function run([program, ...args], options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

const compiler = (process.env.CXX ?? 'g++').split(' ');

async function tool(command, options) {
  const { code, output } = await run(command, options);
  if (code !== 0) throw new StepError(`${command.join(' ')} failed.\n${output.slice(0, 4000)}`);
}

/** `native` is relative to `folder`, so that what a compiler cache keeps of one folder serves all others. */
function compile(folder, source, object) {
  const headers = headersFolder() ?? path.resolve(path.dirname(process.execPath), '..');
  const includes = ['native', path.resolve(require('node-addon-api').include_dir), path.join(headers, 'include/node')];
  const isKernels = source.startsWith('native/isa/');
  const flags = [
    ...lists.common_flags.filter((flag) => !/^-O|^-W/.test(flag)),
    ...(isKernels ? [...lists.isa_flags_common, ...lists[`isa_flags_${ISA}`]] : []),
    ...['-O0', '-w', '-fPIC', '-MMD', '-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL'],
    ...['-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', '-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED'],
    ...includes.map((include) => `-I${include}`),
  ];
  return tool([...compiler, ...flags, '-c', source, '-o', object], { cwd: folder });
}

const link = (folder, objects) =>
  tool([...compiler, '-shared', '-pthread', '-o', 'ostinato.node', ...objects], { cwd: folder });

const objectOf = (source) => `objects/${source.replaceAll('/', '_')}.o`;

/** The files that a source includes, as its compilation told. */
const includesOf = (folder, source) =>
  readFileSync(path.join(folder, objectOf(source).replace(/o$/, 'd')), 'utf8').split(/[\s\\]+/);

/** Calls work(item, worker) for all items, at most `jobs` at once. */
async function inTurn(items, jobs, work) {
  let next = 0;
  const worker = async (number) => {
    while (next < items.length) await work(items[next++], number);
  };
  await Promise.all(Array.from({ length: jobs }, (_, number) => worker(number)));
}

function copyNative(folder) {
  cpSync(path.join(ROOT, 'native'), path.join(folder, 'native'), { recursive: true });
  writeFileSync(path.join(folder, STANDINS), standins());
  mkdirSync(path.join(folder, 'objects'));
}

/** Whether a test file finds anything wrong: how many of its tests fail on an addon, infinite where its process dies. */
async function countFailures(addon, test) {
  const { signal, output } = await run([process.execPath, moduleProgram('jest/bin/jest.js'), '-i', '--silent', test], {
    cwd: ROOT,
    env: { ...process.env, OSTINATO_ADDON: addon, OSTINATO_ISA: ISA },
    timeout: 5 * MINUTE,
    killSignal: 'SIGKILL',
  });
  const summary = output.match(/^Tests: .*total$/m)?.[0];
  if (signal || !summary) return { failures: Infinity, output };
  const [suites, tests] = [/^Test Suites: +(\d+) failed/m, /^Tests: +(\d+) failed/m].map((pattern) =>
    Number(output.match(pattern)?.[1] ?? 0),
  );
  // A file that cannot even be loaded has failed, too.
  return { failures: Math.max(suites, tests), output };
}

/** How many of some tests fail on an addon, counted until there are two. */
async function countCatches(addon, tests) {
  let sum = 0;
  for (const test of tests) {
    sum += (await countFailures(addon, test)).failures;
    if (sum >= 2) break;
  }
  return sum;
}

/** The addon of one fault, made in `folder` from the objects of `sound` where they do not include the file. */
async function buildFault(folder, sound, { file, ...fault }) {
  const target = path.join(folder, file);
  const before = readFileSync(target, 'utf8');
  writeFileSync(target, seeded(before, fault));
  try {
    const changed = SOURCES.filter((source) => includesOf(sound, source).includes(file));
    for (const source of changed) await compile(folder, source, objectOf(source));
    const objects = SOURCES.map((source) => path.join(changed.includes(source) ? folder : sound, objectOf(source)));
    await link(folder, objects);
  } finally {
    writeFileSync(target, before);
  }
  return path.join(folder, 'ostinato.node');
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.max(1, os.availableParallelism() >> 1)) },
    },
  });
  const faults = FAULTS.filter(({ file, what }) => `${file}: ${what}`.includes(values.only));
  if (faults.length === 0) throw new StepError(`--only: no fault has '${values.only}' in its file or its words.`);
  if (values.list) {
    for (const { file, what } of faults) console.log(`${file}: ${what}`);
    return 0;
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new StepError(`--jobs: expected 1 or more, received ${values.jobs}.`);

  const base = mkdtempSync(path.join(os.tmpdir(), 'ostinato_faults_'));
  try {
    const sound = path.join(base, 'sound');
    mkdirSync(sound);
    copyNative(sound);
    say(`building the addon without a fault, ${ISA} kernels`);
    await inTurn(SOURCES, os.availableParallelism(), (source) => compile(sound, source, objectOf(source)));
    await link(sound, SOURCES.map(objectOf));
    for (const test of new Set(faults.flatMap(testsOf))) {
      const { failures, output } = await countFailures(path.join(sound, 'ostinato.node'), test);
      if (failures > 0) throw new StepError(`tests fail without a fault:\n${output.slice(-4000)}`);
    }

    const folders = Array.from({ length: jobs }, (_, number) => path.join(base, `job_${number}`));
    for (const folder of folders) {
      mkdirSync(folder);
      copyNative(folder);
    }
    let [caught, survived] = [0, 0];
    await inTurn(faults, jobs, async (fault, number) => {
      const addon = await buildFault(folders[number], sound, fault);
      const failures = await countCatches(addon, testsOf(fault));
      const isCaught = failures >= 2;
      caught += isCaught;
      survived += !isCaught;
      const tests = failures === Infinity ? 'the process ends' : `${failures} test${failures === 1 ? '' : 's'}`;
      console.log(`${isCaught ? 'caught  ' : 'SURVIVED'} ${fault.file}: ${fault.what} (${tests})`);
    });
    console.log(`${faults.length} faults, ${caught} caught by two tests or more, ${survived} survived`);
    return survived > 0 ? 1 : 0;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
