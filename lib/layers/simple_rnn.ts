// SPDX-License-Identifier: MIT
// SimpleRNN: h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias). native/layers computes.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { Recurrent, recurrentDefaults, type RecurrentOptions } from './recurrent';
import type { NativeActivation, NativeRecurrent } from '../native/binding';

/** Options of {@link SimpleRNN}. */
export type SimpleRNNOptions = RecurrentOptions;

/** Defaults of {@link SimpleRNNOptions}, as in Keras. */
export const defaults = recurrentDefaults;

/**
 * Fully connected recurrent layer: `h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias)`.
 *
 * Input [N,T,C]; output [N,H], or [N,T,H] with `returnSequences`. Weights: `kernel` [C,H], `recurrentKernel` [H,H],
 * `bias` [H]. State: h.
 *
 * @see keras/src/layers/rnn/simple_rnn.py
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new SimpleRNN(32), new Dense(1, { activation: 'sigmoid' })]);
 */
export class SimpleRNN extends Recurrent {
  static readonly className = 'SimpleRNN';
  readonly className = SimpleRNN.className;

  /**
   * @param units size H of the state and of the output, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: SimpleRNNOptions = {}, ...rest: []) {
    refuseMore('SimpleRNN', rest);
    super('SimpleRNN', units, withDefaults('SimpleRNN', options, defaults));
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
  }

  protected override get gates(): number {
    return 1;
  }

  protected override nativeGates(): Pick<NativeRecurrent, 'kind' | 'recurrentActivation' | 'resetAfter'> {
    return { kind: 'simple_rnn', recurrentActivation: 'linear', resetAfter: false };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): SimpleRNN {
    const { units, ...options } = config;
    return new SimpleRNN(units as number, options);
  }
}
