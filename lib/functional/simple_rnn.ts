// SPDX-License-Identifier: MIT
// simpleRnn: what a textbook writes as a loop.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { recurrentDefaults, REQUIRED, runRecurrent, type RecurrentParameters } from './recurrent';
import type { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';

/** Weights and options of {@link simpleRnn}; Keras' weight layout. */
export interface SimpleRnnParameters extends RecurrentParameters {
  /** State before the first timestep, [H] or [N,H]; default null: zeros. */
  initialState?: ArrayInput | null;
}

/** Defaults of {@link SimpleRnnParameters}; the kernels have none. */
export const defaults = Object.freeze({ ...recurrentDefaults, initialState: null } as const);

/**
 * Runs `h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias)` over one sequence or a batch of them.
 *
 * @param inputs one sequence [T,C], or a batch [N,T,C]
 * @param parameters see {@link SimpleRnnParameters}
 * @returns for one sequence the last state [H], or [T,H] with `returnSequences`; for a batch [N,H] or [N,T,H]; with
 *   `returnState` an array of that and the last state
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 * @see keras/src/layers/rnn/simple_rnn.py
 * @example
 * const states = await simpleRnn(inputs, { kernel, recurrentKernel, bias, returnSequences: true }); // [T,C] -> [T,H]
 */
export async function simpleRnn(
  inputs: ArrayInput,
  parameters: SimpleRnnParameters & { returnState: true },
): Promise<NdArray[]>;
export async function simpleRnn(inputs: ArrayInput, parameters: SimpleRnnParameters): Promise<NdArray>;
export async function simpleRnn(
  inputs: ArrayInput,
  parameters: SimpleRnnParameters,
  ...rest: []
): Promise<NdArray | NdArray[]> {
  refuseMore('simpleRnn', rest);
  const where = 'simpleRnn';
  const o = withDefaults(where, parameters, defaults, REQUIRED);
  const states = o.initialState === null ? null : [{ what: 'initialState', value: o.initialState }];
  const gates = { kind: 'simple_rnn', gates: 1, recurrentActivation: 'linear', resetAfter: false } as const;
  return runRecurrent({ where, ...gates, states, stateCount: 1 }, inputs, o);
}
