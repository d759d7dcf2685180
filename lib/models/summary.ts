// SPDX-License-Identifier: MIT
// The table that `summary()` prints: Keras 2.2.4's character for character, or Keras 3's with boxes.
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { shapeText } from '../layers/shapes';
import { sizeOf } from '../layers/weights';
import { checkInteger, checkOneOf, refusal, describe } from '../util/validate';
import { withDefaults } from '../util/options';
import { TrainableModel } from './trainable_model';
import type { Graph } from '../graph/graph';
import type { WeightSpec } from '../layers';

/** Options of `summary`. */
export interface SummaryOptions {
  /** Called once for every line; default `console.log`. */
  printFn?: (line: string) => void;
  /**
   * Characters in a line. Default for `keras2`: 65, or 98 where the table tells what layers are connected to; for `keras3`
   * the terminal's width less 4, at most 88, or 108.
   */
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
  readonly graph: Graph;
  readonly inputNames: readonly string[];
  /** Whether inputs are rows of the table: not those of a `Sequential`. */
  readonly showsInputs: boolean;
  readonly weights: readonly WeightSpec[];
}

/** A row: a layer or an input. */
interface Row {
  readonly name: string;
  readonly className: string;
  /** Shapes of the outputs of each call, in order, as far as the style looks at them. */
  readonly shape: string;
  readonly params: number;
  /** What each call reads: `lstm_1[0][1]`. */
  readonly connections: readonly string[];
}

/** What the styles do in their own way. */
interface Style {
  /** What Keras calls the class of a `Model`. */
  readonly model: string;
  /** Number of the first call of a model: Keras 2 counts what the model itself is. */
  readonly firstCall: number;
  /** Of the outputs of all calls of a layer. */
  readonly shapeOf: (calls: readonly (readonly SymbolicTensor[])[]) => string;
}

const KERAS2: Style = {
  model: 'Model',
  firstCall: 1,
  shapeOf: (calls) => {
    const texts = new Set(calls.map(outputsText));
    return texts.size === 1 ? [...texts][0]! : 'multiple';
  },
};

const KERAS3: Style = { model: 'Functional', firstCall: 0, shapeOf: (calls) => outputsText(calls.at(-1) ?? []) };

const HEADER = ['Layer (type)', 'Output Shape', 'Param #', 'Connected to'] as const;
const BYTES_PER_PARAM = 4;

/** Prints the table of a model whose shapes are known. */
export function printSummary(where: string, model: Summarized, options: SummaryOptions | undefined): void {
  const { printFn, lineLength, style } = withDefaults(where, options, defaults);
  if (typeof printFn !== 'function') throw refusal('ERR_TYPE', where, 'printFn to be a function', describe(printFn));
  const isKeras2 = checkOneOf(where, 'style', style, ['keras2', 'keras3']) === 'keras2';
  const columns = model.graph.isChain ? 3 : 4;
  const terminal = (process.stdout.columns ?? 80) - 4;
  const fallback = isKeras2 ? (columns === 3 ? 65 : 98) : Math.min(columns === 3 ? 88 : 108, terminal);
  const width = lineLength === null ? fallback : checkInteger(where, 'lineLength', lineLength, 24, 10000);
  const lines = isKeras2 ? keras2Lines(model, columns, width) : keras3Lines(model, columns, Math.max(24, width));
  for (const line of lines) printFn(line);
}

