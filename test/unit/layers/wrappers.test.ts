// SPDX-License-Identifier: MIT
// Bidirectional and TimeDistributed: which layers they take, whose the weights are, configs, and what the engine is told.
import {
  Activation,
  Bidirectional,
  clearSession,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  Input,
  Layer,
  LSTM,
  Sequential,
  SimpleRNN,
  TimeDistributed,
  type BidirectionalOptions,
} from '../../../lib';
import { layerFromConfig } from '../../../lib/layers';
import { codeOf, messageOf } from '../../support/error_code';

beforeEach(() => clearSession());

const backwards = { goBackwards: true };

describe('Bidirectional: misuse', () => {
  test.each<[string, unknown, object, string]>([
    ['a layer that is not recurrent', new Dense(2), {}, 'ERR_TYPE'],
    ['a class', LSTM, {}, 'ERR_TYPE'],
    ['nothing', undefined, {}, 'ERR_TYPE'],
    ['another Bidirectional', new Bidirectional(new LSTM(2)), {}, 'ERR_TYPE'],
    ['an unknown merge mode', new LSTM(2), { mergeMode: 'max' }, 'ERR_CONFIG'],
    ['a merge mode that is a number', new LSTM(2), { mergeMode: 1 }, 'ERR_CONFIG'],
    ['a backward layer that is none', new LSTM(2), { backwardLayer: new Dense(2) }, 'ERR_TYPE'],
    ['two layers that read forwards', new LSTM(2), { backwardLayer: new LSTM(2) }, 'ERR_CONFIG'],
    ['a pattern that reads backwards', new LSTM(2, backwards), {}, 'ERR_CONFIG'],
    [
      'sequences in one direction only',
      new LSTM(2, { returnSequences: true }),
      { backwardLayer: new LSTM(2, backwards) },
      'ERR_CONFIG',
    ],
    [
      'states in one direction only',
      new LSTM(2, { stateful: true }),
      { backwardLayer: new LSTM(2, backwards) },
      'ERR_CONFIG',
    ],
    [
      'returned states in one direction only',
      new LSTM(2),
      { backwardLayer: new LSTM(2, { ...backwards, returnState: true }) },
      'ERR_CONFIG',
    ],
    [
      'a sum of outputs of two sizes',
      new LSTM(2),
      { backwardLayer: new LSTM(3, backwards), mergeMode: 'sum' },
      'ERR_CONFIG',
    ],
    [
      'a penalty on outputs that are merged',
      new LSTM(2, { activityRegularizer: 'l1' }),
      { mergeMode: 'mul' },
      'ERR_CONFIG',
    ],
    ['weights that are no array', new LSTM(2), { weights: 1 }, 'ERR_TYPE'],
    ['an unknown option', new LSTM(2), { merge: 'sum' }, 'ERR_UNKNOWN_OPTION'],
  ])('%s: refused', (_, layer, options, code) => {
    expect(codeOf(() => new Bidirectional(layer as never, options as never))).toBe(code);
  });

  test('what does not agree is named', () => {
    const call = () =>
      new Bidirectional(new LSTM(2, { stateful: true }), { backwardLayer: new LSTM(2, { goBackwards: true }) });
    expect(messageOf(call)).toBe(
      'Bidirectional: expected forward and backward layer to have one stateful, received true and false.',
    );
  });

  test('an input that is no sequence: refused', () => {
    expect(codeOf(() => new Bidirectional(new LSTM(2)).build([null, 4]))).toBe('ERR_SHAPE');
  });

  test('weights that do not fit are refused when the layer is built, which then is not', () => {
    const layer = new Bidirectional(new SimpleRNN(2, { useBias: false }), { weights: [[[1, 2]]] });
    expect(codeOf(() => layer.build([null, null, 1]))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
  });
});

describe('Bidirectional', () => {
  const built = (options?: BidirectionalOptions, layer = new LSTM(2, { returnSequences: true })): Bidirectional => {
    const made = new Bidirectional(layer, options);
    made.build([null, null, 3]);
    return made;
  };

  test.each([
    ['concat', [null, 5, 4]],
    ['sum', [null, 5, 2]],
    ['mul', [null, 5, 2]],
    ['ave', [null, 5, 2]],
  ] as const)('merges by %s into %j', (mergeMode, shape) => {
    expect(built({ mergeMode }).computeOutputShape([null, 5, 3])).toEqual(shape);
  });

  test('the last outputs side by side, of two sizes where the layers have them', () => {
    expect(new Bidirectional(new GRU(4)).computeOutputShape([null, 5, 3])).toEqual([null, 8]);
    const uneven = new Bidirectional(new LSTM(2), { backwardLayer: new GRU(3, backwards) });
    expect(uneven.computeOutputShape([null, 5, 3])).toEqual([null, 5]);
    expect(uneven.stateSizes).toEqual([2, 2, 3]);
  });

  test('its layers are copies, named after the pattern', () => {
    const pattern = new LSTM(2, { name: 'reader' });
    const layer = new Bidirectional(pattern);
    expect([layer.name, layer.forwardLayer.name, layer.backwardLayer.name]).toEqual([
      'bidirectional_1',
      'forward_reader',
      'backward_reader',
    ]);
    expect(layer.forwardLayer).not.toBe(pattern);
    expect(pattern.owner).toBeUndefined();
    expect([layer.forwardLayer.goBackwards, layer.backwardLayer.goBackwards]).toEqual([false, true]);
  });

  test('masked timesteps are zero exactly where sequences are returned, whatever the pattern says', () => {
    const flags = (returnSequences: boolean, zeroOutputForMask: boolean) => {
      const layer = new Bidirectional(new GRU(2, { returnSequences, zeroOutputForMask }));
      return [layer.forwardLayer.zeroOutputForMask, layer.backwardLayer.zeroOutputForMask];
    };
    expect(flags(true, false)).toEqual([true, true]);
    expect(flags(false, true)).toEqual([false, false]);
  });

  test('weights: those of the forward layer, then those of the backward layer', () => {
    const layer = built();
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([
      ['forward_lstm_1/kernel', [3, 8]],
      ['forward_lstm_1/recurrentKernel', [2, 8]],
      ['forward_lstm_1/bias', [8]],
      ['backward_lstm_1/kernel', [3, 8]],
      ['backward_lstm_1/recurrentKernel', [2, 8]],
      ['backward_lstm_1/bias', [8]],
    ]);
    expect(layer.countParams()).toBe(2 * (24 + 16 + 8));
    expect(layer.getWeights()[5]!.toArray()).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  test('each direction sees its own weights, and sets them', () => {
    const layer = built();
    const [kernel] = layer.backwardLayer.getWeights();
    expect(kernel!.data).toEqual(layer.getWeights()[3]!.data);
    const before = layer.getWeights().map(({ data }) => data);
    const after = before.map((values, index) => (index < 3 ? values : values.map((value) => value + 1)));
    layer.backwardLayer.setWeights(after.slice(3));
    expect(layer.getWeights().map(({ data }) => data)).toEqual(after);
    expect(layer.forwardLayer.getWeights().map(({ data }) => data)).toEqual(before.slice(0, 3));
  });

  test('begins with the weights that it is given', () => {
    const values = [1, 2, 3, 4].map((value) => new Float32Array([value]));
    const layer = new Bidirectional(new SimpleRNN(1, { useBias: false }), { weights: values });
    layer.build([null, null, 1]);
    expect(layer.getWeights().map((weight) => weight.toArray())).toEqual([[[1]], [[2]], [[3]], [[4]]]);
    expect(layer.backwardLayer.getWeights().map((weight) => weight.toArray())).toEqual([[[3]], [[4]]]);
  });

  test('is frozen whole, or one direction by itself', () => {
    const layer = built();
    const flags = () => layer.weightSpecs.map(({ trainable }) => trainable);
    layer.backwardLayer.trainable = false;
    expect(flags()).toEqual([true, true, true, false, false, false]);
    layer.trainable = true;
    expect(flags()).toEqual(Array(6).fill(true));
    layer.trainable = false;
    expect(flags()).toEqual(Array(6).fill(false));
    expect(layer.forwardLayer.trainable).toBe(false);
  });

  test('tells the engine of both directions', () => {
    const layer = built({ mergeMode: 'sum', trainable: false }, new LSTM(2, { kernelRegularizer: 'l2' }));
    const native = layer.toNative();
    expect(native).toMatchObject({
      kind: 'bidirectional',
      mergeMode: 'sum',
      forward: { kind: 'lstm', units: 2, goBackwards: false, trainable: false, constraints: [null, null, null] },
      backward: { kind: 'lstm', units: 2, goBackwards: true, trainable: false },
    });
    expect(native.kind === 'bidirectional' && native.backward.penalties.map(({ l2 }) => l2)).toEqual([0.01, 0, 0]);
  });

  test('outputs that are not merged are side by side to the engine', () => {
    const layer = built({ mergeMode: null });
    expect(layer.toNative()).toMatchObject({ mergeMode: 'concat' });
    expect(layer.outputSizes).toEqual([2, 2]);
  });

  test.each<[string, () => Bidirectional]>([
    ['of an LSTM', () => new Bidirectional(new LSTM(2, { dropout: 0.5, seed: 1, returnSequences: true }))],
    ['without merging', () => new Bidirectional(new GRU(2, { returnState: true }), { mergeMode: null, name: 'both' })],
    [
      'of two kinds',
      () => new Bidirectional(new LSTM(2), { backwardLayer: new GRU(3, { ...backwards, name: 'back' }) }),
    ],
  ])('%s survives a round trip through plain data', (_, make) => {
    const layer = make();
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
    const copy = layerFromConfig('test', { className: 'Bidirectional', config }) as Bidirectional;
    expect(copy).toBeInstanceOf(Bidirectional);
    expect(copy.getConfig()).toEqual(layer.getConfig());
  });

  test('takes its input shape from the pattern', () => {
    const model = new Sequential([new Bidirectional(new LSTM(2, { inputShape: [null, 3] })), new Dense(1)]);
    expect(model.outputShape).toEqual([null, 1]);
    expect(model.countParams()).toBe(2 * 48 + 5);
    expect(model.nonTrainableWeights).toEqual([]);
  });

  test('a frozen direction counts as not trainable in a summary', () => {
    const layer = new Bidirectional(new LSTM(2));
    const model = new Sequential([new Input([null, 3]), layer]);
    layer.backwardLayer.trainable = false;
    const lines: string[] = [];
    model.summary({ printFn: (line) => lines.push(line) });
    expect(lines).toContain('Trainable params: 48');
    expect(lines).toContain('Non-trainable params: 48');
  });
});

describe('TimeDistributed: misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'ERR_TYPE'],
    ['a function', () => () => 1, 'ERR_TYPE'],
    ['an Input', () => new Input([3]), 'ERR_TYPE'],
    ['a recurrent layer', () => new LSTM(2), 'ERR_CONFIG'],
    ['an embedding', () => new Embedding(2, 2), 'ERR_CONFIG'],
    ['a layer that flattens', () => new Flatten(), 'ERR_CONFIG'],
    ['another TimeDistributed', () => new TimeDistributed(new Dense(2)), 'ERR_CONFIG'],
    ['a layer of a model', () => new Sequential([new Dense(2)]).layers[0], 'ERR_CONFIG'],
    ['a layer of another wrapper', () => new TimeDistributed(new Dense(2)).layer, 'ERR_CONFIG'],
    ['a layer with a penalty on its output', () => new Dense(2, { activityRegularizer: 'l1' }), 'ERR_CONFIG'],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(() => new TimeDistributed(make() as Layer))).toBe(code);
  });

  test('vectors: refused', () => {
    expect(codeOf(() => new TimeDistributed(new Dense(2)).build([null, 3]))).toBe('ERR_SHAPE');
  });

  test('a wrapped layer has no place in a model of its own', () => {
    const dense = new Dense(2);
    new TimeDistributed(dense);
    expect(codeOf(() => new Sequential([dense]))).toBe('ERR_CONFIG');
  });
});

