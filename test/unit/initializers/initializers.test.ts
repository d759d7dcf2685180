// SPDX-License-Identifier: MIT
import * as initializers from '../../../lib/initializers';
import { codeOf, messageOf } from '../../support/error_code';

const { resolveInitializer } = initializers;
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
  ])('%s is refused', (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test('shapes that cannot be filled are refused before the engine is asked', () => {
    expect(codeOf(() => new initializers.Zeros().initialize([2 ** 20, 2 ** 20]))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => new initializers.Orthogonal().initialize([4]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new initializers.Identity().initialize([4]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new initializers.Zeros().initialize([]))).toBe('ERR_SHAPE');
    expect(codeOf(() => new initializers.Zeros().initialize([2, -1]))).toBe('ERR_SHAPE');
  });
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
