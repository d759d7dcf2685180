// SPDX-License-Identifier: MIT
// What every layer keeps to, and what each says of shapes, weights and the engine.
import {
  Activation,
  clearSession,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  Input,
  L2,
  Masking,
  RepeatVector,
  SimpleRNN,
  type Layer,
  type Shape,
} from '../../../lib';
import { layerFromConfig } from '../../../lib/layers';
import { codeOf, messageOf } from '../../support/error_code';

beforeEach(() => clearSession());

describe('layers: misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['no units', () => new SimpleRNN(undefined as never), 'ERR_TYPE'],
    ['zero units', () => new SimpleRNN(0), 'ERR_CONFIG'],
    ['units of one and a half', () => new Dense(1.5), 'ERR_CONFIG'],
    ['units as a string', () => new Dense('1' as never), 'ERR_TYPE'],
    ['a vocabulary of NaN', () => new Embedding(NaN, 8), 'ERR_CONFIG'],
    ['an embedding without width', () => new Embedding(10, undefined as never), 'ERR_TYPE'],
    ['a rate above 1', () => new Dropout(1.5), 'ERR_CONFIG'],
    ['a rate of 1', () => new Dropout(1), 'ERR_CONFIG'],
    ['an unknown activation', () => new Activation('tanhh'), 'ERR_UNKNOWN_NAME'],
    ['softmax within a recurrence', () => new SimpleRNN(4, { activation: 'softmax' }), 'ERR_CONFIG'],
    ['null as options', () => new Dense(1, null as never), 'ERR_TYPE'],
    ['an empty name', () => new Dense(1, { name: '' }), 'ERR_CONFIG'],
    ['a name that is a number', () => new Dense(1, { name: 1 as never }), 'ERR_TYPE'],
    ['a flag that is a string', () => new SimpleRNN(1, { returnSequences: 'yes' as never }), 'ERR_TYPE'],
    ['maskZero that is a number', () => new Embedding(2, 2, { maskZero: 1 as never }), 'ERR_TYPE'],
    ['a table of the wrong shape', () => new Embedding(2, 3, { weights: [[[1, 2, 3]]] }), 'ERR_SHAPE'],
    ['an unknown penalty on the output', () => new Dense(1, { activityRegularizer: 'l3' }), 'ERR_UNKNOWN_NAME'],
    ['a constraint that is a number', () => new Dense(1, { kernelConstraint: 1 as never }), 'ERR_TYPE'],
    ['a mask value of NaN', () => new Masking({ maskValue: NaN }), 'ERR_CONFIG'],
    ['no repetition', () => new RepeatVector(0), 'ERR_CONFIG'],
    ['an input without axes', () => new Input([]), 'ERR_SHAPE'],
    ['an input with an axis of zero', () => new Input([0]), 'ERR_SHAPE'],
    ['an input with an axis of 2^31', () => new Input([2 ** 31]), 'ERR_SHAPE'],
    ['an input that is a number', () => new Input(5 as never), 'ERR_TYPE'],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test('an unknown option is refused with the nearest name', () => {
    const call = () => new SimpleRNN(32, { returnSequence: true } as never);
    expect(codeOf(call)).toBe('ERR_UNKNOWN_OPTION');
    expect(messageOf(call)).toContain("Did you mean 'returnSequences'?");
  });

  test('a layer that is refused takes no name', () => {
    codeOf(() => new SimpleRNN(0));
    codeOf(() => new SimpleRNN(4, { activation: 'softmax' }));
    expect(new SimpleRNN(4).name).toBe('simple_rnn_1');
  });
});

