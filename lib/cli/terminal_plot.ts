// SPDX-License-Identifier: MIT
// A small plot of curves over epochs in plain characters, for a terminal or a log. It owes its reader the shape of the
// curves, no more; the SVG has the detail.
import { epochsOf, rangeOf, type Panel } from './curves';
import { epochTicks, tickLabels, ticks } from './ticks';

const MARK = Object.freeze({ dots: 'o', line: '*', both: '@' });
const HEIGHT = 10;
const MIN_WIDTH = 40;
const MAX_WIDTH = 64;

/**
 * Draws one panel, about 15 lines of at most 80 columns.
 *
 * @param panel curves; `o` marks those of style `dots`, `*` those of style `line`, `@` a place where both meet
 * @returns lines joined by newlines, none at the end
 */
export function terminalPlot(panel: Panel): string {
  const epochs = epochsOf(panel);
  const axis = ticks(...rangeOf(panel), 5);
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, epochs));
  const column = (epoch: number): number => Math.floor(((epoch - 0.5) / Math.max(1, epochs)) * width);
  const row = (value: number): number => Math.round((1 - (value - axis.low) / (axis.high - axis.low)) * (HEIGHT - 1));

  const cells = Array.from({ length: HEIGHT }, () => new Array<string>(width).fill(' '));
  for (const { values, style } of panel.curves)
    values.forEach((value, index) => {
      if (!Number.isFinite(value)) return;
      const line = cells[row(value)]!;
      const at = column(index + 1);
      line[at] = line[at] === ' ' || line[at] === MARK[style] ? MARK[style] : MARK.both;
    });

  const labels = new Map(axis.values.map((value, index) => [row(value), tickLabels(axis.values)[index]!]));
  const margin = Math.max(...[...labels.values()].map((label) => label.length));
  const body = cells.map((line, y) => {
    const label = labels.get(y);
    return `${(label ?? '').padStart(margin)} ${label === undefined ? '|' : '+'}${line.join('')}`.trimEnd();
  });
  const key = panel.curves.map(({ label, style }) => `${MARK[style]} ${label}`).join('   ');
  return [
    panel.title,
    key,
    ...body,
    `${' '.repeat(margin)} +${'-'.repeat(width)}`,
    `${' '.repeat(margin)}  ${epochLabels(epochs, width, column)}`,
  ].join('\n');
}

/** Epoch numbers below their columns; one that would touch its neighbour is left out. */
function epochLabels(epochs: number, width: number, column: (epoch: number) => number): string {
  let line = '';
  for (const epoch of epochTicks(epochs, 10)) {
    const label = String(epoch);
    const at = Math.min(column(epoch), width - label.length);
    if (line === '' || at > line.length) line = line.padEnd(at) + label;
  }
  return line;
}
