// SPDX-License-Identifier: MIT
// Targets at the door: their shape against the outputs', their values against the rule of the loss or metric.
import { describe, refusal } from '../util/validate';
import { toValues } from '../arrays/arrays';
import { positionText } from '../arrays/nested_arrays';
import type { Loss } from './loss';

/** Targets as the engine takes them. */
export interface Targets {
  readonly data: Float32Array;
  /** Elements of one row. */
  readonly targetSize: number;
}

/** What a loss, or a metric by itself, says of its targets. */
export interface TargetRules extends Pick<Loss, 'targetRule' | 'ignoreClass'> {
  /** Name for messages. */
  readonly kind: string;
  /** Ids run below it. Default: the last axis of the outputs. */
  readonly classes?: number;
}

/** Whether a timestep of a row of outputs counts. */
type Counts = (row: number, step: number) => boolean;

/**
 * Reads and checks the targets of `rows` rows.
 *
 * Targets have the shape of the outputs; a last axis of 1 may be left out: `[N]` for outputs `[N,1]`. Class ids lack
 * the last axis of the outputs (or have 1 there): `[N]` for outputs `[N,K]`, `[N,T]` for `[N,T,K]`. Labels are `[N,L]`
 * for outputs `[N,T,K]`.
 *
 * @param outputAxes axes of the outputs after the batch
 * @param counts which timesteps of the outputs count: values of others are not looked at. Default: all
 * @throws ShapeError `ERR_SHAPE`; DataError `ERR_DATA` for NaN and fractions of ids, `ERR_RANGE` outside classes or [0, 1]
 */
export function readTargets(
  where: string,
  what: string,
  input: unknown,
  rules: TargetRules,
  rows: number,
  outputAxes: readonly number[],
  counts?: Counts,
): Targets {
  const { data, shape } = toValues(where, what, input);
  checkTargetShape(where, what, shape, rules, rows, outputAxes);
  const classes = rules.classes ?? outputAxes.at(-1)!;
  const isBad = badTargets(data, rules, classes, shape.at(-1)!);
  // Labels belong to samples, whichever timesteps count.
  const steps = outputAxes.length === 1 || rules.targetRule === 'labels' ? 1 : outputAxes[0]!;
  const width = data.length / (rows * steps);
  const isSeen = (element: number): boolean => {
    const position = Math.floor(element / width);
    return steps === 1 || counts === undefined || counts(Math.floor(position / steps), position % steps);
  };
  const index = data.findIndex((value, element) => isBad(value, element) && isSeen(element));
  if (index >= 0) throw targetRefusal(where, what, data, index, positionText(index, shape), rules, classes);
  return { data, targetSize: data.length / rows };
}

function checkTargetShape(
  where: string,
  what: string,
  shape: readonly number[],
  rules: TargetRules,
  rows: number,
  outputAxes: readonly number[],
): void {
  if (shape[0] !== rows)
    throw refusal(
      'ERR_SHAPE',
      where,
      `${what} to have one row for each of the ${rows} rows of inputs`,
      `${shape[0]} rows`,
    );
  if (rules.targetRule === 'labels') {
    if (shape.length === 2 && outputAxes.length === 2) return;
    const expected = `${what} of shape [${rows}, any] for ${rules.kind} of outputs [N,T,C]`;
    throw refusal('ERR_SHAPE', where, expected, `${shapeText(shape)} for outputs ${shapeText([rows, ...outputAxes])}`);
  }
  const inner = outputAxes.slice(0, -1);
  const allowed =
    rules.targetRule === 'ids' ? [inner, [...inner, 1]] : outputAxes.at(-1) === 1 ? [outputAxes, inner] : [outputAxes];
  const axes = shape.slice(1);
  if (allowed.some((wanted) => sameAxes(wanted, axes))) return;
  const isIdShaped = sameAxes(axes, inner) || sameAxes(axes, [...inner, 1]);
  const hint =
    rules.targetRule === 'ids'
      ? sameAxes(axes, outputAxes)
        ? 'One-hot targets go with categorical_crossentropy.'
        : ''
      : rules.kind === 'categorical_crossentropy' && isIdShaped
        ? 'Class ids go with sparse_categorical_crossentropy.'
        : '';
  throw refusal(
    'ERR_SHAPE',
    where,
    `${what} of shape ${allowed.map((wanted) => shapeText([rows, ...wanted])).join(' or ')} for ${rules.kind} ` +
      `of outputs ${shapeText([rows, ...outputAxes])}`,
    shapeText(shape),
    hint,
  );
}

/** Which elements the rule of the loss refuses. Labels stand in rows of `width`. */
function badTargets(
  data: Float32Array,
  { targetRule, ignoreClass }: TargetRules,
  classes: number,
  width: number,
): (value: number, index: number) => boolean {
  const isId = (id: number): boolean => id >= 0 && id < classes && Number.isInteger(id);
  switch (targetRule) {
    case 'ids':
      return (id) => !isId(id) && id !== ignoreClass;
    case 'labels':
      return (id, i) => !isId(id) || (id !== 0 && i % width !== 0 && data[i - 1] === 0);
    case 'probabilities':
      return (p) => !(p >= 0 && p <= 1);
    case 'numbers':
      return (value) => !Number.isFinite(value);
  }
}

function targetRefusal(
  where: string,
  what: string,
  data: Float32Array,
  index: number,
  position: string,
  rules: TargetRules,
  classes: number,
): Error {
  const value = data[index]!;
  const expected = {
    ids: `${what} to hold class ids from 0 to ${classes - 1}, as many as the last axis of the outputs has`,
    probabilities: `${what} to hold values from 0 to 1 for ${rules.kind}`,
    numbers: `${what} to hold finite numbers`,
    labels: `${what} to hold labels from 1 to ${classes - 1}, zeros only behind them`,
  }[rules.targetRule];
  const isFraction = (rules.targetRule === 'ids' || rules.targetRule === 'labels') && !Number.isInteger(value);
  const code = Number.isFinite(value) && !isFraction ? 'ERR_RANGE' : 'ERR_DATA';
  return refusal(code, where, expected, `${describe(value)} at ${position}`, targetHint(data, value, rules, classes));
}

/** What is meant by targets that are refused. Where there are zeros, -1 is no label of two but padding. */
function targetHint(data: Float32Array, value: number, { targetRule, kind }: TargetRules, classes: number): string {
  if (targetRule === 'ids' && classes === 1)
    return 'Outputs of one unit go with binary_crossentropy; classes need a unit each.';
  if (targetRule === 'labels' && classes === 1)
    return 'Class 0 is the blank: outputs need a unit for each other class.';
  if (kind === 'sparse_categorical_crossentropy' && value === -1)
    return 'Where it is padding, give the loss ignoreClass: -1, or put a class there and weigh it 0 by sampleWeight.';
  if (targetRule !== 'probabilities' || value !== -1) return '';
  return data.every((label) => label === -1 || label === 1)
    ? 'Labels -1 and 1 must become 0 and 1.'
    : 'Where it is padding, put 0 there and weigh it 0 by sampleWeight.';
}

function sameAxes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `[32, 10]`. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}