/** The rows of a model, in Keras' order. */
function rowsOf({ graph, inputNames, showsInputs }: Summarized, style: Style): Row[] {
  const placeOf = (tensor: SymbolicTensor): string => {
    const input = graph.inputs.indexOf(tensor);
    if (input >= 0) return `${inputNames[input]!}[0][0]`;
    const { layer } = tensor.node!;
    const call = layer.nodes.indexOf(tensor.node!) + (layer instanceof TrainableModel ? style.firstCall : 0);
    return `${layer.name}[${call}][${tensor.index}]`;
  };
  const items = showsInputs ? graph.items : graph.layers;
  return items.map((item) => {
    if (item instanceof SymbolicTensor) {
      const name = inputNames[graph.inputs.indexOf(item)]!;
      return { name, className: 'InputLayer', shape: style.shapeOf([[item]]), params: 0, connections: [] };
    }
    const own = item instanceof TrainableModel && style.firstCall > 0 ? [item.outputs] : [];
    const calls = item.nodes.filter((node) => graph.nodes.includes(node));
    return {
      name: item.name,
      className: item.className === 'Model' ? style.model : item.className,
      shape: style.shapeOf([...own, ...item.nodes.map(({ outputs }) => outputs)]),
      params: item.parts.reduce((sum, { layer }) => sum + layer.countParams(), 0),
      connections: calls.flatMap(({ sources }) => sources.map(placeOf)),
    };
  });
}

/** `(None, 3)`, or `[(None, 3), (None, 4)]` where there are several. */
function outputsText(outputs: readonly SymbolicTensor[]): string {
  const texts = outputs.map(({ shape }) => shapeText(shape));
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** Rows as of keras 2.2.4, keras/utils/layer_utils.py (print_summary). */
function keras2Lines(model: Summarized, columns: 3 | 4, width: number): string[] {
  const shares = columns === 3 ? [0.45, 0.85, 1] : [0.33, 0.55, 0.67, 1];
  const stops = shares.map((stop) => Math.floor(width * stop));
  const lines = ['_'.repeat(width), keras2Row(HEADER.slice(0, columns), stops), '='.repeat(width)];
  const rows = rowsOf(model, KERAS2);
  rows.forEach(({ name, className, shape, params, connections }, index) => {
    const [first = '', ...others] = columns === 3 ? [] : connections;
    lines.push(keras2Row([`${name} (${className})`, shape, String(params), first].slice(0, columns), stops));
    for (const connection of others) lines.push(keras2Row(['', '', '', connection], stops));
    lines.push((index === rows.length - 1 ? '=' : '_').repeat(width));
  });
  const { trainable, frozen } = countAll(model);
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
function keras3Lines(model: Summarized, columns: 3 | 4, width: number): string[] {
  const widths = keras3Widths(columns, width);
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((size) => line.repeat(size + 2)).join(middle) + right;
  const lines = [
    `Model: "${model.name}"`,
    rule('┏', '━', '┳', '┓'),
    ...keras3Row(HEADER.slice(0, columns), widths, '┃'),
    rule('┡', '━', '╇', '┩'),
  ];
  rowsOf(model, KERAS3).forEach(({ name, className, shape, params, connections }, index) => {
    if (index > 0) lines.push(rule('├', '─', '┼', '┤'));
    const fields = [`${name} (${className})`, shape, grouped(params), connections.join(', ') || '-'];
    lines.push(...keras3Row(fields.slice(0, columns), widths, '│'));
  });
  lines.push(rule('└', '─', '┴', '┘'));
  const { trainable, frozen } = countAll(model);
  const total = (label: string, count: number): string =>
    ` ${label}: ${grouped(count)} (${memoryText(count * BYTES_PER_PARAM)})`;
  lines.push(total('Total params', trainable + frozen));
  lines.push(total('Trainable params', trainable));
  lines.push(total('Non-trainable params', frozen));
  return lines;
}

/**
 * Characters of text in each column. Keras asks for columns that fill the line before borders and padding (10 or 13 more
 * characters); its table library takes the excess from the columns in turn.
 */
function keras3Widths(columns: 3 | 4, width: number): number[] {
  const shares = columns === 3 ? [0.45, 0.8, 1] : [0.3, 0.56, 0.74, 1];
  const excess = columns === 3 ? [3, 4, 3] : [3, 3, 4, 3];
  const stops = shares.map((stop) => Math.floor(width * stop));
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

function countAll({ weights }: Summarized): { trainable: number; frozen: number } {
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
