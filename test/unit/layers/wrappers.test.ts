// SPDX-License-Identifier: MIT
// Bidirectional and TimeDistributed: which layers they take, whose the weights are, configs, and what the engine is told.
import {
  Activation,
  BatchNormalization,
  Bidirectional,
  clearSession,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GlobalMaxPooling1D,
  GRU,
  Input,
  Layer,
  LSTM,
  RepeatVector,
  Reshape,
  Sequential,
  SimpleRNN,
  TimeDistributed,
  type BidirectionalOptions,
} from '../../../lib';
import { layerFromConfig } from '../../../lib/layers';
import { Model } from '../../../lib/models';
import { codeOf, messageOf } from '../../support/error_code';
import { lowered } from '../../support/lowered';

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
    layer.build([null, null, 3]);
    expect(pattern.isBuilt).toBe(false);
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
    const { nodes, outputs } = lowered(layer, [null, 3]);
    const penalties = [0.01, 0, 0].map((l2) => ({ l2 }));
    expect(nodes).toMatchObject([
      { inputs: [0], flipsOutputs: false, config: { kind: 'lstm', units: 2, goBackwards: false, penalties } },
      { inputs: [0], flipsOutputs: true, config: { kind: 'lstm', units: 2, goBackwards: true, penalties } },
      // Value 0 is the input; each direction gives its output, h and c.
      { inputs: [1, 4], flipsOutputs: false, config: { kind: 'merge', merge: 'add' } },
    ]);
    expect(nodes[0]!.layer).not.toBe(nodes[1]!.layer);
    expect(outputs).toEqual([7]);
    expect(layer.weightSpecs.map(({ trainable }) => trainable)).toEqual(Array(6).fill(false));
  });

  test.each([
    ['concat', { kind: 'concatenate', alongSteps: false }],
    ['mul', { kind: 'merge', merge: 'multiply' }],
    ['ave', { kind: 'merge', merge: 'average' }],
  ] as const)('%s is a node that reads both', (mergeMode, config) => {
    expect(lowered(built({ mergeMode }), [null, 3]).nodes.at(-1)).toMatchObject({ inputs: [1, 4], config });
  });

  test('outputs that are not merged are two to the engine, and states those of the forward layer first', () => {
    const layer = built({ mergeMode: null }, new LSTM(2, { returnSequences: true, returnState: true }));
    const { nodes, outputs } = lowered(layer, [null, 3]);
    expect(nodes.map(({ config }) => config.kind)).toEqual(['lstm', 'lstm']);
    expect(outputs).toEqual([1, 4, 2, 3, 5, 6]);
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
  const twoOutputs = (): Model => {
    const input = new Input([3]);
    return new Model(input, [new Dense(2).apply(input), new Dense(2).apply(input)]);
  };
  const twoInputs = (): Model => {
    const [x, h] = [new Input([null, 3]), new Input([2])];
    return new Model([x, h], new GRU(2).apply(x, { initialState: h }));
  };

  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'ERR_TYPE'],
    ['a function', () => () => 1, 'ERR_TYPE'],
    ['an Input', () => new Input([3]), 'ERR_TYPE'],
    ['states beside the output', () => new LSTM(2, { returnState: true }), 'ERR_CONFIG'],
    ['two directions that are not merged', () => new Bidirectional(new LSTM(2), { mergeMode: null }), 'ERR_CONFIG'],
    ['a model of two outputs', twoOutputs, 'ERR_CONFIG'],
    ['a model of two inputs', twoInputs, 'ERR_CONFIG'],
    ['a layer that carries states', () => new LSTM(2, { stateful: true }), 'ERR_CONFIG'],
    ['a model that carries states', () => new Sequential([new LSTM(2, { stateful: true })]), 'ERR_CONFIG'],
    ['moments of the batch', () => new BatchNormalization(), 'ERR_CONFIG'],
    ['a model with moments of the batch', () => new Sequential([new Dense(2), new BatchNormalization()]), 'ERR_CONFIG'],
    ['a layer with a penalty on its output', () => new Dense(2, { activityRegularizer: 'l1' }), 'ERR_CONFIG'],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(() => new TimeDistributed(make() as Layer))).toBe(code);
  });

  test.each<[string, () => Layer, (number | null)[]]>([
    ['vectors', () => new Dense(2), [null, 3]],
    ['five axes', () => new Dense(2), [null, 2, 3, 4, 5]],
    ['vectors for each timestep of an LSTM', () => new LSTM(2), [null, 3, 4]],
    ['what becomes of five axes', () => new TimeDistributed(new Reshape([2, 2])), [null, 3, 5, 4]],
    ['timesteps of unknown features', () => new Dense(2), [null, 3, null]],
  ])('%s: refused', (_, make, shape) => {
    expect(codeOf(() => new TimeDistributed(make()).build(shape))).toBe('ERR_SHAPE');
  });

  test('what is in the way is named', () => {
    expect(messageOf(() => new TimeDistributed(new Sequential([new BatchNormalization()])))).toBe(
      'TimeDistributed: expected a layer that computes each row of a batch by itself, received Sequential "sequential_1" ' +
        'with BatchNormalization "batch_normalization_1".',
    );
  });
});

