// SPDX-License-Identifier: MIT
// What flows between layers while a model is described: a shape and where it comes from, no values.
import type { Shape } from '../types';
import type { GraphNode } from './node';

/** Kind of a tensor's elements: numbers, or ids that an `Embedding` looks up. */
export type Dtype = 'float32' | 'int32';

/** A tensor as its reader sees it. */
export interface TensorSpec {
  /** Batch axis first, null where unknown. */
  readonly shape: Shape;
  /** null: an `Input` that was not told what it holds; its readers decide. */
  readonly dtype: Dtype | null;
}

/**
 * A tensor of a model that is being described: what `new Input(...)` is and what `layer.apply(...)` returns.
 *
 * @see keras/src/backend/common/keras_tensor.py
 * @example
 * const x = new Input([null, 8]);
 * const y = new LSTM(16).apply(x);
 * y.shape; // [null, 16]
 */
export class SymbolicTensor implements TensorSpec {
  readonly shape: Shape;
  readonly dtype: Dtype | null;
  /** @internal The call of a layer that gives it; undefined for an `Input`. */
  readonly node: GraphNode | undefined;
  /** @internal Which output of its node. */
  readonly index: number;

  readonly #name: string;

  /** @internal */
  constructor(name: string, { shape, dtype }: TensorSpec, node?: GraphNode, index = 0) {
    this.#name = name;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.node = node;
    this.index = index;
  }

  /** That of the layer that gives it, or of the `Input`. */
  get name(): string {
    return this.node?.layer.name ?? this.#name;
  }

  /** Number of axes, the batch included. */
  get rank(): number {
    return this.shape.length;
  }
}
