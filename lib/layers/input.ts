// SPDX-License-Identifier: MIT
// What a model reads: a symbolic tensor that no layer gives. It is no layer: it computes nothing and is not listed.
import { SymbolicTensor, type Dtype } from '../graph/symbolic_tensor';
import { refuseMore } from '../util/arguments';
import { resolveLayerName } from '../util/session';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkOneOf, refusal } from '../util/validate';
import { checkShape } from './shapes';
import type { Shape } from '../types';

/** Options of {@link Input}. */
export interface InputOptions {
  /** Axes after the batch, null where unknown: `[T]` of token ids, `[C]` or `[T,C]` of numbers. */
  shape: Shape;
  /** Default: `input_1` and so on. */
  name?: string | null;
  /** `'int32'` for token ids, `'float32'` for numbers. Default null: ids where an `Embedding` reads it, else numbers. */
  dtype?: Dtype | null;
  /** Not supported yet: only Keras' default. */
  batchSize?: null;
}

/** Defaults of {@link InputOptions}; the shape has none. */
export const defaults = Object.freeze({ name: null, dtype: null, batchSize: null });
const WHERE = 'Input';
const NOT_YET = Object.freeze({ batchSize: null });

/** An input as plain data. */
export interface InputConfig {
  shape: Shape;
  name: string;
  dtype: Dtype | null;
}

/**
 * An input of a model: the first item of a `Sequential`, or where the layers of a `Model` begin.
 *
 * @see keras/src/layers/core/input_layer.py
 * @example
 * const sequential = new Sequential([new Input([null, 32]), new SimpleRNN(64), new Dense(1)]);
 * const words = new Input([null], { dtype: 'int32', name: 'words' });
 * const model = new Model(words, new LSTM(32).apply(new Embedding(10000, 32).apply(words)));
 */
export class Input extends SymbolicTensor {
  static readonly className = 'Input';
  readonly className = Input.className;

  /**
   * @param shape axes after the batch
   * @param options see {@link InputOptions}; may stand first, with `shape` inside
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where there is no axis or a size
   *   is not positive
   */
  constructor(shape: Shape | InputOptions, options?: Omit<InputOptions, 'shape'>, ...rest: []) {
    refuseMore(WHERE, rest);
    const isShape = Array.isArray(shape);
    if (!isShape && options !== undefined)
      throw refusal('ERR_TYPE', WHERE, 'a shape and then options, or options alone', 'two objects');
    const given: Partial<InputOptions> | undefined = isShape ? options : (shape as InputOptions);
    const o = withDefaults(WHERE, given, defaults, isShape ? [] : ['shape']);
    refuseNotYet(WHERE, given, NOT_YET);
    const axes = checkShape(WHERE, 'shape', isShape ? shape : o.shape);
    if (axes.length === 0) throw refusal('ERR_SHAPE', WHERE, 'at least one axis after the batch', '[]');
    const dtype = o.dtype === null ? null : checkOneOf(WHERE, 'dtype', o.dtype, ['float32', 'int32'] as const);
    super(resolveLayerName(WHERE, o.name).name, { shape: [null, ...axes], dtype });
  }

  getConfig(): InputConfig {
    return { shape: this.shape.slice(1), name: this.name, dtype: this.dtype };
  }

  static fromConfig(config: InputConfig): Input {
    return new Input(config);
  }
}
