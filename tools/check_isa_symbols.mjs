// SPDX-License-Identifier: MIT
// An ISA object defines exactly one global symbol, the getter of its kernel table, and no weak one: the linker keeps
// any one of several weak twins, and one compiled for AVX-512 must never serve a baseline caller.
// Objects are looked for below build/ (or the folder given), where node-gyp leaves them and where CMake does. An addon
// leaves none of our own symbols undefined: Linux finds out when such a function is called, Windows cannot link it.
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

/** What is wrong with an addon, given what `nm --dynamic --undefined-only` prints for it. */
export function undefinedProblems(file, listing) {
  const ours = [...listing.matchAll(/\sU\s+(_Z[A-Z]*N?[A-Z]*8ostinato\S*)/g)];
  return ours.map(([, name]) => `${file}: undefined symbol ${name}`);
}

/** Objects of native/isa/kernels_<isa>.cc are called kernels_avx2.o (gyp) and kernels_avx2.cc.o (CMake). */
const ISA_OBJECT = /^kernels_[a-z0-9]+(\.cc)?\.(o|obj)$/;
const ADDON = /^ostinato(_testing)?\.node$/;

/** The files below a folder that have such a name. */
function filesNamed(pattern, folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesNamed(pattern, file);
    return pattern.test(entry.name) ? [file] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.resolve(ROOT, process.argv[2] ?? 'build');
  const objects = filesNamed(ISA_OBJECT, folder);
  const problems = [];
  const inspect = (file, flags, problemsOf) => {
    const { ok, output } = capture(['nm', ...flags, file]);
    const name = path.relative(ROOT, file);
    problems.push(...(ok ? problemsOf(name, output) : [`${name}: nm: ${output.trim()}`]));
  };
  if (!onPath('nm')) problems.push('nm is not on PATH (package binutils)');
  else if (objects.length === 0) problems.push(`no ISA object below ${folder}: build first (npm run compile)`);
  else {
    for (const object of objects) inspect(object, ['--defined-only'], symbolProblems);
    if (process.platform === 'linux')
      for (const addon of filesNamed(ADDON, folder))
        inspect(addon, ['--dynamic', '--undefined-only'], undefinedProblems);
  }
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
