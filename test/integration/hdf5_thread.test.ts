// SPDX-License-Identifier: MIT
// HDF5 is read and written on a thread of its own, which is ended where a file keeps it busy for ever, in bundles and where
// threads are refused, too.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import * as lib from '../../lib';
import { H5Reader } from '../../lib/formats/h5';
import { resultOf } from '../support/child';
import { VALID_H5 } from '../support/hostile_files/hdf5';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '../..');
const at = temporaryFolder();

/** A bundle of the room, in a folder of its own; with h5wasm beside it, or without. */
function bundled(name: string, { hasLibrary }: { readonly hasLibrary: boolean }): string {
  const folder = at(name);
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  if (hasLibrary)
    symlinkSync(path.join(ROOT, 'node_modules/h5wasm'), path.join(folder, 'node_modules/h5wasm'), 'junction');
  const outfile = path.join(folder, 'out.cjs');
  const entry = path.join(ROOT, 'lib/formats/h5/index.ts');
  const options = {
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  } as const;
  buildSync({ entryPoints: [entry], outfile, ...options });
  return outfile;
}

describe('a file that libhdf5 reads for ever', () => {
  // `npm run fuzz -- --only h5 --seed 3 --start 7 --count 1 --keep FOLDER` makes it: one byte of a valid file is another.
  const endless = path.join(ROOT, 'test/golden/formats/endless.h5');

  test('is a typed error, the loop goes round meanwhile, and other files are read', async () => {
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    const refused = expect(lib.loadModel(endless)).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringMatching(/endless\.h5: expected each part of an HDF5 file within 5\.0 s/) as string,
    });
    writeFileSync(at('valid.h5'), VALID_H5);
    expect((await lib.loadModel(at('valid.h5'))).countParams()).toBe(3);
    await refused;
    clearInterval(counting);
    expect(turns).toBeGreaterThan(20);
    expect((await lib.loadModel(at('valid.h5'))).countParams()).toBe(3);
  });
});

describe('the thread', () => {
  test('lets the event loop turn after each of its answers', async () => {
    const model = new lib.Sequential([new lib.Embedding(50000, 400, { inputShape: [3] }), new lib.Flatten()]);
    const calls = jest.spyOn(Worker.prototype, 'postMessage');
    let seen = 0;
    let mostInATurn = 0;
    const turn = (): void => {
      const count = calls.mock.calls.length;
      mostInATurn = Math.max(mostInATurn, count - seen);
      seen = count;
      turning = setImmediate(turn);
    };
    let turning = setImmediate(turn);
    await model.save(at('large.keras'));
    clearImmediate(turning);
    // 80 MB go over in parts of at most 4 MB, and come back so.
    expect(calls.mock.calls.length).toBeGreaterThan(40);
    expect(mostInATurn).toBe(1);
    calls.mockRestore();
  });

  test('is ended when a file is refused in the middle, and what is thrown is what came first', async () => {
    const reason = new Error('enough');
    const refuse = () => H5Reader.read('read', VALID_H5, () => Promise.reject(reason));
    await expect(refuse()).rejects.toBe(reason);
    await expect(H5Reader.read('read', VALID_H5, (file) => file.names('model_weights'))).resolves.toEqual(['d']);
  });

  test('reads several files at the same time', async () => {
    const read = () => H5Reader.read('read', VALID_H5, (file) => file.texts('model_weights/d', 'weight_names'));
    const all = await Promise.all(Array.from({ length: 4 }, read));
    expect(all).toEqual(Array(4).fill(['kernel', 'bias']));
  });

  test('reads floats in any parts, asked for at the same time', async () => {
    const file = readFileSync(path.join(ROOT, 'test/golden/formats/keras/lstm.h5'));
    await H5Reader.read('read', file, async (opened) => {
      const layers = (await opened.texts('model_weights', 'layer_names'))!;
      const names = (await opened.texts(`model_weights/${layers.at(-1)!}`, 'weight_names'))!;
      const floats = await opened.floats(`model_weights/${layers.at(-1)!}/${names[0]!}`);
      const whole = new Float32Array(floats.length);
      await floats.read(0, whole);
      const parts = Array.from({ length: 3 }, (_, i) => new Float32Array(floats.length - i));
      await Promise.all(parts.map((part, begin) => floats.read(begin, part)));
      parts.forEach((part, begin) => expect(part).toEqual(whole.slice(begin)));
    });
  });
});

describe('in a bundle that is minified', () => {
  const result = { values: [1, 2, 3, 4], shape: [2, 2], names: ['b', 'cd'] };

  test('WebAssembly is compiled on the other thread alone, and the process ends by itself', async () => {
    const args = [bundled('whole', { hasLibrary: true })];
    expect(await resultOf('hdf5.cjs', { args })).toEqual(result);
  });

  test('a missing package is a typed error that says what to do', async () => {
    expect(await resultOf('hdf5.cjs', { args: [bundled('without', { hasLibrary: false })] })).toEqual({
      code: 'ERR_STATE',
      message:
        'write: expected the package h5wasm, which reads and writes HDF5, received none. Install it: npm install h5wasm.',
    });
  });

  test('a runtime that refuses threads is a typed error that says what to do', async () => {
    const major = Number(process.versions.node.split('.')[0]);
    const flags = [major < 22 ? '--experimental-permission' : '--permission', '--allow-fs-read=*'];
    expect(await resultOf('hdf5.cjs', { args: [bundled('alone', { hasLibrary: true })], flags })).toMatchObject({
      code: 'ERR_STATE',
      message: expect.stringMatching(
        /a thread that reads and writes HDF5, .*Start Node\.js with --allow-worker/,
      ) as string,
    });
  });
});
