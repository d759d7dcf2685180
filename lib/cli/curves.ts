// SPDX-License-Identifier: MIT
// What both plots draw: panels of curves over epochs, or over other steps.

/** One curve; its first value belongs to epoch 1, or to the first step. Values that are not finite leave a gap. */
export interface Curve {
  label: string;
  values: readonly number[];
  /** As the book draws them: training as dots, validation as a line. */
  style: 'dots' | 'line';
}

/** One set of axes. */
export interface Panel {
  title: string;
  yLabel: string;
  /** Default 'Epochs'. */
  xLabel?: string;
  curves: readonly Curve[];
}

/** Smallest and largest finite value of a panel; 0 and 1 where it has none. */
export function rangeOf(panel: Panel): [low: number, high: number] {
  const values = panel.curves.flatMap((curve) => curve.values.filter(Number.isFinite));
  return values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
}

/** Epochs of a panel: the length of its longest curve. */
export function epochsOf(panel: Panel): number {
  return Math.max(0, ...panel.curves.map((curve) => curve.values.length));
}

/** Training as dots and validation as a line, as the book draws them. */
export function panelOf(name: string, training: readonly number[], validation: readonly number[], note = ''): Panel {
  return {
    title: `Training and validation ${name.toLowerCase()}${note}`,
    yLabel: name,
    curves: [
      { label: `Training ${name.toLowerCase()}`, values: training, style: 'dots' },
      { label: `Validation ${name.toLowerCase()}`, values: validation, style: 'line' },
    ],
  };
}
