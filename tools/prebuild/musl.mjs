// SPDX-License-Identifier: MIT
// Bun for musl on a Debian that has musl: its C++ library is made here from Debian's static one.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { CACHE } from '../kits.mjs';
import { capture, StepError } from '../steps.mjs';

const LOADERS = { x64: '/lib/ld-musl-x86_64.so.1' };

/** The command that starts a program of musl; undefined where there is no musl. */
export function muslSysroot(arch) {
  const loader = LOADERS[arch];
  if (!existsSync(loader)) return undefined;
  const folder = path.join(CACHE, `musl-${arch}`);
  makeLibrary(folder, 'libgcc_s.so.1', [
    '-Wl,--whole-archive',
    '-l:libgcc_eh.a',
    '-Wl,--no-whole-archive',
    '-l:libgcc.a',
  ]);
  makeLibrary(folder, 'libstdc++.so.6', [
    '-Wl,--whole-archive',
    '-l:libstdc++.a',
    '-Wl,--no-whole-archive',
    '-l:libgcc.a',
  ]);
  return [loader, '--library-path', folder];
}

function makeLibrary(folder, name, parts) {
  const output = path.join(folder, name);
  if (existsSync(output)) return;
  mkdirSync(folder, { recursive: true });
  const flags = ['-shared', '-nostdlib', `-Wl,-soname,${name}`, '-Wl,-z,lazy', '-o', output];
  const { ok, output: said } = capture(['g++', ...flags, ...parts]);
  if (!ok) throw new StepError(`${name} for musl: ${said}`);
}
