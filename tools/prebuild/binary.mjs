// SPDX-License-Identifier: MIT
// What a binary or object file says of itself, read from its headers: enough to check a release without the tools of the
// systems that it is for. ELF, Mach-O and PE/COFF, 64 bits, little-endian.
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Binary
 * @property {string} machine `x64` or `arm64`
 * @property {string} system `linux`, `darwin` or `win32`
 * @property {string[]} exports names of functions that others may call, as written in C
 * @property {string[]} libraries what the loader of the system must find
 * @property {string[]} versions versions of symbols that it needs (ELF), or the least system (Mach-O)
 * @property {number} [locals] symbols that no other image sees, of a Mach-O file
 * @property {{ name: string, isWeak: boolean }[]} globals defined symbols that a linker sees, of an object file
 */

/** Reads a file. @returns {Binary} */
export function readBinary(file) {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new Reader(view);
  if (view.getUint32(0) === 0x7f454c46) return readElf(reader);
  if (view.getUint32(0, true) === 0xfeedfacf) return readMachO(reader);
  if (view.getUint16(0) === 0x4d5a) return readPe(reader);
  return readCoff(reader);
}

class Reader {
  constructor(view) {
    this.view = view;
  }
  u8 = (at) => this.view.getUint8(at);
  u16 = (at) => this.view.getUint16(at, true);
  u32 = (at) => this.view.getUint32(at, true);
  u64 = (at) => Number(this.view.getBigUint64(at, true));
  text(at, most = Infinity) {
    let text = '';
    for (let i = at; i < at + most && i < this.view.byteLength; i++) {
      const byte = this.u8(i);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

const range = (count) => Array.from({ length: count }, (_, i) => i);

function readElf(r) {
  const machine = { 62: 'x64', 183: 'arm64' }[r.u16(18)] ?? `machine ${r.u16(18)}`;
  const [begin, size, count] = [r.u64(40), r.u16(58), r.u16(60)];
  const sections = range(count).map((i) => {
    const at = begin + i * size;
    return {
      type: r.u32(at + 4),
      offset: r.u64(at + 24),
      size: r.u64(at + 32),
      link: r.u32(at + 40),
      info: r.u32(at + 44),
    };
  });
  const ofType = (type) => sections.filter((section) => section.type === type);
  const [SYMTAB, DYNAMIC, DYNSYM, VERNEED] = [2, 6, 11, 0x6ffffffe];
  const symbols = (section) =>
    range(Math.floor(section.size / 24)).map((i) => {
      const at = section.offset + i * 24;
      const name = r.text(sections[section.link].offset + r.u32(at));
      return { name, binding: r.u8(at + 4) >> 4, type: r.u8(at + 4) & 15, isDefined: r.u16(at + 6) !== 0 };
    });
  const [GLOBAL, WEAK] = [1, 2];
  const isVisible = ({ binding, isDefined }) => isDefined && binding >= GLOBAL;
  const needed = ofType(DYNAMIC).flatMap((section) =>
    range(section.size / 16)
      .filter((i) => r.u64(section.offset + i * 16) === 1)
      .map((i) => r.text(sections[section.link].offset + r.u64(section.offset + i * 16 + 8))),
  );
  const versions = ofType(VERNEED).flatMap((section) => {
    const found = [];
    for (let i = 0, at = section.offset; i < section.info; i++) {
      for (let j = 0, aux = at + r.u32(at + 8); j < r.u16(at + 2); j++) {
        found.push(r.text(sections[section.link].offset + r.u32(aux + 8)));
        aux += r.u32(aux + 12);
      }
      at += r.u32(at + 12);
    }
    return found;
  });
  return {
    machine,
    system: 'linux',
    exports: ofType(DYNSYM).flatMap((section) =>
      symbols(section)
        .filter(isVisible)
        .map(({ name }) => name),
    ),
    libraries: needed,
    versions,
    globals: ofType(SYMTAB).flatMap((section) =>
      symbols(section)
        .filter(isVisible)
        .map(({ name, binding }) => ({ name, isWeak: binding === WEAK })),
    ),
  };
}

function readMachO(r) {
  const machine = { 0x01000007: 'x64', 0x0100000c: 'arm64' }[r.u32(4)] ?? `machine ${r.u32(4)}`;
  const isObject = r.u32(12) === 1;
  const result = { machine, system: 'darwin', exports: [], libraries: [], versions: [], globals: [], locals: 0 };
  const [DYLD_INFO, DYLD_INFO_ONLY, EXPORTS_TRIE] = [0x22, 0x80000022, 0x80000033];
  const [SYMTAB, LOAD_DYLIB, ID_DYLIB, BUILD_VERSION, VERSION_MIN] = [0x2, 0xc, 0xd, 0x32, 0x24];
  const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 255}`;
  for (let i = 0, at = 32; i < r.u32(16); i++, at += r.u32(at + 4)) {
    const command = r.u32(at);
    if (command === LOAD_DYLIB) result.libraries.push(r.text(at + r.u32(at + 8)));
    if (command === ID_DYLIB) result.installName = r.text(at + r.u32(at + 8));
    if (command === BUILD_VERSION) result.versions.push(`macOS ${version(r.u32(at + 12))}`);
    if (command === VERSION_MIN) result.versions.push(`macOS ${version(r.u32(at + 8))}`);
    if (command === DYLD_INFO || command === DYLD_INFO_ONLY)
      readTrie(r, r.u32(at + 40), r.u32(at + 44), result.exports);
    if (command === EXPORTS_TRIE) readTrie(r, r.u32(at + 8), r.u32(at + 12), result.exports);
    if (command !== SYMTAB) continue;
    const [symbols, count, strings] = [r.u32(at + 8), r.u32(at + 12), r.u32(at + 16)];
    for (let j = 0; j < count; j++) {
      const entry = symbols + j * 16;
      const type = r.u8(entry + 4);
      const [STAB, TYPE, EXTERNAL] = [0xe0, 0x0e, 0x01];
      if (!(type & EXTERNAL)) result.locals++;
      if (!isObject || type & STAB || !(type & EXTERNAL) || (type & TYPE) === 0) continue;
      const name = r.text(strings + r.u32(entry)).replace(/^_/, '');
      result.globals.push({ name, isWeak: (r.u16(entry + 6) & 0x80) !== 0 });
    }
  }
  return result;
}

/** Adds the names of a trie of exports: a node has a value where a name ends, then its edges, each a text and a node. */
function readTrie(r, begin, size, names) {
  if (size === 0) return;
  const uleb = (at) => {
    for (let value = 0, shift = 0; ; shift += 7, at++) {
      value += (r.u8(at) & 127) * 2 ** shift;
      if (r.u8(at) < 128) return [value, at + 1];
    }
  };
  const visit = (node, prefix) => {
    const [length, value] = uleb(begin + node);
    if (length > 0) names.push(prefix.replace(/^_/, ''));
    let at = value + length;
    for (let edges = r.u8(at++); edges > 0; edges--) {
      const text = r.text(at);
      const [child, next] = uleb(at + text.length + 1);
      visit(child, prefix + text);
      at = next;
    }
  };
  visit(0, '');
}

function readPe(r) {
  const pe = r.u32(60);
  const machine = { 0x8664: 'x64', 0xaa64: 'arm64' }[r.u16(pe + 4)] ?? `machine ${r.u16(pe + 4)}`;
  const optional = pe + 24;
  const sections = range(r.u16(pe + 6)).map((i) => {
    const at = optional + r.u16(pe + 20) + i * 40;
    return { address: r.u32(at + 12), size: Math.max(r.u32(at + 8), r.u32(at + 16)), offset: r.u32(at + 20) };
  });
  const offset = (address) => {
    const section = sections.find((each) => address >= each.address && address < each.address + each.size);
    return section.offset + address - section.address;
  };
  const directory = (index) => r.u32(optional + 112 + index * 8);
  const exports = [];
  if (directory(0) !== 0) {
    const table = offset(directory(0));
    const names = offset(r.u32(table + 32));
    for (let i = 0; i < r.u32(table + 24); i++) exports.push(r.text(offset(r.u32(names + i * 4))));
  }
  const libraries = [];
  if (directory(1) !== 0)
    for (let at = offset(directory(1)); r.u32(at + 12) !== 0; at += 20) libraries.push(r.text(offset(r.u32(at + 12))));
  return { machine, system: 'win32', exports, libraries, versions: [], globals: [] };
}

function readCoff(r) {
  const machine = { 0x8664: 'x64', 0xaa64: 'arm64' }[r.u16(0)] ?? `machine ${r.u16(0)}`;
  const [symbols, count] = [r.u32(8), r.u32(12)];
  const strings = symbols + count * 18;
  const [EXTERNAL, WEAK] = [2, 105];
  const COMDAT = 0x1000;
  const globals = [];
  for (let i = 0; i < count; i++) {
    const at = symbols + i * 18;
    const name = r.u32(at) === 0 ? r.text(strings + r.u32(at + 4)) : r.text(at, 8);
    const section = r.u16(at + 12);
    const storage = r.u8(at + 16);
    const isComdat = section > 0 && section < 0xfff0 && (r.u32(20 + (section - 1) * 40 + 36) & COMDAT) !== 0;
    if ((storage === EXTERNAL && section !== 0) || storage === WEAK)
      globals.push({ name, isWeak: storage === WEAK || isComdat });
    i += r.u8(at + 17); // auxiliary records
  }
  return { machine, system: 'win32', exports: [], libraries: [], versions: [], globals };
}
