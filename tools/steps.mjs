// SPDX-License-Identifier: MIT
// What the scripts of this folder share: where things lie, running a step quietly, handing over to a program.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** A step that failed in a way that the reader can act on: its message is shown, never its stack. */
export class StepError extends Error {}

/** One short line on stderr, so that the output of the program that follows stays its own. */
export function say(text) {
  process.stderr.write(`ostinato: ${text}\n`);
}

/** The path of a development dependency's program, to be run by node itself (no shell, no .cmd on Windows). */
export function moduleProgram(relative) {
  return path.join(ROOT, 'node_modules', relative);
}

/** The newest modification time (ms) among these files and all files below these folders; 0 where there is none. */
export function newestTime(paths) {
  let newest = 0;
  for (const file of paths) {
    if (!existsSync(file)) continue;
    const stat = statSync(file);
    const time = stat.isDirectory() ? newestTime(readdirSync(file).map((name) => path.join(file, name))) : stat.mtimeMs;
    newest = Math.max(newest, time);
  }
  return newest;
}

/** Files below a folder, as paths relative to ROOT with forward slashes. */
export function filesBelow(folder, accept = () => true) {
  const found = [];
  const absolute = path.join(ROOT, folder);
  if (!existsSync(absolute)) return found;
  for (const entry of readdirSync(absolute, { withFileTypes: true })) {
    const relative = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesBelow(relative, accept));
    else if (accept(relative)) found.push(relative);
  }
  return found.sort();
}

/** Whether a program of this name is on PATH. */
export function onPath(program) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => suffixes.some((suffix) => folder && existsSync(path.join(folder, program + suffix))));
}

/** npm's own script run by this node where npm started us; else the npm on PATH. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script) && existsSync(script)) return [process.execPath, script];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** Runs a program to its end; its output is returned, and shown only by whoever wants it. */
export function capture(command, options = {}) {
  const result = spawnSync(command[0], command.slice(1), {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && command[0].endsWith('.cmd'),
    ...options,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  const failure = result.error ? `${command[0]}: ${result.error.message}` : '';
  return { ok: !result.error && result.status === 0, stdout: result.stdout ?? '', output: output + failure };
}

/** Runs a step silently; where it fails, shows the tail of its output and throws `StepError` with `hint`. */
export function step(label, command, { hint = () => '', ...options } = {}) {
  say(label);
  const result = capture(command, options);
  if (result.ok) return;
  const lines = result.output
    .split('\n')
    .filter((line) => !/^\s+at\s|gyp ERR! stack\s|gyp info /.test(line) && line.trim());
  // Compilers put the cause first and the consequences last, so the first error is worth more than the last lines.
  const first = lines.findIndex((line) => /\berror\b|No such file|not found/i.test(line));
  const shown = first >= 0 && first < lines.length - 40 ? [...lines.slice(first, first + 15), '...'] : [];
  process.stderr.write(`${[...shown, ...lines.slice(-25)].join('\n')}\n`);
  const advice = hint(result.output);
  throw new StepError(`${label} failed.${advice ? ` ${advice}` : ' The end of its output is above.'}`);
}

/** Runs a program with our terminal, passes signals on, and resolves to the exit code that we should end with. */
export function handOver(command, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const settle = (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', (error) => {
      say(`${command[0]}: ${error.message}`);
      settle(1);
    });
    // 128 + n is what a shell reports for a program that a signal ended.
    child.on('exit', (code, signal) => settle(signal ? 128 + (os.constants.signals[signal] ?? 0) : (code ?? 1)));
  });
}

/** Runs a script's main function: a `StepError` becomes one line and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    say(error instanceof StepError ? error.message : `unexpected: ${error?.message ?? error}`);
    process.exitCode = 1;
  }
}
