// SPDX-License-Identifier: MIT
// Takes the names of local symbols out of a dynamic library for macOS, as `strip -x` does. Zig's linker has no flag for it,
// and they are a fifth of the file. Where the library is signed, which arm64 asks for, it is signed anew: a list of hashes.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { StepError } from '../steps.mjs';

const SEGMENT = 0x19;
const SYMBOLS = 0x2;
const DYNAMIC_SYMBOLS = 0xb;
const SIGNATURE = 0x1d;
const CODE_DIRECTORY = 0xfade0c02;
const SHA256 = 2;
const ARM64 = 0x0100000c;
const SYMBOL_BYTES = 16;
/** An entry of the indirect table that names no symbol. */
const INDIRECT_LOCAL = 0x80000000;
const INDIRECT_MARKS = 0xc0000000;

const roundUp = (n, unit) => Math.ceil(n / unit) * unit;

/** Strips a file in place. @throws StepError where its tables lie otherwise than Zig lays them */
export function stripLocals(file) {
  writeFileSync(file, stripped(readFileSync(file)));
}

/** @param bytes a dynamic library of 64 bits; they are changed */
export function stripped(bytes) {
  const u32 = (at) => bytes.readUInt32LE(at);
  const put = (at, value) => bytes.writeUInt32LE(value, at);
  const commands = commandsOf(bytes);
  const symbols = commands.get(SYMBOLS);
  const dynamic = commands.get(DYNAMIC_SYMBOLS);
  const signature = commands.get(SIGNATURE);
  const linkEdit = commands.get('__LINKEDIT');
  if (symbols === undefined || dynamic === undefined || linkEdit === undefined) throw unknown('no table of symbols');
  const [symbolsAt, count, textsAt, textBytes] = [8, 12, 16, 20].map((field) => u32(symbols + field));
  const [firstLocal, locals, firstDefined, defined, firstUndefined, undefined_] = [8, 12, 16, 20, 24, 28].map((field) =>
    u32(dynamic + field),
  );
  const [indirectAt, indirects] = [u32(dynamic + 56), u32(dynamic + 60)];
  const end = signature === undefined ? bytes.length : u32(signature + 8);
  const isKnown =
    firstLocal === 0 &&
    firstDefined === locals &&
    firstUndefined === locals + defined &&
    count === locals + defined + undefined_ &&
    indirectAt === symbolsAt + count * SYMBOL_BYTES &&
    textsAt >= indirectAt + indirects * 4 &&
    end >= textsAt + textBytes &&
    end - textsAt - textBytes < SYMBOL_BYTES;
  if (!isKnown) throw unknown('tables in another order');
  const signed = signature === undefined ? undefined : bytes.subarray(end, end + u32(signature + 12));
  const old = signed && codeDirectory(signed);
  if (old !== undefined && !hashes(bytes, end, old).equals(hashesIn(signed, old))) throw unknown('another signature');

  // What other images see, with texts of their own.
  const texts = [Buffer.from('\0')];
  let textLength = 1;
  const kept = Buffer.from(bytes.subarray(symbolsAt + locals * SYMBOL_BYTES, symbolsAt + count * SYMBOL_BYTES));
  for (let at = 0; at < kept.length; at += SYMBOL_BYTES) {
    const begin = textsAt + kept.readUInt32LE(at);
    const text = bytes.subarray(begin, bytes.indexOf(0, begin) + 1);
    kept.writeUInt32LE(textLength, at);
    texts.push(text);
    textLength += text.length;
  }
  const indirect = Buffer.from(bytes.subarray(indirectAt, indirectAt + indirects * 4));
  for (let at = 0; at < indirect.length; at += 4) {
    const entry = indirect.readUInt32LE(at);
    if ((entry & INDIRECT_MARKS) === 0) indirect.writeUInt32LE(entry < locals ? INDIRECT_LOCAL : entry - locals, at);
  }
  const newIndirectAt = symbolsAt + kept.length;
  const newTextsAt = roundUp(newIndirectAt + indirect.length, 8);
  const newEnd = roundUp(newTextsAt + textLength, SYMBOL_BYTES);
  put(symbols + 12, kept.length / SYMBOL_BYTES);
  put(symbols + 16, newTextsAt);
  put(symbols + 20, textLength);
  [0, 0, 0, defined, defined, undefined_].forEach((value, i) => put(dynamic + 8 + i * 4, value));
  put(dynamic + 56, newIndirectAt);
  const output = Buffer.alloc(newEnd);
  const size = old === undefined ? 0 : signatureBytes(signed, old, newEnd);
  const linkEditAt = Number(bytes.readBigUInt64LE(linkEdit + 40));
  const length = newEnd + size - linkEditAt;
  const page = u32(4) === ARM64 ? 0x4000 : 0x1000;
  bytes.writeBigUInt64LE(BigInt(roundUp(length, page)), linkEdit + 32);
  bytes.writeBigUInt64LE(BigInt(length), linkEdit + 48);
  if (signature !== undefined) {
    put(signature + 8, newEnd);
    put(signature + 12, size);
  }
  bytes.copy(output, 0, 0, symbolsAt);
  kept.copy(output, symbolsAt);
  indirect.copy(output, newIndirectAt);
  Buffer.concat(texts).copy(output, newTextsAt);
  return old === undefined ? output : Buffer.concat([output, sign(output, signed, old)]);
}

