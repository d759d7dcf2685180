// SPDX-License-Identifier: MIT
// Summaries of repeated measurements.

/** The middle value, or the mean of the two in the middle. */
export function median(values) {
  if (values.length === 0) throw new Error('the median of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The shortest time: where a step takes microseconds, whatever disturbs it only adds. */
export const best = (seconds) => Math.min(...seconds);

/** How far sums that others computed of the same values are from theirs, as a part of the sum of magnitudes. */
export function disagreement(values, sums) {
  const sum = values.reduce((total, value) => total + value, 0);
  const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
  return Math.max(0, ...sums.map((other) => Math.abs(other - sum) / magnitude));
}

/** `value` with so many significant digits, as a number: for JSON that people read. */
export function rounded(value, digits = 4) {
  return Number(value.toPrecision(digits));
}

/** Median and extremes of times in seconds, as milliseconds. */
export function milliseconds(seconds) {
  const shown = (value) => rounded(value * 1e3);
  return {
    medianMs: shown(median(seconds)),
    minMs: shown(Math.min(...seconds)),
    maxMs: shown(Math.max(...seconds)),
    rounds: seconds.length,
  };
}
