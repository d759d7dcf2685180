// SPDX-License-Identifier: MIT
// What is known of masks before anything is computed: which timesteps of the outputs count, for given inputs. The engine
// has masks of its own; this is for checks at the door, which must not look where the engine does not.
import type { ShapedArray } from '../arrays/arrays';

/** Inputs as a model reads them: ids [N,T], or values [N,C] or [N,T,C]. */
export type StepInputs = ShapedArray<Float32Array | Int32Array>;

/** Whether timestep `step` of row `row` counts. */
export type StepMask = (row: number, step: number) => boolean;

/** What becomes of a mask in a layer: the outputs keep it, have it in reverse, or have none. */
export type MaskPassage = 'kept' | 'reversed' | 'ended';

/** What the mask needs to know of a layer. */
export interface MaskedLayer {
  readonly maskPassage: MaskPassage;
  stepMask(inputs: StepInputs): StepMask | undefined;
}

/**
 * Which timesteps of the outputs of `layers` count; undefined where all may. A mask that the first layer makes of its
 * inputs is known; one that a later layer makes of what others compute is not.
 */
export function outputMask(layers: readonly MaskedLayer[], inputs: StepInputs): StepMask | undefined {
  const steps = inputs.shape[1] ?? 1;
  const [first, ...others] = layers;
  return others.reduce((mask, layer) => {
    if (mask === undefined || layer.maskPassage === 'ended') return undefined;
    return layer.maskPassage === 'kept' ? mask : (row, step) => mask(row, steps - 1 - step);
  }, first?.stepMask(inputs));
}
