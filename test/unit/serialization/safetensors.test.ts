// SPDX-License-Identifier: MIT
// safetensors: what is written comes back, in Python's layout; whatever is wrong with a file is a typed error.
import { readFileSync, statSync, symlinkSync, truncateSync, writeFileSync, mkdirSync } from 'node:fs';
import { SafetensorsFile, writeSafetensors, type Tensor } from '../../../lib/serialization/safetensors';
import { drawFrom } from '../../reference/random';
import { codeOfAsync } from '../../support/error_code';
import { testOfLinks } from '../../support/links';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

const TENSORS: Tensor[] = [
  { name: 'a/kernel', shape: [2, 3], data: Float32Array.of(1, -2, NaN, Infinity, -0, 1e-45) },
  { name: 'flags', shape: [3], data: Uint8Array.of(1, 0, 255) },
  { name: 'sums', shape: [2], data: Float64Array.of(Math.PI, -1e300) },
  { name: 'none', shape: [0, 4], data: new Float32Array(0) },
  { name: 'one', shape: [], data: Int32Array.of(-7) },
];
const write = (path: string, tensors = TENSORS) =>
  writeSafetensors('test', path, tensors, { note: 'héllo "quoted"' }, { overwrite: true });

/** A file of this header and these bytes of data. */
function craft(header: unknown, data = 0, text = typeof header === 'string' ? header : JSON.stringify(header)): string {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  writeFileSync(at('x.safetensors'), Buffer.concat([length, bytes, Buffer.alloc(data)]));
  return at('x.safetensors');
}

