// SPDX-License-Identifier: MIT
// PReLU: a leaky ReLU whose slopes are learnt. native/layers/activations/prelu computes.
import { refuseMore } from '../../util/arguments';
import { resolveConstraint, type Constraint, type ConstraintLike } from '../../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../../regularizers';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkInteger, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from '../layer';
import { shapeText } from '../shapes';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link PReLU}. */
export interface PReLUOptions extends LayerOptions {
  /** Default `'zeros'`. */
  alphaInitializer?: InitializerLike;
  /** Default null. */
  alphaRegularizer?: RegularizerLike;
  /** Default null. */
  alphaConstraint?: ConstraintLike;
  /** Axes along which all elements have one slope, counted from 1 behind the batch: [1] of [N,T,C]. Default null: none. */
  sharedAxes?: number | readonly number[] | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link PReLUOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  alphaInitializer: 'zeros',
  alphaRegularizer: null,
  alphaConstraint: null,
  sharedAxes: null,
} as const);

/**
 * `x` above 0, else `alpha * x`, with a slope for each timestep and feature unless `sharedAxes` says otherwise.
 *
 * Input and output have one shape, [N,C] or [N,T,C]. Weight: `alpha` [C] or [T,C], with 1 for axes that are shared. For
 * sequences of any length share the timesteps: `sharedAxes: [1]`.
 *
 * @see keras/src/layers/activations/prelu.py; He, Zhang, Ren, Sun 2015
 * @example
 * new Sequential([new Input([null, 8]), new Dense(16), new PReLU({ sharedAxes: [1] })]).countParams(); // 160
 */
export class PReLU extends Layer {
  static readonly className = 'PReLU';
  readonly className = PReLU.className;
  readonly alphaInitializer: Initializer;
  readonly alphaRegularizer: Regularizer | null;
  readonly alphaConstraint: Constraint | null;
  readonly sharedAxes: readonly number[] | null;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME` */
  constructor(options: PReLUOptions = {}, ...rest: []) {
    refuseMore('PReLU', rest);
    const where = 'PReLU';
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const fields = {
      alphaInitializer: resolveInitializer(where, 'alphaInitializer', o.alphaInitializer),
      alphaRegularizer: resolveRegularizer(where, 'alphaRegularizer', o.alphaRegularizer),
      alphaConstraint: resolveConstraint(where, 'alphaConstraint', o.alphaConstraint),
      sharedAxes: o.sharedAxes === null ? null : checkAxes(o.sharedAxes),
    };
    super(where, o);
    this.alphaInitializer = fields.alphaInitializer;
    this.alphaRegularizer = fields.alphaRegularizer;
    this.alphaConstraint = fields.alphaConstraint;
    this.sharedAxes = fields.sharedAxes;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.#alphaShape(inputShape);
    return inputShape;
  }

  #alphaShape(inputShape: Shape): number[] {
    const { length } = inputShape;
    const shared = this.sharedAxes ?? [];
    if (length !== 2 && length !== 3)
      throw refusal('ERR_SHAPE', this.where, 'input [N,C] or [N,T,C]', shapeText(inputShape));
    const missing = shared.find((axis) => axis >= length);
    if (missing !== undefined)
      throw refusal('ERR_SHAPE', this.where, `input that has axis ${missing} (sharedAxes)`, shapeText(inputShape));
    return inputShape.slice(1).map((size, index) => {
      if (shared.includes(index + 1)) return 1;
      if (size !== null) return size;
      const hint = `Share the slopes along it: sharedAxes: [${index + 1}].`;
      throw refusal('ERR_SHAPE', this.where, `input whose axis ${index + 1} is known`, shapeText(inputShape), hint);
    });
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const { alphaInitializer: initializer, alphaRegularizer: regularizer, alphaConstraint: constraint } = this;
    return [{ name: 'alpha', shape: this.#alphaShape(inputShape), initializer, regularizer, constraint }];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    return { kind: 'prelu', shape: this.#alphaShape(inputShape), ...this.nativeWeighted() };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      alphaInitializer: this.alphaInitializer.toJSON(),
      alphaRegularizer: this.alphaRegularizer?.toJSON() ?? null,
      alphaConstraint: this.alphaConstraint?.toJSON() ?? null,
      sharedAxes: this.sharedAxes && [...this.sharedAxes],
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): PReLU {
    return new PReLU(config);
  }
}

function checkAxes(value: number | readonly number[]): readonly number[] {
  const axes = Array.isArray(value) ? (value as readonly number[]) : [value as number];
  return Object.freeze(axes.map((axis) => checkInteger('PReLU', 'sharedAxes', axis)));
}
