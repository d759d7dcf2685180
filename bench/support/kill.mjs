// SPDX-License-Identifier: MIT
// Runs bench/workers/resume.mjs, and kills it in the middle of its work.
/* global clearTimeout */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('../workers/resume.mjs', import.meta.url));

/** One run; `killAfter` milliseconds of training it is killed. Its result, or undefined where it was killed. */
export function run(folder, saveFreq, killAfter) {
  const child = spawn(process.execPath, [WORKER, folder, saveFreq], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let began;
  let timer;
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (began !== undefined || !text.includes('ready')) return;
    began = performance.now();
    if (killAfter !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') return resolve(undefined);
      if (code !== 0) return reject(new Error(`the training ended with ${code ?? signal}`));
      resolve({ ...JSON.parse(text.trim().split('\n').at(-1)), milliseconds: performance.now() - began });
    });
  });
}

/** Gives a folder of its own to `work`, and removes it. */
export async function inFolder(work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ostinato-resume-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
