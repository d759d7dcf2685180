// SPDX-License-Identifier: MIT
import type { Panel } from '../../../lib/cli/curves';
import { svgPlot } from '../../../lib/cli/svg_plot';
import { terminalPlot } from '../../../lib/cli/terminal_plot';
import { epochTicks, tickLabels, ticks } from '../../../lib/cli/ticks';

const panel = (training: number[], validation: number[], title = 'Accuracy'): Panel => ({
  title,
  yLabel: 'Accuracy',
  curves: [
    { label: 'Training', values: training, style: 'dots' },
    { label: 'Validation', values: validation, style: 'line' },
  ],
});

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

describe('ticks', () => {
  test.each([
    [0.58, 0.97],
    [0, 1],
    [-3.2, 12345],
    [1e-7, 3e-7],
    [0.5, 0.5],
    [0, 0],
  ])('enclose %d to %d at round, evenly spaced values', (low, high) => {
    const { values, ...axis } = ticks(low, high, 6);
    expect(axis.low).toBeLessThanOrEqual(low);
    expect(axis.high).toBeGreaterThanOrEqual(high);
    expect(values.length).toBeGreaterThanOrEqual(2);
    expect(values.length).toBeLessThanOrEqual(13);
    const step = values[1]! - values[0]!;
    values.forEach((value, i) => expect(value).toBeCloseTo(values[0]! + i * step, 10));
    expect([1, 2, 5]).toContain(Number((step / 10 ** Math.floor(Math.log10(step * 1.0001))).toPrecision(3)));
  });

  test('carry no rounding noise and share their decimals', () => {
    expect(tickLabels(ticks(0.1, 0.7, 6).values)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8']);
  });

  test('of epochs are all of them when few, and round when many', () => {
    expect(epochTicks(3, 10)).toEqual([1, 2, 3]);
    expect(epochTicks(100, 10)).toEqual([1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(epochTicks(1, 10)).toEqual([1]);
  });
});

describe('svg plot: odd input', () => {
  test('titles are escaped', () => {
    const svg = svgPlot([panel([1, 2], [1, 2], 'a < b & "c"')]);
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
    expect(svg).not.toContain('a < b');
  });

  test.each([
    ['no epochs', [], []],
    ['one epoch', [0.5], [0.5]],
    ['nothing finite', [NaN, Infinity], [NaN, NaN]],
    ['a gap', [0.1, NaN, 0.3], [0.1, NaN, 0.3, 0.4]],
    ['one curve empty', [0.1, 0.2], []],
  ])('%s draws a whole picture without NaN', (_name, training, validation) => {
    const svg = svgPlot([panel(training, validation)]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(count(svg, /<g /g)).toBe(count(svg, /<\/g>/g));
    expect(terminalPlot(panel(training, validation))).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('svg plot', () => {
  const svg = svgPlot([panel([0.5, 0.7, 0.9], [0.6, 0.8, 0.7]), panel([0.9, 0.5, 0.1], [0.8, 0.5, 0.6], 'Loss')]);

  test('draws training as dots and validation as a line, with a legend for both, in each panel', () => {
    expect(count(svg, /<circle /g)).toBe(2 * (3 + 1));
    expect(count(svg, /stroke-linejoin="round"/g)).toBe(2);
    expect(count(svg, />Training</g)).toBe(2);
    expect(count(svg, />Validation</g)).toBe(2);
  });

  test('has titles, axis names and ticks', () => {
    expect(svg).toMatch(/font-size="15">Accuracy</);
    expect(svg).toMatch(/font-size="15">Loss</);
    expect(count(svg, />Epochs</g)).toBe(2);
    for (const epoch of [1, 2, 3]) expect(count(svg, new RegExp(`>${epoch}</text>`, 'g'))).toBe(2);
    expect(svg).toContain('>0.5</text>');
  });

  test('a panel over other steps than epochs names them', () => {
    const hours = svgPlot([{ ...panel([1, 2], [2, 1]), xLabel: 'Hours' }]);
    expect([count(hours, />Hours</g), count(hours, />Epochs</g)]).toEqual([1, 0]);
  });

  test('a higher value lies higher', () => {
    const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].slice(0, 3).map(([, y]) => Number(y));
    expect(heights).toEqual([...heights].sort((a, b) => b - a));
    expect(new Set(heights).size).toBe(3);
  });

  test('a gap in a curve breaks its line in two', () => {
    const broken = svgPlot([panel([], [0.1, 0.2, NaN, 0.3, 0.4])]);
    const [, path] = broken.match(/<path d="(M[^"]*)" fill="none"/)!;
    expect(count(path!, /M/g)).toBe(2);
  });
});

describe('terminal plot', () => {
  test('marks training, validation and where both meet, with the scale beside and epochs below', () => {
    const lines = terminalPlot(panel([0, 1], [1, 1])).split('\n');
    expect(lines[0]).toBe('Accuracy');
    expect(lines[1]).toBe('o Training   * Validation');
    expect(lines[2]).toMatch(/^1\.0 \+ {10}\* {19}@$/);
    expect(lines[11]).toMatch(/^0\.0 \+ {10}o$/);
    expect(lines.at(-2)).toMatch(/^ {4}\+-{40}$/);
    expect(lines.at(-1)!.trim().split(/ +/)).toEqual(['1', '2']);
  });

  test('fits into 80 columns however many epochs there are', () => {
    const many = Array.from({ length: 500 }, (_, i) => Math.exp(-i / 100));
    for (const line of terminalPlot(panel(many, many)).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
