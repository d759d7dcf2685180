// SPDX-License-Identifier: MIT
// workers.churn: worker threads that come and go, on every release of Node that is supported. exit.matrix: the ways in which
// a process can end, in the middle of every kind of work.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { kit } from '../../tools/kits.mjs';
import { say } from '../support/context.mjs';
import { ROOT } from '../support/ours.mjs';
import { rounded } from '../support/statistics.mjs';

const WORKERS = 1000;
const RELEASES = ['node20', 'node22', 'node24', 'node26'];
const worker = (name) => path.join(ROOT, 'bench', 'workers', name);

function run(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  return {
    child,
    stdout: () => stdout,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
  };
}

let churned;

/** Both figures of the churn come from the same workers. */
function churn() {
  churned ??= (async () => {
    const results = [];
    for (const release of RELEASES) {
      const node = path.join(kit('runtimes'), release, 'bin', 'node');
      const { ended, stdout } = run([node, '--expose-gc', worker('churn.cjs'), String(WORKERS)]);
      const { code, signal } = await ended;
      const isWell = code === 0;
      const result = isWell ? JSON.parse(stdout()) : { abnormal: [`the process: ${signal ?? code}`], megabytes: NaN };
      say(`  ${release}: ${result.abnormal.length} abnormal, ${rounded(result.megabytes)} MB`);
      results.push({ release, ...result });
    }
    return results;
  })();
  return churned;
}

const HOWS = ['empty', 'exit', 'throw', 'SIGINT', 'SIGTERM'];
const DURING = ['idle', 'fit', 'predict', 'save'];
const TIMES = 20;
const STATUS = { empty: 0, exit: 3, throw: 1, SIGINT: 'SIGINT', SIGTERM: 'SIGTERM' };

async function endOnce(how, during, delay) {
  const isSignal = how.startsWith('SIG');
  const { child, stdout, ended } = run([
    process.execPath,
    worker('exit.cjs'),
    isSignal ? 'signal' : how,
    during,
    String(isSignal ? 1e6 : delay),
  ]);
  let asked;
  if (isSignal) {
    await new Promise((resolve) => child.stdout.on('data', () => stdout().includes('ready') && resolve()));
    await new Promise((resolve) => setTimeout(resolve, delay % 60));
    asked = Date.now();
    child.kill(how);
  }
  const { code, signal } = await ended;
  const milliseconds = Date.now() - (asked ?? Number(/asked (\d+)/.exec(stdout())?.[1]));
  return { isExpected: (signal ?? code) === STATUS[how], milliseconds, seen: signal ?? code };
}

let matrix;

function exits() {
  matrix ??= (async () => {
    const runs = [];
    for (const how of HOWS)
      for (const during of DURING) {
        const ends = [];
        for (let i = 0; i < TIMES; i++) ends.push(await endOnce(how, during, 200 + ((i * 31) % 150)));
        const worst = Math.max(...ends.map(({ milliseconds }) => milliseconds));
        const wrong = ends.filter(({ isExpected }) => !isExpected).map(({ seen }) => seen);
        say(`  ${how} in ${during}: ${wrong.length} unexpected, at most ${worst} ms`);
        runs.push({ how, during, wrong, worst });
      }
    return runs;
  })();
  return matrix;
}

export default [
  {
    name: 'workers.churn.ends',
    unit: 'abnormal',
    async run() {
      const results = await churn();
      return { value: results.reduce((sum, { abnormal }) => sum + abnormal.length, 0), details: { results } };
    },
  },
  {
    name: 'workers.churn.growth',
    unit: 'MB',
    async run() {
      const results = await churn();
      return { value: Math.max(...results.map(({ megabytes }) => megabytes)), details: { results } };
    },
  },
  {
    name: 'exit.matrix',
    unit: '% expected',
    async run() {
      const runs = await exits();
      const wrong = runs.reduce((sum, each) => sum + each.wrong.length, 0);
      const all = runs.length * TIMES;
      return { value: (100 * (all - wrong)) / all, details: { runs } };
    },
  },
  {
    name: 'exit.latency',
    unit: 'ms',
    async run() {
      const runs = await exits();
      return { value: Math.max(...runs.map(({ worst }) => worst)), details: { runs } };
    },
  },
];
