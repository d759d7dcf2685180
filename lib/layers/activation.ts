// SPDX-License-Identifier: MIT
// Activation: a function of each element (softmax: of the last axis). Options and config; native/layers computes.
import { resolveActivation, type ActivationLike } from '../activations';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import type { NativeActivation, NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link Activation}. */
export type ActivationOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' });

/** Defaults of {@link ActivationOptions}. */
export const defaults = layerDefaults;

/**
 * Applies an activation. Input and output have one shape; softmax acts on the last axis.
 *
 * @see keras/src/layers/activations/activation.py
 * @example
 * new Sequential([new Input([8]), new Dense(4), new Activation('relu')]).outputShape; // [null, 4]
 */
export class Activation extends Layer {
  static readonly className = 'Activation';
  readonly className = Activation.className;
  readonly activation: NativeActivation;

  /**
   * @param activation a name, or null for `linear`
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, `ERR_UNKNOWN_OPTION`
   */
  constructor(activation: ActivationLike, options: ActivationOptions = {}, ...rest: []) {
    refuseMore('Activation', rest);
    const resolved = resolveActivation('Activation', 'activation', activation);
    const o = withDefaults('Activation', options, defaults);
    refuseNotYet('Activation', options, NOT_YET);
    super('Activation', o);
    this.activation = resolved;
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'activation', activation: this.activation };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), activation: this.activation };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Activation {
    const { activation, ...options } = config;
    return new Activation(activation as string, options);
  }
}
