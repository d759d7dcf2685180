// SPDX-License-Identifier: MIT
// Conv1D: filters that slide over the timesteps. Options, shapes and config; native/layers/conv1d computes.
import { resolveActivation, type ActivationLike } from '../activations';
import { resolveConstraint, type Constraint, type ConstraintLike } from '../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, checkOneOf, refusal } from '../util/validate';
import { resolveActivityRegularizer } from './activity';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { expectRank, knownFeatures } from './shapes';
import { checkDataFormat, checkOneSize, windowCount, type OneSize } from './windows';
import type { NativeActivation, NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

const PADDINGS = ['valid', 'same', 'causal'] as const;

/** Options of {@link Conv1D}. */
export interface Conv1DOptions extends LayerOptions {
  /** Steps from one window to the next; default 1. */
  strides?: OneSize;
  /**
   * `'valid'`: windows lie within the sequence; `'same'`: as many as timesteps, over strides; `'causal'`: the same
   * number, and no window reads what comes after it. Default `'valid'`.
   */
  padding?: (typeof PADDINGS)[number];
  /** Features stand last: null or `'channels_last'`. Default null. */
  dataFormat?: 'channels_last' | 'channelsLast' | null;
  /** Steps from one tap of a window to the next; default 1. Not together with strides. */
  dilationRate?: OneSize;
  /** Parts that the features are cut into, each with filters of its own; default 1. */
  groups?: number;
  /** Default null: none. */
  activation?: ActivationLike;
  /** Default true. */
  useBias?: boolean;
  /** Default `'glorot_uniform'`. */
  kernelInitializer?: InitializerLike;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerLike;
  /** Default null. */
  kernelRegularizer?: RegularizerLike;
  /** Default null. */
  biasRegularizer?: RegularizerLike;
  /** Penalty on the output; default null. */
  activityRegularizer?: RegularizerLike;
  /** Default null. */
  kernelConstraint?: ConstraintLike;
  /** Default null. */
  biasConstraint?: ConstraintLike;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link Conv1DOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  strides: 1,
  padding: 'valid',
  dataFormat: null,
  dilationRate: 1,
  groups: 1,
  activation: null,
  useBias: true,
  kernelInitializer: 'glorot_uniform',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  biasRegularizer: null,
  activityRegularizer: null,
  kernelConstraint: null,
  biasConstraint: null,
} as const);

/**
 * Convolution over time: `activation(sum over taps k of x[t(w, k)] · kernel[k] + bias)` for every window w.
 *
 * Input [N,T,C]; output [N,windows,filters]. Weights: `kernel` [kernelSize,C/groups,filters], `bias` [filters]. Masks
 * end here: masked timesteps are read like others, as in Keras.
 *
 * @see keras/src/layers/convolutional/conv1d.py
 * @example
 * new Sequential([new Embedding(1000, 32), new Conv1D(64, 5, { activation: 'relu' }), new MaxPooling1D(4), new LSTM(32)]);
 */
export class Conv1D extends Layer {
  static readonly className = 'Conv1D';
  readonly className = Conv1D.className;
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: 'valid' | 'same' | 'causal';
  readonly dilationRate: number;
  readonly groups: number;
  readonly activation: NativeActivation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  readonly #activityRegularizer: Regularizer | null;

