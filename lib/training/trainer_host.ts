// SPDX-License-Identifier: MIT
// What the training room needs to know of a model. `Model` implements it; `Trainer` (trainer.ts) drives it.
import type { NativeBinding, NativeModel } from '../native/binding';
import type { CallbackModel } from '../callbacks/callback';
import type { StepInputs, StepMask } from '../layers/step_mask';
import type { NamedLayer } from '../util/weight_names';
import type { Shape } from '../types';

/** The part of the addon that training uses besides a model. */
export type TrainingEngine = Pick<NativeBinding, 'NativeDataset' | 'permutation'>;

/** Rows of a batch whose states stateful layers hold; undefined where they begin at zero. */
export interface BatchRows {
  count: number | undefined;
}

/** What stateful layers carry from batch to batch. */
export interface CarriedStates {
  readonly batchRows: BatchRows;
  readonly states: readonly Float32Array[];
}

/** An input of a model. */
export interface HostInput {
  readonly name: string;
  /** Tokens (int32 ids) or values (float32). */
  readonly kind: 'tokens' | 'values';
  /** Ids run from 0 to `vocabularySize - 1`; undefined where no layer reads them as ids, and for values. */
  readonly vocabularySize: number | undefined;
  /** With the batch axis first, null where unknown; undefined before the model is built. */
  readonly shape: Shape | undefined;
}

/** An output of a model. */
export interface HostOutput {
  readonly name: string;
  /** As that of {@link HostInput}. */
  readonly shape: Shape | undefined;
}

/** A layer with weights of its own. */
type TrainedLayer = Pick<NamedLayer, 'weightSpecs'> & { readonly trainable: boolean };

export interface TrainerHost extends CallbackModel {
  /** One before the model is built. */
  readonly dataInputs: readonly HostInput[];
  readonly dataOutputs: readonly HostOutput[];
  /** Shapes of the outputs for inputs of these shapes, batch axis first. Throws `ERR_SHAPE` where a layer does not take its own. */
  computeOutputShapes(inputShapes: readonly Shape[]): Shape[];
  /** Which timesteps of an output count for these inputs, as far as the inputs alone tell; undefined where all may. */
  outputMask(inputs: readonly StepInputs[], output: number): StepMask | undefined;
  /** Builds a model of one input for this shape (batch axis first) where it is not built yet. */
  ensureBuilt(inputShape: Shape): void;
  /** Whether a batch begins with the states that the one before ended with. */
  readonly isStateful: boolean;
  /** Rows of the batches whose states the model holds at present. Set with each batch. */
  readonly batchRows: BatchRows;
  /** Takes out what stateful layers carry, and puts other states in its place; undefined: they begin at zero. */
  exchangeStates(states: CarriedStates | undefined): CarriedStates;
  /** The engine's model. Throws `ERR_STATE` before it is built, `ERR_DISPOSED` after `dispose()`. */
  nativeModel(): NativeModel;
  /** All layers in order; their weights, in order, are the engine's. */
  readonly layers: readonly NamedLayer[];
  /** The layers that weights belong to, in order, and whether the models around them let them train. */
  readonly parts: readonly { readonly layer: TrainedLayer; readonly trainable: boolean }[];
  readonly weights: readonly { readonly layer: string; readonly name: string; readonly trainable: boolean }[];
}
