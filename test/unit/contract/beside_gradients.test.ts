// SPDX-License-Identifier: MIT
// The layers beside the recurrent ones against the oracle in double precision: by themselves, on every kind of input,
// between recurrent layers, and where what a masked step holds matters.
import type { OracleLayer } from '../../reference/sequential';
import { checkModel, INPUTS } from './model_check';

const of = <K extends OracleLayer['kind']>(kind: K, rest: object = {}): OracleLayer =>
  ({ kind, ...rest }) as unknown as OracleLayer;
const rnn = (units: number, returnSequences: boolean): OracleLayer =>
  of('lstm', { units, activation: 'tanh', useBias: true, returnSequences });
const conv = (filters: number, kernelSize: number, rest: object = {}): OracleLayer =>
  of('conv1d', {
    ...{ filters, kernelSize, strides: 1, padding: 'valid', dilationRate: 1, groups: 1 },
    ...{ activation: 'linear', useBias: true, ...rest },
  });
const pool = (kind: 'max' | 'average', poolSize: number, strides: number, padding = 'valid'): OracleLayer =>
  of('pool1d', { pool: kind, poolSize, strides, padding });
const globalPool = (kind: 'max' | 'average', keepdims = false): OracleLayer =>
  of('global_pool1d', { pool: kind, keepdims });
const norm = (kind: 'layer_normalization' | 'batch_normalization', rest: object = {}): OracleLayer =>
  of(kind, { epsilon: 1e-3, momentum: 0.9, center: true, scale: true, ...rest });
const flatten = of('flatten');
const penalty = { l1: 0.01, l2: 0.02 };

const LAYERS: [string, OracleLayer[]][] = [
  ['LayerNormalization', [norm('layer_normalization')]],
  ['LayerNormalization without weights', [norm('layer_normalization', { center: false, scale: false })]],
  ['LayerNormalization with penalties', [norm('layer_normalization', { penalties: [penalty, penalty] })]],
  ['BatchNormalization', [norm('batch_normalization')]],
  ['BatchNormalization without gamma', [norm('batch_normalization', { scale: false, epsilon: 0.1 })]],
  ['BatchNormalization without beta', [norm('batch_normalization', { center: false, penalties: [penalty] })]],
  ['a frozen BatchNormalization', [norm('batch_normalization', { trainable: false })]],
  ['Conv1D', [conv(5, 3)]],
  ['Conv1D of one tap', [conv(4, 1, { useBias: false })]],
  ['Conv1D with strides', [conv(5, 3, { strides: 2, activation: 'relu' })]],
  ['Conv1D of the same length', [conv(5, 4, { padding: 'same', activation: 'tanh' })]],
  ['Conv1D of the same length, with strides', [conv(2, 2, { padding: 'same', strides: 3 })]],
  ['Conv1D of the same length, dilated', [conv(2, 3, { padding: 'same', dilationRate: 2, activation: 'silu' })]],
  ['Conv1D that reads the past', [conv(5, 3, { padding: 'causal', penalties: [penalty, penalty] })]],
  ['Conv1D that reads the past, dilated', [conv(5, 2, { padding: 'causal', dilationRate: 3 })]],
  ['Conv1D with more taps than steps', [conv(3, 9, { padding: 'same', activation: 'softmax' })]],
  ['Conv1D in groups', [conv(6, 2, { groups: 3, activation: 'sigmoid' })]],
  ['MaxPooling1D', [pool('max', 2, 2)]],
  ['MaxPooling1D of the same length', [pool('max', 3, 1, 'same')]],
  ['AveragePooling1D', [pool('average', 3, 2)]],
  ['AveragePooling1D with padding', [pool('average', 4, 3, 'same')]],
  ['GlobalMaxPooling1D', [globalPool('max')]],
  ['GlobalAveragePooling1D', [globalPool('average')]],
  ['GlobalMaxPooling1D that keeps the axis', [globalPool('max', true)]],
  ['GlobalAveragePooling1D that keeps the axis', [globalPool('average', true)]],
  ['Reshape to a vector', [of('reshape', { targetShape: [21] })]],
  ['Reshape to other steps', [of('reshape', { targetShape: [3, 7] })]],
  ['ActivityRegularization', [of('activity_regularization', penalty)]],
];

