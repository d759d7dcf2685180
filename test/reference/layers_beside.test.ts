// SPDX-License-Identifier: MIT
import type { Activation } from './activations';
import {
  batchNormalizationBackward,
  batchNormalizationForward,
  type BatchNormalizationProblem,
} from './batch_normalization';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { conv1dBackward, conv1dForward, type Conv1dProblem } from './conv1d';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { layerNormalizationBackward, layerNormalizationForward } from './layer_normalization';
import { globalPoolBackward, globalPoolForward, poolBackward, poolForward, type Pool } from './pooling';
import { drawFrom } from './random';
import { hideMasked, maskOf, repeatBackward, repeatForward, scaleFeatures } from './reshaping';
import type { Padding } from './windows';

/** Checks gradients of sum(r * f()) by differences of every array that f reads. */
function checkDifferences(
  f: () => Float64Array,
  backward: (r: Float64Array) => [gradient: Float64Array, array: Float64Array][],
): void {
  const r = drawFrom(50).normal(f().length);
  const total = (): number => f().reduce((sum, value, i) => sum + value * r[i]!, 0);
  for (const [gradient, array] of backward(r)) {
    expectClose(gradient, finiteDifferences(total, array), DIFFERENCE_TOLERANCE);
  }
}

describe('oracles of the layers beside recurrent ones: gradients agree with finite differences', () => {
  test('layer_normalization', () => {
    const draw = drawFrom(51);
    const p = { columns: 5, epsilon: 1e-3, x: draw.normal(15), gamma: draw.normal(5), beta: draw.normal(5) };
    checkDifferences(
      () => layerNormalizationForward(p),
      (r) => {
        const g = layerNormalizationBackward(p, r);
        return [
          [g.x, p.x],
          [g.gamma, p.gamma],
          [g.beta, p.beta],
        ];
      },
    );
  });

  test.each<[string, boolean, number[] | null]>([
    ['in training', true, null],
    ['in training with masked rows', true, [1, 0, 1, 1, 0, 1]],
    ['in inference', false, [1, 0, 1, 1, 0, 1]],
  ])('batch_normalization %s', (_, training, mask) => {
    const draw = drawFrom(52);
    const p = {
      columns: 3,
      momentum: 0.9,
      epsilon: 1e-3,
      x: draw.normal(18),
      gamma: draw.normal(3),
      beta: draw.normal(3),
      movingMean: draw.normal(3),
      movingVariance: draw.uniform(3, 0.5, 2),
      mask,
      training,
    } satisfies BatchNormalizationProblem;
    checkDifferences(
      () => batchNormalizationForward(p).y,
      (r) => {
        const g = batchNormalizationBackward(p, r);
        return [
          [g.x, p.x],
          [g.gamma, p.gamma],
          [g.beta, p.beta],
        ];
      },
    );
  });

  test.each<[Padding, number, number, number]>([
    ['valid', 2, 1, 1],
    ['same', 2, 1, 2],
    ['same', 1, 3, 1],
    ['causal', 1, 2, 2],
  ])('conv1d %s, strides %d, dilation %d, groups %d', (padding, strides, dilationRate, groups) => {
    const draw = drawFrom(53);
    const p = {
      batch: 2,
      steps: 6,
      inputs: 4,
      filters: 2,
      kernelSize: 3,
      strides,
      padding,
      dilationRate,
      groups,
      activation: 'tanh',
      x: draw.normal(48),
      kernel: draw.normal((3 * 4 * 2) / groups, 0.5),
      bias: draw.normal(2),
    } satisfies Conv1dProblem;
    checkDifferences(
      () => conv1dForward(p),
      (r) => {
        const g = conv1dBackward(p, r);
        return [
          [g.x, p.x],
          [g.kernel, p.kernel],
          [g.bias, p.bias],
        ];
      },
    );
  });

  test.each<Pool>(['max', 'average'])('%s pooling, windows that overlap and the whole sequence', (pool) => {
    const draw = drawFrom(54);
    const p = {
      pool,
      batch: 2,
      steps: 5,
      columns: 3,
      poolSize: 3,
      strides: 2,
      padding: 'same' as const,
      x: draw.normal(30),
      mask: [1, 0, 1, 1, 0, 0, 1, 1, 1, 1],
    };
    checkDifferences(
      () => poolForward(p),
      (r) => [[poolBackward(p, r), p.x]],
    );
    checkDifferences(
      () => globalPoolForward(p),
      (r) => [[globalPoolBackward(p, r), p.x]],
    );
  });

  test('repeat_vector, masking and features scaled as by spatial dropout', () => {
    const draw = drawFrom(55);
    const x = draw.normal(6);
    checkDifferences(
      () => repeatForward(x, 3, 4),
      (r) => [[repeatBackward(r, 3, 4), x]],
    );
    checkDifferences(
      () => hideMasked(x, 3, [0, 1]),
      (r) => [[hideMasked(r, 3, [0, 1]), x]],
    );
    const [steps, factors] = [draw.normal(2 * 4 * 3), draw.uniform(6, 0, 2)];
    checkDifferences(
      () => scaleFeatures(steps, 4, 3, factors),
      (r) => [[scaleFeatures(r, 4, 3, factors), steps]],
    );
  });
});

