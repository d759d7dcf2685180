// SPDX-License-Identifier: MIT
// Models of TensorFlow.js, as its own version 4.22 wrote them and what it predicted with them (tools/golden/tfjs.mjs).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as lib from '../../lib';

const PACK = path.join(__dirname, 'formats/tfjs');
const read = (...names: string[]): unknown => JSON.parse(readFileSync(path.join(PACK, ...names), 'utf8'));
const { models, layers } = read('provenance.json') as { models: string[]; layers: string[] };

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}

describe('every model of the pack', () => {
  test('is there', () => {
    const folders = readdirSync(PACK, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...models].sort());
    expect(models.length).toBeGreaterThanOrEqual(10);
  });

  test.each(models)('%s predicts what TensorFlow.js predicts', async (name) => {
    const { inputs, outputs } = read(name, 'expected.json') as { inputs: Packed[]; outputs: Packed[] };
    const model = await lib.loadModel(path.join(PACK, name, 'model.json'));
    const arrays = inputs.map(({ data, shape }) => new lib.NdArray(Float32Array.from(data), shape));
    const predicted: unknown = await model.predict((arrays.length === 1 ? arrays[0]! : arrays) as lib.ArrayInput);
    const given = (Array.isArray(predicted) ? predicted : [predicted]) as lib.NdArray[];
    expect(given.map(({ shape }) => shape)).toEqual(outputs.map(({ shape }) => shape));
    given.forEach(({ data }, output) => {
      outputs[output]!.data.forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(1e-6));
    });
  });

  test.each(models)('%s is the same model after it was saved here', async (name) => {
    const model = await lib.loadModel(path.join(PACK, name, 'model.json'));
    const copy = lib.modelFromJson(model.toJson());
    expect(copy.toJson()).toBe(model.toJson());
    expect(model.layers.map((layer) => layer.name)).toEqual(copy.layers.map((layer) => layer.name));
  });
});

test('the pack has every class of layers that both libraries have', () => {
  const text = models.map((name) => readFileSync(path.join(PACK, name, 'model.json'), 'utf8')).join();
  const common = layers.filter((name) => Object.hasOwn(lib.layers, name) && name !== 'Model' && name !== 'Sequential');
  expect(common.length).toBeGreaterThan(30);
  expect(common.filter((name) => !text.includes(`"class_name":"${name}"`))).toEqual([]);
});
