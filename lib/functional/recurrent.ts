// SPDX-License-Identifier: MIT
// A recurrent pass as a plain function: arrays in, arrays out, no layer and no model. What simpleRnn, lstm and gru share.
import { toValues, type ShapedArray } from '../arrays/arrays';
import { makeBatch, runBatch } from '../graph/executor';
import { NO_PENALTY } from '../layers/layer';
import { checkActivation } from '../layers/recurrent';
import { callEngine, loadBinding } from '../native/engine';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { checkBoolean, describe, refusal } from '../util/validate';
import type { ActivationLike } from '../activations';
import type { NativeModel, NativeRecurrent } from '../native/binding';
import type { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';

/** Weights and options that every pass takes; Keras' weight layout, with the gates side by side. */
export interface RecurrentParameters {
  /** [C,G·H], with G gates: 1 for `simpleRnn`, 4 (i, f, c, o) for `lstm`, 3 (z, r, h) for `gru`. */
  kernel: ArrayInput;
  /** [H,G·H]. */
  recurrentKernel: ArrayInput;
  /** [G·H]; for `gru` with `resetAfter` [2,3·H]. Default null: none. */
  bias?: ArrayInput | null;
  /** Default `'tanh'`; null for none. None that mixes the units, such as `'softmax'`. */
  activation?: ActivationLike;
  /** True: the state after every timestep; false (default): after the last. */
  returnSequences?: boolean;
  /** True: the final states too, in an array after the output. Default false. */
  returnState?: boolean;
}

/** Defaults of {@link RecurrentParameters}; the kernels have none. */
export const recurrentDefaults = Object.freeze({
  bias: null,
  activation: 'tanh',
  returnSequences: false,
  returnState: false,
} as const);

/** Keys of {@link RecurrentParameters} that have no default. */
export const REQUIRED = ['kernel', 'recurrentKernel'] as const;

/** What sets one kind of pass apart. */
export interface Cell extends Pick<NativeRecurrent, 'kind' | 'recurrentActivation' | 'resetAfter'> {
  /** The function, for messages. */
  readonly where: string;
  readonly gates: number;
  /** States in order, each with the name that messages give it. */
  readonly states: readonly { readonly what: string; readonly value: ArrayInput }[] | null;
  readonly stateCount: number;
}

type Floats = ShapedArray<Float32Array>;
type Resolved = { [K in keyof RecurrentParameters]-?: Exclude<RecurrentParameters[K], undefined> };

interface Job {
  readonly inputs: Floats;
  readonly weights: readonly Floats[];
  /** [N,H] each; none where they are zero. */
  readonly initialState: readonly Float32Array[];
  readonly layer: NativeRecurrent;
  readonly sizes: { readonly n: number; readonly t: number; readonly c: number; readonly h: number };
}

/** Runs one sequence [T,C] or a batch of them [N,T,C]. */
export async function runRecurrent(cell: Cell, inputs: unknown, given: Resolved): Promise<NdArray | NdArray[]> {
  const returnState = checkBoolean(cell.where, 'returnState', given.returnState);
  const job = readJob(cell, inputs, given);
  const { n, t, c, h } = job.sizes;
  const states = returnState ? new Array<number[]>(cell.stateCount).fill([n, h]) : [];
  const shapes = [job.layer.returnSequences ? [n, t, h] : [n, h], ...states];
  const native = makeNative(job, shapes.length);
  try {
    const dataset = makeBatch(n, [
      { shape: [t, c], data: job.inputs.data },
      ...job.initialState.map((data) => ({ shape: [h], data })),
    ]);
    const outputs = await runBatch(cell.where, native, dataset, shapes, false);
    // One sequence by itself has no batch axis.
    const given = job.inputs.shape.length === 2 ? outputs.map((a) => a.reshape(a.shape.slice(1))) : outputs;
    return returnState ? given : given[0]!;
  } finally {
    native.dispose();
  }
}

function readJob(cell: Cell, given: unknown, o: Resolved): Job {
  const { where, gates } = cell;
  const inputs = toValues(where, 'inputs', given);
  const isBatch = inputs.shape.length === 3;
  if (!isBatch && inputs.shape.length !== 2) throw shapeRefusal(where, 'inputs', '[T,C] or [N,T,C]', inputs.shape);
  const [n, t, c] = (isBatch ? inputs.shape : [1, ...inputs.shape]) as [number, number, number];

  const columns = gates === 1 ? 'H' : `${gates}H`;
  const kernel = toValues(where, 'kernel', o.kernel);
  const width = kernel.shape[1];
  if (kernel.shape.length !== 2 || kernel.shape[0] !== c || width === undefined || width % gates !== 0)
    throw shapeRefusal(where, 'kernel', `[C,${columns}] with C = ${c}, the features of the inputs,`, kernel.shape);
  const h = width / gates;
  const recurrentKernel = toValues(where, 'recurrentKernel', o.recurrentKernel);
  expectShape(where, 'recurrentKernel', `[H,${columns}]`, [h, width], recurrentKernel.shape);
  const bias = o.bias === null ? null : toValues(where, 'bias', o.bias);
  if (bias !== null && cell.resetAfter) expectShape(where, 'bias', `[2,${columns}]`, [2, width], bias.shape);
  else if (bias !== null) expectShape(where, 'bias', `[${columns}]`, [width], bias.shape);
  const weights = [kernel, recurrentKernel, ...(bias === null ? [] : [bias])];

  const states = cell.states?.map(({ what, value }) => readState(where, what, value, n, h));
  const { kind, recurrentActivation, resetAfter } = cell;
  return {
    inputs,
    weights,
    initialState: states ?? [],
    layer: {
      kind,
      features: c,
      units: h,
      activation: checkActivation(where, 'activation', o.activation),
      recurrentActivation,
      useBias: bias !== null,
      resetAfter,
      returnSequences: checkBoolean(where, 'returnSequences', o.returnSequences),
      goBackwards: false,
      stateful: false,
      zeroOutputForMask: false,
      dropout: 0,
      recurrentDropout: 0,
      seed: 0,
      penalties: weights.map(() => ({ ...NO_PENALTY })),
      constraints: weights.map(() => null),
    },
    sizes: { n, t, c, h },
  };
}

/** One state [H] holds for every sequence of a batch. */
function readState(where: string, what: string, given: unknown, n: number, h: number): Float32Array {
  const { data, shape } = toValues(where, what, given);
  if (shape.length === 2) {
    expectShape(where, what, '[N,H]', [n, h], shape);
    return data;
  }
  expectShape(where, what, '[H]', [h], shape);
  const states = new Float32Array(n * h);
  for (let row = 0; row < n; row++) states.set(data, row * h);
  return states;
}

/** The states of a pass that has several, by name: an array with one for each, or null. */
export function readStates(where: string, names: readonly string[], given: unknown): Cell['states'] {
  if (given === null) return null;
  if (!Array.isArray(given) || given.length !== names.length)
    throw refusal(
      Array.isArray(given) ? 'ERR_SHAPE' : 'ERR_TYPE',
      where,
      `initialState to be [${names.join(', ')}] or null`,
      describe(given),
    );
  return names.map((name, index) => ({ what: `initialState[${index}] (${name})`, value: given[index] as ArrayInput }));
}

function expectShape(
  where: string,
  what: string,
  letters: string,
  wanted: readonly number[],
  shape: readonly number[],
): void {
  if (shape.length === wanted.length && wanted.every((size, axis) => size === shape[axis])) return;
  throw shapeRefusal(where, what, `${letters} = [${wanted.join(', ')}]`, shape);
}

function shapeRefusal(where: string, what: string, expected: string, shape: readonly number[]): Error {
  return refusal('ERR_SHAPE', where, `${what} of shape ${expected}`, `[${shape.join(', ')}]`);
}

/** The engine's model of the layer alone, with a copy of its weights. */
function makeNative({ weights, initialState, layer, sizes }: Job, outputs: number): NativeModel {
  return callEngine(() => {
    const { NativeLayer, NativeModel } = loadBinding();
    const native = new NativeLayer(layer);
    weights.forEach((weight, index) => native.writeWeight(index, weight.data));
    const inputs = [
      { kind: 'values' as const, shape: [sizes.t, sizes.c] },
      ...initialState.map(() => ({ kind: 'values' as const, shape: [sizes.h] })),
    ];
    return new NativeModel({
      inputs,
      layers: [native],
      nodes: [{ layer: 0, inputs: [...inputs.keys()], flipsOutputs: false, call: null }],
      outputs: Array.from({ length: outputs }, (_, index) => inputs.length + index),
      shortcuts: ALL_SHORTCUTS,
    });
  });
}