const read = async (path: string): Promise<void> => {
  const file = await SafetensorsFile.open('test', path);
  try {
    for (const [name, { dtype }] of file.tensors) {
      if (dtype === 'F32' || dtype === 'F64') await file.readFloats(name);
    }
  } finally {
    await file.close();
  }
};

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('refuses', () => {
  test.each<[string, unknown, number]>([
    ['a header that is no JSON', '{"a"', 0],
    ['a header that is an array', '[]', 0],
    ['a header that is a number', '17', 0],
    ['bytes that are no UTF-8', '', 0],
    ['arrays with a gap between them', { a: f32(0, 4), b: f32(8, 12) }, 12],
    ['arrays that overlap', { a: f32(0, 8), b: f32(4, 12) }, 12],
    ['an array twice over the same bytes', { a: f32(0, 8), b: f32(0, 8) }, 8],
    ['a gap before the first', { a: f32(4, 8) }, 8],
    ['bytes that belong to no array', { a: f32(0, 4) }, 8],
    ['an array beyond the end', { a: f32(0, 400) }, 4],
    ['offsets the wrong way round', { a: f32(4, 0, [1]) }, 4],
    ['offsets that are fractions', { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4.5] } }, 4],
    ['offsets that are texts', { a: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }, 4],
    ['three offsets', { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4],
    ['a shape that does not fill its bytes', { a: f32(0, 8, [3]) }, 8],
    ['a negative size', { a: f32(0, 4, [-1, -1]) }, 4],
    ['a shape whose product overflows', { a: f32(0, 4, [2 ** 32, 2 ** 32, 2 ** 32]) }, 4],
    ['33 axes', { a: f32(0, 4, Array(33).fill(1)) }, 4],
    ['a type that does not exist', { a: { dtype: 'F33', shape: [1], data_offsets: [0, 4] } }, 4],
    ['a type by the name of a method', { a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, 4],
    ['an array that is no object', { a: 5 }, 0],
    ['a key too many', { a: { ...f32(0, 4), url: 'file' } }, 4],
    ['metadata that is no text', { __metadata__: { a: 1 } }, 0],
    ['a key __proto__', '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4],
    ['a header nested 100,000 deep', '['.repeat(100_000), 0],
    ['objects nested 100 deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 0],
  ])('%s', async (title, header, data) => {
    const path = title.includes('UTF-8') ? craft('', 0, '') : craft(header, data);
    if (title.includes('UTF-8')) writeFileSync(path, Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d]));
    expect(await codeOfAsync(read(path))).toBe('ERR_DATA');
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each([0n, 1n, 9n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])('a header of %s bytes', async (length) => {
    const file = Buffer.alloc(16, ' ');
    file.writeBigUInt64LE(length);
    writeFileSync(at('x'), file);
    expect(await codeOfAsync(read(at('x')))).toBe('ERR_DATA');
  });

  test('a file that was cut off, at every byte', async () => {
    await write(at('whole'));
    const whole = readFileSync(at('whole'));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(at('cut'), whole.subarray(0, length));
      expect([length, await codeOfAsync(read(at('cut')))]).toEqual([length, 'ERR_DATA']);
    }
  });

  test('a folder, and a file that is not there', async () => {
    expect(await codeOfAsync(read(at()))).toBe('ERR_DATA');
    expect(await codeOfAsync(read(at('none')))).toBe('ERR_NOT_FOUND');
  });

  test('two arrays of one name, and none of it is written', async () => {
    expect(await codeOfAsync(write(at('x'), [TENSORS[0]!, TENSORS[0]!]))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(read(at('x')))).toBe('ERR_NOT_FOUND');
  });

  test('an array by another name or of another type', async () => {
    await write(at('x'));
    const file = await SafetensorsFile.open('test', at('x'));
    expect(await codeOfAsync(file.readFloats('b/kernel'))).toBe('ERR_DATA');
    expect(await codeOfAsync(file.readFloats('flags'))).toBe('ERR_DATA');
    expect(await codeOfAsync(file.readDoubles('a/kernel'))).toBe('ERR_DATA');
    await file.close();
  });
});

test('arrays and texts come back bit for bit', async () => {
  await write(at('x'));
  const file = await SafetensorsFile.open('test', at('x'));
  expect(file.metadata).toEqual(new Map([['note', 'héllo "quoted"']]));
  expect(await file.readFloats('a/kernel')).toEqual(TENSORS[0]!.data);
  expect(await file.readDoubles('sums')).toEqual(TENSORS[2]!.data);
  expect(await file.readFloats('sums')).toEqual(Float32Array.of(Math.PI, -Infinity));
  expect(await file.readFloats('none')).toHaveLength(0);
  expect([...file.tensors.keys()].sort()).toEqual(TENSORS.map(({ name }) => name).sort());
  await file.close();
});

test('every array is aligned to its elements in the file', async () => {
  await write(at('x'));
  const file = await SafetensorsFile.open('test', at('x'));
  const header = Number(readFileSync(at('x')).readBigUInt64LE());
  expect(header % 8).toBe(0);
  for (const { begin, end, shape } of file.tensors.values()) {
    const size = shape.reduce((a, b) => a * b, 1);
    expect(begin % (size === 0 ? 1 : (end - begin) / size)).toBe(0);
  }
  await file.close();
  expect(statSync(at('x')).size).toBe(8 + header + 24 + 3 + 16 + 4);
});

test('2,000 damaged files: each is read or refused by a typed error, and the prototype stays as it is', async () => {
  await write(at('whole'));
  const whole = readFileSync(at('whole'));
  const draw = drawFrom(4711);
  const before = Object.getOwnPropertyNames(Object.prototype);
  const codes = new Map<unknown, number>();
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(whole);
    const [hits] = draw.integers(1, 1, 6);
    for (const place of draw.integers(hits!, 0, bytes.length)) {
      const [how] = draw.integers(1, 0, 3);
      // Digits, quotes and brackets reach further than noise does.
      if (how === 0) bytes[place] = '0123456789"{}[],:'.charCodeAt(draw.integers(1, 0, 17)[0]!);
      else if (how === 1) bytes[place]! ^= 1 << draw.integers(1, 0, 8)[0]!;
      else bytes.copy(bytes, place, draw.integers(1, 0, bytes.length)[0]!);
    }
    writeFileSync(at('x'), bytes);
    const code = await codeOfAsync(read(at('x')));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect([...codes.keys()].sort()).toEqual(['ERR_DATA', 'nothing thrown']);
  expect(codes.get('ERR_DATA')).toBeGreaterThan(500);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});

testOfLinks('a link is read through', async () => {
  await write(at('x'));
  mkdirSync(at('folder'));
  symlinkSync(at('x'), at('folder', 'y'));
  expect(await codeOfAsync(read(at('folder', 'y')))).toBe('nothing thrown');
});

test('an array that memory has no room for is ERR_OUT_OF_MEMORY', async () => {
  const bytes = 2 ** 38;
  const { size } = statSync(craft({ a: f32(0, bytes) }));
  truncateSync(at('x.safetensors'), size + bytes); // a hole: no disk is used
  expect(await codeOfAsync(read(at('x.safetensors')))).toBe('ERR_OUT_OF_MEMORY');
});
