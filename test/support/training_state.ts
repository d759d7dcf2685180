// SPDX-License-Identifier: MIT
// All that training goes on from, read from a model and written into another.
import type { Sequential } from '../../lib';
import type { Snapshot } from '../../lib/models/model_files';
import type { NativeModel } from '../../lib/native/binding';

export interface TrainingState {
  weights: Float32Array[];
  iterations: number;
  optimizer: { name: string; weight: number; values: Float32Array }[];
  layers: Float32Array[];
}

/** `sizes` are those of the weights. */
export function readState(model: NativeModel, sizes: readonly number[]): TrainingState {
  const read = (size: number, into: (out: Float32Array) => void): Float32Array => {
    const out = new Float32Array(size);
    into(out);
    return out;
  };
  return {
    weights: sizes.map((size, i) => read(size, (out) => model.readWeight(i, out))),
    iterations: model.iterations,
    optimizer: model.optimizerState().map(({ name, weight, size }, i) => ({
      name,
      weight,
      values: read(size, (out) => model.readOptimizer(i, out)),
    })),
    layers: model.layerStates().map((size, i) => read(size, (out) => model.readLayerStates(i, out))),
  };
}

export function writeState(model: NativeModel, state: TrainingState): void {
  state.weights.forEach((values, i) => model.writeWeight(i, values));
  state.optimizer.forEach(({ values }, i) => model.writeOptimizer(i, values));
  model.setIterations(state.iterations);
  state.layers.forEach((values, i) => model.writeLayerStates(i, values));
}

/** What training goes on from besides the weights, as files have it. */
export async function trainingStateOf(model: Sequential): Promise<Snapshot['training']> {
  const { training, whenCopied } = model.snapshot();
  await whenCopied;
  return training;
}
