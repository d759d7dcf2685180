// SPDX-License-Identifier: MIT
// install.*: the packed tarball in an empty project, the way from `require` to an answer, and what its binary computes by,
// against a build of this machine. The binary of Linux x64 comes from `npm run prebuild -- linux-x64`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { npmCommand } from '../../tools/steps.mjs';
import { pack } from '../../tools/pack.mjs';
import { expectRun, sizeOf } from '../../tools/package/project.mjs';
import { say } from '../support/context.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { ostinato, ROOT, testingAddon } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';
import { byTurns } from '../support/turns.mjs';

const PREBUILT = path.join(ROOT, 'prebuilds', 'linux-x64.node');
const COMPILED = path.join(ROOT, 'build', 'Release', 'ostinato.node');
const MISSING = 'there is no prebuilt binary: npm run prebuild -- linux-x64';
const INSTALLS = 5;
const PROCESSES = 20;

function inFolder(work) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-install-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(tarball, folder) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "consumer", "private": true }');
  const flags = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball];
  const [program, ...first] = npmCommand();
  const begin = performance.now();
  // Without the settings of the npm that runs us: a silent one counts nothing.
  const output = expectRun([program, ...first, ...flags], { cwd: folder });
  const seconds = (performance.now() - begin) / 1e3;
  return { seconds, packages: Number(/added (\d+) package/.exec(output)?.[1]) };
}

/** Installs some times, and tells one thing of it. */
function installed(name, unit, tell) {
  return {
    name,
    unit,
    run() {
      if (!existsSync(PREBUILT)) return { skipped: MISSING };
      return inFolder((folder) => {
        const tarball = pack(folder);
        const runs = Array.from({ length: INSTALLS }, (_, i) => install(tarball, path.join(folder, `project${i}`)));
        const root = path.join(folder, 'project0', 'node_modules', 'ostinato');
        const binaries = readdirSync(path.join(root, 'prebuilds')).length;
        return { value: tell(runs, root), details: { binaries, seconds: runs.map(({ seconds }) => rounded(seconds)) } };
      });
    },
  };
}

const FIRST_ANSWER = `
  const begin = performance.now();
  const ostinato = require(process.argv[1]);
  ostinato.loadModel(process.argv[2])
    .then((model) => model.predict([[1, 2, 3]]))
    .then(() => console.log(performance.now() - begin));
`;

async function firstAnswer() {
  const { Dense, Embedding, LSTM, Sequential } = ostinato;
  const model = new Sequential([new Embedding(1000, 16), new LSTM(32), new Dense(1)]);
  model.build([null, 3]);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-require-'));
  const file = path.join(folder, 'model.safetensors');
  try {
    await model.save(file);
    const one = () => Number(execFileSync(process.execPath, ['-e', FIRST_ANSWER, ROOT, file], { encoding: 'utf8' }));
    one(); // the files come from the disk once
    const times = Array.from({ length: PROCESSES }, one);
    return { value: median(times), details: { best: rounded(Math.min(...times)), worst: rounded(Math.max(...times)) } };
  } finally {
    model.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

const SPEED_CASES = ['headline', 'lstm128', 'infer.rnn32', 'stream.step'];

/** One case on one instruction set: prebuilt over compiled. */
function speed(isa, name) {
  return {
    name: `install.speed.${isa}.${name}`,
    unit: 'x',
    async run() {
      if (!existsSync(PREBUILT)) return { skipped: MISSING };
      if (!testingAddon().isas().includes(isa)) return { skipped: `this CPU has no ${isa}` };
      const script = path.join(ROOT, 'bench', 'workers', 'speed.mjs');
      const sides = Object.entries({ prebuilt: PREBUILT, compiled: COMPILED }).map(([side, OSTINATO_ADDON]) => {
        const env = { OSTINATO_ADDON, OSTINATO_ISA: isa };
        return [side, new LineProcess([process.execPath, script, name], { env })];
      });
      try {
        for (const [, process] of sides) await process.answer();
        const steps = sides.map(([side, process]) => [side, async () => (await process.ask('run 1')).seconds]);
        return await byTurns(Object.fromEntries(steps), { rounds: 31 });
      } finally {
        for (const [, process] of sides) await process.quit();
      }
    },
  };
}

export default [
  installed('install.seconds', 's', (runs) => median(runs.map(({ seconds }) => seconds))),
  installed('install.size', 'MB', (_, root) => sizeOf(root) / 1e6),
  installed('install.packages', 'packages', ([{ packages }]) => packages),
  {
    name: 'install.require',
    unit: 'ms',
    run: () => {
      say('  20 processes');
      return firstAnswer();
    },
  },
  ...['avx512', 'avx2'].flatMap((isa) => SPEED_CASES.map((name) => speed(isa, name))),
];
