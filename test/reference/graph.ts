// SPDX-License-Identifier: MIT
// Oracle: graphs of layers in double, forward alone; gradients are its finite differences. Masks go with their tensors, as
// keras/src/layers has it. Layers are written as their configs: class, options by name, and the tensors that they read.
import { activate, type Activation } from './activations';
import { denseForward } from './dense';
import { lstmCell } from './lstm';
import { recurrentForward } from './recurrent';

/** A tensor in double: [rows, ...], and of a sequence which timesteps count [rows, T]; null: all. */
export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly mask: Uint8Array | null;
}

/** One call of a layer, which is called once. */
export interface LayerRecipe {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of what it reads: inputs and layers before it. */
  readonly of: readonly string[];
  /** Name of the tensor that is its mask. */
  readonly mask?: string;
}

export interface InputRecipe {
  readonly name: string;
  /** Axes after the batch. */
  readonly shape: readonly number[];
  /** Whether it is ids. */
  readonly ids: boolean;
}

export interface GraphRecipe {
  readonly inputs: readonly InputRecipe[];
  readonly layers: readonly LayerRecipe[];
  /** The layer whose tensor is the output. */
  readonly output: string;
}

/** Weights by layer and name, `dense_1/kernel`. */
export type Weights = ReadonlyMap<string, Float64Array>;

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Where each index of `shape` lies in an array of `from`, which is broadcast to it from the last axis on. */
function broadcastIndex(from: readonly number[], shape: readonly number[]): (position: number) => number {
  const sizes = [...(Array(shape.length - from.length).fill(1) as number[]), ...from];
  return (position) => {
    let rest = position;
    let index = 0;
    let step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      index += (sizes[axis] === 1 ? 0 : at) * step;
      step *= sizes[axis]!;
    }
    return index;
  };
}

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[shape.length - rank + axis] ?? 1)),
  );
}

/** An element-wise function of arrays that are broadcast. */
function elementwise(
  inputs: readonly { readonly shape: readonly number[]; readonly data: ArrayLike<number> }[],
  f: (...values: number[]) => number,
): { shape: number[]; data: Float64Array } {
  const shape = broadcastShape(inputs.map(({ shape: sizes }) => sizes));
  const indexes = inputs.map(({ shape: sizes }) => broadcastIndex(sizes, shape));
  const data = Float64Array.from({ length: product(shape) }, (_, i) =>
    f(...inputs.map(({ data: values }, k) => values[indexes[k]!(i)]!)),
  );
  return { shape, data };
}

type Plain = Pick<Value, 'shape' | 'data'>;
const where = (mask: Plain, yes: Plain, no: Plain): Plain =>
  elementwise([mask, yes, no], (condition, a, b) => (condition ? a : b));

/** A mask [rows, T] as it is spread over the features. */
const spreadMask = ({ shape, mask }: Value): Plain | null =>
  mask === null
    ? null
    : elementwise(
        [
          { shape: [shape[0]!, shape[1]!, 1], data: mask },
          { shape, data: new Float64Array(product(shape)) },
        ],
        (counts) => counts,
      );

const either = (a: Plain, b: Plain): Plain => elementwise([a, b], (one, other) => Number(one !== 0 || other !== 0));

/** A mask of features: timesteps of which any counts. */
function anyFeature({ shape, data }: Plain): Uint8Array {
  const columns = shape.at(-1)!;
  return Uint8Array.from({ length: data.length / columns }, (_, row) =>
    Number(data.subarray(row * columns, (row + 1) * columns).some((counts) => counts !== 0)),
  );
}

/** keras/src/layers/merging/base_merge.py: vectors among sequences stand at every timestep. */
function alignRanks(inputs: readonly Value[]): Value[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return inputs.map((input) =>
    input.shape.length === rank ? input : { ...input, shape: [input.shape[0]!, 1, ...input.shape.slice(1)] },
  );
}

