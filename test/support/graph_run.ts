// SPDX-License-Identifier: MIT
// One batch through a model of any number of inputs and outputs, as its engine computes it.
import { makeBatch, runBatch } from '../../lib/graph/executor';
import type { Model, NdArray } from '../../lib';

/** An array with its shape, the batch included. */
export interface Batch {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** The outputs for a batch of each input, in order. */
export function run(model: Model, inputs: readonly Batch[], training = false): Promise<NdArray[]> {
  const rows = inputs[0]!.shape[0]!;
  const dataset = makeBatch(
    rows,
    inputs.map(({ data, shape }) => ({ data, shape: shape.slice(1) })),
  );
  const specs = model.outputSpecs(
    inputs.map(({ data, shape }) => ({ shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' })),
  );
  return runBatch(
    'run',
    model.nativeModel(),
    dataset,
    specs.map(({ shape }) => shape as number[]),
    training,
  );
}

/** Numbers that look random and are the same everywhere. */
export function numbers(shape: readonly number[], phase = 0): Batch {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + phase)), shape };
}

/** Ids below `below` likewise. */
export function ids(shape: readonly number[], below: number, phase = 0): Batch {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { data: Int32Array.from({ length: size }, (_, i) => (i * 7 + phase * 3 + (i % 5)) % below), shape };
}
