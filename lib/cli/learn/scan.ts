// SPDX-License-Identifier: MIT
// The first pass over a table: how many rows there are, which labels, and how long the texts are. From these follow the task
// and the sizes of the model.
import { internal } from '../../index';
import { labelOf, columnAt, parseNumber, textOf } from './columns';
import type { Table } from '../../tables';
import type { Task } from './recipe';

const { describe, refusal } = internal;

/** Classes that a model can tell apart at most. */
const MAX_CLASSES = 1000;
/** Numeric labels of at most this many different integers are taken for classes. */
const MAX_INTEGER_CLASSES = 10;

/** What a scan looks at. */
export interface ScanColumns {
  readonly text: string | null;
  readonly label: string;
  /** Words beyond which texts are not told apart by their length. */
  readonly longest: number;
}

/** What was found. */
export interface Scan {
  readonly rows: number;
  readonly isNumeric: boolean;
  readonly isInteger: boolean;
  /** Rows of each label; undefined where there are more labels than classes can be. */
  readonly labels: ReadonlyMap<string, number> | undefined;
  /** Words that 19 of 20 texts have at most, up to `longest`. */
  readonly length: number;
}

/** Reads a table to its end. @throws DataError `ERR_DATA` */
export async function scan(where: string, table: Table, { text, label, longest }: ScanColumns): Promise<Scan> {
  const labelAt = columnAt(where, table.columns, label);
  const textAt = text === null ? -1 : columnAt(where, table.columns, text);
  let labels: Map<string, number> | undefined = new Map<string, number>();
  let [rows, isNumeric, isInteger] = [0, true, true];
  const lengths = new Float64Array(longest + 1);
  for await (const batch of table.batches())
    for (const row of batch) {
      rows++;
      const name = labelOf(where, label, row, labelAt);
      const value = typeof row.cells[labelAt] === 'number' ? row.cells[labelAt] : parseNumber(name);
      isNumeric &&= Number.isFinite(value);
      isInteger &&= Number.isSafeInteger(value);
      labels?.set(name, (labels.get(name) ?? 0) + 1);
      if (labels !== undefined && labels.size > MAX_CLASSES) labels = undefined;
      if (text !== null) {
        const words = Math.min(countWords(textOf(where, text, row, textAt)), longest);
        lengths[words] = lengths[words]! + 1;
      }
    }
  if (rows === 0) throw refusal('ERR_DATA', where, 'rows below the header', 'none');
  return { rows, isNumeric, isInteger, labels, length: quantile(lengths, 0.95 * rows) };
}

/**
 * What labels ask for: a class where they are texts or few different integers, else a number.
 *
 * @param asked what a flag says; undefined: what the labels look like
 * @throws DataError `ERR_DATA` where the labels do not allow it
 */
export function taskOf(where: string, found: Scan, label: string, asked: 'classes' | 'regression' | undefined): Task {
  const count = found.labels?.size ?? Infinity;
  const isClasses = !found.isNumeric || (found.isInteger && count <= MAX_INTEGER_CLASSES);
  const task = asked ?? (isClasses ? 'classes' : 'regression');
  const column = `in column ${describe(label)}`;
  if (task === 'regression') {
    if (!found.isNumeric) throw refusal('ERR_DATA', where, `numbers ${column} for a regression`, 'texts');
    if (count === 1) throw refusal('ERR_DATA', where, `numbers that differ ${column}`, 'the same in every row');
    return task;
  }
  if (count < 2) throw refusal('ERR_DATA', where, `at least two classes ${column}`, 'one');
  if (count > MAX_CLASSES) {
    const hint = found.isNumeric ? 'Pass --task regression.' : 'Is it the column of labels?';
    throw refusal('ERR_DATA', where, `at most ${MAX_CLASSES} classes ${column}`, 'more', hint);
  }
  return count === 2 ? 'binary' : 'classes';
}

/** Names of the classes in the order of their ids: numbers ascend, texts go by code units. */
export function classNames({ labels, isNumeric }: Scan): string[] {
  const names = [...(labels ?? new Map<string, number>()).keys()].sort();
  return isNumeric ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** The first index up to which a histogram has so many entries; at least 1. */
function quantile(counts: Float64Array, wanted: number): number {
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) >= wanted);
  return Math.max(1, index);
}
