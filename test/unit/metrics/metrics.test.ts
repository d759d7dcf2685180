// SPDX-License-Identifier: MIT
// Metrics: which accuracy 'accuracy' means, the keys they report under, refusals.
import { MeanAbsoluteError } from '../../../lib/losses';
import { BinaryAccuracy, getMetric, readMetrics, toCamelCase, validationKey } from '../../../lib/metrics';

const code = (code: string) => expect.objectContaining({ code });
const binary = { lastAxis: 1, idTargets: false };
const oneHot = { lastAxis: 10, idTargets: false };
const ids = { lastAxis: 10, idTargets: true };

describe('misuse', () => {
  test.each([
    ['a string instead of an array', () => readMetrics('compile', 'accuracy'), 'ERR_TYPE'],
    ['a hole', () => readMetrics('compile', new Array(1)), 'ERR_TYPE'],
    ['an unknown name', () => readMetrics('compile', ['acuracy']), 'ERR_UNKNOWN_NAME'],
    ['the same name twice', () => readMetrics('compile', ['acc', 'acc']), 'ERR_CONFIG'],
    ['the name of the loss', () => readMetrics('compile', [new BinaryAccuracy({ name: 'loss' })]), 'ERR_CONFIG'],
    ['a threshold of 1', () => new BinaryAccuracy({ threshold: 1 }), 'ERR_CONFIG'],
    ['a threshold of NaN', () => new BinaryAccuracy({ threshold: NaN }), 'ERR_CONFIG'],
    ['a misspelt option', () => new BinaryAccuracy({ treshold: 0.4 } as never), 'ERR_UNKNOWN_OPTION'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });
});

describe("'accuracy'", () => {
  test.each([
    ['one output', binary, 'BinaryAccuracy'],
    ['one output, even where targets are ids', { lastAxis: 1, idTargets: true }, 'BinaryAccuracy'],
    ['classes and one-hot targets', oneHot, 'CategoricalAccuracy'],
    ['classes and ids', ids, 'SparseCategoricalAccuracy'],
  ])('for %s', (_title, context, className) => {
    expect(getMetric('accuracy', context).className).toBe(className);
    expect(getMetric('acc', context).className).toBe(className);
  });
});

describe('keys', () => {
  test.each([
    ['accuracy', 'accuracy'],
    ['acc', 'acc'],
    ['binary_accuracy', 'binaryAccuracy'],
    ['BinaryAccuracy', 'binaryAccuracy'],
    ['mse', 'mse'],
    ['MSE', 'MSE'],
    ['mean_squared_error', 'meanSquaredError'],
  ])("'%s' reports as %s", (name, key) => {
    expect(getMetric(name, binary).name).toBe(key);
  });

  test('of losses given as metrics are their names', () => {
    expect(getMetric(new MeanAbsoluteError(), binary).name).toBe('meanAbsoluteError');
  });

  test('of validation begin with val', () => {
    expect(validationKey('accuracy')).toBe('valAccuracy');
    expect(toCamelCase('val_loss')).toBe('valLoss');
  });
});

test('the threshold crosses to the engine', () => {
  expect(new BinaryAccuracy({ threshold: 0.3 }).toNative()).toEqual({ kind: 'binary_accuracy', threshold: 0.3 });
  const loss = { kind: 'mean_absolute_error', reduction: 'sum_over_batch_size' };
  expect(getMetric('mae', binary).toNative()).toEqual({ kind: 'loss', loss });
});
