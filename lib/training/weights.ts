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
  /** 1, or the timesteps of the outputs, of all parts where they are of rank 4. */
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
  const steps = outputAxes.slice(0, -1);
  const axes = shape.at(-1) === 1 && shape.length > outputAxes.length ? shape.slice(0, -1) : shape;
  const perRow = axes.length === 1 || (axes.length === 2 && axes[1] === 1);
  const perStep = steps.length > 0 && String(axes.slice(1)) === String(steps);
  if (axes[0] !== rows || !(perRow || perStep))
    throw refusal(
      'ERR_SHAPE',
      where,
      `${what} of shape ${shapeText([rows])}${steps.length > 0 ? ` or ${shapeText([rows, ...steps])}` : ''}`,
      shapeText(shape),
    );
  const index = data.findIndex((weight) => !Number.isFinite(weight));
  if (index >= 0)
    throw refusal('ERR_DATA', where, `${what} to hold finite numbers`, `${data[index]} at element ${index}`);
  return { data, weightSize: data.length / rows };
}

/**
 * Weights from those of classes: one for each sample, or where outputs have timesteps for each timestep, that of the class
 * of its target. A class that is not named weighs 1. One-hot targets are of the class of their largest element, others of
 * the class they hold, rounded.
 *
 * Differs from Keras (3.15), which refuses targets [N,T,1] and [N,T,K] unless they come from a `tf.data.Dataset`, where it
 * does the same, and takes ids [N,T] for one-hot samples.
 *
 * @param value an object or a Map from class to weight
 * @param targets as `readTargets` gave them
 * @param outputAxes axes of the outputs after the batch
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, also where targets are labels of samples, which are of no class
 * @see keras/src/trainers/data_adapters/data_adapter_utils.py, tf_dataset_adapter.py
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
  if (loss.targetRule === 'labels')
    throw refusal(
      'ERR_CONFIG',
      where,
      'classWeight with targets that have classes',
      `labels of samples, for ${loss.kind}`,
      'Give sampleWeight of shape [N].',
    );
  const weightSize = outputAxes.slice(0, -1).reduce((a, b) => a * b, 1);
  const columns = targets.targetSize / weightSize;
  const isOneHot = loss.targetRule !== 'ids' && columns > 1;
  const data = allocate(where, () => new Float32Array(rows * weightSize));
  data.forEach((_, i) => {
    const id = isOneHot ? largest(targets.data, i * columns, columns) : toNearest(targets.data[i]!);
    data[i] = weights.get(id) ?? 1;
  });
  return { data, weightSize };
}

/** The product of sample and class weights, either of which may be missing. Each sample has one weight, or as many as of classes. */
export function combineWeights(where: string, sample: Weights | null, ofClass: Weights | null): Weights | null {
  if (sample === null || ofClass === null) return sample ?? ofClass;
  const { weightSize } = ofClass;
  const shared = weightSize / sample.weightSize;
  const product = (weight: number, i: number) => weight * sample.data[Math.floor(i / shared)]!;
  return { data: allocate(where, () => ofClass.data.map(product)), weightSize };
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

/** Place of the largest of `count` values from `begin` on: of equal ones the first, as numpy says. */
function largest(values: Float32Array, begin: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[begin + i]! > values[begin + best]!) best = i;
  return best;
}
