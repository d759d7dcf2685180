// SPDX-License-Identifier: MIT
// Flatten: all axes after the batch become one. No element moves in memory.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { refusal } from '../util/validate';
import { reshaped } from './folding';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { shapeText } from './shapes';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link Flatten}. */
export interface FlattenOptions extends LayerOptions {
  /** Not supported yet: only Keras' default, which means channels last. */
  dataFormat?: null;
}

const NOT_YET = Object.freeze({ dtype: 'float32', dataFormat: null } as const);

/** Defaults of {@link FlattenOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET } as const);

/**
 * Makes one axis of all axes after the batch: [N,T,C] to [N,T*C].
 *
 * @see keras/src/layers/reshaping/flatten.py
 * @example
 * new Sequential([new Embedding(100, 8, { inputLength: 20 }), new Flatten()]).outputShape; // [null, 160]
 */
export class Flatten extends Layer {
  static readonly className = 'Flatten';
  readonly className = Flatten.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: FlattenOptions = {}, ...rest: []) {
    refuseMore('Flatten', rest);
    const o = withDefaults('Flatten', options, defaults);
    refuseNotYet('Flatten', options, NOT_YET);
    super('Flatten', o);
  }

  override get keepsIds(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const [batch, ...axes] = inputShape;
    if (batch === undefined || axes.length === 0)
      throw refusal('ERR_SHAPE', this.where, 'input of rank 2 or more', `${shapeText(inputShape)}`);
    const size = axes.reduce((product, axis) => (product === null || axis === null ? null : product * axis), 1);
    return [batch, size];
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'flatten' };
  }

  /** @internal Values of rank 4 are rows in the engine. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const { shape } = inputs[0]!;
    if (shape.length < 4) return super.lower(engine, inputs, options);
    return [reshaped(engine, this, inputs[0]!, this.computeOutputShape(shape))];
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Flatten {
    return new Flatten(config);
  }
}