describeGolden('layers_beside', () => {
  interface Case {
    inputs: Packed;
    weights: Packed[];
    outputs: Packed;
    r: Packed;
    gradients: { weights: Packed[]; inputs: Packed };
  }
  interface Normalization extends Case {
    center: boolean;
    scale: boolean;
    epsilon: number;
  }
  interface Golden {
    layer_normalization: Normalization[];
    batch_normalization: (Normalization & {
      momentum: number;
      training: boolean;
      mask: number[] | null;
      moving: Packed[];
      movingAfter: Packed[];
    })[];
    conv1d: (Case & {
      filters: number;
      kernelSize: number;
      strides: number;
      padding: Padding;
      dilationRate: number;
      groups: number;
      activation: Activation;
      useBias: boolean;
    })[];
    pooling: (Case & { pool: Pool; poolSize: number; strides: number; padding: 'valid' | 'same' })[];
    global_pooling: (Case & { pool: Pool; mask: number[] | null })[];
    moving: (Case & { layer: string; maskValue?: number; mask?: number[]; n?: number })[];
  }
  const golden = readGolden<Golden>('layers_beside');

  function expectCase(c: Case, y: Float64Array, dx: Float64Array, weights: Float64Array[] = []): void {
    expectClose(y, c.outputs.data, GOLDEN_TOLERANCE);
    expectClose(dx, c.gradients.inputs.data, GOLDEN_TOLERANCE);
    expect(weights).toHaveLength(c.gradients.weights.length);
    weights.forEach((w, i) => expectClose(w, c.gradients.weights[i]!.data, GOLDEN_TOLERANCE));
  }

  /** Weights stand in Keras' order: gamma if used, then beta if used. */
  function affine(c: Normalization): { gamma: Float64Array | null; beta: Float64Array | null } {
    const weights = c.weights.map(given);
    return { gamma: c.scale ? weights[0]! : null, beta: c.center ? weights.at(-1)! : null };
  }
  const used = (c: Normalization, g: { gamma: Float64Array; beta: Float64Array }): Float64Array[] => [
    ...(c.scale ? [g.gamma] : []),
    ...(c.center ? [g.beta] : []),
  ];

  test('layer_normalization agrees with Keras', () => {
    for (const c of golden.layer_normalization) {
      const p = { columns: c.inputs.shape.at(-1)!, epsilon: c.epsilon, x: given(c.inputs), ...affine(c) };
      const g = layerNormalizationBackward(p, given(c.r));
      expectCase(c, layerNormalizationForward(p), g.x, used(c, g));
    }
  });

  test('batch_normalization agrees with Keras, and so do its moving averages', () => {
    for (const c of golden.batch_normalization) {
      const [movingMean, movingVariance] = c.moving.map(given) as [Float64Array, Float64Array];
      const p: BatchNormalizationProblem = {
        columns: c.inputs.shape.at(-1)!,
        momentum: c.momentum,
        epsilon: c.epsilon,
        x: given(c.inputs),
        ...affine(c),
        movingMean,
        movingVariance,
        mask: c.mask,
        training: c.training,
      };
      const result = batchNormalizationForward(p);
      const g = batchNormalizationBackward(p, given(c.r));
      expectCase(c, result.y, g.x, used(c, g));
      expectClose(result.movingMean, c.movingAfter[0]!.data, GOLDEN_TOLERANCE);
      expectClose(result.movingVariance, c.movingAfter[1]!.data, GOLDEN_TOLERANCE);
    }
  });

  test('conv1d agrees with Keras', () => {
    for (const c of golden.conv1d) {
      const [batch, steps, inputs] = c.inputs.shape as [number, number, number];
      const [kernel, bias] = c.weights.map(given);
      const p: Conv1dProblem = { ...c, batch, steps, inputs, x: given(c.inputs), kernel: kernel!, bias: bias ?? null };
      const g = conv1dBackward(p, given(c.r));
      expectCase(c, conv1dForward(p), g.x, c.useBias ? [g.kernel, g.bias] : [g.kernel]);
    }
  });

  test('pooling over windows and over whole sequences agrees with Keras', () => {
    for (const c of golden.pooling) {
      const [batch, steps, columns] = c.inputs.shape as [number, number, number];
      const p = { ...c, batch, steps, columns, x: given(c.inputs) };
      expectCase(c, poolForward(p), poolBackward(p, given(c.r)));
    }
    for (const c of golden.global_pooling) {
      const [batch, steps, columns] = c.inputs.shape as [number, number, number];
      const p = { ...c, batch, steps, columns, x: given(c.inputs) };
      expectCase(c, globalPoolForward(p), globalPoolBackward(p, given(c.r)));
    }
  });

  test('masking, repeat_vector and reshape agree with Keras', () => {
    expect(golden.moving.map(({ layer }) => layer)).toEqual(['masking', 'repeat_vector', 'reshape', 'reshape']);
    for (const c of golden.moving) {
      const [x, r] = [given(c.inputs), given(c.r)];
      const columns = c.inputs.shape.at(-1)!;
      if (c.layer === 'masking') {
        const mask = maskOf(x, columns, c.maskValue!);
        expect([...mask]).toEqual(c.mask);
        expectCase(c, hideMasked(x, columns, mask), hideMasked(r, columns, mask));
      } else if (c.layer === 'repeat_vector') {
        expectCase(c, repeatForward(x, columns, c.n!), repeatBackward(r, columns, c.n!));
      } else {
        expectCase(c, x, r); // values stay where they are
      }
    }
  });
});