/** Where the load commands that matter are: by their numbers, segments by their names. */
function commandsOf(bytes) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) throw unknown('no Mach-O file of 64 bits');
  const places = new Map();
  for (let i = 0, at = 32; i < bytes.readUInt32LE(16); i++, at += bytes.readUInt32LE(at + 4)) {
    const command = bytes.readUInt32LE(at);
    places.set(command === SEGMENT ? bytes.toString('latin1', at + 8, at + 24).replace(/\0+$/, '') : command, at);
  }
  return places;
}

/** The code directory, the one part of Zig's signature: hashes of pages. Numbers are big-endian. */
function codeDirectory(signed) {
  const parts = signed.readUInt32BE(8);
  const at = signed.readUInt32BE(16);
  if (parts !== 1 || signed.readUInt32BE(at) !== CODE_DIRECTORY || signed[at + 37] !== SHA256)
    throw unknown('another signature');
  return {
    at,
    hashesAt: at + signed.readUInt32BE(at + 16),
    pages: signed.readUInt32BE(at + 28),
    hashBytes: signed[at + 36],
    pageBytes: 2 ** signed[at + 39],
  };
}

const hashesIn = (signed, { hashesAt, pages, hashBytes }) => signed.subarray(hashesAt, hashesAt + pages * hashBytes);

function hashes(bytes, end, { pageBytes }) {
  const pages = Array.from({ length: Math.ceil(end / pageBytes) }, (_, i) =>
    createHash('sha256')
      .update(bytes.subarray(i * pageBytes, Math.min(end, (i + 1) * pageBytes)))
      .digest(),
  );
  return Buffer.concat(pages);
}

const signatureBytes = (signed, { hashesAt, hashBytes, pageBytes }, end) =>
  roundUp(hashesAt + Math.ceil(end / pageBytes) * hashBytes, SYMBOL_BYTES);

/** The signature of bytes, after the pattern of an old one. */
function sign(bytes, signed, old) {
  const { at, hashesAt, hashBytes } = old;
  const fresh = hashes(bytes, bytes.length, old);
  const output = Buffer.alloc(signatureBytes(signed, old, bytes.length));
  signed.copy(output, 0, 0, hashesAt);
  fresh.copy(output, hashesAt);
  const length = hashesAt + fresh.length;
  output.writeUInt32BE(length, 4);
  output.writeUInt32BE(length - at, at + 4);
  output.writeUInt32BE(fresh.length / hashBytes, at + 28);
  output.writeUInt32BE(bytes.length, at + 32);
  return output;
}

function unknown(received) {
  return new StepError(`expected a library for macOS as Zig links it, received ${received}`);
}
