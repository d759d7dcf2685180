// SPDX-License-Identifier: MIT
// Valid files made wrong. Half of the changes are made to what a file is made of: values of its JSON, members of its
// archive, whose checksums are made right again. Random bytes alone would not get past the first check of such files.
/* global structuredClone */
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../steps.mjs';

const { ZipArchive, zipChunks } = createRequire(import.meta.url)(path.join(ROOT, 'dist/formats/zip'));

/** Numbers in [0, 1) from two seeds: mulberry32. */
export function randomFrom(seed, index) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const below = (random, count) => Math.floor(random() * count);
const oneOf = (random, list) => list[below(random, list.length)];

const SIZES = [0, 1, 2, 127, 128, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const NUMBERS = [0, -0, 1, -1, 2, 0.5, 33, 1000, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 1e-320];
const TEXTS = [
  '',
  '__proto__',
  'constructor',
  'toString',
  '../x',
  '/etc/passwd',
  'C:\\x',
  'http://x/',
  '\0',
  'é'.repeat(300),
];

/** A changed copy of a file, by what its name says it is. */
export async function mutate(random, name, bytes) {
  let changed = bytes;
  // Mostly one change: more of them hide each other.
  for (let left = 1 + (random() < 0.2 ? below(random, 4) : 0); left > 0; left--)
    changed = random() < 0.5 ? await mutateParts(random, name, changed) : mutateBytes(random, changed);
  return changed;
}

async function mutateParts(random, name, bytes) {
  try {
    if (/\.(npz|keras|zip)$/.test(name)) return await mutateZip(random, bytes);
    if (/\.json$/.test(name)) return mutateJson(random, bytes);
    if (/\.safetensors$/.test(name)) return mutateSafetensors(random, bytes);
    if (/\.npy$/.test(name)) return mutateHeader(random, bytes);
  } catch {
    // An earlier change has broken it.
  }
  return mutateBytes(random, bytes);
}

function mutateBytes(random, bytes) {
  const size = bytes.length;
  const at = below(random, size + 1);
  const count = 1 + below(random, Math.min(64, size + 1));
  const copy = Buffer.from(bytes);
  switch (below(random, 8)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return copy.subarray(at);
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(size, at + count))]);
    case 3:
      return Buffer.concat([copy.subarray(0, at), Buffer.alloc(count, below(random, 256)), copy.subarray(at)]);
    case 4: {
      const from = below(random, size + 1);
      return Buffer.concat([copy.subarray(0, at), copy.subarray(from, from + count), copy.subarray(at)]);
    }
    case 5:
      if (size >= 4) copy.writeUInt32LE(oneOf(random, SIZES), below(random, size - 3));
      return copy;
    case 6:
      if (size >= 2) copy.writeUInt16LE(oneOf(random, SIZES) % 65536, below(random, size - 1));
      return copy;
    default:
      for (let i = 0; i < 1 + below(random, 3) && size > 0; i++) copy[below(random, size)] = below(random, 256);
      return copy;
  }
}

async function mutateZip(random, bytes) {
  const archive = await ZipArchive.of('fuzz', bytes);
  const members = [];
  for (const name of archive.names) members.push({ name, data: await archive.read(name) });
  if (members.length === 0) return mutateBytes(random, bytes);
  const index = below(random, members.length);
  const { name, data } = members[index];
  const choice = random();
  if (choice < 0.8) members[index] = { name, data: await mutate(random, name, Buffer.from(data)) };
  else if (choice < 0.9) members.splice(index, 1);
  else members[index] = { name: name + oneOf(random, ['.npy', 'x', '/y']), data };
  return Buffer.concat(await zipChunks('fuzz', members));
}

function mutateSafetensors(random, bytes) {
  const length = Number(bytes.readBigUInt64LE());
  const header = mutateJson(random, bytes.subarray(8, 8 + length));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, bytes.subarray(8 + length)]);
}

/** The header of an .npy file, as long as it was or of its new length. */
function mutateHeader(random, bytes) {
  const length = bytes.readUInt16LE(8);
  const header = mutateText(random, bytes.toString('latin1', 10, 10 + length));
  const copy = Buffer.concat([bytes.subarray(0, 10), Buffer.from(header, 'latin1'), bytes.subarray(10 + length)]);
  copy.writeUInt16LE(header.length % 65536, 8);
  return copy;
}

/** Another number, another word, or a piece more or less. */
function mutateText(random, text) {
  const tokens = text.match(/\d+|\w+|[^\w]/g) ?? [];
  const index = below(random, tokens.length + 1);
  const token = tokens[index] ?? '';
  if (/^\d/.test(token)) tokens[index] = String(oneOf(random, [...NUMBERS, below(random, 99)]));
  else if (random() < 0.4) tokens.splice(index, 1);
  else if (random() < 0.5) tokens.splice(index, 0, oneOf(random, tokens));
  else tokens[index] = oneOf(random, tokens);
  return tokens.join('');
}

function mutateJson(random, bytes) {
  const value = JSON.parse(bytes.toString('utf8'));
  // JSON within JSON, as safetensors has it.
  const texts = [];
  collect(value, (holder, key) => {
    if (typeof holder[key] === 'string' && /^[{[]/.test(holder[key])) texts.push([holder, key]);
  });
  if (texts.length > 0 && random() < 0.7) {
    const [holder, key] = oneOf(random, texts);
    holder[key] = mutateJson(random, Buffer.from(holder[key])).toString();
    return Buffer.from(JSON.stringify(value));
  }
  if (random() < 0.1) return Buffer.from(mutateText(random, JSON.stringify(value)));
  const places = [];
  collect(value, (holder, key) => places.push([holder, key]));
  if (places.length === 0) return bytes;
  const [holder, key] = oneOf(random, places);
  const [otherHolder, otherKey] = oneOf(random, places);
  change(random, holder, key, otherHolder[otherKey]);
  const text = JSON.stringify(value);
  return Buffer.from(text ?? '');
}

function collect(value, visit) {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    visit(value, key);
    collect(value[key], visit);
  }
}

function change(random, holder, key, other) {
  const value = holder[key];
  const choice = random();
  if (choice < 0.15) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else Reflect.deleteProperty(holder, key);
  } else if (choice < 0.3) holder[key] = structuredClone(other);
  else if (choice < 0.4 && Array.isArray(value)) value.push(...structuredClone(value));
  else if (choice < 0.45) holder[key] = [value];
  else if (choice < 0.5) holder[key] = { [oneOf(random, TEXTS.slice(2))]: value };
  else if (choice < 0.55) holder[key] = JSON.parse(`${'['.repeat(70)}1${']'.repeat(70)}`);
  else if (typeof value === 'number') holder[key] = random() < 0.8 ? oneOf(random, NUMBERS) : String(value);
  else if (typeof value === 'string') holder[key] = random() < 0.6 ? oneOf(random, TEXTS) : mutateText(random, value);
  else if (typeof value === 'boolean') holder[key] = random() < 0.7 ? !value : null;
  else holder[key] = oneOf(random, [null, true, 0, 'x', [], {}]);
}
