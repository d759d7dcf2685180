// SPDX-License-Identifier: MIT
// What the training room needs to know of a model. `Sequential` implements it; `Trainer` (trainer.ts) drives it.
import type { NativeActivation, NativeBinding, NativeModel } from '../native/binding';
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

export interface TrainerHost extends CallbackModel {
  /** Tokens (int32 ids [N,T], for a first layer `Embedding`) or values (float32). */
  readonly inputKind: 'tokens' | 'values';
  /** Ids run from 0 to `vocabularySize - 1`; undefined for values. */
  readonly vocabularySize: number | undefined;
  /** With the batch axis first, null where unknown; undefined before the model is built. */
  readonly inputShape: Shape | undefined;
  readonly outputShape: Shape | undefined;
  /** Shape of the output for inputs of this shape, batch axis first. Throws `ERR_SHAPE` where a layer does not take its own. */
  computeOutputShape(inputShape: Shape): Shape;
  /** Which timesteps of the outputs count for these inputs, as far as the inputs alone tell; undefined where all may. */
  outputMask(inputs: StepInputs): StepMask | undefined;
  /** Activation of the last layer: the loss is computed from its logits where it is sigmoid or softmax. */
  readonly lastActivation: NativeActivation;
  /** Builds the model for inputs of this shape (batch axis first) where it is not built yet. */
  ensureBuilt(inputShape: Shape): void;
  /** Whether a batch begins with the states that the one before ended with. */
  readonly isStateful: boolean;
  /** Rows of the batches whose states the model holds at present. Set with each batch. */
  readonly batchRows: BatchRows;
  /** Takes out what stateful layers carry, and puts other states in its place; undefined: they begin at zero. */
  exchangeStates(states: CarriedStates | undefined): CarriedStates;
  /** The engine's model. Throws `ERR_STATE` before it is built, `ERR_DISPOSED` after `dispose()`. */
  native(): NativeModel;
  /** All layers in order; their weights are in the engine's. */
  readonly layers: readonly NamedLayer[];
}
