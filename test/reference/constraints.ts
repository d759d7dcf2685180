// SPDX-License-Identifier: MIT
// Oracle: constraints in double, from keras/src/constraints/constraints.py, on weights of any shape.
import type { NativeConstraint } from '../../lib/native/binding';

const EPSILON = 1e-7;

/** The weight that a constraint leaves of `weight`. */
export function constrain(constraint: NativeConstraint, weight: Float64Array, shape: readonly number[]): Float64Array {
  if (constraint.kind === 'non_neg') return weight.map((w) => Math.max(w, 0));
  const axis = constraint.axis < 0 ? constraint.axis + shape.length : constraint.axis;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const size = shape[axis]!;
  // Elements are of one line where they differ in the axis alone.
  const lineOf = (i: number): number => Math.floor(i / (inner * size)) * inner + (i % inner);
  const norms = new Float64Array(weight.length / size);
  weight.forEach((w, i) => (norms[lineOf(i)]! += w * w));
  const scales = norms.map((square) => scaleOf(constraint, Math.sqrt(square)));
  return weight.map((w, i) => w * scales[lineOf(i)]!);
}

function scaleOf(constraint: Exclude<NativeConstraint, { kind: 'non_neg' }>, norm: number): number {
  switch (constraint.kind) {
    case 'max_norm':
      return Math.min(norm, constraint.maxValue) / (EPSILON + norm);
    case 'unit_norm':
      return 1 / (EPSILON + norm);
    case 'min_max_norm': {
      const { minValue, maxValue, rate } = constraint;
      return (rate * Math.min(Math.max(norm, minValue), maxValue) + (1 - rate) * norm) / (EPSILON + norm);
    }
  }
}
