// SPDX-License-Identifier: MIT
// Sample and class weights at the door: one weight for each sample, or for each timestep of the outputs.
import { describe, refusal } from '../util/validate';
import { toValues } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { shapeText, type Targets } from '../losses/targets';
import type { Loss } from '../losses';

/** Weights as the engine takes them. */
export interface Weights {
  /** [rows, weightSize] */
  readonly data: Float32Array;
  /** 1, or the timesteps of the outputs. */
  readonly weightSize: number;
}

/**
 * Reads sample weights of `rows` rows: [N] or [N,1], or where the outputs are sequences one for each timestep, [N,T].
 *
 * @param outputAxes axes of the outputs after the batch
 * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA` for weights that are not finite
 * @see keras/src/losses/loss.py
 */
export function readWeights(
  where: string,
  what: string,
  value: unknown,
  rows: number,
  outputAxes: readonly number[],
): Weights {
  const { data, shape } = toValues(where, what, value);
  const isSequence = outputAxes.length > 1;
  const axes = shape.at(-1) === 1 && shape.length > outputAxes.length ? shape.slice(0, -1) : shape;
  const perRow = axes.length === 1 || (axes.length === 2 && axes[1] === 1);
  const perStep = isSequence && axes.length === 2 && axes[1] === outputAxes[0];
  if (axes[0] !== rows || !(perRow || perStep))
    throw refusal(
      'ERR_SHAPE',
      where,
      `${what} of shape ${shapeText([rows])}${isSequence ? ` or ${shapeText([rows, outputAxes[0]!])}` : ''}`,
      shapeText(shape),
    );
  const index = data.findIndex((weight) => !Number.isFinite(weight));
  if (index >= 0)
    throw refusal('ERR_DATA', where, `${what} to hold finite numbers`, `${data[index]} at element ${index}`);
  return { data, weightSize: data.length / rows };
}

/**
 * Sample weights from weights of classes; a class that is not named weighs 1. One-hot targets are of the class of their
 * largest element, others of the class they hold, rounded.
 *
 * @param value an object or a Map from class to weight
 * @param targets as `readTargets` gave them
 * @param outputAxes axes of the outputs after the batch: class weights are for outputs without timesteps
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`
 * @see keras/src/trainers/data_adapters/data_adapter_utils.py
 */
export function classWeights(
  where: string,
  value: unknown,
  targets: Targets,
  loss: Loss,
  rows: number,
  outputAxes: readonly number[],
): Weights {
  const weights = readClassWeights(where, value);
  if (outputAxes.length > 1)
    throw refusal(
      'ERR_CONFIG',
      where,
      'classWeight for outputs [N,K]',
      `outputs of shape ${shapeText([null, ...outputAxes])}`,
      'Give sampleWeight of shape [N,T].',
    );
  const { data: y, targetSize } = targets;
  const isOneHot = loss.targetRule !== 'ids' && targetSize > 1;
  const data = allocate(where, () => new Float32Array(rows));
  for (let row = 0; row < rows; row++) {
    const id = isOneHot ? largest(y.subarray(row * targetSize, (row + 1) * targetSize)) : toNearest(y[row]!);
    data[row] = weights.get(id) ?? 1;
  }
  return { data, weightSize: 1 };
}

/** The product of sample and class weights, either of which may be missing. */
export function combineWeights(where: string, sample: Weights | null, ofClass: Weights | null): Weights | null {
  if (sample === null || ofClass === null) return sample ?? ofClass;
  const { data, weightSize } = sample;
  const product = allocate(where, () => data.map((weight, i) => weight * ofClass.data[Math.floor(i / weightSize)]!));
  return { data: product, weightSize };
}

function readClassWeights(where: string, value: unknown): Map<number, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw refusal('ERR_TYPE', where, 'classWeight to be an object or Map from class to weight', describe(value));
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  return new Map(
    entries.map(([key, weight]): [number, number] => {
      const id = typeof key === 'string' && key.trim() !== '' ? Number(key) : key;
      if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
        throw refusal('ERR_CONFIG', where, 'classes of classWeight to be integers from 0', describe(key));
      if (typeof weight !== 'number' || !Number.isFinite(weight))
        throw refusal(
          typeof weight === 'number' ? 'ERR_CONFIG' : 'ERR_TYPE',
          where,
          `classWeight[${id}] to be a finite number`,
          describe(weight),
        );
      return [id, weight];
    }),
  );
}

/** Of two integers as near, the even one, as numpy rounds. */
function toNearest(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
