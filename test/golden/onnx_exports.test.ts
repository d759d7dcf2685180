// SPDX-License-Identifier: MIT
// Files of models: each is, to the bit, one that ONNX Runtime ran, and that gave what Keras and we predict
// (tools/golden/onnx_exports.mjs); and each is read back as the model that it was.
import { readFileSync, writeFileSync } from 'node:fs';
import * as lib from '../../lib';
import { readGolden } from '../reference/golden';
import { graphHash, onnxCaseOf, type OnnxCase } from '../support/differential_onnx';
import { onnxModels } from '../support/onnx_models';
import { temporaryFolder } from '../support/temporary_folder';
import type { DifferentialCase } from '../support/differential';
import type { GraphCase } from '../support/differential_graphs';

const at = temporaryFolder();

type Hashes = Record<string, string | null>;
const golden = readGolden<{ provenance: { onnxruntime: string } } & Record<string, Hashes>>('formats/onnx/exports');

const PACKS = ['differential', 'differential_graphs'] as const;
const cases = PACKS.map((pack) => [pack, readGolden<{ cases: (DifferentialCase | GraphCase)[] }>(pack).cases] as const);
const MODELS = onnxModels(lib);

/** What is wrong with a model's file. */
async function faultsOf({ model }: Pick<OnnxCase, 'model'>, hash: string | null): Promise<string[]> {
  const file = at('model.onnx');
  if (hash === null) {
    const refused = await model.toOnnx(file).then(
      () => 'a file',
      ({ code }: { code: string }) => code,
    );
    return refused === 'ERR_CONFIG' ? [] : [`expected to be refused, received ${refused}`];
  }
  await model.toOnnx(file);
  const faults = graphHash(readFileSync(file)) === hash ? [] : ['a file that ONNX Runtime did not run'];
  const back = await lib.loadOnnx(file);
  if (back.toJson() !== model.toJson()) faults.push('another model read back');
  const [own, others] = [model.getWeights(), back.getWeights()];
  const isSame = own.every(({ data }, index) => String(data) === String(others[index]?.data));
  if (!isSame || own.length !== others.length) faults.push('other weights read back');
  model.dispose();
  back.dispose();
  return faults;
}

test('the goldens are of every case, and of ONNX Runtime', () => {
  expect(golden.provenance.onnxruntime).toMatch(/^\d+\.\d+/);
  for (const [pack, list] of cases) expect(Object.keys(golden[pack]!)).toEqual(list.map(({ index }) => String(index)));
  expect(Object.keys(golden['models']!)).toEqual(Object.keys(MODELS));
  expect(Object.values(golden['differential_graphs']!)).not.toContain(null);
});

test('a file of which one weight differs is another', async () => {
  const { model } = MODELS['unit normalization']!;
  const { model: other } = MODELS['prelu of every timestep']!;
  await model.toOnnx(at('a.onnx'));
  await other.toOnnx(at('b.onnx'));
  const [a, b] = [readFileSync(at('a.onnx')), readFileSync(at('b.onnx'))];
  expect(graphHash(a)).not.toBe(graphHash(b));
  other.setWeights(
    other.getWeights().map(({ data, shape }) => ({ data: Float32Array.from(data, (x) => x + 1), shape })),
  );
  await other.toOnnx(at('b.onnx'));
  expect(graphHash(readFileSync(at('b.onnx')))).not.toBe(graphHash(b));
  writeFileSync(at('c.onnx'), a);
  expect(graphHash(readFileSync(at('c.onnx')))).toBe(graphHash(a));
});

test.each(cases)('%s: every file is one that ran, and is read back', async (pack, list) => {
  const wrong: string[] = [];
  for (const each of list)
    for (const fault of await faultsOf(onnxCaseOf(lib, each), golden[pack]![each.index]!))
      wrong.push(`case ${each.index}: ${fault}`);
  expect(wrong).toEqual([]);
});

test.each(Object.keys(MODELS))('%s: the file is one that ran, and is read back', async (name) => {
  expect(await faultsOf(onnxModels(lib)[name]!, golden['models']![name]!)).toEqual([]);
});
