// SPDX-License-Identifier: MIT
// `ostinato build`: compiles the addon for this machine with its C++ compiler alone: no Python, no node-gyp, no download.
// For machines that no prebuilt binary is made for, and for trying flags of one's own.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { internal } from '../index';
import { defineCommand, flagTable, integerFlag } from './command';
import { planAddon, type PlanTarget } from './native/plan';
import { CommandFailed, runPlan } from './native/run_plan';
import { PACKAGE_ROOT } from './package_root';

const { makeError } = internal;

const FLAGS = {
  compiler: { placeholder: 'PROGRAM', help: 'a C++17 compiler, GCC or Clang (default: CXX, else c++, g++, clang++)' },
  jobs: { placeholder: 'N', help: 'files that are compiled at a time (default: one for each core)' },
  help: { help: 'this text' },
};

export const build = defineCommand({
  summary: 'compiles the native addon for this machine (a C++17 compiler is needed)',
  help: `Usage: ostinato build [FLAGS]\n\n${flagTable(FLAGS)}\n`,
  flags: FLAGS,

  async run({ flags }, { stdout, env }) {
    const jobs = integerFlag('jobs', flags.jobs, os.availableParallelism(), [1, 1024]);
    const compiler = findCompiler(flags.compiler ?? env['CXX']);
    checkWritable();
    const output = path.join('build', 'Release', 'ostinato.node');
    const toolchain = {
      compiler,
      headers: headerFolders(),
      machine: (given: readonly string[]) => given,
      nodeFlags: [],
      linkFlags: [],
    };
    const plan = planAddon(PACKAGE_ROOT, hostTarget(), toolchain, { objects: path.join('build', 'objects'), output });
    stdout.write(`compiling ${plan.compilations.length} files with ${compiler.join(' ')} (a minute or so)\n`);
    try {
      await runPlan(PACKAGE_ROOT, plan, { jobs });
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw makeError('ERR_CONFIG', `compiler: expected to compile, received:\n${error.output.trim()}`);
    }
    stdout.write(`built ${path.join(PACKAGE_ROOT, output)}; it goes before the prebuilt binary\n`);
    return 0;
  },
});

function hostTarget(): PlanTarget {
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64')
    throw makeError('ERR_CONFIG', `ostinato build: expected a processor of kind x64 or arm64, received ${arch}.`);
  // Systems like FreeBSD link as Linux does.
  const system = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
  return { os: system, arch };
}

/** The compiler as a command: CXX may hold a launcher before it. */
function findCompiler(named: string | true | undefined): string[] {
  const candidates = typeof named === 'string' && named !== '' ? [named] : ['c++', 'g++', 'clang++'];
  for (const candidate of candidates) {
    const command = candidate.split(' ').filter((part) => part !== '');
    const { status } = spawnSync(command[0]!, [...command.slice(1), '--version'], { stdio: 'ignore' });
    if (status === 0) return command;
  }
  throw makeError(
    'ERR_NOT_FOUND',
    `compiler: expected a C++17 compiler, received none that runs: ${candidates.join(', ')}. ` +
      'Install one (Debian: apt-get install g++; Alpine: apk add g++; macOS: xcode-select --install), or name it with CXX.',
  );
}

function checkWritable(): void {
  try {
    accessSync(PACKAGE_ROOT, constants.W_OK);
  } catch {
    throw makeError('ERR_IO', `ostinato build: expected a folder that can be written to, received ${PACKAGE_ROOT}.`);
  }
}

/** Headers of Node-API and of node-addon-api: those that the package brings, else those of a checkout. */
function headerFolders(): string[] {
  const own = path.join('dist', 'headers');
  if (existsSync(path.join(PACKAGE_ROOT, own))) return [own];
  return ['node-addon-api', path.join('node-api-headers', 'include')].map((name) => path.join('node_modules', name));
}
