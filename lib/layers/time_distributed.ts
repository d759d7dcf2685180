// SPDX-License-Identifier: MIT
// TimeDistributed: a layer applied to every timestep. Layers that compute each position by itself do that already; the
// wrapper says so, and is how Keras' models are written.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { describe, refusal } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { configOfLayer, layerFromConfig } from './registry';
import { expectRank } from './shapes';
import { Wrapper } from './wrapper';
import type { MaskPassage } from './step_mask';
import type { NativeActivation, NativeLayer } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link TimeDistributed}. */
export type TimeDistributedOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link TimeDistributedOptions}. */
export const defaults = layerDefaults;

/**
 * Applies a layer to every timestep of [N,T,C], with the same weights.
 *
 * The layer must compute each position by itself, as `Dense`, `Activation` and `Dropout` do. Its weights are this
 * layer's, its values stay its own.
 *
 * @see keras/src/layers/rnn/time_distributed.py
 * @example
 * new Sequential([new Input([null, 8]), new LSTM(16, { returnSequences: true }), new TimeDistributed(new Dense(4))]);
 */
export class TimeDistributed extends Wrapper {
  static readonly className = 'TimeDistributed';
  readonly className = TimeDistributed.className;
  readonly layer: Layer;

  /**
   * @param layer a layer of no model that computes each position by itself
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(layer: Layer, options: TimeDistributedOptions = {}, ...rest: []) {
    const where = 'TimeDistributed';
    refuseMore(where, rest);
    if (!(layer instanceof Layer)) throw refusal('ERR_TYPE', where, 'a layer', describe(layer));
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const { className, name, owner } = layer;
    if (!layer.isPositionWise)
      throw refusal(
        'ERR_CONFIG',
        where,
        'a layer that computes each position by itself, such as Dense',
        `${className} "${name}"`,
        `TimeDistributed(${className}) is not supported.`,
      );
    if (owner !== undefined)
      throw refusal('ERR_CONFIG', where, 'a layer of no model', `"${name}" of "${owner.name}"`, 'Make a new one.');
    if (layer.activityRegularizer !== null)
      throw refusal(
        'ERR_CONFIG',
        where,
        'a layer without activityRegularizer, which Keras would not apply here',
        `${className} "${name}" with one`,
      );
    super(where, o);
    this.layer = layer;
    this.adopt([layer]);
  }

  override get outputActivation(): NativeActivation {
    return this.layer.outputActivation;
  }

  /** The layer reads one timestep: [N,C]. */
  protected override partShape(inputShape: Shape): Shape {
    return [inputShape[0]!, ...inputShape.slice(2)];
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    const [batch, ...axes] = this.layer.computeOutputShape(this.partShape(inputShape));
    return [batch!, inputShape[1]!, ...axes];
  }

  override toNative(): NativeLayer {
    const native = this.layer.toNative();
    return 'trainable' in native ? { ...native, trainable: native.trainable && this.trainable } : native;
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), layer: configOfLayer(this.layer) };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): TimeDistributed {
    const { layer, ...options } = config;
    return new TimeDistributed(layerFromConfig('TimeDistributed', layer) as Layer, options);
  }
}