describe('layers: shapes', () => {
  const rnn = (returnSequences: boolean) => new SimpleRNN(4, { returnSequences });
  test.each<[string, () => Layer, Shape, Shape]>([
    ['Embedding', () => new Embedding(10, 8), [null, null], [null, null, 8]],
    ['Embedding with inputLength', () => new Embedding(10, 8, { inputLength: 5 }), [null, null], [null, 5, 8]],
    ['SimpleRNN', () => rnn(false), [null, 7, 3], [null, 4]],
    ['SimpleRNN with returnSequences', () => rnn(true), [null, null, 3], [null, null, 4]],
    ['Dense', () => new Dense(2), [null, 3], [null, 2]],
    ['Dense over time', () => new Dense(2), [null, null, 3], [null, null, 2]],
    ['Activation', () => new Activation('relu'), [null, 3], [null, 3]],
    ['Dropout', () => new Dropout(0.5), [null, 7, 3], [null, 7, 3]],
    ['Flatten', () => new Flatten(), [null, 7, 3], [null, 21]],
    ['Masking', () => new Masking(), [null, null, 3], [null, null, 3]],
    ['RepeatVector', () => new RepeatVector(5), [null, 3], [null, 5, 3]],
    ['Flatten of unknown length', () => new Flatten(), [null, null, 3], [null, null]],
  ])('%s', (_, make, input, output) => {
    expect(make().computeOutputShape(input)).toEqual(output);
  });

  test('a recurrent layer after a last output says what to do', () => {
    const layer = new SimpleRNN(32, { name: 'simple_rnn_2' });
    expect(codeOf(() => layer.build([null, 32]))).toBe('ERR_SHAPE');
    expect(messageOf(() => layer.build([null, 32]))).toBe(
      'SimpleRNN "simple_rnn_2": expected input of rank 3 [N,T,C], received rank 2 (None, 32). ' +
        'Set returnSequences: true on the layer before, or give the Input timesteps: [T,C].',
    );
  });

  test.each<[string, () => Layer, unknown]>([
    ['Embedding of four axes', () => new Embedding(10, 8), [null, 5, 3, 2]],
    ['Embedding of another length', () => new Embedding(10, 8, { inputLength: 5 }), [null, 6]],
    ['Dense of unknown features', () => new Dense(2), [null, null]],
    ['SimpleRNN of unknown features', () => new SimpleRNN(2), [null, 5, null]],
    ['an axis of zero', () => new Dense(2), [null, 0]],
    ['Masking of vectors', () => new Masking(), [null, 3]],
    ['RepeatVector of sequences', () => new RepeatVector(2), [null, 4, 3]],
  ])('%s: refused', (_, make, input) => {
    const layer = make();
    expect(codeOf(() => layer.build(input as Shape))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
  });

  test('a built layer refuses an input that needs other weights', () => {
    const layer = new Dense(2);
    layer.build([null, 3]);
    layer.build([null, 5, 3]);
    expect(codeOf(() => layer.build([null, 4]))).toBe('ERR_SHAPE');
    expect(layer.countParams()).toBe(8);
  });
});

describe('layers: weights', () => {
  test("SimpleRNN has Keras' three, and two without bias", () => {
    const layer = new SimpleRNN(4, { kernelRegularizer: 'l1', recurrentRegularizer: new L2(0.5) });
    expect(layer.weightSpecs).toEqual([]);
    layer.build([null, null, 3]);
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([
      ['kernel', [3, 4]],
      ['recurrentKernel', [4, 4]],
      ['bias', [4]],
    ]);
    expect(layer.weightSpecs.map(({ initializer }) => initializer.className)).toEqual([
      'GlorotUniform',
      'Orthogonal',
      'Zeros',
    ]);
    expect(layer.countParams()).toBe(32);

    const bare = new SimpleRNN(4, { useBias: false });
    bare.build([null, null, 3]);
    expect(bare.countParams()).toBe(28);
  });

  test('an embedding draws from the uniform distribution within 0.05', () => {
    const layer = new Embedding(10, 8);
    layer.build([null, null]);
    expect(layer.weightSpecs[0]?.initializer.toNative()).toEqual({
      kind: 'random_uniform',
      minval: -0.05,
      maxval: 0.05,
    });
  });

  test('an embedding begins with the table that it is given, as it was then', () => {
    const table = new Float32Array([1, 2, 3, 4, 5, 6]);
    for (const weights of [{ data: table, shape: [2, 3] }, [table] as const]) {
      const layer = new Embedding(2, 3, { weights });
      table.fill(0);
      layer.build([null, null]);
      expect(layer.getWeights()[0]!.toArray()).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      table.set([1, 2, 3, 4, 5, 6]);
    }
  });

  test('parameters of a layer that is not built cannot be counted', () => {
    expect(codeOf(() => new Dense(1).countParams())).toBe('ERR_STATE');
  });

  test('values that are set are read again, as copies', () => {
    const layer = new Dense(2);
    layer.build([null, 3]);
    const kernel = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    layer.setWeights([kernel, new Float64Array([7, 8])]);
    const [first] = layer.getWeights();
    first!.data[0] = 100;
    expect(layer.getWeights().map((weight) => weight.toArray())).toEqual([kernel, [7, 8]]);
  });

  test.each<[string, unknown, string]>([
    ['too few', [[[1], [2]]], 'ERR_SHAPE'],
    ['of the wrong shape', [[[1, 2]], [0]], 'ERR_SHAPE'],
    ['of the wrong size', [new Float32Array(3), [0]], 'ERR_SHAPE'],
    ['of strings', [[['1'], ['2']], [0]], 'ERR_TYPE'],
    ['no array', 5, 'ERR_TYPE'],
    ['of big integers', [new BigInt64Array(2), [0]], 'ERR_TYPE'],
  ])('weights %s are refused, and none is written', (_, weights, code) => {
    const layer = new Dense(1);
    layer.build([null, 2]);
    layer.setWeights([[[0.5], [0.25]], [0.125]]);
    expect(codeOf(() => layer.setWeights(weights as never))).toBe(code);
    expect(layer.getWeights().map((weight) => weight.toArray())).toEqual([[[0.5], [0.25]], [0.125]]);
  });
});

describe('layers: what the engine is told', () => {
  test('every key of a recurrent layer is resolved', () => {
    const layer = new SimpleRNN(4, { recurrentRegularizer: new L2(0.5), trainable: false });
    layer.build([null, null, 3]);
    expect(layer.toNative(layer.inputShape!)).toEqual({
      kind: 'simple_rnn',
      features: 3,
      units: 4,
      activation: 'tanh',
      recurrentActivation: 'linear',
      useBias: true,
      resetAfter: false,
      returnSequences: false,
      goBackwards: false,
      stateful: false,
      zeroOutputForMask: false,
      dropout: 0,
      recurrentDropout: 0,
      seed: 0,
      penalties: [0, 0.5, 0].map((l2) => ({ l1: 0, l2, orthogonal: 0, orthogonalByRows: true })),
      constraints: [null, null, null],
    });
  });

  test('a seeded dropout keeps its seed, and others differ', () => {
    expect(new Dropout(0.5, { seed: 7 }).toNative()).toEqual({ kind: 'dropout', rate: 0.5, seed: 7 });
    expect(new Dropout(0.5).toNative()).not.toEqual(new Dropout(0.5).toNative());
  });
});

describe('layers: names and configs', () => {
  test('names count for each class and begin anew after clearSession', () => {
    const names = () => [new Embedding(2, 2), new SimpleRNN(1), new SimpleRNN(1)].map((layer) => layer.name);
    expect(names()).toEqual(['embedding_1', 'simple_rnn_1', 'simple_rnn_2']);
    expect(new SimpleRNN(1).name).toBe('simple_rnn_3');
    clearSession();
    expect(names()).toEqual(['embedding_1', 'simple_rnn_1', 'simple_rnn_2']);
  });

  test.each<[string, () => Layer | Input]>([
    ['Embedding', () => new Embedding(10, 8, { inputLength: 5, embeddingsRegularizer: 'l2', name: 'words' })],
    ['Embedding', () => new Embedding(10, 8, { maskZero: true, activityRegularizer: 'l1' })],
    ['SimpleRNN', () => new SimpleRNN(4, { returnSequences: true, activation: 'relu', inputShape: [null, 3] })],
    ['Dense', () => new Dense(2, { activation: 'hardSigmoid', useBias: false, kernelInitializer: 'heNormal' })],
    ['Activation', () => new Activation('softsign')],
    ['Flatten', () => new Flatten({ trainable: false })],
    ['Masking', () => new Masking({ maskValue: -1 })],
    ['RepeatVector', () => new RepeatVector(3)],
    ['Dropout', () => new Dropout(0.25, { seed: 3 })],
    ['Input', () => new Input({ shape: [null, 3], name: 'series' })],
  ])('%s survives a round trip through plain data', (className, make) => {
    const layer = make();
    const config = JSON.parse(JSON.stringify(layer.getConfig()));
    const copy = layerFromConfig('test', { className, config });
    expect(copy.constructor).toBe(layer.constructor);
    expect(copy.getConfig()).toEqual(layer.getConfig());
  });

  test('a class that does not exist is refused with the nearest name', () => {
    const call = () => layerFromConfig('test', { className: 'SimpleRNM', config: {} });
    expect(codeOf(call)).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(call)).toContain("Did you mean 'simple_rnn'?");
  });
});