describe('TimeDistributed', () => {
  test.each<[string, () => Layer, (number | null)[]]>([
    ['Dense', () => new Dense(4), [null, null, 4]],
    ['Activation', () => new Activation('softmax'), [null, null, 3]],
    ['Dropout', () => new Dropout(0.5), [null, null, 3]],
    ['Reshape', () => new Reshape([3, 1]), [null, null, 3, 1]],
    ['RepeatVector', () => new RepeatVector(2), [null, null, 2, 3]],
    ['a model', () => new Sequential([new Dense(4), new Dense(2)]), [null, null, 2]],
  ])('of %s keeps the timesteps', (_, make, shape) => {
    const layer = new TimeDistributed(make());
    layer.build([null, null, 3]);
    expect(layer.outputShape).toEqual(shape);
  });

  test.each<[string, () => Layer, (number | null)[], (number | null)[]]>([
    ['Dense', () => new Dense(5), [null, 2, null, 3], [null, 2, null, 5]],
    ['LSTM', () => new LSTM(5), [null, null, null, 3], [null, null, 5]],
    ['an LSTM of sequences', () => new LSTM(5, { returnSequences: true }), [null, 2, 4, 3], [null, 2, 4, 5]],
    ['Bidirectional', () => new Bidirectional(new GRU(5)), [null, 2, 4, 3], [null, 2, 10]],
    ['Conv1D', () => new Conv1D(5, 3), [null, 2, 4, 3], [null, 2, 2, 5]],
    ['Flatten', () => new Flatten(), [null, 2, 4, 3], [null, 2, 12]],
    ['GlobalMaxPooling1D', () => new GlobalMaxPooling1D(), [null, null, null, 3], [null, null, 3]],
    ['Embedding', () => new Embedding(9, 5), [null, null, 4], [null, null, 4, 5]],
    ['TimeDistributed', () => new TimeDistributed(new Dense(5)), [null, 2, 4, 3], [null, 2, 4, 5]],
    ['a model of words', () => new Sequential([new Embedding(9, 5), new LSTM(2)]), [null, null, 4], [null, null, 2]],
  ])('of %s reads each part of a sample', (_, make, given, wanted) => {
    const layer = new TimeDistributed(make());
    layer.build(given);
    expect(layer.outputShape).toEqual(wanted);
  });

  test.each<[string, Layer, number[], string[]]>([
    ['computes each position by itself: it alone', new Dense(4), [5, 3], ['dense']],
    ['reads parts, which are rows', new LSTM(4), [2, 5, 3], ['lstm', 'unfold']],
    ['makes vectors of parts', new Flatten(), [2, 5, 3], ['flatten', 'unfold']],
    ['reads timesteps as vectors', new RepeatVector(2), [5, 3], ['fold', 'repeat_vector']],
    ['reads timesteps as vectors and gives vectors', new Reshape([3]), [5, 3], ['fold', 'reshape', 'unfold']],
    ['masks', new Embedding(9, 2, { maskZero: true }), [2, 5], ['embedding', 'unmask']],
    ['does not mask', new Embedding(9, 2), [2, 5], ['embedding']],
    ['masks within', new Sequential([new Embedding(9, 2, { maskZero: true }), new LSTM(4)]), [2, 5], ['embedding', 'lstm', 'unfold']],
  ])('to the engine, of a layer that %s', (_, layer, shape, kinds) => {
    const { nodes } = lowered(new TimeDistributed(layer), shape);
    expect(nodes.map(({ config }) => config.kind)).toEqual(kinds);
  }); // prettier-ignore

  test('is frozen where it or the wrapped layer is', () => {
    const flags = (outer: boolean, inner: boolean) => {
      const layer = new TimeDistributed(new Dense(4, { trainable: inner }), { trainable: outer });
      layer.build([null, null, 3]);
      return layer.weightSpecs.map(({ trainable }) => trainable);
    };
    expect([flags(true, true), flags(true, false), flags(false, true)]).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
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
