// SPDX-License-Identifier: MIT
// The programs of the guides run as they stand: all blocks of `js` of a page, from top to bottom, as one module.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '../..');
const at = temporaryFolder();

/** Runs a page of docs/ in a folder where the package is installed; what it printed, line by line. */
function run(page: string): string[] {
  const text = readFileSync(path.join(ROOT, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]!);
  expect(blocks.length).toBeGreaterThan(0);
  mkdirSync(at('node_modules'));
  symlinkSync(ROOT, at('node_modules', 'ostinato'), 'junction');
  // A package of its own: a folder above may hold another of our name.
  writeFileSync(at('package.json'), '{}');
  writeFileSync(at('guide.mjs'), blocks.join('\n'));
  const output = execFileSync(process.execPath, ['guide.mjs'], { cwd: at(), encoding: 'utf8' });
  return output.trimEnd().split('\n');
}

test('from_tfjs.md opens, writes and trains the model', () => {
  const pack = path.join(ROOT, 'test/golden/formats/tfjs/lstm');
  cpSync(pack, at('reviews'), { recursive: true });
  const { outputs } = JSON.parse(readFileSync(path.join(pack, 'expected.json'), 'utf8')) as {
    outputs: [{ data: number[] }];
  };
  const [predicted, parameters, ...epochs] = run('from_tfjs.md');
  const given = (JSON.parse(predicted!) as number[][]).map(([value]) => value!);
  given.forEach((value, row) => expect(Math.abs(value - outputs[0].data[row]!)).toBeLessThanOrEqual(1e-6));
  expect(given).toHaveLength(2);
  expect(parameters).toBe(String(3 * 4 * (3 + 4 + 2) + 4 * 2 + 2));
  expect(epochs).toHaveLength(4);
  expect(epochs.at(-1)).toBe('3');
  expect(readFileSync(at('reviews.safetensors')).length).toBeGreaterThan(1000);
});

test('model_files.md moves arrays of numpy', () => {
  const golden = JSON.parse(readFileSync(path.join(ROOT, 'test/golden/formats/npy.json'), 'utf8')) as {
    archive: { deflated: string };
  };
  writeFileSync(at('train.npz'), Buffer.from(golden.archive.deflated, 'base64'));
  expect(run('model_files.md')).toEqual(['[ 2, 3, 4 ]']);
});

test('server.md serves a model', () => {
  expect(run('server.md')).toEqual(['2', "2 { reviews: '2' }", 'first FP32 [ 1, 1 ]', '2']);
});
