// SPDX-License-Identifier: MIT
// Rescaling: inputs in another range. native/layers/normalization/rescaling computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkNumber, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { knownFeatures, shapeText } from '../shapes';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** One number for all features, or one for each. */
export type PerFeature = number | readonly number[];

/** Options of {@link Rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** What is added; default 0. */
  offset?: PerFeature;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link RescalingOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, offset: 0 } as const);

/**
 * `x * scale + offset`, in training as in inference. Input and output have one shape, [N,C] or [N,T,C].
 *
 * @see keras/src/layers/preprocessing/rescaling.py
 * @example
 * new Sequential([new Input([3]), new Rescaling(1 / 127.5, { offset: -1 }), new Dense(4)]); // 0..255 to -1..1
 */
export class Rescaling extends Layer {
  static readonly className = 'Rescaling';
  readonly className = Rescaling.className;
  readonly scale: PerFeature;
  readonly offset: PerFeature;

  /**
   * @param scale what is multiplied by: a number, or one for each feature
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(scale: PerFeature, options: RescalingOptions = {}, ...rest: []) {
    refuseMore('Rescaling', rest);
    const checked = checkPerFeature('scale', scale);
    const o = withDefaults('Rescaling', options, defaults);
    refuseNotYet('Rescaling', options, NOT_YET);
    const offset = checkPerFeature('offset', o.offset);
    super('Rescaling', o);
    this.scale = checked;
    this.offset = offset;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length < 2)
      throw refusal('ERR_SHAPE', this.where, 'input of rank 2 [N,C] or more', shapeText(inputShape));
    for (const values of [this.scale, this.offset]) {
      if (typeof values === 'number' || values.length === 1) continue;
      if (knownFeatures(this.where, inputShape) === values.length) continue;
      throw refusal('ERR_SHAPE', this.where, `input of ${values.length} features`, shapeText(inputShape));
    }
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    const [scale, offset] = [this.scale, this.offset].map((values) =>
      Float32Array.from(typeof values === 'number' ? [values] : values),
    );
    return { kind: 'rescaling', scale: scale!, offset: offset! };
  }

  override getConfig(): Record<string, unknown> {
    const [scale, offset] = [this.scale, this.offset].map((values) =>
      typeof values === 'number' ? values : [...values],
    );
    return { ...super.getConfig(), scale, offset };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Rescaling {
    const { scale, ...options } = config;
    return new Rescaling(scale as PerFeature, options);
  }
}

function checkPerFeature(what: string, value: unknown): PerFeature {
  if (!Array.isArray(value)) return checkNumber('Rescaling', what, value);
  if (value.length === 0) throw refusal('ERR_CONFIG', 'Rescaling', `${what} of a number or more`, 'an empty array');
  return Object.freeze(value.map((item, index) => checkNumber('Rescaling', `${what}[${index}]`, item)));
}
