// SPDX-License-Identifier: MIT
// native/kernels/optimizers-inl.h: what surrounds the rules: scaled, clipped and accumulated gradients, decay, averages.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { OPTIMIZER_KINDS, testingAddon, type UpdateArguments } from '../support/testing_addon';
import { expectWithin, ROUNDOFF, SMALLEST } from '../support/tolerances';

const { abs, fround, max, min, sign } = Math;

/** Plain gradient descent, of which a step shows the gradient. */
const DESCENT = {
  kind: OPTIMIZER_KINDS.indexOf('sgd'),
  slots: [null, null, null] as UpdateArguments['slots'],
  gradientScale: 1,
  clipScale: 1,
  clipValue: 0,
  decay: 0,
  rate: 1,
  momentum: 0,
  rho: 0,
  beta1: 0,
  beta2: 0,
  epsilon: 0,
  momentumFactor: 0,
  gradientFactor: 0,
  velocityFactor: 0,
  nesterov: false,
  centered: false,
  amsgrad: false,
};
/** Rows of the gradient that rows of the weight have; the first and the last row are not in the range. */
const SLOT = [0, 2, -1, 1, -1, 3, 0];
const ROWS = SLOT.length;
const [BEGIN, END] = [1, ROWS - 1];

interface Problem {
  args: Omit<UpdateArguments, 'weight'>;
  weight: Float64Array;
  /** Of loss and penalties, with the loss' gradient scaled. */
  gradient: Float64Array;
  /** Sum of the sizes of its parts. */
  size: Float64Array;
  memory: GuardedMemory;
  context: string;
}

function drawProblem(isa: string, columns: number, turn: number): Problem {
  const seed = 15000 + turn;
  const draw = drawFrom(seed);
  const memory = new GuardedMemory(sideOf(turn));
  const [l1, l2] = [turn % 2 === 0 ? 0 : fround(0.01), turn % 3 === 0 ? 0 : fround(0.02)];
  const hasPenalty = turn % 5 !== 0;
  const sparse = turn % 4 !== 0;
  const gradientScale = turn % 2 === 0 ? 1 : 0.125;
  const weight = rounded(draw.normal(ROWS * columns));
  const compact = rounded(draw.normal(ROWS * columns));
  const more = rounded(draw.normal(ROWS * columns));
  const parts = Array.from(weight, (w, i) => {
    const row = Math.floor(i / columns);
    const from = sparse ? SLOT[row]! : row;
    const loss = from < 0 ? 0 : gradientScale * compact[from * columns + (i % columns)]!;
    return [loss, 2 * l2 * w, l1 * sign(w), hasPenalty ? more[i]! : 0];
  });
  const shape = { rows: ROWS, columns };
  return {
    args: {
      ...DESCENT,
      gradient: memory.input('gradient', { ...shape, stride: columns + 3 }, compact),
      gradientStride: columns + 3,
      slot: sparse ? memory.integers('slot', SLOT) : null,
      begin: BEGIN,
      end: END,
      columns,
      l1,
      l2,
      penaltyGradient: hasPenalty ? memory.input('penalty', shape, more) : null,
      gradientScale,
    },
    weight,
    gradient: Float64Array.from(parts, (list) => list.reduce((a, b) => a + b)),
    size: Float64Array.from(parts, (list) => list.reduce((sum, part) => sum + abs(part), 0)),
    memory,
    context: `${isa} columns ${columns} turn ${turn} seed ${seed}`,
  };
}

const inRange = (columns: number) => (_: number, i: number): boolean => i >= BEGIN * columns && i < END * columns;