/** keras/src/layers/merging/base_merge.py, compute_mask: of the inputs before their ranks are made one. */
function orOfMasks(inputs: readonly Value[], shape: readonly number[]): Uint8Array | null {
  if (shape.length !== 3 || inputs.some(({ mask }) => mask === null)) return null;
  const [rows, steps] = shape as [number, number];
  return Uint8Array.from({ length: rows * steps }, (_, i) => {
    const [row, t] = [Math.floor(i / steps), i % steps];
    return Number(inputs.some(({ mask, shape: own }) => mask![row * own[1]! + (own[1] === 1 ? 0 : t)]));
  });
}

/** keras/src/layers/merging/base_merge.py, _apply_merge_op_and_or_mask, step by step. */
function extreme(inputs: readonly Value[], pick: (a: number, b: number) => number): Plain {
  let output: Plain | null = null;
  let outputMask: Plain | null = null;
  for (const input of inputs) {
    const mask = spreadMask(input);
    let x: Plain = input;
    if (output === null) {
      [output, outputMask] = [x, mask];
      continue;
    }
    if (mask !== null) x = where(mask, x, output);
    if (outputMask !== null) output = where(outputMask, output, x);
    outputMask = mask !== null && outputMask !== null ? either(outputMask, mask) : null;
    output = elementwise([output, x], pick);
  }
  return output!;
}

/** keras/src/layers/merging/multiply.py. */
function multiplied(inputs: readonly Value[]): Plain {
  const hasOutputMask = inputs.every(({ mask }) => mask !== null);
  let output: Plain | null = null;
  let outputMask: Plain | null = null;
  for (const input of inputs) {
    const mask = spreadMask(input);
    let x: Plain = input;
    if (mask !== null) {
      x = where(mask, x, { shape: [], data: Float64Array.of(1) });
      if (hasOutputMask) outputMask = outputMask === null ? mask : either(outputMask, mask);
    }
    output = output === null ? x : elementwise([output, x], (a, b) => a * b);
  }
  return hasOutputMask ? where(outputMask!, output!, { shape: [], data: Float64Array.of(0) }) : output!;
}

const sum = (...values: number[]): number => values.reduce((a, b) => a + b, 0);

const MERGES: Record<string, (inputs: readonly Value[]) => Plain> = {
  Add: (inputs) => elementwise(inputs, sum),
  Subtract: (inputs) => elementwise(inputs, (a, b) => a! - b!),
  Average: (inputs) => elementwise(inputs, (...values) => sum(...values) / values.length),
  Multiply: multiplied,
  Maximum: (inputs) => extreme(inputs, Math.max),
  Minimum: (inputs) => extreme(inputs, Math.min),
};

/** keras/src/layers/merging/concatenate.py. */
function concatenated(inputs: readonly Value[], given: number): Value {
  const rank = inputs[0]!.shape.length;
  const axis = given < 0 ? given + rank : given;
  const join = (parts: readonly Plain[]): Plain => {
    const shape = [...parts[0]!.shape];
    shape[axis] = sum(...parts.map((part) => part.shape[axis]!));
    const inner = product(shape.slice(axis + 1));
    const blocks = product(shape.slice(0, axis));
    const data = Array.from({ length: blocks }, (_, block) =>
      parts.flatMap(({ shape: own, data: values }) => {
        const size = own[axis]! * inner;
        return [...values.subarray(block * size, (block + 1) * size)];
      }),
    ).flat();
    return { shape, data: Float64Array.from(data) };
  };
  const { shape, data } = join(inputs);
  if (rank !== 3 || inputs.every(({ mask }) => mask === null)) return { shape, data, mask: null };
  const masks = inputs.map((input) => spreadMask(input) ?? { ...input, data: input.data.map(() => 1) });
  return { shape, data, mask: anyFeature(join(masks)) };
}

/** The indices that a slice selects, by walking along them. */
export function sliceIndices(size: number, [begin, end = null, stride = 1]: SliceList): number[] {
  const place = (given: number | null, forward: number, backward: number): number => {
    if (given === null) return stride > 0 ? forward : backward;
    const at = given < 0 ? given + size : given;
    return stride > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, -1), size - 1);
  };
  const last = place(end, size, -1);
  const indices: number[] = [];
  for (let at = place(begin, 0, size - 1); stride > 0 ? at < last : at > last; at += stride) indices.push(at);
  return indices;
}
type SliceList = readonly [number | null, (number | null)?, number?];

