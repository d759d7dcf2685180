// SPDX-License-Identifier: MIT
// numpy's files: misuse first (hostile files are in test/support/hostile_files), then what numpy writes (test/golden/formats/npy.json), which is the
// witness of both directions: its files are read, and ours have the same bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadNpy, loadNpz, NdArray, saveNpy, saveNpz, type ArrayInput, type NumericTypedArray } from '../../../lib';
import { parseNpy, readNumbers } from '../../../lib/formats/npy';
import { ZipArchive } from '../../../lib/formats/zip';
import { detach } from '../../support/hostile';
import { npy } from '../../support/npz_writer';
import { temporaryFolder } from '../../support/temporary_folder';

interface Case {
  readonly name: string;
  readonly shape: number[];
  readonly elements: (number | string | boolean)[];
  readonly file: string;
}
const golden = JSON.parse(readFileSync(path.join(__dirname, '../../golden/formats/npy.json'), 'utf8')) as {
  same: Case[];
  read: Case[];
  archive: { arrays: Record<string, Pick<Case, 'shape' | 'elements'>>; stored: string; deflated: string };
};

const inFolder = temporaryFolder();
const refused = (message: RegExp, code = 'ERR_DATA') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown as Error;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const fromBase64 = (text: string) => Buffer.from(text, 'base64');
/** Elements as numbers; those that JSON lacks stand there as Python's `str` has them. */
const plain = (elements: Case['elements']) =>
  elements.map((value) => Number(typeof value === 'string' ? value.replace('inf', 'Infinity') : value));
const file = (bytes: Uint8Array, name = 'a.npy') => {
  const place = inFolder(name);
  writeFileSync(place, bytes);
  return place;
};

describe('loadNpy', () => {
  test('refuses what is no path, no file, or a folder', async () => {
    await expect(loadNpy(3 as never)).rejects.toThrow(refused(/path/, 'ERR_TYPE'));
    await expect(loadNpy('a\0b')).rejects.toThrow(refused(/path/, 'ERR_CONFIG'));
    await expect(loadNpy(inFolder('none.npy'))).rejects.toThrow(refused(/none\.npy/, 'ERR_NOT_FOUND'));
    await expect(loadNpy(inFolder())).rejects.toThrow(refused(/folder/));
  });

  test.each([...golden.same, ...golden.read])(
    'reads what numpy writes: $name',
    async ({ shape, elements, file: text }) => {
      const array = await loadNpy(file(fromBase64(text)));
      expect(array.shape).toEqual(shape);
      expect([...array.data]).toEqual(plain(elements));
    },
  );

  test('gives 64-bit integers as int32 where all fit, else as float64', async () => {
    const kind = async (name: string) =>
      (await loadNpy(file(fromBase64(golden.read.find((item) => item.name === name)!.file)))).data.constructor;
    expect(await kind('int64 of 32 bits')).toBe(Int32Array);
    expect(await kind('int64 beyond 32 bits')).toBe(Float64Array);
    expect(await kind('uint64')).toBe(Float64Array);
    expect(await kind('float16')).toBe(Float32Array);
  });

  test("reads Python 2's sizes, either quote, and keys in any order", () => {
    const text = `{"shape":(2L,),"fortran_order":False,"descr":"<i2"}`;
    const array = parseNpy('file', npy(text, Buffer.from(new Int16Array([-300, 4]).buffer)));
    expect([...readNumbers('file', array)]).toEqual([-300, 4]);
  });
});

