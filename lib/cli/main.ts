#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The `ostinato` command: a table of subcommands, and what becomes of their errors.
import { OstinatoError } from '../index';
import { nearest } from '../util/did_you_mean';
import { bench } from './bench';
import { build } from './build';
import { UsageError, type Command, type Surroundings } from './command';
import { convert } from './convert';
import { doctor } from './doctor';
import { evaluate } from './evaluate';
import { imdb } from './imdb';
import { info } from './info';
import { packageVersion } from './package_root';
import { predict } from './predict';
import { serve } from './serve';
import { train } from './train';

const COMMANDS: Readonly<Record<string, Command>> = {
  train,
  evaluate,
  predict,
  serve,
  info,
  convert,
  bench,
  doctor,
  build,
  imdb,
};

/**
 * Runs `ostinato` with these arguments.
 *
 * @returns the exit code: 0 done, 1 failed, 2 the command line could not be understood
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    surroundings.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === 'help') {
    (name === undefined ? surroundings.stderr : surroundings.stdout).write(help());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const guess = nearest(name, Object.keys(COMMANDS));
    surroundings.stderr.write(`ostinato: unknown command ${JSON.stringify(name)}.`);
    surroundings.stderr.write(`${guess ? ` Did you mean ${guess}?` : ''} See: ostinato --help\n`);
    return 2;
  }
  try {
    return await command.run(rest, surroundings);
  } catch (error) {
    return report(name, error, surroundings);
  }
}

/** Our own errors are answers and need no stack; any other is a bug, and its stack belongs into the report of it. */
function report(name: string, error: unknown, { stderr }: Surroundings): number {
  if (error instanceof UsageError) {
    stderr.write(`ostinato ${name}: ${error.message}\nSee: ostinato ${name} --help\n`);
    return 2;
  }
  if (error instanceof OstinatoError) stderr.write(`ostinato ${name}: ${error.message}\n`);
  else stderr.write(`ostinato ${name}: this is a bug, please report it: ${(error as Error)?.stack ?? String(error)}\n`);
  return 1;
}

function help(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return `Usage: ostinato COMMAND [FLAGS]\n\n${rows.join('\n')}\n\nostinato COMMAND --help lists its flags; ostinato --version names the version.\n`;
}

function onInterrupt(listener: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const undo = (): void => signals.forEach((signal) => void process.off(signal, first));
  // Once only: the second signal ends the process, as it would without us.
  const first = (): void => {
    undo();
    listener();
  };
  signals.forEach((signal) => void process.on(signal, first));
  return undo;
}

if (require.main === module) {
  // A reader that has seen enough (`| head`) closes the pipe: no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const { stdout, stderr, stdin, env } = process;
  void main(process.argv.slice(2), { stdout, stderr, stdin, env, onInterrupt }).then((code) => {
    process.exitCode = code;
  });
}
