// SPDX-License-Identifier: MIT
// What LayerNormalization and BatchNormalization have in common: a scale gamma and an offset beta for each feature.
import { resolveConstraint, type Constraint, type ConstraintLike } from '../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { checkBoolean, checkNumber, refusal } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { checkLastAxis, knownFeatures, requireLastAxis, shapeText } from './shapes';
import type { MaskPassage } from './step_mask';
import type { Shape } from '../types';

/** Options of both normalizations. */
export interface AffineNormalizationOptions extends LayerOptions {
  /** The last axis: -1 (default), or its number. No other is supported yet. */
  axis?: number;
  /** Added to the variance; default 0.001. */
  epsilon?: number;
  /** Whether there is an offset beta; default true. */
  center?: boolean;
  /** Whether there is a scale gamma; default true. */
  scale?: boolean;
  /** Default `'zeros'`. */
  betaInitializer?: InitializerLike;
  /** Default `'ones'`. */
  gammaInitializer?: InitializerLike;
  /** Default null. */
  betaRegularizer?: RegularizerLike;
  /** Default null. */
  gammaRegularizer?: RegularizerLike;
  /** Default null. */
  betaConstraint?: ConstraintLike;
  /** Default null. */
  gammaConstraint?: ConstraintLike;
}

/** Defaults of {@link AffineNormalizationOptions}, as in Keras. */
export const affineDefaults = Object.freeze({
  ...layerDefaults,
  axis: -1,
  epsilon: 0.001,
  center: true,
  scale: true,
  betaInitializer: 'zeros',
  gammaInitializer: 'ones',
  betaRegularizer: null,
  gammaRegularizer: null,
  betaConstraint: null,
  gammaConstraint: null,
} as const);

/** Base class of normalizations over the last axis. */
export abstract class AffineNormalization extends Layer {
  readonly axis: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly betaInitializer: Initializer;
  readonly gammaInitializer: Initializer;
  readonly betaRegularizer: Regularizer | null;
  readonly gammaRegularizer: Regularizer | null;
  readonly betaConstraint: Constraint | null;
  readonly gammaConstraint: Constraint | null;

  /** Takes options over their defaults. */
  protected constructor(where: string, o: Required<AffineNormalizationOptions>) {
    const fields = {
      axis: checkLastAxis(where, o.axis),
      epsilon: checkNumber(where, 'epsilon', o.epsilon, { min: 0 }),
      center: checkBoolean(where, 'center', o.center),
      scale: checkBoolean(where, 'scale', o.scale),
      betaInitializer: resolveInitializer(where, 'betaInitializer', o.betaInitializer),
      gammaInitializer: resolveInitializer(where, 'gammaInitializer', o.gammaInitializer),
      betaRegularizer: resolveRegularizer(where, 'betaRegularizer', o.betaRegularizer),
      gammaRegularizer: resolveRegularizer(where, 'gammaRegularizer', o.gammaRegularizer),
      betaConstraint: resolveConstraint(where, 'betaConstraint', o.betaConstraint),
      gammaConstraint: resolveConstraint(where, 'gammaConstraint', o.gammaConstraint),
    };
    super(where, o);
    this.axis = fields.axis;
    this.epsilon = fields.epsilon;
    this.center = fields.center;
    this.scale = fields.scale;
    this.betaInitializer = fields.betaInitializer;
    this.gammaInitializer = fields.gammaInitializer;
    this.betaRegularizer = fields.betaRegularizer;
    this.gammaRegularizer = fields.gammaRegularizer;
    this.betaConstraint = fields.betaConstraint;
    this.gammaConstraint = fields.gammaConstraint;
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length < 2)
      throw refusal('ERR_SHAPE', this.where, 'input of rank 2 [N,C] or more', shapeText(inputShape));
    requireLastAxis(this.where, this.axis, inputShape);
    knownFeatures(this.where, inputShape);
    return inputShape;
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const shape = [knownFeatures(this.where, inputShape)];
    const gamma: WeightDeclaration = {
      name: 'gamma',
      shape,
      initializer: this.gammaInitializer,
      regularizer: this.gammaRegularizer,
      constraint: this.gammaConstraint,
    };
    const beta: WeightDeclaration = {
      name: 'beta',
      shape,
      initializer: this.betaInitializer,
      regularizer: this.betaRegularizer,
      constraint: this.betaConstraint,
    };
    return [...(this.scale ? [gamma] : []), ...(this.center ? [beta] : [])];
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      axis: this.axis,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      betaInitializer: this.betaInitializer.toJSON(),
      gammaInitializer: this.gammaInitializer.toJSON(),
      betaRegularizer: this.betaRegularizer?.toJSON() ?? null,
      gammaRegularizer: this.gammaRegularizer?.toJSON() ?? null,
      betaConstraint: this.betaConstraint?.toJSON() ?? null,
      gammaConstraint: this.gammaConstraint?.toJSON() ?? null,
    };
  }
}
