// SPDX-License-Identifier: MIT
import * as initializers from '../../../lib/initializers';
import {
  Dense,
  Embedding,
  GRU,
  Input,
  loadModel,
  LSTM,
  modelFromJson,
  NdArray,
  Sequential,
  setRandomSeed,
} from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const { resolveInitializer } = initializers;
const at = temporaryFolder();
const resolve = (value: unknown) => resolveInitializer('Dense', 'kernelInitializer', value as never);

describe('initializers: misuse', () => {
  test('an unknown name is refused with the nearest', () => {
    expect(codeOf(() => resolve('glorot_unifrom'))).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(() => resolve('glorot_unifrom'))).toContain("Did you mean 'glorot_uniform'?");
  });

  test.each([[null], [1], [{}], [[]]])('%p is no initializer', (value) => {
    expect(codeOf(() => resolve(value))).toBe('ERR_TYPE');
  });

  test.each<[string, () => unknown, string]>([
    ['a negative spread', () => new initializers.RandomNormal({ stddev: -1 }), 'ERR_CONFIG'],
    ['bounds in the wrong order', () => new initializers.RandomUniform({ minval: 1, maxval: 0 }), 'ERR_CONFIG'],
    ['a scale of zero', () => new initializers.VarianceScaling({ scale: 0 }), 'ERR_CONFIG'],
    ['an unknown mode', () => new initializers.VarianceScaling({ mode: 'fan' as never }), 'ERR_CONFIG'],
    ['a seed that is a fraction', () => new initializers.GlorotUniform({ seed: 0.5 }), 'ERR_CONFIG'],
    ['a seed that is a string', () => new initializers.GlorotUniform({ seed: '1' as never }), 'ERR_TYPE'],
    ['an unknown option', () => new initializers.Orthogonal({ gian: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['an infinite constant', () => new initializers.Constant(Infinity), 'ERR_CONFIG'],
    ['a constant that is a text', () => new initializers.Constant('1' as never), 'ERR_TYPE'],
    ['a constant that is null', () => new initializers.Constant(null as never), 'ERR_TYPE'],
    ['a constant of ragged rows', () => new initializers.Constant([[1, 2], [3]]), 'ERR_SHAPE'],
    ['a constant of no element', () => new initializers.Constant([[]]), 'ERR_DATA'],
    ['a constant with NaN in it', () => new initializers.Constant([[1, NaN]]), 'ERR_DATA'],
    [
      'a constant of a shape for other data',
      () => new initializers.Constant({ data: new Float32Array(5), shape: [2, 3] }),
      'ERR_SHAPE',
    ],
    [
      'a config of an alias with an option',
      () => resolve({ className: 'zero', config: { value: 1 } }),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      "values of an LSTM's whole bias beside its unit forget bias",
      () => new LSTM(1, { biasInitializer: new initializers.Constant([1, 2, 3, 4]) }),
      'ERR_CONFIG',
    ],
  ])('%s is refused', (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test('shapes that cannot be filled are refused before the engine is asked', () => {
    expect(codeOf(() => new initializers.Zeros().initialize([2 ** 20, 2 ** 20]))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => new initializers.Orthogonal().initialize([4]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new initializers.Identity().initialize([4]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new initializers.Zeros().initialize([2, -1]))).toBe('ERR_SHAPE');
  });
});

test('a shape without axes is that of a single number', () => {
  const one = new initializers.Ones().initialize([]);
  expect([one.rank, Array.from(one.data)]).toEqual([0, [1]]);
  // Its fans are 1, as in keras/src/initializers/random_initializers.py (compute_fans).
  expect(Math.abs(new initializers.GlorotUniform({ seed: 1 }).initialize([]).data[0]!)).toBeLessThan(Math.sqrt(3));
});

describe('initializers: what the engine is told', () => {
  const scaling = (scale: number, mode: string, distribution: string) => ({
    kind: 'variance_scaling',
    scale,
    mode,
    distribution,
  });
  test.each<[string, object]>([
    ['zeros', { kind: 'constant', value: 0 }],
    ['ones', { kind: 'constant', value: 1 }],
    ['constant', { kind: 'constant', value: 0 }],
    ['identity', { kind: 'identity', gain: 1 }],
    ['uniform', { kind: 'random_uniform', minval: -0.05, maxval: 0.05 }],
    ['random_uniform', { kind: 'random_uniform', minval: -0.05, maxval: 0.05 }],
    ['normal', { kind: 'random_normal', mean: 0, stddev: 0.05 }],
    ['truncated_normal', { kind: 'truncated_normal', mean: 0, stddev: 0.05 }],
    ['variance_scaling', scaling(1, 'fan_in', 'truncated_normal')],
    ['glorot_uniform', scaling(1, 'fan_avg', 'uniform')],
    ['glorot_normal', scaling(1, 'fan_avg', 'truncated_normal')],
    ['he_uniform', scaling(2, 'fan_in', 'uniform')],
    ['he_normal', scaling(2, 'fan_in', 'truncated_normal')],
    ['lecun_uniform', scaling(1, 'fan_in', 'uniform')],
    ['lecun_normal', scaling(1, 'fan_in', 'truncated_normal')],
    ['orthogonal', { kind: 'orthogonal', gain: 1 }],
  ])("%s has Keras' defaults", (name, native) => {
    expect(resolve(name).toNative()).toEqual(native);
  });

  test.each(['glorot_uniform', 'glorotUniform', 'GlorotUniform'])('%s is one and the same', (name) => {
    expect(resolve(name)).toBeInstanceOf(initializers.GlorotUniform);
  });

  test('modes and distributions are read in camelCase too', () => {
    const made = new initializers.VarianceScaling({ mode: 'fanAvg', distribution: 'untruncatedNormal' });
    expect(made.toNative()).toEqual(scaling(1, 'fan_avg', 'untruncated_normal'));
  });
});

describe('initializers: configs', () => {
  test.each([
    new initializers.Zeros(),
    new initializers.Ones(),
    new initializers.Constant(0.5),
    new initializers.Constant([
      [0.1, -2],
      [3e-8, 4],
    ]),
    new initializers.Identity({ gain: 2 }),
    new initializers.RandomUniform({ minval: -1, maxval: 2, seed: 3 }),
    new initializers.RandomNormal({ mean: 1, stddev: 2 }),
    new initializers.TruncatedNormal({ stddev: 2, seed: 0 }),
    new initializers.VarianceScaling({ scale: 3, mode: 'fan_out', distribution: 'uniform' }),
    new initializers.GlorotUniform({ seed: 5 }),
    new initializers.GlorotNormal(),
    new initializers.HeUniform(),
    new initializers.HeNormal(),
    new initializers.LecunUniform(),
    new initializers.LecunNormal({ seed: 9 }),
    new initializers.Orthogonal({ gain: 0.5 }),
  ])('survive a round trip through plain data: %#', (initializer) => {
    expect(resolve(JSON.parse(JSON.stringify(initializer)))).toEqual(initializer);
  });
});

describe('Constant of an array', () => {
  const ROWS = [
    [0.1, -2.5, 3],
    [0.25, 0, 7],
  ];
  const flat = Float32Array.from(ROWS.flat());
  const dense = (value: ConstructorParameters<typeof initializers.Constant>[0]): Sequential =>
    new Sequential([new Input([2]), new Dense(3, { kernelInitializer: new initializers.Constant(value), name: 'd' })]);
  const kernelOf = (model: Sequential): NdArray => model.getWeights()[0]!;

  test.each<[string, ConstructorParameters<typeof initializers.Constant>[0]]>([
    ['nested arrays', ROWS],
    ['nested typed arrays', ROWS.map((row) => Float64Array.from(row))],
    ['an NdArray', new NdArray(flat, [2, 3])],
    ['a typed array with a shape', { data: Float64Array.from(ROWS.flat()), shape: [2, 3] }],
  ])('%s: the weight begins with it', (_name, value) => {
    expect(kernelOf(dense(value))).toEqual(new NdArray(flat, [2, 3]));
  });

  test('a flat typed array has one axis, as a bias has', () => {
    const bias = new initializers.Constant(Float32Array.of(1, 2, 3));
    const model = new Sequential([new Input([2]), new Dense(3, { biasInitializer: bias })]);
    expect([...model.getWeights()[1]!.data]).toEqual([1, 2, 3]);
  });

  test('is copied: what becomes of the array later changes nothing', async () => {
    const data = flat.slice();
    const model = dense({ data, shape: [2, 3] });
    data.fill(9);
    expect([...kernelOf(model).data]).toEqual([...flat]);
    await model.predict([[1, 1]]);
    model.setWeights(model.getWeights().map(({ data: w, shape }) => ({ data: w.map(() => 5), shape: [...shape] })));
    expect([...(model.layers[0] as Dense).kernelInitializer.initialize([2, 3]).data]).toEqual([...flat]);
  });

  test.each<[string, () => Sequential, string]>([
    ['of another shape', () => dense([[1, 2]]), 'shape [2, 3] for the initializer Constant, received [1, 2]'],
    [
      'turned round',
      () =>
        dense([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      'received [3, 2]',
    ],
    ['of the same size but flat', () => dense(flat), 'received [6]'],
    ['that Keras would repeat for each row', () => dense([1, 2, 3]), 'received [3]'],
    [
      'of a table of other words',
      () => new Sequential([new Embedding(3, 3, { embeddingsInitializer: new initializers.Constant(ROWS) })]),
      'shape [3, 3] for the initializer Constant, received [2, 3]',
    ],
  ])('%s is refused where the layer is built, by the name of the layer', (_name, make, text) => {
    const build = (): void => make().build([null, 2]);
    expect(codeOf(build)).toBe('ERR_SHAPE');
    expect(messageOf(build)).toContain(text);
    expect(messageOf(build)).toMatch(/^(Dense "d"|Embedding "embedding_\d+"): /);
  });

  test('goes through configs, JSON and files, and a layer of its own kind', async () => {
    const bias = Array.from({ length: 2 }, (_, i) => [1, 2, 3, 4, 5, 6].map((value) => value / (i + 3)));
    const model = new Sequential([
      new Embedding(2, 3, { embeddingsInitializer: new initializers.Constant(ROWS) }),
      new GRU(2, { biasInitializer: new initializers.Constant(bias) }),
    ]);
    await model.save(at('constant.safetensors'));
    const values = (other: Sequential) => [other.getWeights()[0], other.getWeights()[3]];
    for (const other of [
      Sequential.fromConfig(model.getConfig()),
      Sequential.fromConfig(structuredClone(JSON.parse(JSON.stringify(model.getConfig())))),
      modelFromJson<Sequential>(model.toJson()),
      await loadModel<Sequential>(at('constant.safetensors')),
    ]) {
      expect(values(other)).toEqual(values(model));
      expect(other.getConfig()).toEqual(model.getConfig());
    }
    expect(codeOf(() => resolve({ className: 'Constant', config: { value: { data: [1, '2'], shape: [2] } } }))).toBe(
      'ERR_TYPE',
    );
  });
});

test('reading the weights of a layer takes no seed of the layers after it', () => {
  const later = (reads: boolean): number[] => {
    setRandomSeed(11);
    const lstm = new LSTM(2);
    lstm.build([null, null, 3]);
    if (reads) lstm.getWeights();
    const dense = new Dense(2);
    dense.build([null, 3]);
    return [...dense.getWeights()[0]!.data];
  };
  expect(later(true)).toEqual(later(false));
});
