// SPDX-License-Identifier: MIT
// An ISA object defines exactly one global symbol, the getter of its kernel table, and no weak one: the linker keeps
// any one of several weak twins, and one compiled for AVX-512 must never serve a baseline caller.
// Objects are looked for below build/ (or the folder given), where node-gyp leaves them and where CMake does.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture, onPath, ROOT } from './steps.mjs';

/** What is wrong with one object, given what `nm --defined-only` prints for it. */
export function symbolProblems(file, listing) {
  const symbols = [...listing.matchAll(/^[0-9a-fA-F]*\s+([A-Za-z])\s+(\S+)/gm)].map(([, kind, name]) => ({
    kind,
    name,
  }));
  const weak = symbols.filter(({ kind }) => /[wWvVu]/.test(kind));
  // nm writes global symbols in capitals; U (undefined) is not listed under --defined-only.
  const global = symbols.filter(({ kind }) => /[A-Z]/.test(kind) && !/[WVU]/.test(kind));
  const problems = weak.map(({ name }) => `${file}: weak symbol ${name}`);
  if (global.length !== 1)
    problems.push(
      `${file}: one global symbol expected, found ${global.length}: ${global.map((s) => s.name).join(', ')}`,
    );
  else if (!/kernel_?table|kernels/i.test(global[0].name))
    problems.push(`${file}: its one global symbol, ${global[0].name}, is no getter of a kernel table`);
  return problems;
}

/** Objects of native/isa/kernels_<isa>.cc below a folder: kernels_avx2.o (gyp), kernels_avx2.cc.o (CMake). */
function isaObjects(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return isaObjects(file);
    return /^kernels_[a-z0-9]+(\.cc)?\.(o|obj)$/.test(entry.name) ? [file] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.resolve(ROOT, process.argv[2] ?? 'build');
  const objects = isaObjects(folder);
  const problems = [];
  if (!onPath('nm')) problems.push('nm is not on PATH (package binutils)');
  else if (objects.length === 0) problems.push(`no ISA object below ${folder}: build first (npm run compile)`);
  else
    for (const object of objects) {
      const { ok, output } = capture(['nm', '--defined-only', object]);
      const file = path.relative(ROOT, object);
      problems.push(...(ok ? symbolProblems(file, output) : [`${file}: nm: ${output.trim()}`]));
    }
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