/** The timesteps at these places; null: zeros. */
function selectSteps(input: Value, places: readonly (number | null)[], keepsMask: boolean): Value {
  const [rows, steps] = input.shape as [number, number];
  const columns = product(input.shape.slice(2));
  const shape = [rows, places.length, ...input.shape.slice(2)];
  const data = Float64Array.from({ length: product(shape) }, (_, i) => {
    const [row, place] = [Math.floor(i / columns / places.length), places[Math.floor(i / columns) % places.length]!];
    return place === null ? 0 : input.data[(row * steps + place) * columns + (i % columns)]!;
  });
  const { mask } = input;
  if (!keepsMask || mask === null) return { shape, data, mask: null };
  const moved = Array.from({ length: rows }, (_, row) => places.map((place) => mask[row * steps + place!]!));
  return { shape, data, mask: Uint8Array.from(moved.flat()) };
}

function sliceFeatures(input: Value, range: SliceList): Value {
  const columns = input.shape.at(-1)!;
  const places = sliceIndices(columns, range);
  const rows = input.data.length / columns;
  const data = Array.from({ length: rows }, (_, row) => places.map((place) => input.data[row * columns + place]!));
  return { ...input, shape: [...input.shape.slice(0, -1), places.length], data: Float64Array.from(data.flat()) };
}

