// SPDX-License-Identifier: MIT
// The hard sigmoid of Keras 2 on its way to Keras 3: what no weight can make up for is refused; what TensorFlow.js predicted
// with its own is the witness of the rest.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { modelFromJson, NdArray, type ArrayInput } from '../../../lib';
import { toArray } from '../../../lib/arrays/float_source';
import { withoutLegacySigmoid } from '../../../lib/formats/keras_config/legacy_sigmoid';
import { readTfjs } from '../../../lib/formats/tfjs';
import { expectedWeights } from '../../../lib/models/saved_model';
import type { ModelDocument } from '../../../lib/formats/document';

const PACK = path.resolve(__dirname, '../../golden/formats/tfjs');
const LEGACY = /legacy_hard_sigmoid/;
const documentOf = (name: string): Promise<ModelDocument> =>
  readTfjs('test', path.join(PACK, name, 'model.json'), (document) => Promise.resolve(document));

/** A document of one layer. */
const layered = (className: string, config: object): ModelDocument => {
  const layers = [
    { className: 'Input', config: { shape: [3, 2], name: 'x' } },
    { className, config: { name: 'a', ...config } },
  ];
  return {
    model: { className: 'Sequential', config: { name: 's', layers } },
    weights: [],
    compile: null,
    training: null,
    assets: {},
  };
};

test.each([
  ['Activation', { activation: 'legacy_hard_sigmoid' }],
  ['LSTM', { units: 2, activation: 'legacy_hard_sigmoid' }],
])('of %s is refused', (className, config) => {
  const refused = expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(className) as string });
  expect(() => withoutLegacySigmoid('save', layered(className, config))).toThrow(refused as unknown as Error);
});

test('a document without it is left as it is', async () => {
  const document = await documentOf('graph');
  const plain = {
    ...document,
    model: JSON.parse(JSON.stringify(document.model).replace(/legacy_hard_sigmoid/g, 'tanh')) as never,
  };
  expect(withoutLegacySigmoid('save', plain)).toBe(plain);
});

test('what an optimizer had gathered is left out', async () => {
  const document = await documentOf('lstm');
  const optimizer = { iterations: 3 } as never;
  const modern = withoutLegacySigmoid('save', { ...document, training: { optimizer, layers: null } });
  expect(modern.training).toEqual({ optimizer: null, layers: null });
});

test.each(['lstm', 'gru', 'simple_rnn', 'cells', 'nested', 'bidirectional', 'states'])(
  '%s predicts the same without it',
  async (name) => {
    const { model: described, weights } = withoutLegacySigmoid('save', await documentOf(name));
    expect(JSON.stringify(described)).not.toMatch(LEGACY);
    const model = modelFromJson(JSON.stringify(described));
    const values = [];
    for (const { name: wanted, shape } of expectedWeights(model)) {
      const { data } = weights.find((array) => array.name === wanted)!;
      values.push(new NdArray(await toArray('test', data), shape));
    }
    model.setWeights(values);
    const { inputs, outputs } = JSON.parse(readFileSync(path.join(PACK, name, 'expected.json'), 'utf8')) as {
      inputs: { shape: number[]; data: number[] }[];
      outputs: [{ data: number[] }];
    };
    const arrays = inputs.map(({ data, shape }) => new NdArray(Float32Array.from(data), shape));
    const predicted = (await model.predict((arrays.length === 1 ? arrays[0]! : arrays) as ArrayInput)) as NdArray;
    outputs[0].data.forEach((value, i) => expect(Math.abs(predicted.data[i]! - value)).toBeLessThanOrEqual(1e-6));
  },
);
