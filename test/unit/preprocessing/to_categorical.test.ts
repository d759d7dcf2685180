// SPDX-License-Identifier: MIT
// toCategorical: what is refused, and what training makes of it. Results against Keras are in golden/arrays.test.ts.
import { Dense, Input, NdArray, Sequential, setRandomSeed, toCategorical } from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';

test.each<[string, () => unknown, string]>([
  ['nothing', () => toCategorical(undefined as never), 'ERR_TYPE'],
  ['an empty array', () => toCategorical([]), 'ERR_DATA'],
  ['a negative id', () => toCategorical([0, -1]), 'ERR_RANGE'],
  ['an id beyond the classes', () => toCategorical([0, 3], 3), 'ERR_RANGE'],
  ['half an id', () => toCategorical([0.5]), 'ERR_DATA'],
  ['ragged rows', () => toCategorical([[1, 2], [3]]), 'ERR_SHAPE'],
  ['no classes', () => toCategorical([0], 0), 'ERR_CONFIG'],
  ['half a class', () => toCategorical([0], 1.5), 'ERR_CONFIG'],
])('%s: refused', (_title, call, code) => {
  expect(codeOf(call)).toBe(code);
});

test('the message says which id, and where it stands', () => {
  expect(messageOf(() => toCategorical([[0], [4]], 3))).toBe(
    'toCategorical: expected ids from 0 to 2, received 4 at [1, 0].',
  );
});

test('yes and no are two classes', () => {
  expect(toCategorical([true, false]).toArray()).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test('a model learns the same from ids and from their vectors', async () => {
  const x = new NdArray(
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [12, 2],
  );
  const ids = Int32Array.from({ length: 12 }, (_, i) => i % 3);
  const train = async (loss: string, y: Int32Array | NdArray) => {
    setRandomSeed(1);
    const model = new Sequential([new Input([2]), new Dense(3, { activation: 'softmax' })]);
    model.compile({ optimizer: 'sgd', loss, metrics: ['accuracy'] });
    return (await model.fit(x, y, { epochs: 3, verbose: 0, seed: 1 })).history;
  };
  const byIds = await train('sparse_categorical_crossentropy', ids);
  const byVectors = await train('categorical_crossentropy', toCategorical(ids));
  expect(byVectors['accuracy']).toEqual(byIds['accuracy']);
  byVectors['loss']!.forEach((loss, i) => expect(loss).toBeCloseTo(byIds['loss']![i]!, 6));
});