describeEachIsa('gradients', (isa) => {
  test('are scaled, clipped by norm or by value, and the weight decays before the step', () => {
    forEachPair(UNITS, [[1, 0, 0], [0.25, 0, 0], [1, 0.5, 0], [1, 0, 0.125], [0.5, 0.25, 0.5]], (columns, given, turn) => {
      const [clipScale, clipValue, decay] = given as [number, number, number];
      const { args, weight, gradient, size, memory, context } = drawProblem(isa, columns, turn);
      const out = memory.output('weight', { rows: ROWS, columns }, weight);
      testingAddon.update(isa, { ...args, weight: out, clipScale, clipValue, decay });
      memory.expectIntact(context);
      const clipped = gradient.map((g) => {
        const scaled = clipScale * g;
        return clipValue > 0 ? max(-clipValue, min(clipValue, scaled)) : scaled;
      });
      const inside = inRange(columns);
      const expected = weight.map((w, i) => (inside(w, i) ? w - decay * w - clipped[i]! : w));
      // At most six roundings of parts of the gradient and of the weight.
      const tolerance = weight.map((w, i) => (inside(w, i) ? 6 * ROUNDOFF * (size[i]! + abs(w)) + SMALLEST : 0));
      expectWithin(out, expected, tolerance, context);
    });
  });

  test('are added up without their clipping, and their squares too', () => {
    UNITS.forEach((columns, turn) => {
      const { args, weight, gradient, size, memory, context } = drawProblem(isa, columns, turn);
      const shape = { rows: ROWS, columns };
      const begun = rounded(drawFrom(turn).normal(ROWS * columns));
      const sums = memory.output('sums', shape, begun);
      const given = { ...args, weight: memory.input('weight', shape, weight), clipScale: 0.5, clipValue: 0.1 };
      testingAddon.accumulate(isa, given, sums);
      const squares = testingAddon.gradientSquares(isa, given);
      memory.expectIntact(context);
      const inside = inRange(columns);
      const expected = begun.map((sum, i) => (inside(sum, i) ? sum + gradient[i]! : sum));
      const tolerance = begun.map((sum, i) => (inside(sum, i) ? 6 * ROUNDOFF * (size[i]! + abs(sum)) + SMALLEST : 0));
      expectWithin(sums, expected, tolerance, context);
      const wanted = gradient.reduce((sum, g, i) => (inside(g, i) ? sum + g * g : sum), 0);
      const most = size.reduce((sum, s, i) => (inside(s, i) ? sum + s * s : sum), 0);
      expect(abs(squares - wanted)).toBeLessThanOrEqual((12 + columns) * ROUNDOFF * most);
    });
  });

  test('that are NaN stay NaN through both clips, and reach their own element only', () => {
    for (const columns of [1, 7, 16, 33])
      for (const clipValue of [0, 0.5]) {
        const { args, weight } = drawProblem(isa, columns, 4);
        const out = Float32Array.from(weight);
        const at = END * columns - 1;
        args.gradient[(END - 1) * (columns + 3) + columns - 1] = NaN;
        testingAddon.update(isa, { ...args, weight: out, clipScale: 0.5, clipValue });
        expect(Array.from(out.keys()).filter((i) => Number.isNaN(out[i]))).toEqual([at]);
      }
  });

  test('averages keep their part and take the rest from the weights', () => {
    UNITS.forEach((n, turn) => {
      const draw = drawFrom(16000 + turn);
      const memory = new GuardedMemory(sideOf(turn));
      const [weight, begun] = [rounded(draw.normal(n)), rounded(draw.normal(n))];
      const momentum = fround([0.99, 0.5, 0, 1][turn % 4]!);
      const average = memory.output('average', { rows: 1, columns: n }, begun);
      testingAddon.averageWeights(isa, memory.input('weight', { rows: 1, columns: n }, weight), average, momentum);
      memory.expectIntact(`n ${n}`);
      const expected = begun.map((a, i) => momentum * a + (1 - momentum) * weight[i]!);
      expectWithin(average, expected, begun.map((a, i) => 4 * ROUNDOFF * (abs(a) + abs(weight[i]!)) + SMALLEST), `${isa} n ${n}`);
    });
  });
});
