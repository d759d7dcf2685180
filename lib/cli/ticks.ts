// SPDX-License-Identifier: MIT
// Round numbers along an axis, shared by the SVG and the terminal plot.

/** The ends of an axis and the round values on it. */
export interface Ticks {
  low: number;
  high: number;
  values: number[];
}

/**
 * Ticks at 1, 2 or 5 times a power of ten that enclose `low` to `high`, about `wanted` of them.
 * A range of no width is widened, so that a flat curve lies in the middle.
 */
export function ticks(low: number, high: number, wanted: number): Ticks {
  const pad = high > low ? 0 : Math.abs(low) * 0.1 || 0.1;
  const width = high - low + 2 * pad;
  const step = roundStep(width / Math.max(1, wanted - 1));
  const first = Math.floor((low - pad) / step + 1e-9);
  const last = Math.ceil((high + pad) / step - 1e-9);
  // Counting in whole steps keeps 0.1 + 0.2 out of the labels.
  const values = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { low: values[0]!, high: values.at(-1)!, values };
}

/** Whole numbers from 1 to `count` with a round stride, at most `wanted` of them: the epochs below a plot. */
export function epochTicks(count: number, wanted: number): number[] {
  const stride = Math.max(1, Math.ceil(roundStep(count / wanted)));
  const values: number[] = stride === 1 ? [] : [1];
  for (let epoch = stride; epoch <= count; epoch += stride) values.push(epoch);
  return values;
}

/** Labels of ticks: as many decimals for all as the finest needs. */
export function tickLabels(values: readonly number[]): string[] {
  const decimals = Math.max(0, ...values.map((value) => (String(value).split('.')[1] ?? '').length));
  return values.map((value) => value.toFixed(Math.min(decimals, 6)));
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const ratio = raw / power;
  return (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10) * power;
}
