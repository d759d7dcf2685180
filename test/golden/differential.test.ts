// SPDX-License-Identifier: MIT
// Three hundred random layers and models against Keras: the committed pack of `npm run differential`.
import * as lib from '../../lib';
import { readGolden } from '../reference/golden';
import { differencesFromKeras, summaryOf, type DifferentialCase, type Encoded } from '../support/differential';

const { cases } = readGolden<{ cases: DifferentialCase[] }>('differential');

const stackOf = ({ layers }: DifferentialCase): string => layers.map(({ className }) => className).join(', ');

describe('the comparison itself', () => {
  const model = cases.find(({ kind, gradients }) => kind === 'model' && gradients !== undefined)!;
  const changed = (encoded: Encoded): Encoded => {
    const data = new Float32Array(new Uint8Array(Buffer.from((encoded as { floats: string }).floats, 'base64')).buffer);
    data[0]! += 1;
    return { shape: encoded.shape, floats: Buffer.from(data.buffer).toString('base64') };
  };
  const whats = async (golden: DifferentialCase): Promise<string[]> =>
    (await differencesFromKeras(lib, golden)).map(({ what }) => what);

  test('sees an output that is off', async () => {
    expect(await whats({ ...model, outputs: model.outputs.map((call) => call.map(changed)) })).toEqual(
      model.outputs.map((_, i) => (model.outputs.length > 1 ? `output 0 of call ${i + 1}` : 'output 0')),
    );
  });

  test('sees a gradient that is off', async () => {
    const gradients = model.gradients!.map((gradient) => gradient && changed(gradient));
    const trained = gradients.filter((gradient) => gradient !== null);
    expect(await whats({ ...model, gradients })).toHaveLength(trained.length);
  });

  test('sees another shape, a missing layer and a loss that is off', async () => {
    const [first, ...rest] = model.outputs[0]!;
    const other = { ...first!, shape: [...first!.shape, 1] };
    expect(await whats({ ...model, outputs: [[other, ...rest], ...model.outputs.slice(1)] })).toHaveLength(1);
    expect(await whats({ ...model, layers: [{ className: 'Absent', config: {} }] })).toEqual(['the case']);
    expect(await whats({ ...model, loss: model.loss! * 1.01 })).toEqual(['loss']);
  });
});

describe('differential.json', () => {
  test('the pack has every layer, masks, states and gradients in it', () => {
    const text = cases.map((golden) => summaryOf(golden)).join('\n');
    for (const word of ['SimpleRNN', 'LSTM', 'GRU', 'Bidirectional', 'TimeDistributed', 'RepeatVector', 'Masking'])
      expect(text).toContain(`"${word}"`);
    for (const word of ['LayerNormalization', 'BatchNormalization', 'Conv1D', 'MaxPooling1D', 'AveragePooling1D'])
      expect(text).toContain(`"${word}"`);
    for (const word of ['GlobalMaxPooling1D', 'GlobalAveragePooling1D', 'Reshape', 'Embedding', 'GaussianNoise'])
      expect(text).toContain(`"${word}"`);
    for (const option of ['"maskZero":true', '"mask":true', '"initialState":true', '"stateful":true', '"calls":2'])
      expect(text).toContain(option);
    expect(cases.filter(({ gradients }) => gradients !== undefined).length).toBeGreaterThan(100);
  });

  test.each(cases.map((golden) => [golden.index, stackOf(golden), golden] as const))(
    'case %i (%s) has the outputs, the loss and the gradients of Keras',
    async (_index, _stack, golden) => {
      expect(await differencesFromKeras(lib, golden)).toEqual([]);
    },
  );
});
