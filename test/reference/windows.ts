// SPDX-License-Identifier: MIT
// Which steps a window over time reads: the padding rules of keras/src/layers/convolutional and pooling (those of XLA).

export type Padding = 'valid' | 'same' | 'causal';

export interface Windows {
  steps: number;
  /** Taps of a window. */
  size: number;
  strides: number;
  padding: Padding;
  dilationRate: number;
}

/** Steps of the output. */
export function windowCount({ steps, size, strides, padding, dilationRate }: Windows): number {
  if (padding !== 'valid') return Math.ceil(steps / strides);
  return Math.max(0, Math.floor((steps - dilationRate * (size - 1) - 1) / strides) + 1);
}

/** The step that tap k of window w reads; null in the padding. */
export function stepOf(windows: Windows, w: number, k: number): number | null {
  const { steps, strides, dilationRate } = windows;
  const t = w * strides + k * dilationRate - paddedBefore(windows);
  return t >= 0 && t < steps ? t : null;
}

function paddedBefore(windows: Windows): number {
  const { steps, size, strides, padding, dilationRate } = windows;
  const reach = dilationRate * (size - 1);
  if (padding === 'valid') return 0;
  if (padding === 'causal') return reach;
  return Math.floor(Math.max(0, (windowCount(windows) - 1) * strides + reach + 1 - steps) / 2);
}
