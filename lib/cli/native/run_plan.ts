// SPDX-License-Identifier: MIT
// Runs the commands of a plan, as many at a time as there are cores.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from './plan';

/** A command that failed, with what it wrote. */
export class CommandFailed extends Error {
  constructor(
    readonly command: readonly string[],
    readonly output: string,
  ) {
    super(`${command[0] ?? ''} failed: ${output.trim().split('\n').at(0) ?? ''}`);
  }
}

/**
 * Compiles, and links where the plan has a command for it.
 *
 * @param root the folder of the package
 * @throws (rejects) CommandFailed
 */
export async function runPlan(
  root: string,
  plan: Plan,
  { jobs, env = process.env }: { jobs: number; env?: NodeJS.ProcessEnv },
): Promise<void> {
  for (const file of [...plan.compilations.map(({ object }) => object), ...plan.link.slice(-1)])
    mkdirSync(path.dirname(path.resolve(root, file)), { recursive: true });
  // Kernels take longest: first.
  const waiting = [...plan.compilations].sort((a, b) => Number(b.isa !== undefined) - Number(a.isa !== undefined));
  const work = async (): Promise<void> => {
    try {
      for (let next; (next = waiting.shift()) !== undefined;) await run(root, next.command, env);
    } finally {
      waiting.length = 0; // after a failure nobody wants the others
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  if (plan.link.length > 0) await run(root, plan.link, env);
}

function run(cwd: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += String(text)));
    child.stderr.on('data', (text: Buffer) => (output += String(text)));
    child.on('error', (error) => reject(new CommandFailed(command, error.message)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new CommandFailed(command, output))));
  });
}
