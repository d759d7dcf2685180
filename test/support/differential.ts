// SPDX-License-Identifier: MIT
// Replays what tools/differential/keras_side.py wrote: makes the layer or the model through the public API and compares
// outputs, loss and gradients. The package is an argument, and only types of it are imported: so the same lines serve
// the tests (lib/) and `npm run differential` (dist/).
import type * as ostinato from '../../lib';

type Package = typeof ostinato;

/** An array as the Python side writes it: base64 of int8 in 1/64, of int8, of uint8, or of float32. */
export type Encoded = { shape: number[] } & (
  { grid: string } | { ids: string } | { mask: string } | { floats: string }
);

export interface LayerRecipe {
  className: string;
  config: Record<string, unknown>;
}

/** A case with what Keras computed, in the words of cases.py. */
export interface DifferentialCase {
  seed: number;
  index: number;
  kind: 'call' | 'model';
  rows: number;
  inputShape: number[];
  /** Size of the vocabulary, where inputs are token ids. */
  tokens?: number;
  layers: LayerRecipe[];
  weights: Encoded[];
  /** One per call: two where states are carried on. */
  inputs: Encoded[];
  mask?: Encoded;
  initialState?: Encoded[];
  /** Per call: the outputs, then the states where they are asked for. */
  outputs: Encoded[][];
  targets?: Encoded;
  loss?: number;
  /** Null where a weight is not trained. */
  gradients?: (Encoded | null)[];
  /** Weights that a training step moves without a gradient: moving averages. */
  after?: (Encoded | null)[];
  /** Why Keras would not compute the case. */
  refused?: string;
}

/** Something that differs from Keras: where, and by how much. */
export interface Difference {
  what: string;
  /** Largest difference relative to the largest entry; Infinity where there is NaN or another shape. */
  error: number;
  note?: string;
}

export interface Tolerances {
  outputs: number;
  gradients: number;
}

// Units of 6e-8 that a few steps of recurrence stretch; sums over rows and steps of terms that may cancel.
export const TOLERANCES: Tolerances = Object.freeze({ outputs: 1e-5, gradients: 1e-4 });

/** Values of the grid are whole multiples of this. */
const GRID = 1 / 64;
/** A step so large that the weights are small beside it: what they lost is the gradient, to a part in 2^24 of itself. */
export const STEP = 1024;

/** Options that constructors take by position. */
const POSITIONAL: Record<string, string[]> = {
  Activation: ['activation'],
  AveragePooling1D: ['poolSize'],
  Bidirectional: ['layer'],
  Conv1D: ['filters', 'kernelSize'],
  Cropping1D: ['cropping'],
  Dense: ['units'],
  Dot: ['axes'],
  Dropout: ['rate'],
  Embedding: ['inputDim', 'outputDim'],
  GRU: ['units'],
  GRUCell: ['units'],
  GaussianNoise: ['stddev'],
  LSTM: ['units'],
  LSTMCell: ['units'],
  MaxPooling1D: ['poolSize'],
  MultiHeadAttention: ['numHeads', 'keyDim'],
  Permute: ['dims'],
  RNN: ['cell'],
  RepeatVector: ['n'],
  Rescaling: ['scale'],
  Reshape: ['targetShape'],
  Sequential: ['layers'],
  SimpleRNN: ['units'],
  SimpleRNNCell: ['units'],
  SpatialDropout1D: ['rate'],
  TimeDistributed: ['layer'],
  UpSampling1D: ['size'],
  ZeroPadding1D: ['padding'],
};

interface Numbers<A> {
  data: A;
  shape: number[];
}

function bytesOf(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  // A copy of its own: small buffers share memory, at offsets that no Float32Array may begin at.
  return new Uint8Array(bytes).buffer;
}

export function decode(encoded: Encoded): Numbers<Float32Array | Int32Array | Uint8Array> {
  const { shape } = encoded;
  if ('ids' in encoded) return { data: Int32Array.from(new Int8Array(bytesOf(encoded.ids))), shape };
  if ('mask' in encoded) return { data: new Uint8Array(bytesOf(encoded.mask)), shape };
  if ('floats' in encoded) return { data: new Float32Array(bytesOf(encoded.floats)), shape };
  return { data: Float32Array.from(new Int8Array(bytesOf(encoded.grid)), (value) => value * GRID), shape };
}

/** The layer that a recipe describes. */
export function layerOf(lib: Package, { className, config }: LayerRecipe): ostinato.Layer {
  const positional = POSITIONAL[className] ?? [];
  const made = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(made);
    return isRecipe(item) ? layerOf(lib, item) : item;
  };
  const value = (key: string): unknown => made(config[key]);
  const named = Object.keys(config).filter((key) => !positional.includes(key));
  const classes = lib as unknown as Record<string, new (...args: unknown[]) => ostinato.Layer>;
  const Class = classes[className];
  if (Class === undefined) throw new Error(`the package has no ${className}`);
  return new Class(...positional.map(value), Object.fromEntries(named.map((key) => [key, value(key)])));
}

function isRecipe(value: unknown): value is LayerRecipe {
  return typeof value === 'object' && value !== null && 'className' in value;
}

/** Compares like with like, and remembers what differs. */
export class Comparison {
  readonly differences: Difference[] = [];

