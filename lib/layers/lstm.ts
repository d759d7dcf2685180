// SPDX-License-Identifier: MIT
// LSTM: a state and a carry, with gates i, f, c, o. native/layers computes.
import { Constant, resolveInitializer } from '../initializers';
import { UnitForgetBias } from './unit_forget_bias';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean, refusal } from '../util/validate';
import { checkGates, gatedDefaults, Recurrent, type GatedOptions } from './recurrent';
import type { NativeActivation, NativeRecurrent } from '../native/binding';
import type { WeightDeclaration } from './layer';

/** Options of {@link LSTM}. */
export interface LSTMOptions extends GatedOptions {
  /** Whether the forget gate's part of the bias begins at one, whatever `biasInitializer` says. Default true. */
  unitForgetBias?: boolean;
}

/** Defaults of {@link LSTMOptions}, as in Keras. */
export const defaults = Object.freeze({ ...gatedDefaults, unitForgetBias: true } as const);

/**
 * Long short-term memory: `c_t = f · c_(t-1) + i · activation(c̃)`, `h_t = o · activation(c_t)`, where the gates
 * `i`, `f`, `o` and the candidate `c̃` each are `x_t · kernel + h_(t-1) · recurrentKernel + bias` of their own.
 *
 * Input [N,T,C]; output [N,H], or [N,T,H] with `returnSequences`. Weights: `kernel` [C,4H], `recurrentKernel` [H,4H],
 * `bias` [4H], in the order i, f, c, o. States: h, c.
 *
 * @see keras/src/layers/rnn/lstm.py; Hochreiter & Schmidhuber 1997
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new LSTM(32), new Dense(1, { activation: 'sigmoid' })]);
 */
export class LSTM extends Recurrent {
  static readonly className = 'LSTM';
  readonly className = LSTM.className;
  readonly recurrentActivation: NativeActivation;
  readonly unitForgetBias: boolean;
  readonly useCudnn: 'auto' | false;

  /**
   * @param units size H of the states and of the output, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: LSTMOptions = {}, ...rest: []) {
    refuseMore('LSTM', rest);
    const o = withDefaults('LSTM', options, defaults);
    const { recurrentActivation, useCudnn } = checkGates('LSTM', o);
    const unitForgetBias = checkBoolean('LSTM', 'unitForgetBias', o.unitForgetBias);
    const bias = resolveInitializer('LSTM', 'biasInitializer', o.biasInitializer);
    if (unitForgetBias && bias instanceof Constant && typeof bias.value !== 'number')
      throw refusal(
        'ERR_CONFIG',
        'LSTM',
        'unitForgetBias to be false beside a biasInitializer that says every value',
        'true',
        'The ones of the forget gate would replace a part of them.',
      );
    super('LSTM', units, o);
    this.recurrentActivation = recurrentActivation;
    this.unitForgetBias = unitForgetBias;
    this.useCudnn = useCudnn;
  }

  override get stateSizes(): readonly number[] {
    return [this.units, this.units];
  }

  protected override get gates(): number {
    return 4;
  }

  protected override biasDeclaration(): Pick<WeightDeclaration, 'shape' | 'initializer'> {
    const declared = super.biasDeclaration();
    return this.unitForgetBias ? { ...declared, initializer: new UnitForgetBias(declared.initializer) } : declared;
  }

  protected override nativeGates(): Pick<NativeRecurrent, 'kind' | 'recurrentActivation' | 'resetAfter'> {
    return { kind: 'lstm', recurrentActivation: this.recurrentActivation, resetAfter: false };
  }

  override getConfig(): Record<string, unknown> {
    const { recurrentActivation, unitForgetBias, useCudnn } = this;
    return { ...super.getConfig(), recurrentActivation, unitForgetBias, useCudnn };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): LSTM {
    const { units, ...options } = config;
    return new LSTM(units as number, options);
  }
}
