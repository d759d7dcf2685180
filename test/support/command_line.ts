// SPDX-License-Identifier: MIT
// `ostinato` in a process of its own, over the built package.
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const MAIN = path.resolve(__dirname, '../../dist/cli/main.js');

const children = new Set<ChildProcess>();
// A command that a failed test left would keep jest from its end.
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A command that runs. */
export class RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }>;
  out = '';
  err = '';

  constructor(args: readonly string[], options: { readsOutput?: boolean } = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args]);
    children.add(this.child);
    this.child.on('close', () => children.delete(this.child));
    // Who has read enough, or failed, takes no more.
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (text: Buffer) => (this.err += String(text)));
    if (options.readsOutput !== false) this.readOutput();
    this.ended = new Promise((resolve) =>
      this.child.on('close', (code, signal) => resolve({ code, signal, out: this.out, err: this.err })),
    );
  }

  readOutput(): void {
    this.child.stdout.on('data', (text: Buffer) => (this.out += String(text)));
  }

  /** Waits until something holds. */
  async until(holds: () => boolean): Promise<void> {
    const end = Date.now() + 50_000;
    while (!holds()) {
      if (Date.now() > end || this.child.exitCode !== null) throw new Error(`it did not come: ${this.out} ${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Peak resident memory so far in bytes, as Linux counts it; undefined elsewhere or where it has ended. */
  peakMemory(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 || undefined;
    } catch {
      return undefined;
    }
  }
}

/** Runs a command to its end. */
export function runCommand(args: readonly string[], input = '') {
  const running = new RunningCommand(args);
  running.child.stdin.end(input);
  return running.ended;
}
