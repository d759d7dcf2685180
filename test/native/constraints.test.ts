// SPDX-License-Identifier: MIT
// native/kernels/constraints-inl.h: every constraint on lines of a weight, against the oracle in double.
import type { NativeConstraint } from '../../lib/native/binding';
import { constrain } from '../reference/constraints';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { CONSTRAINT_KINDS, testingAddon, type ConstrainArguments, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST } from '../support/tolerances';

const { abs, fround } = Math;

/** Axes before, of and after the one that norms go along. */
const SHAPES = [
  [1, 1, 1],
  [1, 7, 1],
  [1, 5, 4],
  [6, 3, 1],
  [3, 2, 5],
  [1, 33, 64],
  [1, 9, 65],
  [130, 17, 1],
  [2, 4, 100],
] as const;

const CONSTRAINTS: NativeConstraint[] = [
  { kind: 'non_neg' },
  { kind: 'unit_norm', axis: 1 },
  { kind: 'max_norm', maxValue: 2, axis: 1 },
  { kind: 'max_norm', maxValue: 0, axis: 1 },
  { kind: 'min_max_norm', minValue: 1, maxValue: 1.5, rate: 1, axis: 1 },
  { kind: 'min_max_norm', minValue: 0.5, maxValue: 2.5, rate: 0.25, axis: 1 },
];

function run(isa: Isa, given: NativeConstraint, weight: Float32Array, lines: Pick<ConstrainArguments, 'length' | 'inner' | 'begin' | 'end'>): void {
  const scalars = { minValue: 0, maxValue: 0, rate: 1 };
  const kind = CONSTRAINT_KINDS.indexOf(given.kind);
  testingAddon.constrain(isa, { ...scalars, ...given, kind, weight, ...lines });
}

describeEachIsa('constrain', (isa) => {
  test.each(CONSTRAINTS)('%j is what the oracle computes, on every shape', (constraint) => {
    SHAPES.forEach((shape, turn) => {
      const [outer, length, inner] = shape;
      const seed = 21000 + turn;
      const memory = new GuardedMemory(sideOf(turn));
      const values = rounded(drawFrom(seed).normal(outer * length * inner));
      const weight = memory.output('weight', { rows: 1, columns: values.length }, values);
      run(isa, constraint, weight, { length, inner, begin: 0, end: outer * inner });
      const context = `${JSON.stringify(constraint)} ${isa} shape [${shape.join(', ')}] seed ${seed}`;
      memory.expectIntact(context);
      const expected = constrain(constraint, values, shape);
      // In double, and rounded once.
      expectWithin(weight, expected, expected.map((w) => ROUNDOFF * (1 + 1e-6) * abs(w) + SMALLEST), context);
    });
  });

  test('lines in parts are lines at once', () => {
    const constraint: NativeConstraint = { kind: 'max_norm', maxValue: fround(0.7), axis: 1 };
    const values = Float32Array.from(drawFrom(4).normal(2 * 3 * 70));
    const [whole, parts] = [values.slice(), values.slice()];
    run(isa, constraint, whole, { length: 3, inner: 70, begin: 0, end: 140 });
    for (const [begin, end] of [[64, 90], [0, 1], [90, 140], [1, 64]] as const)
      run(isa, constraint, parts, { length: 3, inner: 70, begin, end });
    expectSameBits(parts, whole, isa);
    expect(whole).not.toEqual(values);
  });

  test('zeros stay zeros, and NaN stays in its line', () => {
    for (const constraint of CONSTRAINTS) {
      const weight = Float32Array.of(0, NaN, 0, 3);
      run(isa, constraint, weight, { length: 2, inner: 2, begin: 0, end: 2 });
      expect([constraint, weight[0], weight[2], weight[1]]).toEqual([constraint, 0, 0, NaN]);
    }
  });
});
