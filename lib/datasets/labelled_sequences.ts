// SPDX-License-Identifier: MIT
// What a data set of word ids with labels looks like: two splits, each destructurable as Keras' tuples and readable by name.

/** One split: `[x, y]` as in Keras, with the same two under the names `x` and `y`. */
export type SequenceSplit = readonly [x: readonly Int32Array[], y: Int32Array] & {
  /** N sequences of word ids; rows are views that share one buffer. */
  readonly x: readonly Int32Array[];
  /** Labels [N]: classes from 0; of reviews, 1 is positive and 0 negative. */
  readonly y: Int32Array;
};

/**
 * Both splits and where they came from.
 *
 * Read them by name or as Keras' nested tuple:
 * `const { train, test, source } = ...` or `const [[xTrain, yTrain], [xTest, yTest]] = ...`.
 */
export type LabelledSequences = readonly [train: SequenceSplit, test: SequenceSplit] & {
  readonly train: SequenceSplit;
  readonly test: SequenceSplit;
  /** In words, where the data came from: a path and how it was found, a download, or `synthetic`. */
  readonly source: string;
};

/** Builds a split from its rows and labels. */
export function sequenceSplit(x: readonly Int32Array[], y: Int32Array): SequenceSplit {
  return Object.assign([x, y] as const, { x, y });
}

/** Builds the result of a loader from its splits. */
export function labelledSequences(train: SequenceSplit, test: SequenceSplit, source: string): LabelledSequences {
  return Object.assign([train, test] as const, { train, test, source });
}
