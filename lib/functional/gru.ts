// SPDX-License-Identifier: MIT
// gru: one state through time, with gates z, r and the candidate h.
import { checkActivation } from '../layers/recurrent';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean } from '../util/validate';
import { recurrentDefaults, REQUIRED, runRecurrent, type RecurrentParameters } from './recurrent';
import type { ActivationLike } from '../activations';
import type { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';

/** Weights and options of {@link gru}; Keras' weight layout. */
export interface GruParameters extends RecurrentParameters {
  /** Activation of the gates z and r; default `'sigmoid'`. */
  recurrentActivation?: ActivationLike;
  /** Whether the reset gate acts after the recurrent product (default true) or before it. */
  resetAfter?: boolean;
  /** State before the first timestep, [H] or [N,H]; default null: zeros. */
  initialState?: ArrayInput | null;
}

/** Defaults of {@link GruParameters}; the kernels have none. */
export const defaults = Object.freeze({
  ...recurrentDefaults,
  recurrentActivation: 'sigmoid',
  resetAfter: true,
  initialState: null,
} as const);

/**
 * Runs a gated recurrent unit over one sequence or a batch of them: `h_t = z · h_(t-1) + (1 - z) · activation(h̃)`.
 *
 * @param inputs one sequence [T,C], or a batch [N,T,C]
 * @param parameters see {@link GruParameters}; kernels [C,3H] and [H,3H], bias [2,3H] with `resetAfter`, else [3H], in
 *   the order z, r, h
 * @returns for one sequence the last state [H], or [T,H] with `returnSequences`; for a batch [N,H] or [N,T,H]; with
 *   `returnState` an array of that and the last state
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 * @see keras/src/layers/rnn/gru.py
 * @example
 * const states = await gru(inputs, { kernel, recurrentKernel, bias, returnSequences: true }); // [T,C] -> [T,H]
 */
export async function gru(inputs: ArrayInput, parameters: GruParameters & { returnState: true }): Promise<NdArray[]>;
export async function gru(inputs: ArrayInput, parameters: GruParameters): Promise<NdArray>;
export async function gru(inputs: ArrayInput, parameters: GruParameters, ...rest: []): Promise<NdArray | NdArray[]> {
  refuseMore('gru', rest);
  const where = 'gru';
  const o = withDefaults(where, parameters, defaults, REQUIRED);
  const states = o.initialState === null ? null : [{ what: 'initialState', value: o.initialState }];
  const recurrentActivation = checkActivation(where, 'recurrentActivation', o.recurrentActivation);
  const resetAfter = checkBoolean(where, 'resetAfter', o.resetAfter);
  const gates = { kind: 'gru', gates: 3, recurrentActivation, resetAfter } as const;
  return runRecurrent({ where, ...gates, states, stateCount: 1 }, inputs, o);
}
