// SPDX-License-Identifier: MIT
// The prebuilt binaries of a release: how Zig calls each target, and what a binary may ask of the machine it runs on.
import os from 'node:os';
import { CACHE } from '../kits.mjs';
import { ROOT } from '../steps.mjs';

const GLIBC =
  /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|ld-linux-(x86-64|aarch64)\.so\.[12])$/;
/** musl's loader knows libc.so as itself, whatever the name of its file. */
const MUSL = /^libc\.so$/;
const MACOS = /^\/usr\/lib\/lib(System\.B|c\+\+\.1)\.dylib$/;
const WINDOWS = /^(KERNEL32|ntdll|api-ms-win-crt-[a-z0-9-]+)\.dll$/i;

const target = (system, arch, zig, libraries, more = {}) => ({ os: system, arch, zig, libraries, ...more });

/** By the names of lib/native/platform.ts. */
export const TARGETS = {
  'linux-x64': target('linux', 'x64', 'x86_64-linux-gnu.2.28', GLIBC, { needs: 'glibc 2.28' }),
  'linux-arm64': target('linux', 'arm64', 'aarch64-linux-gnu.2.28', GLIBC, { needs: 'glibc 2.28' }),
  'linuxmusl-x64': target('linux', 'x64', 'x86_64-linux-musl', MUSL, { needs: 'musl 1.2' }),
  'linuxmusl-arm64': target('linux', 'arm64', 'aarch64-linux-musl', MUSL, { needs: 'musl 1.2' }),
  'darwin-arm64': target('darwin', 'arm64', 'aarch64-macos.11.0', MACOS, { needs: 'macOS 11' }),
  'darwin-x64': target('darwin', 'x64', 'x86_64-macos.11.0', MACOS, { needs: 'macOS 11' }),
  'win32-x64': target('win32', 'x64', 'x86_64-windows-gnu', WINDOWS, { needs: 'Windows 10' }),
  'win32-arm64': target('win32', 'arm64', 'aarch64-windows-gnu', WINDOWS, { needs: 'Windows 11' }),
};

/** All that a binary exports. */
export const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** Names that Zig's linker for macOS exports of every image; they mark its place. */
const LINKERS_OWN = ['__dso_handle', '_mh_dylib_header'];
const LEAST_GLIBC = [2, 28];

/** Flags that name a processor, in Zig's words: it overrides `-march` and `-mavx2`. */
export function zigMachine({ os: system, arch }) {
  return (flags) => {
    // NEON is part of every arm64; a generic processor of macOS is refused its half of the instructions.
    if (arch === 'arm64') return system === 'darwin' ? ['-mcpu=apple_m1'] : [];
    const features = flags.filter((flag) => !flag.startsWith('-march=')).map((flag) => flag.replace(/^-m/, ''));
    // LLVM 18 and 19 split AVX-512 by the width of its registers.
    if (features.includes('avx512f')) features.push('evex512');
    return [`-mcpu=${['x86_64', ...features].join('+')}`];
  };
}

/**
 * What is wrong with a binary, given what its headers say (binary.mjs).
 *
 * @param bytes the file
 */
export function binaryProblems(name, binary, bytes) {
  const { os: system, arch, libraries } = TARGETS[name];
  const problems = [];
  if (binary.system !== system || binary.machine !== arch) problems.push(`is for ${binary.system}-${binary.machine}`);
  const exported = binary.exports.filter((name) => !LINKERS_OWN.includes(name)).sort();
  if (exported.join() !== ENTRIES.join())
    problems.push(
      `exports ${exported.slice(0, 8).join(', ') || 'nothing'} (${exported.length}), expected ${ENTRIES.join(', ')}`,
    );
  if (binary.locals > 0) problems.push(`holds the names of ${binary.locals} local symbols`);
  const strange = binary.libraries.filter((library) => !libraries.test(library));
  if (strange.length > 0) problems.push(`needs ${strange.join(', ')}`);
  for (const version of binary.versions) {
    const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
    if (major === undefined && version.startsWith('GLIBC')) problems.push(`needs ${version}`);
    if (major !== undefined && (Number(major) - LEAST_GLIBC[0] || Number(minor) - LEAST_GLIBC[1]) > 0)
      problems.push(`needs ${version}`);
    const [, macos] = /^macOS (\d+)/.exec(version) ?? [];
    if (macos !== undefined && Number(macos) > 11) problems.push(`needs ${version}`);
  }
  for (const place of [ROOT, CACHE, os.homedir()])
    if (place.length > 1 && bytes.includes(place)) problems.push(`holds a path of this machine: ${place}`);
  return problems;
}

/** What is wrong with the object of an instruction set: it has one symbol, the getter of its table, and no weak one. */
export function isaProblems(file, { globals }) {
  const weak = globals.filter(({ isWeak }) => isWeak);
  if (weak.length > 0) return [`${file}: weak symbols: ${weak.map(({ name }) => name).join(', ')}`];
  if (globals.length === 1 && /Kernels/.test(globals[0].name)) return [];
  return [
    `${file}: one symbol expected, the getter of its kernel table: ${globals.map(({ name }) => name).join(', ')}`,
  ];
}
