// SPDX-License-Identifier: MIT
// The table that `summary()` prints: Keras 2.2.4's character for character, or Keras 3's with boxes.
import { shapeText } from '../layers/shapes';
import { sizeOf } from '../layers/weights';
import { checkInteger, checkOneOf, refusal, describe } from '../util/validate';
import { withDefaults } from '../util/options';
import type { Layer } from '../layers';

/** Options of `summary`. */
export interface SummaryOptions {
  /** Called once for every line; default `console.log`. */
  printFn?: (line: string) => void;
  /** Characters in a line; default 65 for `keras2`; for `keras3` the terminal's width less 4, at most 88. */
  lineLength?: number | null;
  /** Default `'keras2'`: the table of Keras 2.2.4. */
  style?: 'keras2' | 'keras3';
}

/** Defaults of {@link SummaryOptions}. */
export const defaults = Object.freeze({
  printFn: (line: string): void => console.log(line),
  lineLength: null,
  style: 'keras2',
} as const);

/** What a summary shows of a model. */
export interface Summarized {
  readonly name: string;
  readonly layers: readonly Layer[];
}

const HEADER = ['Layer (type)', 'Output Shape', 'Param #'] as const;
const BYTES_PER_PARAM = 4;

/** Prints the table of a model whose layers are all built. */
export function printSummary(where: string, model: Summarized, options: SummaryOptions | undefined): void {
  const { printFn, lineLength, style } = withDefaults(where, options, defaults);
  if (typeof printFn !== 'function') throw refusal('ERR_TYPE', where, 'printFn to be a function', describe(printFn));
  const isKeras2 = checkOneOf(where, 'style', style, ['keras2', 'keras3']) === 'keras2';
  const fallback = isKeras2 ? 65 : Math.min(88, (process.stdout.columns ?? 80) - 4);
  const width = lineLength === null ? fallback : checkInteger(where, 'lineLength', lineLength, 24, 10000);
  for (const line of isKeras2 ? keras2Lines(model, width) : keras3Lines(model, Math.max(24, width))) printFn(line);
}

/** Rows as of keras 2.2.4, keras/utils/layer_utils.py (print_summary). */
function keras2Lines({ layers }: Summarized, width: number): string[] {
  const stops = [0.45, 0.85, 1].map((stop) => Math.floor(width * stop));
  const lines = ['_'.repeat(width), keras2Row(HEADER, stops), '='.repeat(width)];
  layers.forEach((layer, index) => {
    lines.push(keras2Row(fieldsOf(layer, String(layer.countParams())), stops));
    lines.push((index === layers.length - 1 ? '=' : '_').repeat(width));
  });
  const { trainable, frozen } = countAll(layers);
  lines.push(`Total params: ${grouped(trainable + frozen)}`);
  lines.push(`Trainable params: ${grouped(trainable)}`);
  lines.push(`Non-trainable params: ${grouped(frozen)}`);
  lines.push('_'.repeat(width));
  return lines;
}

/** Each field is cut at its stop and padded to it; between two fields the last character gives way to a blank. */
function keras2Row(fields: readonly string[], stops: readonly number[]): string {
  return fields.reduce((line, field, index) => {
    const begin = index === 0 ? '' : `${line.slice(0, -1)} `;
    return (begin + field).slice(0, stops[index]).padEnd(stops[index]!);
  }, '');
}

/** Rows as of Keras 3, keras/src/utils/summary_utils.py, drawn as its table library does without a terminal. */
function keras3Lines({ name, layers }: Summarized, width: number): string[] {
  const widths = keras3Widths(width);
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((size) => line.repeat(size + 2)).join(middle) + right;
  const lines = [
    `Model: "${name}"`,
    rule('┏', '━', '┳', '┓'),
    ...keras3Row(HEADER, widths, '┃'),
    rule('┡', '━', '╇', '┩'),
  ];
  layers.forEach((layer, index) => {
    if (index > 0) lines.push(rule('├', '─', '┼', '┤'));
    lines.push(...keras3Row(fieldsOf(layer, grouped(layer.countParams())), widths, '│'));
  });
  lines.push(rule('└', '─', '┴', '┘'));
  const { trainable, frozen } = countAll(layers);
  const total = (label: string, count: number): string =>
    ` ${label}: ${grouped(count)} (${memoryText(count * BYTES_PER_PARAM)})`;
  lines.push(total('Total params', trainable + frozen));
  lines.push(total('Trainable params', trainable));
  lines.push(total('Non-trainable params', frozen));
  return lines;
}

/**
 * Characters of text in each column. Keras asks for columns that fill the line before borders and padding (10 more
 * characters); its table library takes the excess from the columns in turn: 3, 4 and 3.
 */
function keras3Widths(width: number): number[] {
  const stops = [0.45, 0.8, 1].map((stop) => Math.floor(width * stop));
  const excess = [3, 4, 3];
  return stops.map((stop, index) => Math.max(1, stop - (stops[index - 1] ?? 0) - excess[index]!));
}

function keras3Row(fields: readonly string[], widths: readonly number[], border: string): string[] {
  const cells = fields.map((field, index) => wrapped(field, widths[index]!));
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => {
    const texts = cells.map((cell, index) => {
      const text = cell[line] ?? '';
      return index === 2 ? text.padStart(widths[index]!) : text.padEnd(widths[index]!);
    });
    return `${border} ${texts.join(` ${border} `)} ${border}`;
  });
}

/** Lines of at most `width` characters, broken between words; a word that is longer is cut, and ends with an ellipsis. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word.length > width ? `${word.slice(0, width - 1)}…` : word;
  }
  return [...lines, line];
}

function fieldsOf(layer: Layer, count: string): [string, string, string] {
  return [`${layer.name} (${layer.className})`, shapeText(layer.outputShape ?? []), count];
}

function countAll(layers: readonly Layer[]): { trainable: number; frozen: number } {
  const weights = layers.flatMap((layer) => layer.weightSpecs);
  const sum = (isTrainable: boolean): number =>
    weights.filter(({ trainable }) => trainable === isTrainable).reduce((total, { shape }) => total + sizeOf(shape), 0);
  return { trainable: sum(true), frozen: sum(false) };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function memoryText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(2)} ${units[unit]}`;
}
