// SPDX-License-Identifier: MIT
// What guides show runs: the JavaScript of a page is one program, in a folder with the files that the page speaks of.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as lib from '../../lib';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '../..');
const at = temporaryFolder();
const home = process.cwd();

beforeEach(() => process.chdir(at()));
afterEach(() => process.chdir(home));

/** The program of a page: its blocks of `js`, with imports of the package as constants. */
function programOf(page: string): string {
  const text = readFileSync(path.join(ROOT, 'docs', `${page}.md`), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(1);
  return blocks.join('\n').replaceAll(/^import (\{.*?\}) from 'ostinato';$/gm, 'const $1 = ostinato;');
}

/** Runs a page, and gives what these expressions are at its end. */
async function run<T>(page: string, ...wanted: string[]): Promise<T> {
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const body = `${programOf(page)}\nreturn [${wanted.join(', ')}];`;
  const program = new AsyncFunction('ostinato', body) as (ostinato: typeof lib) => Promise<T>;
  return program(lib);
}

test('onnx: a model is written, and read back', async () => {
  const [same, model] = await run<[lib.Model, lib.Model]>('onnx', 'same', 'model');
  expect(existsSync('reviews.onnx')).toBe(true);
  expect(same.inputNames).toEqual(['words']);
  expect(same.outputNames).toEqual(['score']);
  const x = [[4, 8, 15, 0, 0]];
  expect([...(await same.predict(x)).data]).toEqual([...(await model.predict(x)).data]);
});

test('from_pytorch: the tagger of the page has the weights of the file', async () => {
  copyFileSync(path.join(ROOT, 'test/golden/formats/torch/tagger.safetensors'), 'tagger.safetensors');
  const [scores, model] = await run<[lib.NdArray, lib.Model]>('from_pytorch', 'scores', 'model');
  expect(scores.shape).toEqual([1, 5, 2]);
  const same = await lib.loadModel('tagger.model.safetensors');
  expect([...(await same.predict([[4, 8, 1, 5, 2]])).data]).toEqual([...scores.data]);
  expect(model.countParams()).toBe(9 * 3 + (3 + 4 + 1) * 16 + (4 + 4 + 1) * 16 + 8);
});
