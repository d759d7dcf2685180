// SPDX-License-Identifier: MIT
// A product of MultiHeadAttention: a dense layer whose weights have an axis for the heads. Not a layer of its own for users.
import { resolveActivityRegularizer } from '../activity';
import { Layer, type WeightDeclaration } from '../layer';
import { knownFeatures } from '../shapes';
import { sizeOf } from '../weights';
import { resolveConstraint, type Constraint, type ConstraintLike } from '../../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../../regularizers';
import { checkBoolean } from '../../util/validate';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of all projections of a layer. */
export interface ProjectionOptions {
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
  /** Penalty on the output of each; default null. */
  activityRegularizer?: RegularizerLike;
  /** Default null. */
  kernelConstraint?: ConstraintLike;
  /** Default null. */
  biasConstraint?: ConstraintLike;
}

/** Defaults of {@link ProjectionOptions}, as in Keras. */
export const projectionDefaults = Object.freeze({
  useBias: true,
  kernelInitializer: 'glorot_uniform',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  biasRegularizer: null,
  activityRegularizer: null,
  kernelConstraint: null,
  biasConstraint: null,
} as const);

/** What the options stand for. */
export interface ProjectionParts {
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly activityRegularizer: Regularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
}

/** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_NAME` */
export function resolveProjection(where: string, o: Required<ProjectionOptions>): ProjectionParts {
  return {
    useBias: checkBoolean(where, 'useBias', o.useBias),
    kernelInitializer: resolveInitializer(where, 'kernelInitializer', o.kernelInitializer),
    biasInitializer: resolveInitializer(where, 'biasInitializer', o.biasInitializer),
    kernelRegularizer: resolveRegularizer(where, 'kernelRegularizer', o.kernelRegularizer),
    biasRegularizer: resolveRegularizer(where, 'biasRegularizer', o.biasRegularizer),
    activityRegularizer: resolveActivityRegularizer(where, o.activityRegularizer),
    kernelConstraint: resolveConstraint(where, 'kernelConstraint', o.kernelConstraint),
    biasConstraint: resolveConstraint(where, 'biasConstraint', o.biasConstraint),
  };
}

/** Plain data that {@link resolveProjection} takes again. */
export function projectionConfig(parts: ProjectionParts): Record<string, unknown> {
  return {
    useBias: parts.useBias,
    kernelInitializer: parts.kernelInitializer.toJSON(),
    biasInitializer: parts.biasInitializer.toJSON(),
    kernelRegularizer: parts.kernelRegularizer?.toJSON() ?? null,
    biasRegularizer: parts.biasRegularizer?.toJSON() ?? null,
    activityRegularizer: parts.activityRegularizer?.toJSON() ?? null,
    kernelConstraint: parts.kernelConstraint?.toJSON() ?? null,
    biasConstraint: parts.biasConstraint?.toJSON() ?? null,
  };
}

/**
 * Input [N,T,C]; output [N,T,U], U being the product of `unitShape`. Weights: `kernel` [...featureShape, ...unitShape],
 * `bias` [...unitShape].
 */
export class Projection extends Layer {
  static readonly className = 'EinsumDense';
  readonly className = Projection.className;

  /**
   * @param featureShape axes of the kernel that are summed over, whose product is C; null: C itself
   * @param unitShape axes of the kernel that are given, for the input at hand
   */
  constructor(
    name: string,
    private readonly featureShape: readonly number[] | null,
    private readonly unitShape: () => readonly number[],
    private readonly options: ProjectionParts,
  ) {
    super('EinsumDense', { name });
  }

  override get activityRegularizer(): Regularizer | null {
    return this.options.activityRegularizer;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape.slice(0, -1), sizeOf(this.unitShape())];
  }

  #features(inputShape: Shape): readonly number[] {
    return this.featureShape ?? [knownFeatures(this.where, inputShape)];
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const { options } = this;
    const unitShape = this.unitShape();
    const kernel: WeightDeclaration = {
      name: 'kernel',
      shape: [...this.#features(inputShape), ...unitShape],
      initializer: options.kernelInitializer,
      regularizer: options.kernelRegularizer,
      constraint: options.kernelConstraint,
    };
    if (!options.useBias) return [kernel];
    const { biasInitializer: initializer, biasRegularizer: regularizer, biasConstraint: constraint } = options;
    return [kernel, { name: 'bias', shape: unitShape, initializer, regularizer, constraint }];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    return {
      kind: 'einsum_dense',
      featureShape: [...this.#features(inputShape)],
      unitShape: [...this.unitShape()],
      activation: 'linear',
      useBias: this.options.useBias,
      ...this.nativeWeighted(),
    };
  }
}
