// SPDX-License-Identifier: MIT
// What is refused of a prebuilt binary, and how the compiler is told of instruction sets.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { callTool } from '../../support/call_tool';
import { temporaryFolder } from '../../support/temporary_folder';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const GOOD = { system: 'linux', machine: 'x64', exports: ENTRIES, libraries: ['libc.so.6'], versions: ['GLIBC_2.17'] };

function problems(binary: object, bytes = '', target = 'linux-x64'): string[] {
  const given = `${JSON.stringify({ ...GOOD, ...binary })}, Buffer.from(${JSON.stringify(bytes)})`;
  return callTool('prebuild/targets.mjs', `m.binaryProblems(${JSON.stringify(target)}, ${given})`) as string[];
}

describe('a binary is refused', () => {
  test.each<[string, object, RegExp]>([
    ['that is for another processor', { machine: 'arm64' }, /is for linux-arm64/],
    ['that exports an unwinder', { exports: [...ENTRIES, '_Unwind_Resume'] }, /exports _Unwind_Resume/],
    ['that exports no entry', { exports: [] }, /exports nothing/],
    ['that needs a C++ library', { libraries: ['libstdc++.so.6'] }, /needs libstdc\+\+\.so\.6/],
    ['that needs a newer glibc', { versions: ['GLIBC_2.29'] }, /needs GLIBC_2\.29/],
    ['that names local symbols', { locals: 2 }, /names of 2 local symbols/],
    ['that needs what no release of glibc promises', { versions: ['GLIBC_PRIVATE'] }, /needs GLIBC_PRIVATE/],
  ])('%s', (_title, binary, reason) => {
    expect(problems(binary).join()).toMatch(reason);
  });

  test('that holds a path of the machine it was built on', () => {
    expect(problems({}, `x ${ROOT}/native/model/model.cc`).join()).toContain('holds a path');
  });

  test('and one with none of that is not', () => {
    expect(problems({ versions: ['GLIBC_2.2.5', 'GLIBC_2.28'] })).toEqual([]);
  });
});

test('an object of an instruction set has one symbol, and no weak one', () => {
  const of = (globals: object[]) =>
    callTool('prebuild/targets.mjs', `m.isaProblems('x.o', ${JSON.stringify({ globals })})`);
  const table = { name: '_ZN8ostinato11Avx2KernelsEv', isWeak: false };
  expect(of([table])).toEqual([]);
  expect(of([{ ...table, isWeak: true }])).toEqual([expect.stringContaining('weak symbols')]);
  expect(of([table, { name: '_ZSt3minIfE', isWeak: true }])).toEqual([expect.stringContaining('_ZSt3minIfE')]);
  expect(of([table, { name: 'other', isWeak: false }])).toEqual([expect.stringContaining('one symbol expected')]);
});

describe('a library for macOS, as Zig links it', () => {
  const at = temporaryFolder();
  const packed = path.join(ROOT, 'test/golden/prebuild/tiny_darwin_arm64.dylib.gz');
  const read = (file: string): Record<string, unknown> =>
    callTool('prebuild/binary.mjs', `m.readBinary(${JSON.stringify(file)})`) as Record<string, unknown>;
  const strip = (file: string): unknown =>
    callTool('prebuild/macho_strip.mjs', `(m.stripLocals(${JSON.stringify(file)}), 0)`);

  test('loses the names of local symbols, and nothing else', () => {
    const file = at('tiny.dylib');
    writeFileSync(file, gunzipSync(readFileSync(packed)));
    const before = read(file);
    expect(before).toMatchObject({ locals: 3, exports: expect.arrayContaining(['f_out']) as unknown });
    strip(file);
    expect(read(file)).toEqual({ ...before, locals: 0 });
    expect(readFileSync(file).includes('f_hidden_symbol')).toBe(false);
  });

  test('has a signature that holds afterwards', () => {
    const file = at('signed.dylib');
    writeFileSync(file, gunzipSync(readFileSync(packed)));
    strip(file);
    const bytes = readFileSync(file);
    const directory = bytes.lastIndexOf(Buffer.from('fade0c02', 'hex'));
    const number = (offset: number): number => bytes.readUInt32BE(directory + offset);
    const [hashes, pages, limit] = [number(16), number(28), number(32)];
    expect(bytes.readUInt32BE(limit)).toBe(0xfade0cc0);
    const page = 2 ** bytes[directory + 39]!;
    expect(pages).toBe(Math.ceil(limit / page));
    for (let i = 0; i < pages; i++) {
      const part = bytes.subarray(i * page, Math.min(limit, (i + 1) * page));
      const at = directory + hashes + 32 * i;
      expect(bytes.subarray(at, at + 32)).toEqual(createHash('sha256').update(part).digest());
    }
  });

  test('is refused where its signature is of another kind, or does not hold', () => {
    const bytes = gunzipSync(readFileSync(packed));
    bytes.writeUInt8(bytes.readUInt8(0x4000) ^ 1, 0x4000);
    const file = at('changed.dylib');
    writeFileSync(file, bytes);
    expect(() => strip(file)).toThrow(/received another signature/);
  });
});

test('the headers of a binary that was built here are read', () => {
  const file = path.join(ROOT, 'build', 'Release', 'ostinato.node');
  if (process.platform !== 'linux' || !existsSync(file)) return;
  const binary = callTool('prebuild/binary.mjs', `m.readBinary(${JSON.stringify(file)})`);
  expect(binary).toMatchObject({ system: 'linux', machine: process.arch });
  expect(binary).toMatchObject({ exports: expect.arrayContaining(ENTRIES) as unknown });
  expect((binary as { libraries: string[] }).libraries.join()).toMatch(/libc\./);
});

test.each([
  ['linux-x64', [], ['-mcpu=x86_64']],
  ['linux-x64', ['-march=x86-64', '-mavx2', '-mfma'], ['-mcpu=x86_64+avx2+fma']],
  ['win32-x64', ['-march=x86-64', '-mavx512f'], ['-mcpu=x86_64+avx512f+evex512']],
  ['linux-arm64', [], []],
  ['darwin-arm64', [], ['-mcpu=apple_m1']],
])('Zig is told of %s with %j in its own words', (target, flags, wanted) => {
  const expression = `m.zigMachine(m.TARGETS[${JSON.stringify(target)}])(${JSON.stringify(flags)})`;
  expect(callTool('prebuild/targets.mjs', expression)).toEqual(wanted);
});

test('docs/bundling.md has a recipe of files and commands for each bundler', () => {
  const recipes = callTool('package/checks.mjs', 'm.bundleRecipes()') as [string, { files: [string, string][]; commands: string[] }][];
  expect(recipes.map(([name]) => name)).toEqual(['esbuild', 'webpack', 'Rollup', '@vercel/nft']);
  for (const [, { files, commands }] of recipes) expect(commands).toEqual([`node ${files[0]![0]}`]);
}); // prettier-ignore
