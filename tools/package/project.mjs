// SPDX-License-Identifier: MIT
// Empty projects that install the tarball, and the programs of test/package in them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, StepError } from '../steps.mjs';

/** Runs a program without the settings that npm hands down; returns its status and output. */
export function run(command, { cwd, env = {}, ...options } = {}) {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|OSTINATO_|INIT_CWD$)/i.test(name),
  );
  const result = spawnSync(command[0], command.slice(1), {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...Object.fromEntries(clean), ...env },
    ...options,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
  return { status: result.status, signal: result.signal, stdout: result.stdout ?? '', output };
}

/** Runs a program that must end well; returns what it wrote. */
export function expectRun(command, options) {
  const { status, signal, stdout, output } = run(command, options);
  if (status !== 0) throw new StepError(`${command.join(' ')} ended with ${signal ?? status}:\n${output.trim()}`);
  return stdout;
}

/** The result that a program of test/package wrote on its last line, which says that it trains and loads. */
export function expectConsumer(command, options) {
  const stdout = expectRun(command, options);
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  if (result.learns !== true || result.isSame !== true || result.isOne === false)
    throw new StepError(`${command.join(' ')}: ${JSON.stringify(result)}`);
  return result;
}

/** A folder for projects: its name has what trips programs up. */
export function makeFolder(name) {
  return mkdtempSync(path.join(os.tmpdir(), `ostinato ${name} Übung `));
}

/** An empty project with the programs of test/package. */
export function makeProject(folder, extra = {}) {
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(ROOT, 'test', 'package'), folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, ...extra }));
  return folder;
}

export function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Bytes of a folder's files. */
export function sizeOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}
