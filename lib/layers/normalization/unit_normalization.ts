// SPDX-License-Identifier: MIT
// UnitNormalization: vectors of length 1. native/layers/normalization/unit_normalization computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { checkLastAxis, requireLastAxis, shapeText } from '../shapes';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link UnitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** The last axis: -1 (default), or its number. No other is supported yet. */
  axis?: number;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link UnitNormalizationOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, axis: -1 } as const);

/**
 * Divides each vector by its Euclidean length. Input and output have one shape, [N,C] or [N,T,C].
 *
 * A vector of zeros stays one, and so does its gradient; in Keras the gradient is NaN.
 *
 * @see keras/src/layers/normalization/unit_normalization.py
 * @example
 * const unit = await new UnitNormalization().call([[3, 4]]); // [[0.6, 0.8]]
 */
export class UnitNormalization extends Layer {
  static readonly className = 'UnitNormalization';
  readonly className = UnitNormalization.className;
  readonly axis: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: UnitNormalizationOptions = {}, ...rest: []) {
    refuseMore('UnitNormalization', rest);
    const o = withDefaults('UnitNormalization', options, defaults);
    refuseNotYet('UnitNormalization', options, NOT_YET);
    const axis = checkLastAxis('UnitNormalization', o.axis);
    super('UnitNormalization', o);
    this.axis = axis;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length < 2)
      throw refusal('ERR_SHAPE', this.where, 'input of rank 2 [N,C] or more', shapeText(inputShape));
    requireLastAxis(this.where, this.axis, inputShape);
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'unit_normalization' };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): UnitNormalization {
    return new UnitNormalization(config);
  }
}
