// SPDX-License-Identifier: MIT
// A model as its files see it.
import { weightNames, type NamedLayer } from '../util/weight_names';
import type { Floats, FloatSource } from '../arrays/float_source';
import type { TrainingState, WeightValues } from '../serialization';
import type { CompileConfig } from '../training/compile_config';

/** What is saved of a model, and how it is given back. */
export interface SavedModel {
  readonly name: string;
  readonly className: string;
  readonly isBuilt: boolean;
  readonly layers: readonly NamedLayer[];
  readonly weights: readonly { readonly layer: string; readonly name: string; readonly shape: readonly number[] }[];
  readonly compileConfig: CompileConfig | null;
  getConfig(): object;
  /** Copies of the weights, and of what training goes on from, as they are at the call. */
  snapshot(): Snapshot;
  /** Sets weights, where they are given, and what training goes on from; all or nothing. */
  restore(method: string, weights: readonly (Floats | undefined)[], training?: TrainingState): Promise<void>;
}

/** A model at one moment. Its sources can be read from when `whenCopied` resolves to when it is released. */
export interface Snapshot {
  readonly weights: readonly FloatSource[];
  readonly training: TrainingState;
  readonly whenCopied: Promise<void>;
  /** Gives its memory back. */
  release(): void;
}

/** The weights that a file of this model has. */
export function expectedWeights(model: SavedModel): Omit<WeightValues, 'data'>[] {
  const names = weightNames(model.layers);
  return model.weights.map(({ shape }, index) => ({ name: names[index]!, shape }));
}
