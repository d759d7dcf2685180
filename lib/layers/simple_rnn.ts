// SPDX-License-Identifier: MIT
// SimpleRNN: h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias). Options, shapes and config;
// native/layers/simple_rnn computes.
import { isRowActivation, resolveActivation, type ActivationLike } from '../activations';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { expectRank, knownFeatures } from './shapes';
import type { NativeActivation, NativeLayer } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link SimpleRNN}. */
export interface SimpleRNNOptions extends LayerOptions {
  /** Default `'tanh'`; null for none. None that mixes units, as `'softmax'` does. */
  activation?: ActivationLike;
  /** Default true. */
  useBias?: boolean;
  /** Default `'glorot_uniform'`. */
  kernelInitializer?: InitializerLike;
  /** Default `'orthogonal'`. */
  recurrentInitializer?: InitializerLike;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerLike;
  /** Default null. */
  kernelRegularizer?: RegularizerLike;
  /** Default null. */
  recurrentRegularizer?: RegularizerLike;
  /** Default null. */
  biasRegularizer?: RegularizerLike;
  /** True: the output of every timestep [N,T,H]; false (default): of the last one [N,H]. */
  returnSequences?: boolean;
  /** Not supported yet: only Keras' default. */
  activityRegularizer?: null;
  /** Not supported yet: only Keras' default. */
  kernelConstraint?: null;
  /** Not supported yet: only Keras' default. */
  recurrentConstraint?: null;
  /** Not supported yet: only Keras' default. */
  biasConstraint?: null;
  /** Not supported yet: only Keras' default. */
  dropout?: 0;
  /** Not supported yet: only Keras' default. */
  recurrentDropout?: 0;
  /** Not supported yet: only Keras' default. */
  returnState?: false;
  /** Not supported yet: only Keras' default. */
  goBackwards?: false;
  /** Not supported yet: only Keras' default. */
  stateful?: false;
  /** Not supported yet: only Keras' default. */
  unroll?: false;
  /** Not supported yet: only Keras' default. */
  seed?: null;
}

const NOT_YET = Object.freeze({
  dtype: 'float32',
  activityRegularizer: null,
  kernelConstraint: null,
  recurrentConstraint: null,
  biasConstraint: null,
  dropout: 0,
  recurrentDropout: 0,
  returnState: false,
  goBackwards: false,
  stateful: false,
  unroll: false,
  seed: null,
} as const);

/** Defaults of {@link SimpleRNNOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  activation: 'tanh',
  useBias: true,
  kernelInitializer: 'glorot_uniform',
  recurrentInitializer: 'orthogonal',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  recurrentRegularizer: null,
  biasRegularizer: null,
  returnSequences: false,
} as const);

/**
 * Fully connected recurrent layer: `h_t = activation(x_t · kernel + h_(t-1) · recurrentKernel + bias)`, with h = 0 at first.
 *
 * Input [N,T,C]; output [N,H], or [N,T,H] with `returnSequences`, where H is `units`.
 * Weights: `kernel` [C,H], `recurrentKernel` [H,H], `bias` [H].
 *
 * @see keras/src/layers/rnn/simple_rnn.py
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new SimpleRNN(32, { returnSequences: true }), new SimpleRNN(32)]);
 * model.outputShape; // [null, 32]
 */
export class SimpleRNN extends Layer {
  readonly className = 'SimpleRNN';
  readonly units: number;
  readonly activation: NativeActivation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly recurrentRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly returnSequences: boolean;

  /**
   * @param units size H of the state and of the output, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: SimpleRNNOptions = {}) {
    const where = 'SimpleRNN';
    const checkedUnits = checkInteger(where, 'units', units);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const fields = {
      units: checkedUnits,
      activation: checkActivation(where, o.activation),
      useBias: checkBoolean(where, 'useBias', o.useBias),
      kernelInitializer: resolveInitializer(where, 'kernelInitializer', o.kernelInitializer),
      recurrentInitializer: resolveInitializer(where, 'recurrentInitializer', o.recurrentInitializer),
      biasInitializer: resolveInitializer(where, 'biasInitializer', o.biasInitializer),
      kernelRegularizer: resolveRegularizer(where, 'kernelRegularizer', o.kernelRegularizer),
      recurrentRegularizer: resolveRegularizer(where, 'recurrentRegularizer', o.recurrentRegularizer),
      biasRegularizer: resolveRegularizer(where, 'biasRegularizer', o.biasRegularizer),
      returnSequences: checkBoolean(where, 'returnSequences', o.returnSequences),
    };
    super(where, o);
    this.units = fields.units;
    this.activation = fields.activation;
    this.useBias = fields.useBias;
    this.kernelInitializer = fields.kernelInitializer;
    this.recurrentInitializer = fields.recurrentInitializer;
    this.biasInitializer = fields.biasInitializer;
    this.kernelRegularizer = fields.kernelRegularizer;
    this.recurrentRegularizer = fields.recurrentRegularizer;
    this.biasRegularizer = fields.biasRegularizer;
    this.returnSequences = fields.returnSequences;
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const hint = inputShape.length === 2 ? 'Hint: set returnSequences: true on the layer before.' : '';
    expectRank(this.where, inputShape, '[N,T,C]', hint);
    knownFeatures(this.where, inputShape);
    const [batch, steps] = inputShape as [number | null, number | null, number];
    return this.returnSequences ? [batch, steps, this.units] : [batch, this.units];
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const { units } = this;
    const weights: WeightDeclaration[] = [
      {
        name: 'kernel',
        shape: [knownFeatures(this.where, inputShape), units],
        initializer: this.kernelInitializer,
        regularizer: this.kernelRegularizer,
      },
      {
        name: 'recurrentKernel',
        shape: [units, units],
        initializer: this.recurrentInitializer,
        regularizer: this.recurrentRegularizer,
      },
    ];
    if (this.useBias)
      weights.push({
        name: 'bias',
        shape: [units],
        initializer: this.biasInitializer,
        regularizer: this.biasRegularizer,
      });
    return weights;
  }

  override toNative(): NativeLayer {
    const { units, activation, useBias, returnSequences, trainable } = this;
    const [penalties, constraints] = [this.nativePenalties(), this.nativeConstraints()];
    return { kind: 'simple_rnn', units, activation, useBias, returnSequences, trainable, penalties, constraints };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.activation,
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.toJSON(),
      recurrentInitializer: this.recurrentInitializer.toJSON(),
      biasInitializer: this.biasInitializer.toJSON(),
      kernelRegularizer: this.kernelRegularizer?.toJSON() ?? null,
      recurrentRegularizer: this.recurrentRegularizer?.toJSON() ?? null,
      biasRegularizer: this.biasRegularizer?.toJSON() ?? null,
      returnSequences: this.returnSequences,
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): SimpleRNN {
    const { units, ...options } = config;
    return new SimpleRNN(units as number, options);
  }
}

/** Any activation but those that mix the units, which the engine does not differentiate through time. */
export function checkActivation(where: string, value: ActivationLike | undefined): NativeActivation {
  const activation = resolveActivation(where, 'activation', value);
  if (isRowActivation(activation))
    throw refusal(
      'ERR_CONFIG',
      where,
      'activation to act on each unit by itself',
      `'${activation}'`,
      `It is not supported in a recurrent layer yet; add Activation("${activation}") after it.`,
    );
  return activation;
}