describe('saveNpy', () => {
  const save = (array: unknown, options?: object) => saveNpy(inFolder('a.npy'), array as ArrayInput, options as never);

  test('refuses what is no array, memory that is gone, and options that it does not have', async () => {
    await expect(save('text')).rejects.toThrow(refused(/array/, 'ERR_TYPE'));
    await expect(save([[1], [2, 3]])).rejects.toThrow(refused(/row|array/, 'ERR_SHAPE'));
    await expect(save({ data: new Float32Array(3), shape: [2] })).rejects.toThrow(refused(/2 elements/, 'ERR_SHAPE'));
    await expect(save(detach(new Float32Array(3)))).rejects.toThrow(refused(/detached/));
    await expect(save(new Float32Array(new SharedArrayBuffer(8)))).rejects.toThrow(refused(/Shared/));
    await expect(save([1], { overwritten: true })).rejects.toThrow(refused(/overwrite/, 'ERR_UNKNOWN_OPTION'));
    await expect(saveNpy(inFolder('none', 'a.npy'), [1])).rejects.toThrow(refused(/none/, 'ERR_NOT_FOUND'));
  });

  test('leaves a file alone where it is told to', async () => {
    const place = file(latin1('old'));
    await expect(saveNpy(place, [1], { overwrite: false })).rejects.toThrow(refused(/EEXIST/, 'ERR_IO'));
    expect(readFileSync(place, 'latin1')).toBe('old');
  });

  const KINDS: Record<string, new (values: number[]) => NumericTypedArray> = {
    float32: Float32Array,
    float64: Float64Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };
  test.each(golden.same)('writes the bytes that numpy writes: $name', async ({ name, shape, elements, file: text }) => {
    const data = new (KINDS[name] ?? Float32Array)(plain(elements));
    await saveNpy(inFolder('a.npy'), new NdArray(data, shape));
    expect(readFileSync(inFolder('a.npy'))).toEqual(fromBase64(text));
  });

  test('keeps what the array held at the call', async () => {
    const data = new Float32Array([1, 2]);
    const saved = save(data);
    data.fill(9);
    await saved;
    expect([...(await loadNpy(inFolder('a.npy'))).data]).toEqual([1, 2]);
  });

  test('takes nested arrays as float32', async () => {
    await save([
      [1, 2.5],
      [true, 4],
    ]);
    const array = await loadNpy(inFolder('a.npy'));
    expect(array.data).toEqual(new Float32Array([1, 2.5, 1, 4]));
    expect(array.shape).toEqual([2, 2]);
  });
});

describe('loadNpz', () => {
  test.each(['stored', 'deflated'] as const)('reads what numpy writes, %s', async (kind) => {
    const arrays = await loadNpz(file(fromBase64(golden.archive[kind])));
    expect(Object.keys(arrays)).toEqual(Object.keys(golden.archive.arrays));
    for (const [name, { shape, elements }] of Object.entries(golden.archive.arrays)) {
      expect(arrays[name]!.shape).toEqual(shape);
      expect([...arrays[name]!.data]).toEqual(plain(elements));
    }
  });
});

describe('saveNpz', () => {
  const save = (arrays: unknown) => saveNpz(inFolder('a.npz'), arrays as Record<string, ArrayInput>);

  test.each([
    ['an array alone', new Float32Array(2), 'ERR_TYPE', /by name/],
    ['a list of arrays', [[1]], 'ERR_TYPE', /by name/],
    ['an NdArray alone', new NdArray(new Float32Array(1), [1]), 'ERR_TYPE', /by name/],
    ['a name that leads out', { '../a': [1] }, 'ERR_CONFIG', /relative path/],
    ['a name __proto__', JSON.parse('{"__proto__": [1]}'), 'ERR_CONFIG', /__proto__/],
    ['something else under a name', { x: 'text' }, 'ERR_TYPE', /"x"/],
  ])('refuses %s', async (_title, arrays, code, message) => {
    await expect(save(arrays)).rejects.toThrow(refused(message, code));
  });

  test('writes members that are .npy files, and gives equal bytes for equal arrays', async () => {
    const arrays = { x: new NdArray(new Int8Array(6), [2, 3]), 'a/b': [1, 2], constructor: new Float64Array([0.1]) };
    await save(arrays);
    const first = readFileSync(inFolder('a.npz'));
    await save(arrays);
    expect(readFileSync(inFolder('a.npz'))).toEqual(first);
    expect((await ZipArchive.of('file', first)).names).toEqual(['x.npy', 'a/b.npy', 'constructor.npy']);
    const back = await loadNpz(inFolder('a.npz'));
    expect(back['x']).toEqual(arrays.x);
    expect([...back['constructor']!.data]).toEqual([0.1]);
  });
});
