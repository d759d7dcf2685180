// SPDX-License-Identifier: MIT
// Public types shared by several rooms. The declarations that are published name nothing of @types/node, of the DOM or of
// a TypeScript newer than 5.0: they are checked without all of these.

/** A shape with the batch axis left out or unknown axes as null, as Keras prints it: `(None, 500)` is `[null, 500]`. */
export type Shape = readonly (number | null)[];

/** Arrays that carry numbers: the ones that inputs, targets and weights may come in, beside nested plain arrays. */
export type NumericTypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Plain numbers, nested to any depth, rows of equal length; the innermost rows may be typed arrays. */
export type NestedArray = number | NumericTypedArray | readonly NestedArray[];

/** Nested arrays as they are given: true counts as 1 and false as 0, among numbers too. */
export type NestedInput = number | boolean | NumericTypedArray | readonly NestedInput[];

/** What `fit`, `evaluate` and `predict` take: an {@link NdArray}, a typed array with its shape, or nested arrays. */
export type ArrayInput =
  { readonly data: NumericTypedArray; readonly shape: readonly number[] } | NumericTypedArray | readonly NestedInput[];

/** An `AbortSignal`, as far as it is asked: this package's types do not depend on those of Node or of the DOM. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

declare global {
  // As lib.esnext.disposable and @types/node declare it, for programs that have neither.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}
