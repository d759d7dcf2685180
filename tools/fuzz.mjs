// SPDX-License-Identifier: MIT
// `npm run fuzz -- [--seconds N | --count N] [--only FORMAT] [--seed S] [--jobs J] [--keep FOLDER]`
//
// Changed copies of valid files of every format (formats.mjs, fuzz/mutate.mjs), read in processes of their own. A
// reader fails where its process crashes, hangs, takes more than 1 s or 256 MB for a file, or throws anything else than a
// typed error of this package. HDF5 that the library would read for ever has a time of its own, and is refused after it
// (lib/formats/h5/thread.ts). File i of a seed is always the same: `--only npz --seed 1 --start 7 --count 1` reads it again.
//
// Prints a line for each fault and for each format, and at the end `N inputs, M faults`; ends with 1 where there is one.
/* global setInterval, clearInterval */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensure } from './ensure.mjs';
import { FORMATS } from './formats.mjs';
import { main, ROOT, say, StepError } from './steps.mjs';

/** Files of one process. */
const PART = 20_000;
/** A process that reads one file for so long hangs. */
const HANGS_MS = 20_000;

const WORKER = path.join(ROOT, 'tools/fuzz/worker.mjs');

/** Runs one worker; resolves to what it told and how it ended. */
function work({ name }, seed, from, count, until = Infinity) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-fuzz-'));
  const args = [WORKER, name, seed, from, count, until, folder].map(String);
  const child = spawn(process.execPath, ['--expose-gc', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const currentIndex = () => {
    try {
      return Number(readFileSync(path.join(folder, 'current'), 'utf8').trim() || NaN);
    } catch {
      return NaN;
    }
  };
  let [seen, since, hangs] = [NaN, Date.now(), false];
  const watch = setInterval(() => {
    const index = currentIndex();
    if (!Object.is(index, seen)) [seen, since] = [index, Date.now()];
    hangs ||= Date.now() - since > HANGS_MS;
    if (hangs) child.kill('SIGKILL');
  }, 500);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      const lines = stdout.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
      const done = lines.find((line) => 'done' in line)?.done;
      resolve({
        faults: lines.filter((line) => 'fault' in line),
        done,
        at: currentIndex(),
        hangs,
        code,
        signal,
        stderr,
        folder,
      });
    });
  });
}

const remove = ({ folder }) => rmSync(folder, { recursive: true, force: true });

/** Reads files until the time or the count is over. */
async function fuzz(format, { seed, start, count, seconds, keep }) {
  const until = Date.now() + 1000 * seconds;
  const totals = { inputs: 0, read: 0, refused: 0, stopped: 0, faults: 0 };
  for (let from = start; from < start + count && Date.now() < until;) {
    const most = Math.min(PART, start + count - from);
    const result = await work(format, seed, from, most, until);
    if (Number.isNaN(result.at) && result.done === undefined)
      throw new StepError(`${format.name}: the worker did not begin.\n${result.stderr}`);
    const next = result.done === undefined ? result.at + 1 : from + result.done.inputs;
    totals.inputs += result.done?.inputs ?? result.at - from;
    totals.read += result.done?.read ?? 0;
    totals.refused += result.done?.refused ?? 0;
    totals.stopped += result.done?.stopped ?? 0;
    const found = [...result.faults];
    if (result.done === undefined) {
      totals.inputs++;
      const fault = result.hangs ? 'hang' : 'crash';
      found.push({ index: result.at, fault, error: `${result.signal ?? result.code} ${result.stderr.slice(-2000)}` });
    }
    remove(result);
    for (const fault of found) {
      const confirmed = await confirm(format, seed, fault, keep);
      if (confirmed === undefined) continue;
      totals.faults++;
      const { index, fault: kind, ...details } = confirmed;
      console.log(`${format.name} ${index} (seed ${seed}): ${kind} ${JSON.stringify(details)}`);
    }
    from = next;
  }
  return totals;
}

/** What a file does by itself; time and memory that other files or programs took are not its own. */
async function confirm(format, seed, fault, keep) {
  const result = await work(format, seed, fault.index, 1);
  const isGone = result.done !== undefined && result.faults.length === 0;
  if (!isGone && keep !== undefined)
    cpSync(path.join(result.folder, 'read'), path.join(keep, `${format.name}_${seed}_${fault.index}`), {
      recursive: true,
    });
  remove(result);
  const isMeasured = fault.fault === 'slow' || fault.fault === 'memory';
  return isGone && isMeasured ? undefined : (result.faults[0] ?? fault);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      count: { type: 'string' },
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      start: { type: 'string', default: '0' },
      keep: { type: 'string' },
    },
  });
  const formats = FORMATS.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
  if (formats.length === 0)
    throw new StepError(`--only: expected among ${FORMATS.map(({ name }) => name).join(', ')}.`);
  ensure({});
  const seconds = values.count === undefined ? Number(values.seconds ?? 60) / formats.length : Infinity;
  const count = Number(values.count ?? Infinity);
  let [inputs, faults] = [0, 0];
  for (const format of formats) {
    say(`fuzzing ${format.name}`);
    const { seed, start, keep } = values;
    const totals = await fuzz(format, { seed: Number(seed), start: Number(start), count, seconds, keep });
    console.log(
      `${format.name}: ${totals.inputs} inputs, ${totals.read} read, ${totals.refused} refused` +
        `${totals.stopped > 0 ? ` (${totals.stopped} after their time)` : ''}, ${totals.faults} faults`,
    );
    inputs += totals.inputs;
    faults += totals.faults;
  }
  console.log(`${inputs} inputs, ${faults} faults`);
  return faults > 0 ? 1 : 0;
});
