// SPDX-License-Identifier: MIT
// Targets, outputs and weights of a loss or metric that is called by itself, as the rows that the engine takes.
import { refusal } from '../util/validate';
import { toValues } from '../arrays/arrays';
import { readTargets, shapeText, type TargetRules } from './targets';
import type { NativeRows } from '../native/binding';

/** Rows for the engine, and the shape of one value for each of them. */
export interface ReadRows {
  readonly native: NativeRows;
  readonly shape: readonly number[];
}

/**
 * Reads outputs [N,...,C] with their targets and weights. Outputs of one axis are one row, or with `byElement` as many
 * rows of one output each.
 *
 * @throws as `readTargets` and {@link readRowWeights}
 */
export function readRows(
  where: string,
  yTrue: unknown,
  yPred: unknown,
  sampleWeight: unknown,
  rules: TargetRules,
  byElement = false,
): ReadRows {
  const { data: predictions, shape: given } = toValues(where, 'yPred', yPred);
  const isFlat = given.length === 1;
  const size = given[0]!;
  const shape = isFlat ? (byElement ? [size, 1] : [1, size]) : given;
  const target = isFlat && !byElement ? asOneRow(where, yTrue, rules) : yTrue;
  const { data: targets, targetSize } = readTargets(where, 'yTrue', target, rules, shape[0]!, shape.slice(1));
  return {
    native: {
      predictions,
      ...layOut(shape),
      targets,
      targetColumns: (targetSize * shape[0]!) / rowsOf(shape),
      ...readRowWeights(where, sampleWeight, shape.slice(0, -1)),
    },
    shape: isFlat ? [] : given.slice(0, -1),
  };
}

/** Rows of plain values, for means and sums. */
export function readValueRows(where: string, values: unknown, sampleWeight: unknown): NativeRows {
  const { data: predictions, shape: given } = toValues(where, 'values', values);
  const weightAxes = sampleWeight === undefined ? 1 : toValues(where, 'sampleWeight', sampleWeight).shape.length;
  // Weights decide what a row is; axes behind theirs are reduced first.
  const axes = Math.min(Math.max(1, weightAxes), given.length);
  const columns = given.slice(axes).reduce((a, b) => a * b, 1);
  const shape = [...given.slice(0, axes), columns];
  return {
    predictions,
    ...layOut(shape),
    targets: null,
    targetColumns: 0,
    ...readRowWeights(where, sampleWeight, shape.slice(0, -1)),
  };
}

/**
 * Weights of rows: [N], or one for each row.
 *
 * @param axes axes of the rows: the outputs' without the last
 * @throws ShapeError `ERR_SHAPE`; DataError `ERR_DATA` for weights that are not finite
 */
function readRowWeights(
  where: string,
  input: unknown,
  axes: readonly number[],
): Pick<NativeRows, 'weights' | 'rowsPerWeight'> {
  if (input === undefined || input === null) return { weights: null, rowsPerWeight: 1 };
  const { data, shape } = toValues(where, 'sampleWeight', input);
  const rows = axes.reduce((a, b) => a * b, 1);
  const trimmed = shape.length > 1 && shape.at(-1) === 1 && shape.length > axes.length ? shape.slice(0, -1) : shape;
  const perRow = trimmed.length === axes.length && trimmed.every((size, axis) => size === axes[axis]);
  const perSample = shape[0] === axes[0] && shape.slice(1).every((size) => size === 1) && shape.length <= axes.length;
  if (!perRow && !perSample)
    throw refusal(
      'ERR_SHAPE',
      where,
      `sampleWeight of shape ${shapeText([axes[0]!])}${axes.length > 1 ? ` or ${shapeText(axes)}` : ''}`,
      shapeText(shape),
    );
  const index = data.findIndex((weight) => !Number.isFinite(weight));
  if (index >= 0)
    throw refusal('ERR_DATA', where, 'sampleWeight to hold finite numbers', `${data[index]} at element ${index}`);
  return { weights: data, rowsPerWeight: rows / data.length };
}

/** Targets of one row, which lacks the axis of rows. */
function asOneRow(where: string, yTrue: unknown, rules: TargetRules): unknown {
  const { data, shape } = toValues(where, 'yTrue', yTrue);
  return { data, shape: rules.targetRule === 'ids' ? shape : [1, ...shape] };
}

function layOut(shape: readonly number[]): Pick<NativeRows, 'rows' | 'columns' | 'steps'> {
  return { rows: rowsOf(shape), columns: shape.at(-1)!, steps: rowsOf(shape) / shape[0]! };
}

function rowsOf(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((a, b) => a * b, 1);
}
