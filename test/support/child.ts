// SPDX-License-Identifier: MIT
// Runs a script of test/support/children in a process of its own, over the built package, and tells how it ended.
import { spawn } from 'node:child_process';
import path from 'node:path';

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The process had to be killed. */
  readonly hung: boolean;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sent when the child has written "ready". */
  readonly signal?: NodeJS.Signals;
}

const LIMIT_MS = 50_000;

export function runChild(name: string, options: ChildOptions = {}): Promise<ChildEnd> {
  const script = path.join(__dirname, 'children', name);
  const child = spawn(process.execPath, [...(options.flags ?? []), script, ...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let hung = false;
  let isSent = false;
  child.stdout.on('data', (text: Buffer) => {
    stdout += String(text);
    if (options.signal === undefined || isSent || !stdout.includes('ready')) return;
    isSent = true;
    child.kill(options.signal);
  });
  child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr, hung });
    });
  });
}

/** The JSON that a child wrote on its last line; the whole end where it did not end well. */
export async function resultOf(name: string, options?: ChildOptions): Promise<unknown> {
  const end = await runChild(name, options);
  if (end.code !== 0) throw new Error(`${name} ended badly: ${JSON.stringify(end)}`);
  return JSON.parse(end.stdout.trim().split('\n').at(-1)!);
}
