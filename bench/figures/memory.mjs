// SPDX-License-Identifier: MIT
// memory.book: peak resident memory of `ostinato imdb`, data, training and test included. memory.peak: what one `predict` of
// many long rows adds to it.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/ours.mjs';
import { rounded } from '../support/statistics.mjs';

const PEAK = Object.freeze({ rows: 1024, steps: 2000, words: 10000, units: 128 });

/**
 * Runs a program that this process is not the parent of: Linux lets a child begin with the peak of the process that it
 * was forked from, so a shell of a few megabytes stands in between.
 */
function run(command) {
  const [program, args] =
    process.platform === 'win32' ? [command[0], command.slice(1)] : ['sh', ['-c', '"$@"; exit $?', 'sh', ...command]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`it ended with ${code}: ${stderr.trim().split('\n').at(-1)}`));
    });
  });
}

export default [
  {
    name: 'memory.book',
    unit: 'MB',
    async run(context) {
      const json = context.file('book.json');
      const flags = ['--quiet', '--json', json, '--svg', context.file('book.svg'), '--threads', `${context.threads}`];
      if (context.dataPath !== undefined) flags.push('--data', context.dataPath);
      await run([process.execPath, path.join(ROOT, 'dist', 'cli', 'main.js'), 'imdb', ...flags]);
      const report = JSON.parse(readFileSync(json, 'utf8'));
      return {
        value: report.peakRssBytes / 1e6,
        details: {
          peakRssBytes: report.peakRssBytes,
          fitSeconds: rounded(report.fitSeconds),
          testAccuracy: rounded(report.test.accuracy),
          threads: report.threads,
          data: report.data,
        },
      };
    },
  },
  {
    name: 'memory.peak',
    unit: 'MB',
    async run(context) {
      const json = context.file('peak.json');
      const { rows, steps, words, units } = PEAK;
      const worker = path.join(ROOT, 'bench', 'workers', 'peak.mjs');
      await run([process.execPath, worker, ...[rows, steps, words, units, context.threads].map(String), json]);
      const { before, peak, modelBytes, trimmedBytes } = JSON.parse(readFileSync(json, 'utf8'));
      return {
        value: (peak - before) / 1e6,
        details: { modelBytes, trimmedBytes, peakRssBytes: peak, ...PEAK, threads: context.threads },
      };
    },
  },
];
