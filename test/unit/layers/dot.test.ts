// SPDX-License-Identifier: MIT
// Dot: axes that it refuses, shapes, and values whose last axis a batch tells.
import { Activation, clearSession, Dense, Dot, dot, Input, Sequential } from '../../../lib';
import type { SymbolicTensor } from '../../../lib/graph/symbolic_tensor';
import { Model } from '../../../lib/models';
import { dotBackward, dotForward, type DotProblem } from '../../reference/attention';
import { drawFrom } from '../../reference/random';
import { codeOf, messageOf } from '../../support/error_code';
import { gradientsOf, modelOf, outputsOf } from '../../support/graph_passes';
import { worstError } from '../contract/engine_model';

beforeEach(() => clearSession());

const input = (...shape: (number | null)[]): SymbolicTensor => new Input(shape);

describe('Dot: misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['no axes', () => new Dot(undefined as never), 'ERR_TYPE'],
    ['half an axis', () => new Dot(1.5), 'ERR_TYPE'],
    ['three axes', () => new Dot([1, 1, 1] as never), 'ERR_TYPE'],
    ['an axis that is a text', () => new Dot(['1', 1] as never), 'ERR_TYPE'],
    ['the batch axis', () => new Dot(0), 'ERR_CONFIG'],
    ['the batch axis of one input', () => new Dot([1, 0]), 'ERR_CONFIG'],
    ['normalize that is no boolean', () => new Dot(1, { normalize: 'yes' as never }), 'ERR_TYPE'],
    ['an unknown option', () => new Dot(1, { normalise: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['one input', () => new Dot(1).apply(input(3)), 'ERR_CONFIG'],
    ['three inputs', () => new Dot(1).apply([input(3), input(3), input(3)]), 'ERR_CONFIG'],
    ['axes of two sizes', () => new Dot(1).apply([input(3), input(4)]), 'ERR_SHAPE'],
    ['an axis that is not there', () => new Dot(2).apply([input(3), input(3)]), 'ERR_SHAPE'],
    ['the batch axis from the end', () => new Dot(-2).apply([input(3), input(3)]), 'ERR_SHAPE'],
    ['a place in a row of layers', () => new Sequential([new Input([3]), new Dot(1)]), 'ERR_CONFIG'],
    [
      'features that a batch tells, where weights need them',
      () => new Dense(2).apply(dot([input(null, 3), input(null, 3)])),
      'ERR_SHAPE',
    ],
  ])('%s: refused', (_, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('axes that do not agree are named', () => {
    expect(messageOf(() => new Dot([2, 1], { name: 'd' }).apply([input(4, 3), input(5, 3)]))).toBe(
      'Dot "d": expected axes 2 and 1 of one size, received (None, 4, 3) and (None, 5, 3), 3 and 5.',
    );
  });

  test('a stream of a model with it is refused by its name', () => {
    const x = input(null, 3);
    const model = new Model([x], new Dot(1, { name: 'd' }).apply([x, x]));
    expect(messageOf(() => model.openStream())).toContain('received Dot "d", which multiplies whole sequences.');
  });
});

test.each<[number | [number, number], (number | null)[], (number | null)[], (number | null)[]]>([
  [-1, [5], [5], [null, 1]],
  [[1, 2], [4], [7, 4], [null, 7]],
  [[2, 1], [7, 4], [4], [null, 7]],
  [[1, 1], [7, 4], [7], [null, 4]],
  [2, [7, 4], [null, 4], [null, 7, null]],
  [1, [null, 4], [null, 6], [null, 4, 6]],
  [
    [2, 1],
    [null, 4],
    [4, 6],
    [null, null, 6],
  ],
])('over %j: %j and %j give %j', (axes, first, second, shape) => {
  expect(new Dot(axes).apply([input(...first), input(...second)]).shape).toEqual(shape);
});

test('dot takes the last axes unless told otherwise', () => {
  expect(dot([input(4, 3), input(5, 3)]).shape).toEqual([null, 4, 5]);
  expect(dot([input(4, 3), input(4, 5)], 1).shape).toEqual([null, 3, 5]);
});

test('scores whose number a batch tells go through other layers', async () => {
  const [query, value] = [input(null, 3), input(null, 3)];
  const weights = new Activation('softmax').apply(dot([query, value]));
  const model = new Model([query, value], [weights, dot([weights, value], [2, 1])]);
  const draw = drawFrom(95);
  for (const [queries, keys] of [
    [2, 7],
    [5, 3],
  ] as const) {
    const arrays = [
      { name: 'query', shape: [2, queries, 3], data: draw.normal(6 * queries) },
      { name: 'value', shape: [2, keys, 3], data: draw.normal(6 * keys) },
    ];
    const [scores, context] = await outputsOf(model, arrays);
    expect([scores!.shape, context!.shape]).toEqual([
      [2, queries, keys],
      [2, queries, 3],
    ]);
    for (let row = 0; row < 2 * queries; row++)
      expect(scores!.data.slice(row * keys, (row + 1) * keys).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  }
});

describe('against the oracle', () => {
  test.each<[DotProblem['shapes'], DotProblem['axes']]>([
    [
      [[33], [33]],
      [1, 1],
    ],
    [
      [[16], [17, 16]],
      [1, 2],
    ],
    [
      [[9, 5], [9]],
      [1, 1],
    ],
    [
      [
        [17, 15],
        [33, 15],
      ],
      [2, 2],
    ],
    [
      [
        [3, 33],
        [33, 16],
      ],
      [2, 1],
    ],
    [
      [
        [17, 7],
        [17, 32],
      ],
      [1, 1],
    ],
    [
      [
        [16, 17],
        [33, 16],
      ],
      [1, 2],
    ],
    [
      [
        [1, 1],
        [1, 1],
      ],
      [2, 1],
    ],
  ])('%j over %j', async (shapes, axes) => {
    for (const normalize of [false, true]) {
      const draw = drawFrom(96);
      const rows = 3;
      const x = shapes.map((shape) => draw.normal(shape.reduce((a, b) => a * b, rows)).map(Math.fround));
      const p: DotProblem = { rows, shapes, axes, normalize, x: x as DotProblem['x'] };
      const arrays = shapes.map((shape, i) => ({ name: `x${i}`, shape: [rows, ...shape], data: x[i]! }));
      const describeDot = ({ x0, x1 }: Readonly<Record<string, SymbolicTensor>>): SymbolicTensor =>
        new Dot(axes, { normalize }).apply([x0!, x1!]);
      const [got] = await outputsOf(modelOf(arrays, describeDot), arrays);
      const wanted = dotForward(p);
      expect(worstError(got!.data, wanted)).toBeLessThan(2e-6);
      const slopes = draw.normal(wanted.length).map(Math.fround);
      const gradients = await gradientsOf(arrays, describeDot, [slopes]);
      dotBackward(p, slopes).forEach((d, i) => expect(worstError(gradients[`x${i}`]!, d)).toBeLessThan(1e-4));
    }
  });

  test('a line of zeros has no direction, and a finite gradient', async () => {
    const arrays = [
      { name: 'x0', shape: [2, 3], data: [0, 0, 0, 1, 2, 2] },
      { name: 'x1', shape: [2, 3], data: [1, 0, 0, 3, 0, 4] },
    ];
    const describeDot = ({ x0, x1 }: Readonly<Record<string, SymbolicTensor>>): SymbolicTensor =>
      new Dot(1, { normalize: true }).apply([x0!, x1!]);
    const [got] = await outputsOf(modelOf(arrays, describeDot), arrays);
    expect(Array.from(got!.data)).toEqual([0, expect.closeTo(11 / 15, 6)]);
    const { x0 } = await gradientsOf(arrays, describeDot, [[1, 0]]);
    expect(x0!.every(Number.isFinite)).toBe(true);
    expect(x0![0]).toBeCloseTo(1e7, -1);
  });
});
