// SPDX-License-Identifier: MIT
// Concatenate: inputs one after another, along the features or the timesteps. native/layers/merging/concatenate computes.
import { refuseMore } from '../../util/arguments';
import { withDefaults } from '../../util/options';
import { checkInteger, refusal } from '../../util/validate';
import { layerDefaults, type LayerOptions } from '../layer';
import { Joining } from './joining';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { SymbolicTensor, TensorSpec } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link Concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /**
   * -1 (default) or the last axis: the features; 1 of [N,T,C], and of ids [N,T]: the timesteps. Never 0, the batch.
   */
  axis?: number;
}

/** Defaults of {@link ConcatenateOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, axis: -1 } as const);

/**
 * Puts inputs one after another along an axis; they are alike in all others. Ids [N,T] stay ids.
 *
 * Masks: along the features a timestep is masked where it is masked in every input; along the timesteps each input keeps
 * its own, and one without counts in full.
 *
 * @see keras/src/layers/merging/concatenate.py
 * @example
 * const text = new LSTM(32).apply(new Input([null, 8]));
 * const joined = new Concatenate().apply([text, new Input([3])]); // [null, 35]
 */
export class Concatenate extends Joining {
  static readonly className = 'Concatenate';
  readonly className = Concatenate.className;
  readonly axis: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: ConcatenateOptions = {}, ...rest: []) {
    refuseMore('Concatenate', rest);
    const o = withDefaults('Concatenate', options, defaults);
    const axis = checkInteger('Concatenate', 'axis', o.axis, -2147483648);
    if (axis === 0) throw refusal('ERR_CONFIG', 'Concatenate', 'axis of features or timesteps', '0, that of the batch');
    super('Concatenate', o);
    this.axis = axis;
  }

  override get keepsIds(): boolean {
    return true;
  }

  protected override joinShapes(inputs: readonly Shape[]): Shape {
    const [first, ...rest] = inputs as [Shape, ...Shape[]];
    const axis = this.#axisOf(first);
    const joined = [...first];
    for (const shape of rest) {
      const isLike = (size: number | null, k: number): boolean =>
        k === axis || size === null || first[k] === null || size === first[k];
      if (shape.length !== first.length || !shape.slice(1).every((size, k) => isLike(size, k + 1)))
        throw this.refuseShapes(`inputs alike in all axes but ${axis}`, inputs);
      const [sum, size] = [joined[axis] ?? null, shape[axis] ?? null];
      joined[axis] = sum === null || size === null ? null : sum + size;
    }
    return joined;
  }

  #axisOf(shape: Shape): number {
    const axis = this.axis < 0 ? this.axis + shape.length : this.axis;
    if (axis > 0 && axis < shape.length) return axis;
    throw this.refuseShapes(`inputs that have axis ${this.axis} behind the batch`, [shape]);
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[], extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    const isIds = this.#isIds(inputs);
    return super.outputSpecs(inputs, extra).map(({ shape }) => ({ shape, dtype: isIds ? 'int32' : 'float32' }));
  }

  #isIds(inputs: readonly TensorSpec[]): boolean {
    const ids = inputs.filter(({ dtype }) => dtype === 'int32').length;
    if (ids === 0 || ids === inputs.length) return ids > 0;
    const hint = "Embed ids first; an Input of numbers has the dtype 'float32'.";
    throw refusal('ERR_CONFIG', this.where, 'inputs all of ids or all of numbers', 'both', hint);
  }

  /** @internal */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], _options: EngineOptions): EngineValue[] {
    const { shape } = inputs[0]!;
    const alongSteps = this.#isIds(inputs) || this.#axisOf(shape) < shape.length - 1;
    return engine.add(this, { kind: 'concatenate', alongSteps }, inputs, this.outputSpecs(inputs, {}));
  }

  /** As for numbers: ids [N,T] are joined along the timesteps. */
  override toNative(inputShape: Shape): NativeLayerConfig {
    return { kind: 'concatenate', alongSteps: this.#axisOf(inputShape) < inputShape.length - 1 };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Concatenate {
    return new Concatenate(config);
  }
}

/**
 * Tensors one after another along an axis: a {@link Concatenate} applied to them.
 *
 * @param inputs symbolic tensors
 * @param axis default -1, the features
 * @throws as the layer
 * @example
 * const [a, b] = [new Input([null, 8]), new Input([null, 8])];
 * concatenate([a, b]).shape; // [null, null, 16]
 */
export function concatenate(
  inputs: readonly SymbolicTensor[],
  axis: number = defaults.axis,
  options: LayerOptions = {},
  ...rest: []
): SymbolicTensor {
  refuseMore('concatenate', rest);
  return new Concatenate({ ...options, axis }).apply(inputs);
}