  /** `floor`: entries below it are as good as zero. */
  check(
    what: string,
    actual: { data: ArrayLike<number>; shape: readonly number[] },
    expected: Encoded,
    tolerance: number,
    floor: number,
  ): void {
    const wanted = decode(expected);
    if (String(actual.shape) !== String(wanted.shape)) {
      this.differences.push({ what, error: Infinity, note: `shape [${actual.shape}], Keras has [${wanted.shape}]` });
      return;
    }
    let at = 0;
    let worst = 0;
    let largest = floor;
    for (const [i, value] of wanted.data.entries()) {
      // A mean over no step: Keras divides by zero, and there is nothing to compare.
      if (Number.isNaN(value)) continue;
      const difference = Math.abs(actual.data[i]! - value);
      const error = Number.isNaN(difference) ? Infinity : difference;
      if (error > worst) [worst, at] = [error, i];
      largest = Math.max(largest, Math.abs(value));
    }
    if (worst / largest < tolerance) return;
    const note = `entry ${at} of [${wanted.shape}] is ${actual.data[at]}, Keras has ${wanted.data[at]}`;
    this.differences.push({ what, error: worst / largest, note });
  }
}

async function compareLayer(lib: Package, golden: DifferentialCase, comparison: Comparison): Promise<void> {
  const layer = layerOf(lib, golden.layers[0]!);
  layer.build([golden.rows, ...golden.inputShape]);
  layer.setWeights(golden.weights.map(decode));
  const options: ostinato.CallOptions = {};
  if (golden.initialState !== undefined) options.initialState = golden.initialState.map(decode);
  if (golden.mask !== undefined) options.mask = decode(golden.mask);
  for (const [call, x] of golden.inputs.entries()) {
    const got = await layer.call<ostinato.NdArray | ostinato.NdArray[]>(decode(x), options);
    compareOutputs(golden, call, Array.isArray(got) ? got : [got], comparison);
  }
}

function compareOutputs(
  golden: DifferentialCase,
  call: number,
  got: readonly ostinato.NdArray[],
  comparison: Comparison,
): void {
  const wanted = golden.outputs[call]!;
  const round = golden.inputs.length > 1 ? ` of call ${call + 1}` : '';
  if (got.length !== wanted.length) {
    const note = `${got.length} arrays, Keras has ${wanted.length}`;
    comparison.differences.push({ what: `outputs${round}`, error: Infinity, note });
    return;
  }
  got.forEach((array, i) => comparison.check(`output ${i}${round}`, array, wanted[i]!, TOLERANCES.outputs, 1e-2));
}

async function compareModel(lib: Package, golden: DifferentialCase, comparison: Comparison): Promise<void> {
  const layers = golden.layers.map((recipe) => layerOf(lib, recipe));
  const model = new lib.Sequential([new lib.Input(golden.inputShape), ...layers]);
  model.setWeights(golden.weights.map(decode));
  const predict = (x: Encoded): Promise<ostinato.NdArray> => model.predict(decode(x), { batchSize: golden.rows });
  for (const [call, x] of golden.inputs.entries()) compareOutputs(golden, call, [await predict(x)], comparison);
  const { gradients, after, targets, loss } = golden;
  if (gradients === undefined) return;

  if (golden.inputs.length > 1) model.resetStates();
  for (const x of golden.inputs.slice(0, -1)) await predict(x);
  model.compile({ optimizer: new lib.SGD(STEP), loss: 'mse' });
  const before = model.getWeights();
  const trained = await model.trainOnBatch<number>(decode(golden.inputs.at(-1)!), decode(targets!));
  const then = model.getWeights();
  const wanted: Encoded = { shape: [], floats: Buffer.from(Float32Array.of(loss!).buffer).toString('base64') };
  comparison.check('loss', { data: [trained], shape: [] }, wanted, TOLERANCES.outputs, 1e-3);

  // A gradient that is zero but for rounding, as that of a bias before a normalization, is measured by the others.
  const entries = gradients.flatMap((gradient) => (gradient === null ? [] : [...decode(gradient).data]));
  const floor = Math.max(1e-2 * entries.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0), 1e-4);
  for (const [i, gradient] of gradients.entries()) {
    const old = before[i]!.data;
    const { data, shape } = then[i]!;
    const moved = after?.[i] ?? null;
    const name = model.weights[i]?.name ?? '';
    if (gradient !== null) {
      const lost = { data: Float64Array.from(data, (value, k) => (old[k]! - value) / STEP), shape };
      comparison.check(`gradient ${i} (${name})`, lost, gradient, TOLERANCES.gradients, floor);
    } else {
      const expected = moved ?? golden.weights[i]!;
      comparison.check(`weight ${i} (${name}) after a step`, { data, shape }, expected, TOLERANCES.outputs, 1e-2);
    }
  }
}

/** Replays a case; what it returns is empty where the package does what Keras does. */
export async function differencesFromKeras(lib: Package, golden: DifferentialCase): Promise<Difference[]> {
  if (golden.refused !== undefined) return [{ what: 'the case', error: Infinity, note: `Keras: ${golden.refused}` }];
  const comparison = new Comparison();
  try {
    await (golden.kind === 'call' ? compareLayer : compareModel)(lib, golden, comparison);
  } catch (error) {
    comparison.differences.push({ what: 'the case', error: Infinity, note: String(error) });
  }
  return comparison.differences;
}

/** A case without its numbers: what there is to read in it. */
export function summaryOf({
  seed,
  index,
  kind,
  rows,
  inputShape,
  tokens,
  layers,
  mask,
  initialState,
  inputs,
}: DifferentialCase): string {
  const given = { mask: mask !== undefined, initialState: initialState !== undefined, calls: inputs?.length ?? 0 };
  return JSON.stringify({ seed, index, kind, rows, inputShape, tokens, layers, ...given });
}
