// SPDX-License-Identifier: MIT
// Permute: the axes of each row in another order. native/layers/reshaping/permute computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { describe, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { shapeText } from '../shapes';
import { ALL_STEPS } from './moving_steps';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link Permute}. */
export type PermuteOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/**
 * Gives the axes of each row in another order: with [2, 1] timesteps and features change places, [N,T,C] to [N,C,T].
 *
 * Masks end here, as in Keras. The number of timesteps must be known where they become features.
 *
 * @see keras/src/layers/reshaping/permute.py
 * @example
 * new Permute([2, 1]).computeOutputShape([null, 10, 3]); // [null, 3, 10]
 */
export class Permute extends Layer {
  static readonly className = 'Permute';
  readonly className = Permute.className;
  readonly dims: readonly number[];

  /**
   * @param dims axes of the input, counted from 1 behind the batch: [1], [1, 2] or [2, 1]
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(dims: readonly number[], options: PermuteOptions = {}, ...rest: []) {
    refuseMore('Permute', rest);
    const checked = checkDims(dims);
    const o = withDefaults('Permute', options, layerDefaults);
    refuseNotYet('Permute', options, NOT_YET);
    super('Permute', o);
    this.dims = checked;
  }

  /** Only where no axis moves can the input be ids [N,T]. */
  override get keepsIds(): boolean {
    return this.dims.length === 1;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const { dims } = this;
    if (inputShape.length !== dims.length + 1)
      throw refusal('ERR_SHAPE', this.where, `input of rank ${dims.length + 1}`, shapeText(inputShape));
    const shape = [inputShape[0]!, ...dims.map((axis) => inputShape[axis]!)];
    if (dims.length === 1 || shape.at(-1) !== null) return shape;
    throw refusal(
      'ERR_SHAPE',
      this.where,
      'input [N,T,C] whose timesteps are known',
      shapeText(inputShape),
      'They become features.',
    );
  }

  /** @internal */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], _options: EngineOptions): EngineValue[] {
    const { shape, dtype } = inputs[0]!;
    const isVector = shape.length === 2 && dtype !== 'int32';
    const config: NativeLayerConfig = isVector ? { kind: 'activation', activation: 'linear' } : this.toNative();
    return engine.addPlain(this, config, inputs, this.outputSpecs(inputs, {}));
  }

  override toNative(): NativeLayerConfig {
    if (this.dims[0] === 2) return { kind: 'permute' };
    return { kind: 'select_steps', ...ALL_STEPS, keepsMask: false, dropsAxis: false };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), dims: [...this.dims] };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Permute {
    const { dims, ...options } = config;
    return new Permute(dims as number[], options);
  }
}

function checkDims(value: unknown): readonly number[] {
  const expected = 'dims to be [1], [1, 2] or [2, 1]';
  if (!Array.isArray(value)) throw refusal('ERR_TYPE', 'Permute', expected, describe(value));
  const dims = value as unknown[];
  const isPermutation = dims.length > 0 && dims.every((_, axis) => dims.includes(axis + 1));
  if (!isPermutation || dims.length > 2)
    throw refusal('ERR_CONFIG', 'Permute', expected, `[${dims.map(describe).join(', ')}]`);
  return Object.freeze([...(dims as number[])]);
}