function slice(input: Value, config: Readonly<Record<string, unknown>>): Value {
  const steps = config['steps'] as SliceList | number | null | undefined;
  const features = config['features'] as SliceList | null | undefined;
  let value = input;
  if (typeof steps === 'number') {
    const one = selectSteps(value, [steps < 0 ? steps + value.shape[1]! : steps], false);
    value = { ...one, shape: [one.shape[0]!, ...one.shape.slice(2)] };
  } else if (steps) {
    value = selectSteps(value, sliceIndices(value.shape[1]!, steps), true);
  }
  return features ? sliceFeatures(value, features) : value;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function transposed({ shape, data }: Value): Value {
  const [rows, steps, columns] = shape as [number, number, number];
  const moved = Float64Array.from(data, (_, i) => {
    const [row, c, t] = [Math.floor(i / (steps * columns)), Math.floor(i / steps) % columns, i % steps];
    return data[(row * steps + t) * columns + c]!;
  });
  return { shape: [rows, columns, steps], data: moved, mask: null };
}

/** Softmax along the last axis of what a mask, broadcast to it, keeps: the rest is 0. */
function softmax(input: Value, mask: Plain | null): Value {
  const kept = mask === null ? null : elementwise([{ ...input, data: input.data.map(() => 1) }, mask], (_, m) => m!);
  const hidden = input.data.map((value, i) => (kept !== null && !(kept.data[i]! > 0.5) ? -1e9 : value));
  const shares = activate('softmax', hidden, input.shape.at(-1)!);
  return { ...input, data: shares.map((share, i) => (kept !== null && !(kept.data[i]! > 0.5) ? 0 : share)) };
}

function softmaxOver(input: Value, given: number, mask: Plain | null): Value {
  const axis = given < 0 ? given + input.shape.length : given;
  if (axis === input.shape.length - 1) return softmax(input, mask);
  return transposed(softmax(transposed(input), null));
}

function relu(x: number, { maxValue, negativeSlope, threshold }: Readonly<Record<string, unknown>>): number {
  const above = Math.min(x, (maxValue as number | null | undefined) ?? Infinity);
  const [slope, begin] = [(negativeSlope as number | undefined) ?? 0, (threshold as number | undefined) ?? 0];
  return x > begin ? above : slope * (x - begin);
}

function unitNormalized(input: Value): Float64Array {
  const columns = input.shape.at(-1)!;
  return input.data.map((value, i) => {
    const first = Math.floor(i / columns) * columns;
    const squares = input.data.subarray(first, first + columns).reduce((total, x) => total + x * x, 0);
    return value * Math.min(1 / Math.sqrt(squares), 1e12);
  });
}

/** A parameter of the axes behind the batch, 1 where it is shared. */
function withParameters(
  input: Value,
  parameters: readonly Plain[],
  f: (x: number, ...values: number[]) => number,
): Value {
  const { data } = elementwise([input, ...parameters.map((p) => ({ ...p, shape: [1, ...p.shape] }))], (x, ...values) =>
    f(x!, ...values),
  );
  return { ...input, data };
}

/** Sizes of the axes behind the batch that have parameters of their own, 1 for the others. */
function keptSizes(shape: readonly number[], axes: readonly number[]): number[] {
  const kept = axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
  return shape.slice(1).map((size, index) => (kept.includes(index + 1) ? size : 1));
}

const listOf = <T>(value: T | readonly T[] | null | undefined): readonly T[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** Numbers in one list, whatever their axes. */
const flatNumbers = (value: unknown): number[] =>
  Array.isArray(value) ? (value as unknown[]).flatMap(flatNumbers) : [value as number];

function normalized(input: Value, config: Readonly<Record<string, unknown>>, weightOf: WeightOf): Value {
  const axis = config['axis'] as number | number[] | null | undefined;
  const sizes = keptSizes(input.shape, axis === undefined ? [-1] : listOf(axis));
  const parameter = (name: string): Plain => {
    const given = config[name] ?? null;
    const data = given === null ? weightOf(name) : Float64Array.from(flatNumbers(given), Math.fround);
    const isOne = data.length === 1;
    return { shape: isOne ? sizes.map(() => 1) : sizes, data };
  };
  const [mean, variance] = [parameter('mean'), parameter('variance')];
  const scale = (square: number): number => Math.max(Math.sqrt(square), 1e-7);
  return withParameters(input, [mean, variance], (x, middle, square) =>
    config['invert'] === true ? middle! + x * scale(square!) : (x - middle!) / scale(square!),
  );
}

type WeightOf = (name: string) => Float64Array;

function embedded(input: Value, { outputDim, maskZero }: Readonly<Record<string, unknown>>, weightOf: WeightOf): Value {
  const width = outputDim as number;
  const table = weightOf('embeddings');
  const data = Float64Array.from({ length: input.data.length * width }, (_, i) => {
    const id = input.data[Math.floor(i / width)]!;
    return table[id * width + (i % width)]!;
  });
  const mask = maskZero === true ? Uint8Array.from(input.data, (id) => Number(id !== 0)) : null;
  return { shape: [...input.shape, width], data, mask };
}

function lstm(input: Value, config: Readonly<Record<string, unknown>>, weightOf: WeightOf): Value {
  const [batch, steps, inputs] = input.shape as [number, number, number];
  const units = config['units'] as number;
  const result = recurrentForward(lstmCell, {
    ...{ batch, steps, inputs, units, activation: 'tanh', recurrentActivation: 'sigmoid' },
    x: input.data,
    kernel: weightOf('kernel'),
    recurrentKernel: weightOf('recurrentKernel'),
    bias: weightOf('bias'),
    mask: input.mask,
  });
  if (config['returnSequences'] !== true) return { shape: [batch, units], data: result.last, mask: null };
  return { shape: [batch, steps, units], data: result.outputs, mask: input.mask };
}

function dense(input: Value, config: Readonly<Record<string, unknown>>, weightOf: WeightOf): Value {
  const inputs = input.shape.at(-1)!;
  const units = config['units'] as number;
  const data = denseForward({
    ...{ rows: input.data.length / inputs, inputs, units },
    activation: (config['activation'] as Activation | undefined) ?? 'linear',
    x: input.data,
    kernel: weightOf('kernel'),
    bias: weightOf('bias'),
  });
  return { ...input, shape: [...input.shape.slice(0, -1), units], data };
}

function masking(input: Value): Value {
  const columns = input.shape.at(-1)!;
  const mask = anyFeature(input);
  return { ...input, data: input.data.map((x, i) => (mask[Math.floor(i / columns)] ? x : 0)), mask };
}

function both(value: unknown): [number, number] {
  return Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];
}

/** What a layer gives for what it reads. */
export function callLayer(
  recipe: LayerRecipe,
  inputs: readonly Value[],
  mask: Value | null,
  weightOf: WeightOf,
): Value {
  const { className, config } = recipe;
  const x = inputs[0]!;
  const merge = MERGES[className];
  if (merge !== undefined) {
    const { shape, data } = merge(alignRanks(inputs));
    return { shape, data, mask: orOfMasks(inputs, shape) };
  }
  const elements = (f: (value: number) => number): Value => ({ ...x, data: x.data.map(f) });
  switch (className) {
    case 'Concatenate':
      return concatenated(inputs, (config['axis'] as number | undefined) ?? -1);
    case 'Embedding':
      return embedded(x, config, weightOf);
    case 'LSTM':
      return lstm(x, config, weightOf);
    case 'Dense':
      return dense(x, config, weightOf);
    case 'Masking':
      return masking(x);
    case 'Flatten':
      return { shape: [x.shape[0]!, product(x.shape.slice(1))], data: x.data, mask: null };
    case 'Slice':
      return slice(x, config);
    case 'Cropping1D': {
      const [begin, end] = both(config['cropping']);
      return selectSteps(x, range(x.shape[1]!).slice(begin, x.shape[1]! - end), false);
    }
    case 'ZeroPadding1D': {
      const zeros = both(config['padding']).map((count) => Array<null>(count).fill(null));
      return selectSteps(x, [...zeros[0]!, ...range(x.shape[1]!), ...zeros[1]!], false);
    }
    case 'UpSampling1D': {
      const again = config['size'] as number;
      return selectSteps(
        x,
        range(x.shape[1]!).flatMap((t) => Array<number>(again).fill(t)),
        false,
      );
    }
    case 'Permute':
      return (config['dims'] as number[])[0] === 2 ? transposed(x) : { ...x, mask: null };
    case 'Softmax':
      return softmaxOver(x, (config['axis'] as number | undefined) ?? -1, mask);
    case 'ReLU':
      return elements((value) => relu(value, config));
    case 'LeakyReLU':
      return elements((value) =>
        value < 0 ? ((config['negativeSlope'] as number | undefined) ?? 0.3) * value : value,
      );
    case 'ELU':
      return elements((value) =>
        value > 0 ? value : ((config['alpha'] as number | undefined) ?? 1) * Math.expm1(value),
      );
    case 'PReLU': {
      const shared = listOf(config['sharedAxes'] as number | number[] | null | undefined);
      const shape = x.shape.slice(1).map((size, index) => (shared.includes(index + 1) ? 1 : size));
      const alpha = { shape, data: weightOf('alpha') };
      return withParameters(x, [alpha], (value, slope) => (value > 0 ? value : slope! * value));
    }
    case 'UnitNormalization':
      return { ...x, data: unitNormalized(x) };
    case 'Rescaling': {
      const of = (given: unknown): Plain => {
        const data = Float64Array.from(flatNumbers(given ?? 0), Math.fround);
        return { shape: [...Array<number>(x.shape.length - 2).fill(1), data.length], data };
      };
      return withParameters(
        x,
        [of(config['scale']), of(config['offset'])],
        (value, scale, offset) => value * scale! + offset!,
      );
    }
    case 'Normalization':
      return normalized(x, config, weightOf);
    default:
      throw new Error(`callLayer: expected a layer that the oracle knows, received ${className}`);
  }
}

/** All tensors of a graph by name. */
export function runGraph(
  recipe: GraphRecipe,
  inputs: ReadonlyMap<string, Plain>,
  weights: Weights,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>([...inputs].map(([name, value]) => [name, { ...value, mask: null }]));
  for (const layer of recipe.layers) {
    const mask = layer.mask === undefined ? null : values.get(layer.mask)!;
    const read = layer.of.map((name) => values.get(name)!);
    const value = callLayer(layer, read, mask, (name) => weights.get(`${layer.name}/${name}`)!);
    values.set(layer.name, value);
  }
  return values;
}
