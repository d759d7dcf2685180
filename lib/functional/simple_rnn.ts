// SPDX-License-Identifier: MIT
// A recurrent pass as a plain function: arrays in, array out, no layer and no model. What a textbook writes as a loop.
import { checkActivation } from '../layers/simple_rnn';
import { NdArray } from '../ndarray';
import { ALL_SHORTCUTS } from '../models/shortcuts';
import { toValues, type ShapedArray } from '../arrays/arrays';
import { callEngine, engineError, loadBinding } from '../native/engine';
import { withDefaults } from '../util/options';
import { checkBoolean, refusal } from '../util/validate';
import type { ActivationLike } from '../activations';
import type { NativeActivation, NativeDataset, NativeModel } from '../native/binding';
import type { ArrayInput } from '../types';

/** Weights and options of {@link simpleRnn}; Keras' weight layout. */
export interface SimpleRnnParameters {
  /** [C,H]. */
  kernel: ArrayInput;
  /** [H,H]. */
  recurrentKernel: ArrayInput;
  /** [H]; default null: none. */
  bias?: ArrayInput | null;
  /** State before the first timestep, [H] or [N,H]; default null: zeros. */
  initialState?: ArrayInput | null;
  /** Default `'tanh'`; null for none. Not `'softmax'`. */
  activation?: ActivationLike;
  /** True: the state after every timestep; false (default): after the last. */
  returnSequences?: boolean;
}

/** Defaults of {@link SimpleRnnParameters}; the kernels have none. */
export const defaults = Object.freeze({
  bias: null,
  initialState: null,
  activation: 'tanh',
  returnSequences: false,
} as const);

const WHERE = 'simpleRnn';
type Floats = ShapedArray<Float32Array>;

interface Job {
  readonly inputs: Floats;
  readonly kernel: Floats;
  readonly recurrentKernel: Floats;
  readonly bias: Floats | null;
  readonly initialState: Float32Array | null;
  readonly activation: NativeActivation;
  readonly returnSequences: boolean;
  readonly sizes: { readonly n: number; readonly t: number; readonly c: number; readonly h: number };
}

/**
 * Runs `h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias)` over one sequence or a batch of them.
 *
 * @param inputs one sequence [T,C], or a batch [N,T,C]
 * @param parameters see {@link SimpleRnnParameters}
 * @returns for one sequence the last state [H], or [T,H] with `returnSequences`; for a batch [N,H] or [N,T,H]
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 * @see keras/src/layers/rnn/simple_rnn.py
 * @example
 * const states = await simpleRnn(inputs, { kernel, recurrentKernel, bias, returnSequences: true }); // [T,C] -> [T,H]
 */
export async function simpleRnn(inputs: ArrayInput, parameters: SimpleRnnParameters): Promise<NdArray> {
  const job = readJob(inputs, parameters);
  const { n, t, h } = job.sizes;
  const outputs = new Float32Array(job.returnSequences ? n * t * h : n * h);
  const { model, dataset } = callEngine(() => prepare(job));
  try {
    await predict(model, dataset, n, outputs);
  } finally {
    model.dispose();
  }
  const axes = job.returnSequences ? [t, h] : [h];
  return new NdArray(outputs, job.inputs.shape.length === 2 ? axes : [n, ...axes]);
}

function readJob(given: ArrayInput, parameters: SimpleRnnParameters): Job {
  const o = withDefaults(WHERE, parameters, defaults, ['kernel', 'recurrentKernel']);
  const inputs = toValues(WHERE, 'inputs', given);
  const isBatch = inputs.shape.length === 3;
  if (!isBatch && inputs.shape.length !== 2) throw shapeRefusal('inputs', '[T,C] or [N,T,C]', inputs.shape);
  const [n, t, c] = (isBatch ? inputs.shape : [1, ...inputs.shape]) as [number, number, number];

  const kernel = toValues(WHERE, 'kernel', o.kernel);
  const h = kernel.shape[1];
  if (kernel.shape.length !== 2 || kernel.shape[0] !== c || h === undefined)
    throw shapeRefusal('kernel', `[C,H] with C = ${c}, the features of the inputs,`, kernel.shape);
  const recurrentKernel = toValues(WHERE, 'recurrentKernel', o.recurrentKernel);
  expectShape('recurrentKernel', '[H,H]', [h, h], recurrentKernel.shape);
  const bias = o.bias === null ? null : toValues(WHERE, 'bias', o.bias);
  if (bias !== null) expectShape('bias', '[H]', [h], bias.shape);

  return {
    inputs,
    kernel,
    recurrentKernel,
    bias,
    initialState: o.initialState === null ? null : readState(o.initialState, n, h),
    activation: checkActivation(WHERE, o.activation),
    returnSequences: checkBoolean(WHERE, 'returnSequences', o.returnSequences),
    sizes: { n, t, c, h },
  };
}

/** One state [H] holds for every sequence of a batch. */
function readState(given: ArrayInput, n: number, h: number): Float32Array {
  const { data, shape } = toValues(WHERE, 'initialState', given);
  if (shape.length === 2) {
    expectShape('initialState', '[N,H]', [n, h], shape);
    return data;
  }
  expectShape('initialState', '[H]', [h], shape);
  const states = new Float32Array(n * h);
  for (let row = 0; row < n; row++) states.set(data, row * h);
  return states;
}

function expectShape(what: string, letters: string, wanted: readonly number[], shape: readonly number[]): void {
  if (shape.length === wanted.length && wanted.every((size, axis) => size === shape[axis])) return;
  throw shapeRefusal(what, `${letters} = [${wanted.join(', ')}]`, shape);
}

function shapeRefusal(what: string, expected: string, shape: readonly number[]): Error {
  return refusal('ERR_SHAPE', WHERE, `${what} of shape ${expected}`, `[${shape.join(', ')}]`);
}

/** Copies everything into the engine, before the caller gets a chance to change it. */
function prepare(job: Job): { model: NativeModel; dataset: NativeDataset } {
  const { NativeModel, NativeDataset } = loadBinding();
  const { n, t, c, h } = job.sizes;
  const weights = [job.kernel, job.recurrentKernel, ...(job.bias === null ? [] : [job.bias])];
  const dataset = new NativeDataset({
    rows: n,
    inputShape: [t, c],
    inputs: job.inputs.data,
    targets: null,
    targetSize: 0,
    initialState: job.initialState,
  });
  const model = new NativeModel({
    input: 'values',
    inputShape: [t, c],
    layers: [
      {
        kind: 'simple_rnn',
        units: h,
        activation: job.activation,
        useBias: job.bias !== null,
        returnSequences: job.returnSequences,
        trainable: false,
        penalties: weights.map(() => ({ l1: 0, l2: 0, orthogonal: 0, orthogonalByRows: true })),
        constraints: weights.map(() => null),
      },
    ],
    shortcuts: ALL_SHORTCUTS,
  });
  weights.forEach(({ data }, index) => model.writeWeight(index, data));
  return { model, dataset };
}

function predict(model: NativeModel, dataset: NativeDataset, rows: number, outputs: Float32Array): Promise<void> {
  return new Promise((resolve, reject) => {
    callEngine(() =>
      model.run(
        { mode: 'predict', dataset, order: null, begin: 0, end: rows, batchSize: rows, outputs, totals: null },
        (code, message) => (code === null ? resolve() : reject(engineError(code, message))),
      ),
    );
  });
}
