// SPDX-License-Identifier: MIT
// Public types shared by several rooms.

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
