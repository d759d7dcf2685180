// SPDX-License-Identifier: MIT
// Reshape: the same elements of each row in other axes.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { describe, refusal } from '../util/validate';
import { reshaped } from './folding';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { shapeText } from './shapes';
import { sizeOf } from './weights';
import type { EngineGraph, EngineValue } from '../graph/lowering';
import type { Shape } from '../types';

/** Options of {@link Reshape}. */
export type ReshapeOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link ReshapeOptions}. */
export const defaults = layerDefaults;

/**
 * Gives each row other axes, its elements staying in row-major order: [N,C], [N,T,C] or [N,A,T,C] to [N, ...targetShape].
 *
 * Differs from Keras: one to three axes, and all axes of the input must be known.
 *
 * @see keras/src/layers/reshaping/reshape.py
 * @example
 * new Reshape([-1, 2]).computeOutputShape([null, 12]); // [null, 6, 2]
 */
export class Reshape extends Layer {
  static readonly className = 'Reshape';
  readonly className = Reshape.className;
  /** As given: one axis may be -1. */
  readonly targetShape: readonly number[];

  /**
   * @param targetShape one to three sizes after the batch, from 1; one may be -1: what is left
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(targetShape: readonly number[], options: ReshapeOptions = {}, ...rest: []) {
    refuseMore('Reshape', rest);
    const checked = checkTarget(targetShape);
    const o = withDefaults('Reshape', options, defaults);
    refuseNotYet('Reshape', options, NOT_YET);
    super('Reshape', o);
    this.targetShape = checked;
  }

  override get keepsIds(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const [batch, ...axes] = inputShape;
    if (batch === undefined || axes.length === 0 || axes.includes(null))
      throw refusal(
        'ERR_SHAPE',
        this.where,
        'input [N,C], [N,T,C] or [N,A,T,C] of known sizes',
        shapeText(inputShape),
        'Give the first layer an inputShape with all its timesteps, or the model an Input.',
      );
    const size = sizeOf(axes as number[]);
    const known = sizeOf(this.targetShape.filter((axis) => axis !== -1));
    if (this.targetShape.includes(-1) ? size % known !== 0 : size !== known)
      throw refusal(
        'ERR_SHAPE',
        this.where,
        `input whose ${size} elements a row fit [${this.targetShape.join(', ')}]`,
        shapeText(inputShape),
      );
    return [batch, ...this.targetShape.map((axis) => (axis === -1 ? size / known : axis))];
  }

  /** @internal Values of rank 4 are rows in the engine. */
  override lower(engine: EngineGraph, [input]: readonly EngineValue[]): EngineValue[] {
    return [reshaped(engine, this, input!, this.computeOutputShape(input!.shape))];
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), targetShape: [...this.targetShape] };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Reshape {
    const { targetShape, ...options } = config;
    return new Reshape(targetShape as number[], options);
  }
}

function checkTarget(value: unknown): readonly number[] {
  const expected = 'targetShape to be an array of one to three sizes, -1 at most once';
  if (!Array.isArray(value)) throw refusal('ERR_TYPE', 'Reshape', expected, describe(value));
  const sizes = value as unknown[];
  const wrong = sizes.find((size) => !Number.isSafeInteger(size) || ((size as number) < 1 && size !== -1));
  if (wrong !== undefined) throw refusal('ERR_CONFIG', 'Reshape', expected, describe(wrong));
  if (sizes.length < 1 || sizes.length > 3 || sizes.filter((size) => size === -1).length > 1)
    throw refusal('ERR_CONFIG', 'Reshape', expected, `[${sizes.join(', ')}]`);
  return Object.freeze([...(sizes as number[])]);
}
