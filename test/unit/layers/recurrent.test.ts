// SPDX-License-Identifier: MIT
// SimpleRNN, LSTM and GRU: what they refuse, their defaults, weights, configs, and what the engine is told. Nothing is
// computed here but first values.
import { clearSession, Constant, GRU, LSTM, Ones, SimpleRNN, RandomUniform, setRandomSeed } from '../../../lib';
import { layerFromConfig } from '../../../lib/layers';
import { codeOf, messageOf } from '../../support/error_code';
import type { NativeRecurrent } from '../../../lib/native/binding';

beforeEach(() => clearSession());

const CLASSES = [SimpleRNN, LSTM, GRU] as const;
const GATED = [LSTM, GRU] as const;

describe.each(CLASSES.map((Class) => [Class.name, Class] as const))('%s: misuse', (_, Class) => {
  test.each<[string, object, string]>([
    ['a dropout of 1', { dropout: 1 }, 'ERR_CONFIG'],
    ['a dropout below 0', { dropout: -0.1 }, 'ERR_CONFIG'],
    ['a recurrent dropout of NaN', { recurrentDropout: NaN }, 'ERR_CONFIG'],
    ['a dropout that is a string', { dropout: '0.5' }, 'ERR_TYPE'],
    ['a seed below 0', { seed: -1 }, 'ERR_CONFIG'],
    ['a seed that is a fraction', { seed: 0.5 }, 'ERR_CONFIG'],
    ['returnState that is a number', { returnState: 1 }, 'ERR_TYPE'],
    ['goBackwards that is null', { goBackwards: null }, 'ERR_TYPE'],
    ['stateful that is a string', { stateful: 'yes' }, 'ERR_TYPE'],
    ['unroll that is a number', { unroll: 0 }, 'ERR_TYPE'],
    ['zeroOutputForMask that is null', { zeroOutputForMask: null }, 'ERR_TYPE'],
    ['an activation that mixes the units', { activation: 'softmax' }, 'ERR_CONFIG'],
    ['another that does', { activation: 'sparsemax' }, 'ERR_CONFIG'],
    [
      'a penalty on the output that is none of its elements',
      { activityRegularizer: 'orthogonalRegularizer' },
      'ERR_CONFIG',
    ],
    ['an unknown activation', { activation: 'tanhh' }, 'ERR_UNKNOWN_NAME'],
    ['an unknown penalty on the output', { activityRegularizer: 'l3' }, 'ERR_UNKNOWN_NAME'],
    ['a constraint that is a number', { recurrentConstraint: 3 }, 'ERR_TYPE'],
    ['an unknown option', { timeMajor: true }, 'ERR_UNKNOWN_OPTION'],
  ])('%s: refused, and no name is taken', (_title, options, code) => {
    expect(codeOf(() => new Class(3, options as never))).toBe(code);
    expect(new Class(3).name).toMatch(/_1$|^gru_1$/);
  });

  test('zero units: refused', () => {
    expect(codeOf(() => new Class(0))).toBe('ERR_CONFIG');
  });

  test('an input that is no sequence: refused', () => {
    expect(codeOf(() => new Class(3).build([null, 4]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new Class(3).build([null, 4, null]))).toBe('ERR_SHAPE');
  });
});

describe.each(GATED.map((Class) => [Class.name, Class] as const))('%s: misuse of the gates', (_, Class) => {
  test('a recurrent activation that mixes the units: refused by its name', () => {
    const call = () => new Class(3, { recurrentActivation: 'softmax' });
    expect(codeOf(call)).toBe('ERR_CONFIG');
    expect(messageOf(call)).toContain('recurrentActivation to act on each unit by itself');
  });

  test('cuDNN cannot be asked for', () => {
    expect(codeOf(() => new Class(3, { useCudnn: true as never }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new Class(3, { useCudnn: 'never' as never }))).toBe('ERR_CONFIG');
    expect(new Class(3, { useCudnn: false }).useCudnn).toBe(false);
  });
});

test('what belongs to another cell is unknown', () => {
  expect(codeOf(() => new SimpleRNN(3, { recurrentActivation: 'sigmoid' } as never))).toBe('ERR_UNKNOWN_OPTION');
  expect(codeOf(() => new LSTM(3, { resetAfter: true } as never))).toBe('ERR_UNKNOWN_OPTION');
  expect(codeOf(() => new GRU(3, { unitForgetBias: true } as never))).toBe('ERR_UNKNOWN_OPTION');
  expect(codeOf(() => new LSTM(3, { unitForgetBias: 1 as never }))).toBe('ERR_TYPE');
  expect(codeOf(() => new GRU(3, { resetAfter: 'yes' as never }))).toBe('ERR_TYPE');
});

describe('shapes', () => {
  test.each(CLASSES.map((Class) => [Class.name, Class] as const))('%s', (_, Class) => {
    expect(new Class(4).computeOutputShape([null, null, 3])).toEqual([null, 4]);
    expect(new Class(4, { returnSequences: true }).computeOutputShape([2, 7, 3])).toEqual([2, 7, 4]);
    expect(new Class(4, { returnState: true }).computeOutputShape([2, 7, 3])).toEqual([2, 4]);
  });

  test('states: h, and c beside it in an LSTM', () => {
    expect(new SimpleRNN(4).stateSizes).toEqual([4]);
    expect(new LSTM(4).stateSizes).toEqual([4, 4]);
    expect(new GRU(4).stateSizes).toEqual([4]);
  });
});

describe('weights', () => {
  test.each<[string, () => SimpleRNN | LSTM | GRU, number[][]]>([
    ['SimpleRNN', () => new SimpleRNN(4), [[3, 4], [4, 4], [4]]],
    ['LSTM', () => new LSTM(4), [[3, 16], [4, 16], [16]]],
    [
      'GRU',
      () => new GRU(4),
      [
        [3, 12],
        [4, 12],
        [2, 12],
      ],
    ],
    ['GRU that resets before', () => new GRU(4, { resetAfter: false }), [[3, 12], [4, 12], [12]]],
    [
      'LSTM without bias',
      () => new LSTM(4, { useBias: false }),
      [
        [3, 16],
        [4, 16],
      ],
    ],
  ])('%s has those of Keras', (_, make, shapes) => {
    const layer = make();
    layer.build([null, null, 3]);
    expect(layer.weightSpecs.map(({ name }) => name)).toEqual(
      ['kernel', 'recurrentKernel', 'bias'].slice(0, shapes.length),
    );
    expect(layer.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
    const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
    expect(layer.countParams()).toBe(sizes.reduce((a, b) => a + b, 0));
  });

  const biasOf = (layer: LSTM): number[] => {
    layer.build([null, null, 2]);
    return layer.getWeights()[2]!.toArray() as number[];
  };

  test('the forget gate of an LSTM begins open, and the other gates as the initializer says', () => {
    expect(biasOf(new LSTM(2))).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(biasOf(new LSTM(2, { biasInitializer: new Constant(0.5) }))).toEqual([0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5]);
    expect(biasOf(new LSTM(2, { biasInitializer: new Ones(), unitForgetBias: false }))).toEqual(Array(8).fill(1));
    expect(biasOf(new LSTM(2, { unitForgetBias: false }))).toEqual(Array(8).fill(0));
  });

  test('gates drawn at random differ, and repeat with the seed', () => {
    setRandomSeed(3);
    const biasInitializer = new RandomUniform();
    const first = biasOf(new LSTM(2, { biasInitializer }));
    expect(new Set(first).size).toBe(7);
    expect(first.slice(2, 4)).toEqual([1, 1]);
    const seeded = () => biasOf(new LSTM(2, { biasInitializer: new RandomUniform({ seed: 5 }) }));
    expect(seeded()).toEqual(seeded());
  });

  test('an initializer that cannot fill a bias is refused when the layer is built', () => {
    expect(codeOf(() => new LSTM(2, { biasInitializer: 'orthogonal' }).build([null, null, 2]))).toBe('ERR_SHAPE');
  });
});

describe('what the engine is told', () => {
  const native = (layer: SimpleRNN | LSTM | GRU): NativeRecurrent => {
    layer.build([null, null, 3]);
    return layer.toNative(layer.inputShape!);
  };

  test('the gates of each cell', () => {
    const gates = ({ kind, recurrentActivation, resetAfter }: NativeRecurrent) => [
      kind,
      recurrentActivation,
      resetAfter,
    ];
    expect(gates(native(new SimpleRNN(4)))).toEqual(['simple_rnn', 'linear', false]);
    expect(gates(native(new LSTM(4, { recurrentActivation: 'hardSigmoid' })))).toEqual(['lstm', 'hard_sigmoid', false]);
    expect(gates(native(new GRU(4)))).toEqual(['gru', 'sigmoid', true]);
    expect(gates(native(new GRU(4, { resetAfter: false, recurrentActivation: null })))).toEqual([
      'gru',
      'linear',
      false,
    ]);
  });

  test('all that can be chosen', () => {
    const options = {
      returnSequences: true,
      goBackwards: true,
      stateful: true,
      zeroOutputForMask: true,
      dropout: 0.25,
      recurrentDropout: 0.5,
      seed: 9,
    };
    expect(native(new LSTM(4, options))).toMatchObject(options);
  });

  test('dropout without a seed draws one, and differs from layer to layer', () => {
    const seeds = [0, 1].map(() => native(new GRU(4, { dropout: 0.5 })).seed);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  test('a layer without dropout takes no seed from those that follow', () => {
    const seedAfter = (make: () => void): number => {
      setRandomSeed(11);
      make();
      return native(new SimpleRNN(2, { dropout: 0.5 })).seed;
    };
    expect(seedAfter(() => new LSTM(4))).toBe(seedAfter(() => undefined));
  });
});

describe('configs', () => {
  const options = {
    activation: 'relu',
    useBias: false,
    kernelInitializer: 'heNormal',
    recurrentRegularizer: 'l2',
    activityRegularizer: 'l1',
    kernelConstraint: 'maxNorm',
    recurrentConstraint: 'unitNorm',
    dropout: 0.1,
    recurrentDropout: 0.2,
    seed: 3,
    returnSequences: true,
    returnState: true,
    goBackwards: true,
    stateful: true,
    unroll: true,
    zeroOutputForMask: true,
    inputShape: [null, 3],
    name: 'cell',
    trainable: false,
  };
  test.each<[string, () => SimpleRNN | LSTM | GRU]>([
    ['SimpleRNN', () => new SimpleRNN(4, options)],
    ['LSTM', () => new LSTM(4, { ...options, recurrentActivation: 'tanh', unitForgetBias: false, useCudnn: false })],
    ['GRU', () => new GRU(4, { ...options, recurrentActivation: 'tanh', resetAfter: false })],
    ['LSTM', () => new LSTM(4)],
    ['GRU', () => new GRU(4)],
  ])('%s survives a round trip through plain data', (className, make) => {
    const layer = make();
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
    const copy = layerFromConfig('test', { className, config }) as LSTM;
    expect(copy.constructor).toBe(layer.constructor);
    expect(copy.getConfig()).toEqual(layer.getConfig());
    layer.build([null, null, 3]);
    copy.build([null, null, 3]);
    expect(copy.toNative(copy.inputShape!)).toEqual(layer.toNative(layer.inputShape!));
  });
});
