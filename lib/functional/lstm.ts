// SPDX-License-Identifier: MIT
// lstm: a state and a carry through time, with gates i, f, c, o.
import { checkActivation } from '../layers/recurrent';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { readStates, recurrentDefaults, REQUIRED, runRecurrent, type RecurrentParameters } from './recurrent';
import type { ActivationLike } from '../activations';
import type { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';

/** Weights and options of {@link lstm}; Keras' weight layout. */
export interface LstmParameters extends RecurrentParameters {
  /** Activation of the gates i, f and o; default `'sigmoid'`. */
  recurrentActivation?: ActivationLike;
  /** h and c before the first timestep, each [H] or [N,H]; default null: zeros. */
  initialState?: readonly [h: ArrayInput, c: ArrayInput] | readonly ArrayInput[] | null;
}

/** Defaults of {@link LstmParameters}; the kernels have none. */
export const defaults = Object.freeze({
  ...recurrentDefaults,
  recurrentActivation: 'sigmoid',
  initialState: null,
} as const);

/**
 * Runs a long short-term memory over one sequence or a batch of them: `c_t = f · c_(t-1) + i · activation(c̃)`,
 * `h_t = o · activation(c_t)`.
 *
 * @param inputs one sequence [T,C], or a batch [N,T,C]
 * @param parameters see {@link LstmParameters}; kernels [C,4H] and [H,4H], bias [4H], in the order i, f, c, o
 * @returns for one sequence the last h [H], or [T,H] with `returnSequences`; for a batch [N,H] or [N,T,H]; with
 *   `returnState` an array of that, the last h and the last c
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 * @see keras/src/layers/rnn/lstm.py
 * @example
 * const [output, h, c] = await lstm(inputs, { kernel, recurrentKernel, bias, returnState: true });
 */
export async function lstm(inputs: ArrayInput, parameters: LstmParameters & { returnState: true }): Promise<NdArray[]>;
export async function lstm(inputs: ArrayInput, parameters: LstmParameters): Promise<NdArray>;
export async function lstm(inputs: ArrayInput, parameters: LstmParameters, ...rest: []): Promise<NdArray | NdArray[]> {
  refuseMore('lstm', rest);
  const where = 'lstm';
  const o = withDefaults(where, parameters, defaults, REQUIRED);
  const states = readStates(where, ['h', 'c'], o.initialState);
  const recurrentActivation = checkActivation(where, 'recurrentActivation', o.recurrentActivation);
  const gates = { kind: 'lstm', gates: 4, recurrentActivation, resetAfter: false } as const;
  return runRecurrent({ where, ...gates, states, stateCount: 2 }, inputs, o);
}
