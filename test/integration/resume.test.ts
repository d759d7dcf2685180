// SPDX-License-Identifier: MIT
// A training that is killed, and run again until it ends: in the bits of one that never stopped. bench/figures/resume.mjs
// does the same 200 times.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { temporaryFolder } from '../support/temporary_folder';

const at = temporaryFolder();
const WORKER = path.join(__dirname, '..', '..', 'bench', 'workers', 'resume.mjs');

/** Runs the training, and kills it some milliseconds after it began; its result, or undefined where it was killed. */
function run(folder: string, killAfter?: number): Promise<unknown> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [WORKER, folder, '3'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const isFirst = !text.includes('ready');
    text += String(chunk);
    if (isFirst && text.includes('ready') && killAfter !== undefined)
      setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code !== 0) reject(new Error(`the training ended with ${code ?? signal}`));
      else resolve(JSON.parse(text.trim().split('\n').at(-1)!));
    });
  });
}

let whole: unknown;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ostinato-'));
  whole = await run(folder);
  rmSync(folder, { recursive: true });
});

test.each([3, 15, 40, 80, 130])(
  'killed after %i ms, again and again, it ends in the same bits',
  async (milliseconds) => {
    let result: unknown;
    // Each life is twice as long as the one before, so one of them ends by itself.
    for (let life = milliseconds; result === undefined; life *= 2) result = await run(at('killed'), life);
    expect(result).toEqual(whole);
  },
);
