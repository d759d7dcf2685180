// SPDX-License-Identifier: MIT
// The shape of a model's input, as the first item of a Sequential. It is no layer: it computes nothing and is not listed.
import { resolveLayerName } from '../util/session';
import { refuseNotYet, withDefaults } from '../util/options';
import { refusal } from '../util/validate';
import { checkShape } from './shapes';
import type { Shape } from '../types';

/** Options of {@link Input}. */
export interface InputOptions {
  /** Axes after the batch, null where unknown: `[T]` of token ids, `[C]` or `[T,C]` of numbers. */
  shape: Shape;
  /** Default: `input_1` and so on. */
  name?: string | null;
  /** Not supported yet: only Keras' default. */
  batchSize?: null;
  /** Not supported yet: only Keras' default. */
  dtype?: null;
}

/** Defaults of {@link InputOptions}. */
export const defaults = Object.freeze({ shape: null, name: null, batchSize: null, dtype: null });
const NOT_YET = Object.freeze({ batchSize: null, dtype: null });

/**
 * Tells a `Sequential` the shape of its input, so that it is built as layers are added.
 *
 * @see keras/src/layers/core/input_layer.py
 * @example
 * const model = new Sequential([new Input([null, 32]), new SimpleRNN(64), new Dense(1)]);
 * model.outputShape; // [null, 1]
 */
export class Input {
  readonly className = 'Input';
  readonly name: string;
  /** Axes after the batch. */
  readonly shape: Shape;

  /**
   * @param shape axes after the batch, or an object with `shape` and `name`
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where there is no axis or a size is not positive
   */
  constructor(shape: Shape | InputOptions) {
    const options = Array.isArray(shape) ? { shape } : (shape as InputOptions);
    const { shape: given, name } = withDefaults('Input', options, defaults);
    refuseNotYet('Input', options, NOT_YET);
    this.shape = checkShape('Input', 'shape', given);
    if (this.shape.length === 0) throw refusal('ERR_SHAPE', 'Input', 'at least one axis after the batch', '[]');
    this.name = resolveLayerName('Input', name).name;
  }

  /** Shape with the batch axis first. */
  get batchShape(): Shape {
    return [null, ...this.shape];
  }

  getConfig(): { shape: Shape; name: string } {
    return { shape: this.shape, name: this.name };
  }

  static fromConfig(config: { shape: Shape; name?: string | null }): Input {
    return new Input(config);
  }
}
