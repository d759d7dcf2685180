// SPDX-License-Identifier: MIT
// Takes names out of the table of exports of a DLL. The unwinder that Zig links in asks the linker to export its functions,
// and no flag forbids that; an addon that exports an unwinder may be taken for one by another.
import { readFileSync, writeFileSync } from 'node:fs';

/** Leaves these names alone in the table; others lose their names and their places. */
export function keepExports(file, names) {
  const bytes = readFileSync(file);
  const u16 = (at) => bytes.readUInt16LE(at);
  const u32 = (at) => bytes.readUInt32LE(at);
  const pe = u32(60);
  const optional = pe + 24;
  const sections = Array.from({ length: u16(pe + 6) }, (_, i) => optional + u16(pe + 20) + i * 40);
  const offset = (address) => {
    const at = sections.find(
      (section) => address >= u32(section + 12) && address < u32(section + 12) + u32(section + 16),
    );
    return u32(at + 20) + address - u32(at + 12);
  };
  const table = offset(u32(optional + 112));
  const [functionCount, nameCount] = [u32(table + 20), u32(table + 24)];
  const [functions, namePointers, ordinals] = [28, 32, 36].map((field) => offset(u32(table + field)));
  const textAt = (at) => bytes.toString('latin1', at, bytes.indexOf(0, at));
  const entries = Array.from({ length: nameCount }, (_, i) => ({
    pointer: u32(namePointers + i * 4),
    ordinal: u16(ordinals + i * 2),
  }));
  const kept = entries.filter(({ pointer }) => names.includes(textAt(offset(pointer))));
  const places = new Set(kept.map(({ ordinal }) => ordinal));
  for (let i = 0; i < functionCount; i++) if (!places.has(i)) bytes.writeUInt32LE(0, functions + i * 4);
  // Names are sorted, and stay so.
  kept.forEach(({ pointer, ordinal }, i) => {
    bytes.writeUInt32LE(pointer, namePointers + i * 4);
    bytes.writeUInt16LE(ordinal, ordinals + i * 2);
  });
  bytes.writeUInt32LE(kept.length, table + 24);
  writeFileSync(file, bytes);
}