describe('TimeDistributed', () => {
  test.each<[string, () => Layer, (number | null)[]]>([
    ['Dense', () => new Dense(4), [null, null, 4]],
    ['Activation', () => new Activation('softmax'), [null, null, 3]],
    ['Dropout', () => new Dropout(0.5), [null, null, 3]],
  ])('of %s keeps the timesteps', (_, make, shape) => {
    expect(new TimeDistributed(make()).computeOutputShape([null, null, 3])).toEqual(shape);
  });

  test('is the wrapped layer to the engine, frozen where either is', () => {
    const native = (outer: boolean, inner: boolean) => {
      const layer = new TimeDistributed(new Dense(4, { activation: 'relu', trainable: inner }), { trainable: outer });
      layer.build([null, null, 3]);
      return layer.toNative();
    };
    expect(native(true, true)).toMatchObject({ kind: 'dense', units: 4, activation: 'relu', trainable: true });
    expect(native(true, false)).toMatchObject({ trainable: false });
    expect(native(false, true)).toMatchObject({ trainable: false });
  });

  test('has the weights of the wrapped layer, which sees them and kept what it had', () => {
    const dense = new Dense(1);
    dense.build([null, 2]);
    dense.setWeights([[[1], [2]], [3]]);
    const layer = new TimeDistributed(dense);
    layer.build([null, null, 2]);
    expect(layer.weightSpecs.map(({ name }) => name)).toEqual(['dense_1/kernel', 'dense_1/bias']);
    expect(layer.getWeights().map((weight) => weight.toArray())).toEqual([[[1], [2]], [3]]);
    dense.setWeights([[[4], [5]], [6]]);
    expect(layer.getWeights().map((weight) => weight.toArray())).toEqual([[[4], [5]], [6]]);
  });

  test('survives a round trip through plain data', () => {
    const layer = new TimeDistributed(new Dense(4, { activation: 'relu' }), { name: 'each' });
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
    const copy = layerFromConfig('test', { className: 'TimeDistributed', config });
    expect(copy).toBeInstanceOf(TimeDistributed);
    expect(copy.getConfig()).toEqual(layer.getConfig());
  });
});
