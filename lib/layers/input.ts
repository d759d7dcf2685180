// SPDX-License-Identifier: MIT
// The shape of a model's input, as the first item of a Sequential. It is no layer: it computes nothing and is not listed.
import { refuseMore } from '../util/arguments';
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

/** Defaults of {@link InputOptions}; the shape has none. */
export const defaults = Object.freeze({ name: null, batchSize: null, dtype: null });
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
  static readonly className = 'Input';
  readonly className = Input.className;
  readonly name: string;
  /** Axes after the batch. */
  readonly shape: Shape;

  /**
   * @param shape axes after the batch
   * @param options see {@link InputOptions}; may stand first, with `shape` inside
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where there is no axis or a size
   *   is not positive
   */
  constructor(shape: Shape | InputOptions, options?: Omit<InputOptions, 'shape'>, ...rest: []) {
    refuseMore('Input', rest);
    const isShape = Array.isArray(shape);
    if (!isShape && options !== undefined)
      throw refusal('ERR_TYPE', 'Input', 'a shape and then options, or options alone', 'two objects');
    const given: Partial<InputOptions> | undefined = isShape ? options : (shape as InputOptions);
    const o = withDefaults('Input', given, defaults, isShape ? [] : ['shape']);
    refuseNotYet('Input', given, NOT_YET);
    this.shape = checkShape('Input', 'shape', isShape ? shape : o.shape);
    if (this.shape.length === 0) throw refusal('ERR_SHAPE', 'Input', 'at least one axis after the batch', '[]');
    this.name = resolveLayerName('Input', o.name).name;
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
