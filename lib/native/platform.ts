// SPDX-License-Identifier: MIT
// Which of the prebuilt binaries this process can load: operating system, C library, processor.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** The prebuilt binaries of a release, by the names of their files in `prebuilds/`. */
export const TARGETS = [
  'linux-x64',
  'linux-arm64',
  'linuxmusl-x64',
  'linuxmusl-arm64',
  'darwin-arm64',
  'darwin-x64',
  'win32-x64',
  'win32-arm64',
] as const;
export type Target = (typeof TARGETS)[number];

/** The C library of this process: undefined where there is no choice (not Linux), or where it cannot be told. */
export type Libc = 'glibc' | 'musl' | undefined;

/** The binary for this process, best guess first; empty where there is none for this platform. */
export function hostTargets(libc: Libc = hostLibc()): Target[] {
  const names = platformNames(libc).map((name) => `${name}-${process.arch}`);
  return names.filter((name): name is Target => (TARGETS as readonly string[]).includes(name));
}

/** How this process is called in messages, say `linux-x64 (glibc)`. */
export function hostName(libc: Libc = hostLibc()): string {
  return `${process.platform}-${process.arch}${libc === undefined ? '' : ` (${libc})`}`;
}

function platformNames(libc: Libc): string[] {
  if (process.platform !== 'linux') return [process.platform];
  if (libc === undefined) return ['linux', 'linuxmusl'];
  return [libc === 'musl' ? 'linuxmusl' : 'linux'];
}

/**
 * The C library that this process runs on, read from its own program: an ELF file names its loader. That takes less than
 * a millisecond, a report of the process (`process.report`) some twenty.
 */
export function hostLibc(): Libc {
  if (process.platform !== 'linux') return undefined;
  try {
    // A program that was started by its loader is, for the system, that loader, which has none: what is mapped tells.
    const loader = elfInterpreter(process.execPath) ?? readFileSync('/proc/self/maps', 'utf8');
    if (/\bmusl\b/.test(loader)) return 'musl';
    return /\/ld-linux|\blibc\.so\.6/.test(loader) ? 'glibc' : undefined;
  } catch {
    return undefined; // no right to read it
  }
}

/** The interpreter (PT_INTERP) that a 64-bit little-endian ELF file names; undefined where it has none. */
function elfInterpreter(file: string): string | undefined {
  const handle = openSync(file, 'r');
  try {
    const read = (position: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, position));
    };
    const header = read(0, 64);
    const isElf64 = header.length === 64 && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
    if (!isElf64) return undefined;
    const [begin, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = read(begin, size * count);
    const PT_INTERP = 3;
    for (let at = 0; at + 40 <= table.length; at += size) {
      if (table.readUInt32LE(at) !== PT_INTERP) continue;
      const text = read(Number(table.readBigUInt64LE(at + 8)), Number(table.readBigUInt64LE(at + 32)));
      return text.toString('latin1').replace(/\0.*$/s, '');
    }
    return undefined;
  } finally {
    closeSync(handle);
  }
}
