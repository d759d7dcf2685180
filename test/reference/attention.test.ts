// SPDX-License-Identifier: MIT
import { attentionGolden, dotProblemOf, problemOf } from '../support/attention_goldens';
import {
  attentionBackward,
  attentionForward,
  dotBackward,
  dotForward,
  type AttentionProblem,
  type DotProblem,
} from './attention';
import { attentionLayer } from './attention_layers';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given } from './golden';
import { drawFrom } from './random';

/** What sum(r * f()) loses where an element of `array` changes. */
function expectDifferences(f: () => Float64Array, r: Float64Array, array: Float64Array, gradient: Float64Array): void {
  const total = (): number => f().reduce((sum, value, i) => sum + value * r[i]!, 0);
  expectClose(gradient, finiteDifferences(total, array), DIFFERENCE_TOLERANCE);
}

describe('oracles of attention: gradients agree with finite differences', () => {
  const problem = (score: 'dot' | 'tanh', heads: number, more: Partial<AttentionProblem> = {}): AttentionProblem => {
    const draw = drawFrom(81);
    const [rows, queries, keys, keyDim, valueDim] = [2, 3, 4, 3, 2];
    return {
      ...{ rows, queries, keys, heads, keyDim, valueDim, score },
      query: draw.normal(rows * queries * heads * keyDim),
      key: draw.normal(rows * keys * heads * keyDim),
      value: draw.normal(rows * keys * heads * valueDim),
      scale: draw.normal(1),
      sumWeights: score === 'tanh' ? draw.normal(keyDim) : new Float64Array(0),
      attends: (row, i, j) => (row + i + j) % 3 !== 0 || i === 1,
      noKeys: 'none',
      queryMask: null,
      factors: null,
      ...more,
    };
  };

  test.each([
    ['dot', problem('dot', 2)],
    ['tanh', problem('tanh', 1)],
    ['dot with masked queries', problem('dot', 1, { queryMask: [1, 0, 1, 1, 1, 0] })],
    ['dot with dropout', problem('dot', 2, { factors: drawFrom(82).uniform(48, 0, 2) })],
    ['dot where a query has no keys', problem('dot', 1, { attends: (row, i) => row + i !== 1, noKeys: 'alike' })],
  ])('%s', (_, p) => {
    const draw = drawFrom(83);
    const { output, weights } = attentionForward(p);
    const [r, s, t] = [output, weights, weights].map(({ length }) => draw.normal(length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const g = attentionBackward(p, r, s, t);
    const all = (): Float64Array => {
      const got = attentionForward(p);
      return Float64Array.from([...got.output, ...got.weights, ...got.dropped]);
    };
    const slopes = Float64Array.from([...r, ...s, ...t]);
    expectDifferences(all, slopes, p.query, g.query);
    expectDifferences(all, slopes, p.key, g.key);
    expectDifferences(all, slopes, p.value, g.value);
    expectDifferences(all, slopes, p.scale, g.scale);
    expectDifferences(all, slopes, p.sumWeights, g.sumWeights);
  });

  test.each<[DotProblem['shapes'], DotProblem['axes']]>([
    [
      [[4], [4]],
      [1, 1],
    ],
    [
      [[4], [3, 4]],
      [1, 2],
    ],
    [
      [[3, 4], [3]],
      [1, 1],
    ],
    [
      [
        [3, 4],
        [2, 4],
      ],
      [2, 2],
    ],
    [
      [
        [3, 4],
        [4, 2],
      ],
      [2, 1],
    ],
    [
      [
        [3, 4],
        [3, 2],
      ],
      [1, 1],
    ],
    [
      [
        [3, 4],
        [2, 3],
      ],
      [1, 2],
    ],
  ])('dot of %j over %j', (shapes, axes) => {
    for (const normalize of [false, true]) {
      const draw = drawFrom(84);
      const x = shapes.map((shape) => draw.normal(shape.reduce((a, b) => a * b, 2))) as DotProblem['x'];
      const p = { rows: 2, shapes, x, axes, normalize };
      const r = draw.normal(dotForward(p).length);
      const g = dotBackward(p, r);
      for (const input of [0, 1] as const) expectDifferences(() => dotForward(p), r, x[input], g[input]);
    }
  });
});

describeGolden('attention', () => {
  const golden = attentionGolden();
  /** JAX computes the softmax of the fused path in single precision whatever the rest is in. */
  const SINGLE = 1e-6;

  test('dot', () => {
    for (const one of golden.dot) {
      const p = dotProblemOf(one);
      expectClose(dotForward(p), one.outputs.data, GOLDEN_TOLERANCE);
      dotBackward(p, given(one.slopes)).forEach((g, i) => expectClose(g, one.gradients[i]!.data, GOLDEN_TOLERANCE));
    }
  });

  test.each([
    ['attention', golden.attention, GOLDEN_TOLERANCE],
    ['multi-head attention', golden.multi_head, SINGLE],
    ['queries without keys, in single precision', golden.without_keys, SINGLE],
  ])('%s', (_, cases, tolerance) => {
    for (const one of cases) {
      const { outputs, gradients } = attentionLayer(problemOf(one));
      one.outputs.forEach(({ data }, i) => expectClose(outputs[i]!, data, tolerance));
      const { weights, ...inputs } = gradients(one.slopes.map(given));
      for (const [name, { data }] of Object.entries(one.gradients.inputs))
        expectClose(inputs[name as keyof typeof inputs]!, data, 5 * tolerance);
      weights.forEach((d, i) => expectClose(d, one.gradients.weights[i]!.data, 5 * tolerance));
    }
  });
});
