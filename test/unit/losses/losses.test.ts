// SPDX-License-Identifier: MIT
// Losses: names and aliases, options, refusals.
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  getLoss,
  lossFromConfig,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
} from '../../../lib/losses';

const code = (code: string) => expect.objectContaining({ code });

describe('misuse', () => {
  test.each([
    ['an unknown name', () => getLoss('binary_crossentropie'), 'ERR_UNKNOWN_NAME'],
    ['an empty name', () => getLoss(''), 'ERR_UNKNOWN_NAME'],
    ['null', () => getLoss(null), 'ERR_TYPE'],
    ['a function', () => getLoss(() => 0), 'ERR_TYPE'],
    ['fromLogits that is no boolean', () => new BinaryCrossentropy({ fromLogits: 1 as never }), 'ERR_TYPE'],
    ['a misspelt option', () => new CategoricalCrossentropy({ fromlogits: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['logits where a loss knows none', () => new MeanSquaredError({ fromLogits: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['label smoothing above 1', () => new BinaryCrossentropy({ labelSmoothing: 1.1 }), 'ERR_CONFIG'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });
});

test.each([
  ['binary_crossentropy', BinaryCrossentropy],
  ['binaryCrossentropy', BinaryCrossentropy],
  ['BinaryCrossentropy', BinaryCrossentropy],
  ['bce', BinaryCrossentropy],
  ['categorical_crossentropy', CategoricalCrossentropy],
  ['sparseCategoricalCrossentropy', SparseCategoricalCrossentropy],
  ['mse', MeanSquaredError],
  ['MSE', MeanSquaredError],
  ['mean_squared_error', MeanSquaredError],
  ['mae', MeanAbsoluteError],
  ['meanAbsoluteError', MeanAbsoluteError],
])('%s names its class', (name, Class) => {
  expect(getLoss(name)).toBeInstanceOf(Class);
});

test('probabilities are expected unless logits are asked for', () => {
  expect(getLoss('bce').toNative()).toMatchObject({ kind: 'binary_crossentropy', fromLogits: false });
  expect(new BinaryCrossentropy({ fromLogits: true }).toNative()).toMatchObject({ fromLogits: true });
});

test('a configuration makes the same loss again', () => {
  const loss = new SparseCategoricalCrossentropy({ fromLogits: true, name: 'words' });
  const again = lossFromConfig(loss.className, loss.getConfig());
  expect(again).toBeInstanceOf(SparseCategoricalCrossentropy);
  expect(again.getConfig()).toEqual({
    name: 'words',
    reduction: 'sum_over_batch_size',
    fromLogits: true,
    ignoreClass: null,
  });
});
