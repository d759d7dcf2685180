// SPDX-License-Identifier: MIT
// Softmax as a layer: over the features, or over the timesteps; with a mask of its own. The engine's activation computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkInteger, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { shapeText } from '../shapes';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { NativeActivation, NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link Softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** -1 (default) or the last axis: over the features; 1 of [N,T,C]: over the timesteps, whose number must be known then. */
  axis?: number;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link SoftmaxOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, axis: -1 } as const);

/**
 * Makes shares of numbers: `exp(x) / sum(exp(x))` along an axis. Input and output have one shape, [N,C] or [N,T,C].
 *
 * `apply(x, { mask })` and `call(x, { mask })` leave out what the mask, of x's shape or with axes of 1, has at most a half:
 * it is 0, also where a whole axis is left out. Over the timesteps there is no such mask yet.
 *
 * Differs from Keras: masked timesteps are no such mask. They stay masked, as behind `Activation('softmax')`; Keras refuses
 * them in most shapes. Over the timesteps masks end. Several axes are not supported yet.
 *
 * @see keras/src/layers/activations/softmax.py
 * @example
 * const weights = new Softmax({ axis: 1 }).apply(new Dense(1).apply(new Input([20, 8]))); // how much each timestep counts
 */
export class Softmax extends Layer {
  static readonly className = 'Softmax';
  readonly className = Softmax.className;
  readonly axis: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: SoftmaxOptions = {}, ...rest: []) {
    refuseMore('Softmax', rest);
    const o = withDefaults('Softmax', options, defaults);
    refuseNotYet('Softmax', options, NOT_YET);
    const axis = checkInteger('Softmax', 'axis', o.axis, -2147483648);
    super('Softmax', o);
    this.axis = axis;
  }

  override get outputActivation(): NativeActivation {
    return this.axis === -1 ? 'softmax' : 'linear';
  }

  override get isPositionWise(): boolean {
    return this.axis === -1;
  }

  override get readsMask(): boolean {
    return true;
  }

  /** @internal */
  override maskShape(inputShape: Shape): Shape {
    return [null, ...inputShape.slice(1)];
  }

  /** @internal */
  override maskFits(inputShape: Shape, mask: Shape): boolean {
    const isLike = (size: number | null, axis: number): boolean =>
      size === 1 || size === null || inputShape[axis] === null || size === inputShape[axis];
    return mask.length === inputShape.length && mask.slice(1).every((size, axis) => isLike(size, axis + 1));
  }

  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length !== 2 && inputShape.length !== 3)
      throw refusal('ERR_SHAPE', this.where, 'input [N,C] or [N,T,C]', shapeText(inputShape));
    this.#isOverSteps(inputShape);
    return inputShape;
  }

  #isOverSteps(inputShape: Shape): boolean {
    const { length } = inputShape;
    const axis = this.axis < 0 ? this.axis + length : this.axis;
    if (axis < 1 || axis >= length)
      throw refusal(
        'ERR_SHAPE',
        this.where,
        `input that has axis ${this.axis} behind the batch`,
        shapeText(inputShape),
      );
    if (axis === length - 1) return false;
    if (inputShape[axis] !== null) return true;
    const hint = 'Give the Input its number of timesteps.';
    throw refusal('ERR_SHAPE', this.where, 'input whose timesteps are known', shapeText(inputShape), hint);
  }

  /** @internal */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], { mask }: EngineOptions): EngineValue[] {
    const [given] = inputs as [EngineValue];
    const { shape } = given;
    const isOverSteps = this.#isOverSteps(shape);
    if (mask === null && !isOverSteps) return engine.addPlain(this, this.toNative(), inputs, [given]);
    if (mask !== null && isOverSteps)
      throw refusal('ERR_CONFIG', this.where, 'no mask over the timesteps', 'one', 'This is not supported yet.');
    if (mask !== null) return engine.addPlain(this, { kind: 'masked_softmax' }, [given, mask], [given]);
    const turned = { shape: [shape[0]!, shape[2]!, shape[1]!], dtype: given.dtype };
    const [features] = engine.addPlain(this, { kind: 'permute' }, inputs, [turned]);
    const [shares] = engine.addPlain(this, this.toNative(), [features!], [turned]);
    return engine.addPlain(this, { kind: 'permute' }, [shares!], [given]);
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'activation', activation: 'softmax' };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Softmax {
    return new Softmax(config);
  }
}
