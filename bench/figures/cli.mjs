// SPDX-License-Identifier: MIT
// cli.train: `ostinato train` on the 25,000 training reviews as CSV, from the start of the process to its report.
// cli.memory: peak resident memory of `ostinato evaluate` over a CSV of 1 GB.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { ostinato, ROOT } from '../support/ours.mjs';
import { say } from '../support/context.mjs';
import { rounded } from '../support/statistics.mjs';

const MAIN = path.join(ROOT, 'dist', 'cli', 'main.js');
const WORDS = 'imdb_word_index.json';
const GIGABYTE = 1e9;

/** Runs a command of ours; what it printed, its seconds, and its peak memory where the system tells. */
async function run(args) {
  const begin = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let [peak, cpuSeconds] = [null, null];
  child.stdout.on('data', (text) => (output += text));
  const timer = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
    cpuSeconds = cpuOf(child.pid) ?? cpuSeconds;
  }, 100);
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (code !== 0) throw new Error(`ostinato ${args[0]} ended with ${code}`);
  return { output, peak, cpuSeconds, seconds: (performance.now() - begin) / 1e3 };
}

function peakOf(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return undefined; // another system, or the process has ended
  }
}

/** Seconds that the cores have worked for a process, in ticks of which Linux counts 100: another load does not count. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** Writes rows one by one, as fast as the disk takes them. */
async function writeCsv(file, header, rows) {
  const out = createWriteStream(file);
  out.write(`${header}\n`);
  for (const row of rows) if (!out.write(row)) await once(out, 'drain');
  out.end();
  await once(out, 'close');
  return statSync(file).size;
}

/** Ids back to words: those of the list beside the reviews, or names of ids where there is none. */
async function decoder(dataPath) {
  const beside = dataPath === undefined ? undefined : path.join(path.dirname(dataPath), WORDS);
  const { imdb } = ostinato.datasets;
  try {
    const ranks = await imdb.getWordIndex(beside !== undefined && existsSync(beside) ? beside : undefined);
    return { decode: imdb.wordDecoder(ranks, { startToken: '' }), words: 'imdb' };
  } catch (error) {
    if (error.code !== 'ERR_NOT_FOUND') throw error;
    return { decode: (ids) => Array.from(ids, (id) => `w${id}`).join(' '), words: 'names of ids' };
  }
}

async function trainingCsv(context) {
  const { dataPath } = context;
  const { train, kind } = await reviews(dataPath);
  const { decode, words } = await decoder(dataPath);
  const file = `${context.file('reviews')}.csv`;
  function* rows() {
    for (const [i, ids] of train.x.entries())
      yield `"${decode(ids).replaceAll('"', '""')}",${train.y[i] ? 'positive' : 'negative'}\n`;
  }
  const bytes = await writeCsv(file, 'review,sentiment', rows());
  return { file, bytes, kind, words };
}

async function reviews(dataPath) {
  try {
    const options = dataPath === undefined ? {} : { path: dataPath };
    return { ...(await ostinato.datasets.imdb.loadData(options)), kind: 'imdb' };
  } catch (error) {
    if (dataPath !== undefined || error.code !== 'ERR_NOT_FOUND') throw error;
    return { ...ostinato.datasets.syntheticReviews({}), kind: 'synthetic' };
  }
}

let training;

/** One training, which both figures of it tell of. */
function trained(context) {
  return (training ??= (async () => {
    const { file, bytes, kind, words } = await trainingCsv(context);
    say(`  ${bytes / 1e6} MB of reviews`);
    const flags = ['--text', 'review', '--label', 'sentiment', '--threads', `${context.threads}`, '--json'];
    const out = context.file('reviews.safetensors');
    const page = context.file('report.html');
    const { output, peak, cpuSeconds, seconds } = await run(['train', file, ...flags, '--out', out, '--report', page]);
    const report = JSON.parse(output);
    return {
      accuracy: Math.max(...report.history.valAccuracy),
      seconds,
      details: {
        keptAccuracy: rounded(report.scores.accuracy),
        bestEpoch: report.bestEpoch,
        valAccuracy: report.history.valAccuracy.map((value) => rounded(value)),
        seconds: rounded(seconds),
        cpuSeconds,
        readingSeconds: rounded(report.seconds.reading),
        trainingSeconds: rounded(report.seconds.training),
        peakRssBytes: peak,
        threads: report.threads,
        data: kind,
        words,
      },
    };
  })());
}

export default [
  {
    name: 'cli.train',
    unit: '',
    async run(context) {
      const { accuracy, details } = await trained(context);
      return { value: accuracy, details };
    },
  },
  {
    name: 'cli.train.seconds',
    unit: 's',
    async run(context) {
      const { seconds, details } = await trained(context);
      return { value: seconds, details };
    },
  },
  {
    name: 'cli.memory',
    unit: 'MB',
    async run(context) {
      const small = `${context.file('small')}.csv`;
      const line = (i) => `${i % 10},${i % 10 > 4 ? 'yes' : 'no'},"${`note ""${i}"",\n`.repeat(40)}"\n`;
      const piece = Array.from({ length: 1000 }, (_, i) => line(i)).join('');
      await writeCsv(small, 'n,label,note', [piece]);
      const out = context.file('numbers.safetensors');
      await run(['train', small, '--numbers', 'n', '--label', 'label', '--epochs', '2', '--out', out, '--quiet']);
      const big = `${context.file('big')}.csv`;
      const count = Math.ceil(GIGABYTE / Buffer.byteLength(piece));
      const bytes = await writeCsv(big, 'n,label,note', Array(count).fill(piece));
      const { output, peak, seconds } = await run(['evaluate', out, big, '--json']);
      const { rows } = JSON.parse(output).scores;
      if (rows !== count * 1000) throw new Error(`expected ${count * 1000} rows, received ${rows}`);
      if (peak === null) return { skipped: 'this system does not tell the peak of another process' };
      return { value: peak / 1e6, details: { bytes, rows, seconds: rounded(seconds), peakRssBytes: peak } };
    },
  },
];
