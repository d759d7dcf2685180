// SPDX-License-Identifier: MIT
// Curves over epochs as an SVG text: panels side by side, titles, axes with ticks, a legend. No styling beyond what a
// viewer, a browser or a README shows on its own.
import { epochsOf, rangeOf, type Curve, type Panel } from './curves';
import { epochTicks, tickLabels, ticks } from './ticks';

const PANEL = Object.freeze({ width: 460, height: 340, left: 64, right: 20, top: 44, bottom: 52 });
const PLOT_WIDTH = PANEL.width - PANEL.left - PANEL.right;
const PLOT_HEIGHT = PANEL.height - PANEL.top - PANEL.bottom;
const INK = '#333';
const GRID = '#e4e4e4';
// The first two of Okabe and Ito's palette that stay apart for every kind of colour vision, and in grey.
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/**
 * Draws panels side by side.
 *
 * @param panels one set of axes each; the x axis is the epoch, from 1
 * @returns the text of an SVG file
 */
export function svgPlot(panels: readonly Panel[]): string {
  const width = PANEL.width * Math.max(1, panels.length);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL.height}" ` +
      `viewBox="0 0 ${width} ${PANEL.height}" font-family="Helvetica, Arial, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${PANEL.height}" fill="#fff"/>`,
    ...panels.map((panel, index) => drawPanel(panel, index * PANEL.width)),
    '</svg>',
    '',
  ].join('\n');
}

/** Maps epochs and values to the coordinates of one panel. */
interface Scale {
  x(epoch: number): number;
  y(value: number): number;
}

function drawPanel(panel: Panel, offset: number): string {
  const epochs = epochsOf(panel);
  const axis = ticks(...rangeOf(panel), 6);
  // Half an epoch of room on either side keeps the first and last dots off the frame.
  const scale: Scale = {
    x: (epoch) => PANEL.left + ((epoch - 0.5) / Math.max(1, epochs)) * PLOT_WIDTH,
    y: (value) => PANEL.top + (1 - (value - axis.low) / (axis.high - axis.low)) * PLOT_HEIGHT,
  };
  const middle = PANEL.left + PLOT_WIDTH / 2;
  return [
    `<g transform="translate(${offset} 0)">`,
    text(middle, 26, panel.title, 'text-anchor="middle" font-size="15"'),
    ...yAxis(axis.values, scale),
    ...xAxis(epochs, scale),
    `<rect x="${PANEL.left}" y="${PANEL.top}" width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}" fill="none" stroke="${INK}"/>`,
    text(middle, PANEL.height - 14, panel.xLabel ?? 'Epochs', 'text-anchor="middle"'),
    text(
      0,
      0,
      panel.yLabel,
      `text-anchor="middle" transform="translate(18 ${PANEL.top + PLOT_HEIGHT / 2}) rotate(-90)"`,
    ),
    ...panel.curves.map((curve, index) => drawCurve(curve, colourOf(index), scale)),
    legend(panel, scale),
    '</g>',
  ].join('\n');
}

function yAxis(values: readonly number[], scale: Scale): string[] {
  const labels = tickLabels(values);
  return values.flatMap((value, index) => {
    const y = round(scale.y(value));
    return [
      `<path d="M${PANEL.left} ${y}H${PANEL.left + PLOT_WIDTH}" stroke="${GRID}"/>`,
      `<path d="M${PANEL.left - 5} ${y}H${PANEL.left}" stroke="${INK}"/>`,
      text(PANEL.left - 9, y + 4, labels[index]!, 'text-anchor="end"'),
    ];
  });
}

function xAxis(epochs: number, scale: Scale): string[] {
  const bottom = PANEL.top + PLOT_HEIGHT;
  return epochTicks(epochs, 10).flatMap((epoch) => {
    const x = round(scale.x(epoch));
    return [
      `<path d="M${x} ${bottom}v5" stroke="${INK}"/>`,
      text(x, bottom + 18, String(epoch), 'text-anchor="middle"'),
    ];
  });
}

function drawCurve(curve: Curve, colour: string, scale: Scale): string {
  const points = curve.values.map((value, index) =>
    Number.isFinite(value) ? ([round(scale.x(index + 1)), round(scale.y(value))] as const) : undefined,
  );
  if (curve.style === 'dots' || points.filter((point) => point !== undefined).length === 1)
    return points
      .filter((point) => point !== undefined)
      .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`)
      .join('\n');
  const path = points.map((point, index) =>
    point ? `${index > 0 && points[index - 1] ? 'L' : 'M'}${point.join(' ')}` : '',
  );
  return `<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

/** In whichever corner the curves leave most room, as the book's plots place it. */
function legend(panel: Panel, scale: Scale): string {
  const width = 20 + 7 * Math.max(...panel.curves.map((curve) => curve.label.length), 1) + 22;
  const height = 10 + 18 * panel.curves.length;
  const lefts = [PANEL.left + 8, PANEL.left + PLOT_WIDTH - width - 8];
  const tops = [PANEL.top + 8, PANEL.top + PLOT_HEIGHT - height - 8];
  const corners = tops.flatMap((top) => lefts.map((left) => ({ left, top, hits: 0 })));
  for (const corner of corners) corner.hits = pointsWithin(panel, scale, corner.left, corner.top, width, height);
  const { left, top } = corners.reduce((best, corner) => (corner.hits < best.hits ? corner : best));
  const rows = panel.curves.map((curve, index) => {
    const y = top + 14 + 18 * index;
    const mark =
      curve.style === 'dots'
        ? `<circle cx="${left + 18}" cy="${y}" r="3.5" fill="${colourOf(index)}"/>`
        : `<path d="M${left + 8} ${y}h20" stroke="${colourOf(index)}" stroke-width="2"/>`;
    return mark + text(left + 36, y + 4, curve.label, '');
  });
  const box = `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="3" fill="#fff" fill-opacity="0.85" stroke="#ccc"/>`;
  return [box, ...rows].join('\n');
}

/** How many points, and midpoints between them, a box would cover. */
function pointsWithin(panel: Panel, scale: Scale, left: number, top: number, width: number, height: number): number {
  const margin = 6;
  let hits = 0;
  for (const { values } of panel.curves)
    for (let epoch = 1; epoch <= values.length; epoch += 0.5) {
      const value = (values[Math.floor(epoch) - 1]! + values[Math.ceil(epoch) - 1]!) / 2;
      const x = scale.x(epoch) - left + margin;
      const y = scale.y(value) - top + margin;
      if (x >= 0 && x <= width + 2 * margin && y >= 0 && y <= height + 2 * margin) hits++;
    }
  return hits;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const position = x === 0 && y === 0 ? '' : `x="${round(x)}" y="${round(y)}" `;
  return `<text ${position}fill="${INK}"${attributes ? ` ${attributes}` : ''}>${escapeXml(content)}</text>`;
}

/** Text for XML and HTML, attributes among it; characters that XML has no place for become spaces. */
export function escapeXml(content: string): string {
  // eslint-disable-next-line no-control-regex -- those are what is meant
  const plain = content.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ' ');
  const entities = [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['"', '&quot;'],
    ["'", '&#39;'],
  ] as const;
  return entities.reduce((text, [character, entity]) => text.replaceAll(character, entity), plain);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
