// SPDX-License-Identifier: MIT
// Graphs of several inputs while a training step takes one: forward passes with each input by itself, and gradients by all
// of them through a model whose one input holds everything.
import { Concatenate, Dense, Flatten, Input, Reshape, SGD, type NdArray } from '../../lib';
import { Model } from '../../lib/models';
import { makeBatch, makeNative, runBatch } from '../../lib/graph/executor';
import type { SymbolicTensor } from '../../lib/graph/symbolic_tensor';

/** A named array [rows, ...]. */
export interface Named {
  name: string;
  shape: readonly number[];
  data: ArrayLike<number>;
}

/** Describes a graph on tensors by name; gives its outputs. */
export type Describe = (tensors: Readonly<Record<string, SymbolicTensor>>) => SymbolicTensor | SymbolicTensor[];

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const listOf = (given: SymbolicTensor | SymbolicTensor[]): SymbolicTensor[] => (Array.isArray(given) ? given : [given]);

/** A model of one `Input` for each array; -1 in `open` leaves that axis unknown. */
export function modelOf(arrays: readonly Named[], describe: Describe, open: readonly number[] = []): Model {
  const inputs = arrays.map(
    ({ name, shape }) =>
      new Input(
        shape.slice(1).map((size, axis) => (open.includes(axis + 1) ? null : size)),
        { name },
      ),
  );
  return new Model(inputs, listOf(describe(Object.fromEntries(inputs.map((input) => [input.name, input])))));
}

/** The outputs of a model for these arrays as one batch. */
export async function outputsOf(model: Model, arrays: readonly Named[], training = false): Promise<NdArray[]> {
  const rows = arrays[0]!.shape[0]!;
  const dataset = makeBatch(
    rows,
    arrays.map(({ shape, data }) => ({ shape: shape.slice(1), data: Float32Array.from(data) })),
  );
  const specs = model.outputSpecs(arrays.map(({ shape }) => ({ shape, dtype: 'float32' as const })));
  const native = makeNative('outputsOf', model.graph!);
  try {
    return await runBatch(
      'outputsOf',
      native,
      dataset,
      specs.map(({ shape }) => shape as number[]),
      training,
    );
  } finally {
    native.dispose();
  }
}

/**
 * The gradients of sum(output * slopes), summed over the outputs.
 *
 * A row of the model's one input is all its arrays side by side, each of which a layer picks out, and before them a one at
 * the number of the row: so the gradient of a picking kernel's row n is that of the array's row n.
 *
 * @param outputs what the graph gives in training; null: what it gives in inference
 * @returns by the name of an array, and for weights by `layer/weight`
 */
export async function gradientsOf(
  arrays: readonly Named[],
  describe: Describe,
  slopes: readonly ArrayLike<number>[],
  prepare: (model: Model) => void = () => undefined,
  outputs: readonly ArrayLike<number>[] | null = null,
): Promise<Record<string, Float64Array>> {
  const rows = arrays[0]!.shape[0]!;
  const sizes = arrays.map(({ shape }) => sizeOf(shape.slice(1)));
  const width = rows + sizes.reduce((a, b) => a + b, 0);
  const x = new Float32Array(rows * width);
  for (let n = 0; n < rows; n++) {
    x[n * width + n] = 1;
    let at = n * width + rows;
    arrays.forEach(({ data }, i) => {
      for (let e = 0; e < sizes[i]!; e++) x[at++] = data[n * sizes[i]! + e]!;
    });
  }
  const input = new Input([width]);
  const pickers: Dense[] = [];
  const tensors = arrays.map(({ name, shape }, i): [string, SymbolicTensor] => {
    const picker = new Dense(sizes[i]!, { useBias: false, name: `pick_${name}` });
    pickers.push(picker);
    const flat = picker.apply(input);
    return [name, shape.length === 2 ? flat : new Reshape(shape.slice(1)).apply(flat)];
  });
  const flats = listOf(describe(Object.fromEntries(tensors))).map((output) => new Flatten().apply(output));
  const model = new Model([input], flats.length === 1 ? flats[0]! : new Concatenate().apply(flats));
  let offset = rows;
  pickers.forEach((picker, i) => {
    const kernel = new Float32Array(width * sizes[i]!);
    for (let e = 0; e < sizes[i]!; e++) kernel[(offset + e) * sizes[i]! + e] = 1;
    offset += sizes[i]!;
    picker.setWeights([kernel]);
  });
  prepare(model);
  return learnt(model, { data: x, shape: [rows, width] }, slopes, new Set(pickers.map(({ name }) => name)), outputs);
}

async function learnt(
  model: Model,
  x: { data: Float32Array; shape: [number, number] },
  slopes: readonly ArrayLike<number>[],
  pickers: ReadonlySet<string>,
  outputs: readonly ArrayLike<number>[] | null,
): Promise<Record<string, Float64Array>> {
  // A power of two, as in engine_model.ts.
  const step = 1024;
  const [rows, columns] = x.shape;
  const slope = besideEachOther(slopes, rows);
  const given = outputs === null ? (await model.predict(x)).data : besideEachOther(outputs, rows);
  // Of the mean squared error, for targets half a slope away from the outputs.
  const targets = given.map((value, i) => value - (slope[i]! * slope.length) / 2);
  model.compile({ optimizer: new SGD(step), loss: 'mse' });
  const before = model.getWeights();
  await model.trainOnBatch(x, { data: targets, shape: [rows, targets.length / rows] });
  const after = model.getWeights();
  const entries = model.weights.map(({ layer, name }, i): [string, Float64Array] => {
    const gradient = Float64Array.from(before[i]!.data, (old, e) => (old - after[i]!.data[e]!) / step);
    if (!pickers.has(layer)) return [`${layer}/${name}`, gradient];
    return [layer.slice('pick_'.length), gradient.slice(0, (rows * gradient.length) / columns)];
  });
  model.dispose();
  return Object.fromEntries(entries);
}

/** Row by row, the arrays' rows one after another. */
function besideEachOther(arrays: readonly ArrayLike<number>[], rows: number): Float32Array {
  const lists = Array.from({ length: rows }, (_, n) =>
    arrays.flatMap((array) => Array.from(array).slice((n * array.length) / rows, ((n + 1) * array.length) / rows)),
  );
  return Float32Array.from(lists.flat());
}