  /**
   * @param filters size of the output's last axis, from 1
   * @param kernelSize taps of a window, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(filters: number, kernelSize: OneSize, options: Conv1DOptions = {}, ...rest: []) {
    const where = 'Conv1D';
    refuseMore(where, rest);
    const checkedFilters = checkInteger(where, 'filters', filters);
    const checkedSize = checkOneSize(where, 'kernelSize', kernelSize);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    checkDataFormat(where, o.dataFormat);
    const fields = {
      strides: checkOneSize(where, 'strides', o.strides),
      padding: checkOneOf(where, 'padding', o.padding, PADDINGS),
      dilationRate: checkOneSize(where, 'dilationRate', o.dilationRate),
      groups: checkInteger(where, 'groups', o.groups),
      activation: resolveActivation(where, 'activation', o.activation),
      useBias: checkBoolean(where, 'useBias', o.useBias),
      kernelInitializer: resolveInitializer(where, 'kernelInitializer', o.kernelInitializer),
      biasInitializer: resolveInitializer(where, 'biasInitializer', o.biasInitializer),
      kernelRegularizer: resolveRegularizer(where, 'kernelRegularizer', o.kernelRegularizer),
      biasRegularizer: resolveRegularizer(where, 'biasRegularizer', o.biasRegularizer),
      activityRegularizer: resolveActivityRegularizer(where, o.activityRegularizer),
      kernelConstraint: resolveConstraint(where, 'kernelConstraint', o.kernelConstraint),
      biasConstraint: resolveConstraint(where, 'biasConstraint', o.biasConstraint),
    };
    const { strides, dilationRate, groups } = fields;
    if (checkedFilters % groups !== 0)
      throw refusal('ERR_CONFIG', where, `filters to be a multiple of groups ${groups}`, `${checkedFilters}`);
    if (strides > 1 && dilationRate > 1)
      throw refusal('ERR_CONFIG', where, 'strides of 1 where there is dilation', `strides ${strides}`);
    super(where, o);
    this.filters = checkedFilters;
    this.kernelSize = checkedSize;
    this.strides = strides;
    this.padding = fields.padding;
    this.dilationRate = dilationRate;
    this.groups = groups;
    this.activation = fields.activation;
    this.useBias = fields.useBias;
    this.kernelInitializer = fields.kernelInitializer;
    this.biasInitializer = fields.biasInitializer;
    this.kernelRegularizer = fields.kernelRegularizer;
    this.biasRegularizer = fields.biasRegularizer;
    this.kernelConstraint = fields.kernelConstraint;
    this.biasConstraint = fields.biasConstraint;
    this.#activityRegularizer = fields.activityRegularizer;
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
  }

  override get activityRegularizer(): Regularizer | null {
    return this.#activityRegularizer;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    const features = knownFeatures(this.where, inputShape);
    if (features % this.groups !== 0)
      throw refusal('ERR_SHAPE', this.where, `features to be a multiple of groups ${this.groups}`, `${features}`);
    const { kernelSize: size, strides, dilationRate: dilation, padding } = this;
    const windows = windowCount(this.where, { size, strides, dilation, padding }, inputShape);
    return [inputShape[0]!, windows, this.filters];
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const depth = knownFeatures(this.where, inputShape) / this.groups;
    const kernel: WeightDeclaration = {
      name: 'kernel',
      shape: [this.kernelSize, depth, this.filters],
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    };
    if (!this.useBias) return [kernel];
    const { biasInitializer: initializer, biasRegularizer: regularizer, biasConstraint: constraint } = this;
    return [kernel, { name: 'bias', shape: [this.filters], initializer, regularizer, constraint }];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    const { filters, kernelSize, strides, padding, dilationRate, groups, activation, useBias } = this;
    const sizes = { filters, kernelSize, strides, padding, dilationRate, groups };
    const features = knownFeatures(this.where, inputShape);
    return { kind: 'conv1d', features, ...sizes, activation, useBias, ...this.nativeWeighted() };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernelSize: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      dilationRate: this.dilationRate,
      groups: this.groups,
      activation: this.activation,
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.toJSON(),
      biasInitializer: this.biasInitializer.toJSON(),
      kernelRegularizer: this.kernelRegularizer?.toJSON() ?? null,
      biasRegularizer: this.biasRegularizer?.toJSON() ?? null,
      activityRegularizer: this.#activityRegularizer?.toJSON() ?? null,
      kernelConstraint: this.kernelConstraint?.toJSON() ?? null,
      biasConstraint: this.biasConstraint?.toJSON() ?? null,
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Conv1D {
    const { filters, kernelSize, ...options } = config;
    return new Conv1D(filters as number, kernelSize as number, options);
  }
}
