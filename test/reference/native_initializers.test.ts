// SPDX-License-Identifier: MIT
// native/initializers: distributions as Keras', orthogonality, and element i given by (seed, i) alone.
import type { NativeInitializer } from '../../lib/native/binding';
import { testingAddon } from '../support/testing_addon';
import { describeGolden, readGolden } from './golden';

const { reference } = testingAddon;

function draw(initializer: NativeInitializer, shape: number[], seed = 1): Float32Array {
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(NaN);
  reference.initialize({ initializer, shape, seed, out });
  return out;
}

function moments(values: Float32Array): { mean: number; std: number; min: number; max: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return { mean, std, min: values.reduce((a, b) => Math.min(a, b)), max: values.reduce((a, b) => Math.max(a, b)) };
}

describe('constant initializers', () => {
  test('constant', () => expect(Array.from(draw({ kind: 'constant', value: 0.5 }, [3]))).toEqual([0.5, 0.5, 0.5]));
  test('values of an array', () => {
    const values = Float32Array.of(1, -2, 0.25, 3e-9);
    expect(draw({ kind: 'values', values }, [2, 2])).toEqual(values);
  });
  test('identity of any rectangle', () => {
    expect(Array.from(draw({ kind: 'identity', gain: 2 }, [2, 3]))).toEqual([2, 0, 0, 0, 2, 0]);
    expect(Array.from(draw({ kind: 'identity', gain: 2 }, [3, 2]))).toEqual([2, 0, 0, 2, 0, 0]);
  });
});

describe('the normal quantile', () => {
  // Values of the standard normal distribution to 16 digits (R: qnorm).
  test.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.0227501319481792, -2],
    [1e-10, -6.361340902404056],
    [1e-15, -7.941345326170997],
  ])('of %p is %p', (p, z) => expect(reference.normalQuantile({ p })).toBeCloseTo(z, 13));
});

describe('random initializers', () => {
  const kinds: NativeInitializer[] = [
    { kind: 'random_uniform', minval: -1, maxval: 3 },
    { kind: 'random_normal', mean: 1, stddev: 2 },
    { kind: 'truncated_normal', mean: 1, stddev: 2 },
  ];

  test.each(kinds)('%j: an element does not depend on the size of the array', (initializer) => {
    expect(draw(initializer, [10])).toEqual(draw(initializer, [25, 4]).slice(0, 10));
    expect(draw(initializer, [10])).not.toEqual(draw(initializer, [10], 2));
  });

  // 250,000 draws: the mean is within five standard errors (std / 500), the standard deviation within five of its own.
  test.each([
    [kinds[0]!, 1, 4 / Math.sqrt(12)],
    [kinds[1]!, 1, 2],
    [kinds[2]!, 1, 2 * 0.87962566103423978],
  ])('%j has mean %p and standard deviation %p', (initializer, mean, std) => {
    const got = moments(draw(initializer, [500, 500]));
    expect(Math.abs(got.mean - mean)).toBeLessThan((5 * std) / 500);
    expect(Math.abs(got.std - std)).toBeLessThan((5 * std) / 500);
    if (initializer.kind === 'random_uniform') {
      expect(got.min).toBeGreaterThanOrEqual(-1);
      expect(got.max).toBeLessThan(3);
    }
    if (initializer.kind === 'truncated_normal') {
      expect(got.min).toBeGreaterThanOrEqual(-3);
      expect(got.max).toBeLessThanOrEqual(5);
    }
  });

  test('a uniform range of one float holds its lower end only', () => {
    const values = draw({ kind: 'random_uniform', minval: 1, maxval: 1 + 2 ** -23 }, [100]);
    expect(new Set(values)).toEqual(new Set([1]));
  });
});

describe('orthogonal', () => {
  // Rounding to float: each product of rows of length n is off by about 6e-8 / sqrt(n) * a few.
  test.each([
    [1, 1],
    [5, 5],
    [32, 32],
    [17, 40],
    [40, 17],
    [3, 4, 6],
    [300, 300],
  ])('%d x %d x %s: the shorter side is orthonormal', (...axes) => {
    const shape = axes.filter((axis) => axis !== undefined);
    const columns = shape.at(-1)!;
    const rows = shape.reduce((a, b) => a * b, 1) / columns;
    const q = draw({ kind: 'orthogonal', gain: 1.5 }, shape, 9);
    const [count, length] = rows >= columns ? [columns, rows] : [rows, columns];
    const at = (k: number, i: number): number => (rows >= columns ? q[i * columns + k]! : q[k * columns + i]!) / 1.5;
    let worst = 0;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
        worst = Math.max(worst, Math.abs(dot - Number(a === b)));
      }
    }
    expect(worst).toBeLessThan(1e-6);
  });

  test('is not always the same sign, and given by the seed', () => {
    const firsts = Array.from({ length: 20 }, (_, seed) => draw({ kind: 'orthogonal', gain: 1 }, [4, 4], seed)[0]!);
    expect(Math.min(...firsts)).toBeLessThan(0);
    expect(Math.max(...firsts)).toBeGreaterThan(0);
    expect(draw({ kind: 'orthogonal', gain: 1 }, [4, 4], 3)[0]).toBe(firsts[3]);
  });
});

describeGolden('initializers', () => {
  interface Golden {
    scaling: {
      initializer: string;
      scale: number;
      mode: 'fan_in' | 'fan_out' | 'fan_avg';
      distribution: 'truncated_normal' | 'untruncated_normal' | 'uniform';
      shape: number[];
      std: number;
      limit: number | null;
      meanTolerance: number;
      stdTolerance: number;
    }[];
  }

  test('variance scaling has the spread and the limits of Keras for every shape', () => {
    readGolden<Golden>('initializers').scaling.forEach((c, seed) => {
      const { scale, mode, distribution } = c;
      const got = moments(draw({ kind: 'variance_scaling', scale, mode, distribution }, c.shape, seed));
      expect(Math.abs(got.mean)).toBeLessThan(c.meanTolerance);
      expect(Math.abs(got.std - c.std)).toBeLessThan(c.stdTolerance);
      if (c.limit !== null) expect(Math.max(-got.min, got.max)).toBeLessThanOrEqual(c.limit * (1 + 1e-6));
    });
  });
});