describe.each(LAYERS)('%s', (_name, layers) => {
  describe.each(INPUTS)('%s', (input) => {
    test('by itself', async () => checkModel(layers, input, 10));

    test('behind a recurrent layer', async () => checkModel([rnn(3, true), ...layers], input, 11));

    test('behind a recurrent layer and before another', async () => {
      const isVector = layers.some(({ kind, ...rest }) => {
        if (kind === 'global_pool1d') return !(rest as { keepdims: boolean }).keepdims;
        return kind === 'reshape' && (rest as unknown as { targetShape: number[] }).targetShape.length === 1;
      });
      const again: OracleLayer[] = isVector ? [of('repeat_vector', { n: 4 })] : [];
      await checkModel([rnn(3, true), ...layers, ...again, rnn(4, false)], input, 12);
    });
  });

  test.each([1, 2, 3, 8, 31, 64])('%d rows', async (rows) => {
    // The moments of one row alone are no moments: its outputs are beta whatever it holds.
    const steps = 7;
    await checkModel(layers, 'values', 20 + rows, rows, steps);
    await checkModel(layers, 'masked tokens', 30 + rows, rows, steps);
  });
});

describe('what masked steps hold', () => {
  const seen: [string, OracleLayer][] = [
    ['Flatten', flatten],
    ['Conv1D', conv(4, 3)],
    ['GlobalMaxPooling1D', globalPool('max')],
    ['Reshape', of('reshape', { targetShape: [7, 3] })],
    ['ActivityRegularization', of('activity_regularization', penalty)],
  ];
  const kept: [string, OracleLayer][] = [
    ['LayerNormalization', norm('layer_normalization')],
    ['BatchNormalization', norm('batch_normalization')],
    ['a recurrent layer', rnn(3, true)],
    ['Dense', of('dense', { units: 3, activation: 'tanh', useBias: true })],
  ];

  describe.each(seen)('is seen by %s', (_seen, reader) => {
    test.each(kept)('behind %s', async (_kept, layer) => {
      for (const input of ['masked tokens', 'masked values'] as const) {
        await checkModel([layer, reader], input, 40);
        await checkModel([layer, norm('batch_normalization'), reader], input, 41);
      }
    });
  });
});

describe('architectures', () => {
  const some: [string, OracleLayer[]][] = [
    ['a convolution, a maximum and an LSTM', [conv(8, 3, { activation: 'relu' }), pool('max', 2, 2), rnn(6, false)]],
    ['two convolutions and a global maximum', [conv(8, 3), conv(17, 2, { padding: 'causal' }), globalPool('max')]],
    ['an encoder and a decoder', [rnn(5, false), of('repeat_vector', { n: 3 }), rnn(6, true)]],
    ['a vector taken apart', [rnn(6, false), of('reshape', { targetShape: [3, 2] }), rnn(4, true)]],
    ['a vector kept', [rnn(6, false), of('reshape', { targetShape: [6] })]],
    ['a normalized vector', [rnn(6, false), norm('batch_normalization'), norm('layer_normalization')]],
    [
      'a mask that begins behind a vector',
      [rnn(4, false), of('repeat_vector', { n: 3 }), of('masking', { maskValue: 0 })],
    ],
    [
      'penalties on vectors and on sequences',
      [of('activity_regularization', penalty), rnn(4, false), of('activity_regularization', { l1: 0.5, l2: 0 })],
    ],
  ];
  test.each(some)('%s', async (_name, layers) => {
    for (const input of INPUTS) await checkModel(layers, input, 50, 9);
  });
});

describe('sizes around the blocks', () => {
  test.each([1, 15, 16, 17, 33, 100])('%d features', async (features) => {
    const layers = [conv(features, 3, { padding: 'same' }), norm('batch_normalization'), pool('average', 2, 2)];
    await checkModel(layers, 'values', 60, 5, 6, features);
    await checkModel([norm('layer_normalization'), globalPool('max')], 'masked tokens', 61, 5, 6, features + 1);
  });

  test.each([
    [32, 2, 34],
    [48, 3, 51],
    [17, 17, 34],
  ])('%d features in %d groups of %d filters', async (features, groups, filters) => {
    await checkModel([conv(filters, 3, { groups }), conv(5, 2)], 'tokens', 62, 9, 6, features);
  });

  test('more rows and steps than one task takes', async () => {
    const layers = [conv(5, 3, { padding: 'causal' }), norm('batch_normalization'), norm('layer_normalization')];
    await checkModel([...layers, globalPool('average')], 'masked values', 63, 70, 20);
  });
});
