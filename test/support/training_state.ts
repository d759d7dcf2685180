// SPDX-License-Identifier: MIT
// All that training goes on from, read from a model and written into another.
import { toArray } from '../../lib/arrays/float_source';
import type { Model } from '../../lib/models';
import type { Snapshot } from '../../lib/models/saved_model';

export interface TrainingState {
  weights: Float32Array[];
  iterations: number;
  optimizer: { name: string; weight: number; values: Float32Array }[];
  layers: Float32Array[];
}

export function readState(model: Model): TrainingState {
  const native = model.nativeModel();
  const read = (size: number, into: (out: Float32Array) => void): Float32Array => {
    const out = new Float32Array(size);
    into(out);
    return out;
  };
  return {
    weights: model.getWeights().map(({ data }) => data),
    iterations: native.iterations,
    optimizer: native.optimizerState().map(({ name, weight, size }, i) => ({
      name,
      weight,
      values: read(size, (out) => native.readOptimizer(i, out)),
    })),
    layers: native.layerStates().map((size, i) => read(size, (out) => native.readLayerStates(i, out))),
  };
}

export function writeState(model: Model, state: TrainingState): void {
  const native = model.nativeModel();
  model.setWeights(state.weights);
  state.optimizer.forEach(({ values }, i) => native.writeOptimizer(i, values));
  native.setIterations(state.iterations);
  state.layers.forEach((values, i) => native.writeLayerStates(i, values));
}

/** What training goes on from besides the weights, as files have it. */
export async function trainingStateOf(model: Model): Promise<Snapshot['training']> {
  const { training, whenCopied, release } = model.snapshot();
  await whenCopied;
  const { optimizer, layers } = training;
  const slots: Record<string, Float32Array> = {};
  for (const [name, values] of Object.entries(optimizer?.slots ?? {})) slots[name] = await toArray('test', values);
  const states: Float32Array[] = [];
  for (const values of layers.states) states.push(await toArray('test', values));
  release();
  return { optimizer: optimizer && { ...optimizer, slots }, layers: { ...layers, states } };
}
