// SPDX-License-Identifier: MIT
// What the confusion metrics have in common: thresholds, the state that the engine counts in, and the counts at each
// threshold. The counting itself is native/metrics/confusion.cc.
import { checkInteger, describe, refusal } from '../util/validate';
import { Metric, type MetricOptions } from './metric';
import type { NativeConfusion, NativeMetric } from '../native/binding';

/** True and false positives and negatives, by weight, at each threshold. */
export interface Counts {
  readonly tp: readonly number[];
  readonly fp: readonly number[];
  readonly tn: readonly number[];
  readonly fn: readonly number[];
}

/** Numbers in [0, 1], as the engine compares with them. */
export interface Thresholds {
  /** Ascending, float32. */
  readonly sorted: Float32Array;
  /** Place in `sorted` of each threshold as given. */
  readonly places: readonly number[];
  readonly even: boolean;
}

/** How far Keras lets thresholds be from even ones: numpy's `allclose` with its epsilon. */
const ABSOLUTE = 1e-7;
const RELATIVE = 1e-5;

export function makeThresholds(given: readonly number[], even = isEven(given)): Thresholds {
  const sorted = Float32Array.from(given).sort();
  return { sorted, places: given.map((threshold) => sorted.indexOf(Math.fround(threshold))), even };
}

/** Whether three thresholds or more divide [0, 1] evenly. */
export function isEven(thresholds: readonly number[]): boolean {
  const steps = thresholds.length - 1;
  if (steps < 2) return false;
  return thresholds.every((threshold, i) => {
    const even = Math.fround(i / steps);
    return Math.abs(threshold - even) <= ABSOLUTE + RELATIVE * even;
  });
}

/** n thresholds from 0 to 1; 0.5 where there is one. */
export function evenThresholds(n: number): Thresholds {
  if (n === 1) return makeThresholds([0.5], false);
  return makeThresholds(
    Array.from({ length: n }, (_, i) => i / (n - 1)),
    true,
  );
}

/** A threshold, or several, in [0, 1]. */
export function readThresholds(where: string, value: unknown): number[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  const expected = 'thresholds to be a number from 0 to 1, or several';
  if (all.length === 0) throw refusal('ERR_CONFIG', where, expected, 'none');
  for (const threshold of all) {
    if (typeof threshold !== 'number') throw refusal('ERR_TYPE', where, expected, describe(threshold));
    if (!(threshold >= 0 && threshold <= 1)) throw refusal('ERR_CONFIG', where, expected, describe(threshold));
  }
  return all as number[];
}

/** An integer from `min`, or null. */
export function integerOrNull(where: string, what: string, value: unknown, min: number): number | null {
  return value === null ? null : checkInteger(where, what, value, min);
}

/** A metric of how many outputs lie above thresholds. */
export abstract class ConfusionMetric extends Metric {
  readonly targets = 'dense';
  /** The only class that counts, or null. */
  readonly classId: number | null;
  protected readonly cuts: Thresholds;

  protected constructor(
    where: string,
    defaultName: string,
    options: (MetricOptions & { classId?: number | null }) | undefined,
    known: readonly string[],
    cuts: (options: object) => Thresholds,
  ) {
    super(where, defaultName, options, known);
    const { classId = null } = options ?? {};
    this.classId = integerOrNull(where, 'classId', classId, 0);
    this.cuts = cuts(options ?? {});
  }

  override stateSize(_columns: number): number {
    return 2 * (this.cuts.sorted.length + 1);
  }

  override checkColumns(where: string, columns: number): void {
    checkClass(where, this.classId, columns);
  }

  override toNative(): NativeMetric {
    return this.confusion();
  }

  protected confusion(more: Partial<NativeConfusion> = {}): NativeConfusion {
    return {
      kind: 'confusion',
      thresholds: this.cuts.sorted,
      even: this.cuts.even,
      belowFirst: this.cuts.sorted[0]! < 0 && this.cuts.even,
      fromLogits: false,
      byColumn: false,
      column: this.classId,
      topK: 0,
      labelWeights: new Float64Array(0),
      ...more,
    };
  }

  /** Counts at each threshold, as given. */
  protected counts(state: Float64Array): Counts {
    const { tp, fp, tn, fn } = countsOf(state);
    const asGiven = (values: readonly number[]) => this.cuts.places.map((place) => values[place]!);
    return { tp: asGiven(tp), fp: asGiven(fp), tn: asGiven(tn), fn: asGiven(fn) };
  }
}

/** Refuses a class that outputs of so many columns do not have. */
export function checkClass(where: string, classId: number | null, columns: number): void {
  if (classId === null || classId < columns) return;
  throw refusal('ERR_CONFIG', where, `classId from 0 to ${columns - 1}, as the outputs have`, `${classId}`);
}

/** Counts at each of n thresholds from the weights of true labels, then of false ones, between them: [2,n + 1]. */
export function countsOf(state: Float64Array): Counts {
  const buckets = state.length / 2;
  const above = (labels: Float64Array): number[] => {
    const sums = Array.from(labels);
    for (let i = buckets - 2; i >= 0; i--) sums[i]! += sums[i + 1]!;
    return sums;
  };
  const [all, ...tp] = above(state.subarray(0, buckets));
  const [none, ...fp] = above(state.subarray(buckets));
  return { tp, fp, tn: fp.map((count) => none! - count), fn: tp.map((count) => all! - count) };
}
