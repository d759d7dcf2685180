// SPDX-License-Identifier: MIT
// GRU: one state, with gates z, r and the candidate h. native/layers computes.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean } from '../util/validate';
import { checkGates, gatedDefaults, Recurrent, type GatedOptions } from './recurrent';
import type { NativeActivation, NativeRecurrent } from '../native/binding';
import type { WeightDeclaration } from './layer';

/** Options of {@link GRU}. */
export interface GRUOptions extends GatedOptions {
  /** Whether the reset gate acts after the recurrent product (default true, as in cuDNN) or before it (as first published). */
  resetAfter?: boolean;
}

/** Defaults of {@link GRUOptions}, as in Keras. */
export const defaults = Object.freeze({ ...gatedDefaults, resetAfter: true } as const);

/**
 * Gated recurrent unit: `h_t = z · h_(t-1) + (1 - z) · activation(h̃)`, where the gates `z`, `r` and the candidate `h̃`
 * each are `x_t · kernel + h_(t-1) · recurrentKernel + bias` of their own, and `r` weighs the recurrent part of `h̃`.
 *
 * Input [N,T,C]; output [N,H], or [N,T,H] with `returnSequences`. Weights: `kernel` [C,3H], `recurrentKernel` [H,3H],
 * `bias` [2,3H] (of the inputs, of the state) with `resetAfter`, else [3H], in the order z, r, h. State: h.
 *
 * @see keras/src/layers/rnn/gru.py; Cho et al. 2014
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new GRU(32), new Dense(1, { activation: 'sigmoid' })]);
 */
export class GRU extends Recurrent {
  static readonly className = 'GRU';
  readonly className = GRU.className;
  readonly recurrentActivation: NativeActivation;
  readonly resetAfter: boolean;
  readonly useCudnn: 'auto' | false;

  /**
   * @param units size H of the state and of the output, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: GRUOptions = {}, ...rest: []) {
    refuseMore('GRU', rest);
    const o = withDefaults('GRU', options, defaults);
    const { recurrentActivation, useCudnn } = checkGates('GRU', o);
    const resetAfter = checkBoolean('GRU', 'resetAfter', o.resetAfter);
    super('GRU', units, o);
    this.recurrentActivation = recurrentActivation;
    this.resetAfter = resetAfter;
    this.useCudnn = useCudnn;
  }

  protected override get gates(): number {
    return 3;
  }

  protected override biasDeclaration(): Pick<WeightDeclaration, 'shape' | 'initializer'> {
    const declared = super.biasDeclaration();
    return this.resetAfter ? { ...declared, shape: [2, ...declared.shape] } : declared;
  }

  protected override nativeGates(): Pick<NativeRecurrent, 'kind' | 'recurrentActivation' | 'resetAfter'> {
    return { kind: 'gru', recurrentActivation: this.recurrentActivation, resetAfter: this.resetAfter };
  }

  override getConfig(): Record<string, unknown> {
    const { recurrentActivation, resetAfter, useCudnn } = this;
    return { ...super.getConfig(), recurrentActivation, resetAfter, useCudnn };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): GRU {
    const { units, ...options } = config;
    return new GRU(units as number, options);
  }
}
