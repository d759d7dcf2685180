// SPDX-License-Identifier: MIT
// Columns by name, and their cells as texts, numbers and labels; what cannot be used is refused by its line.
import { internal } from '../../index';
import { nearest } from '../../util/did_you_mean';
import type { Cell, Row } from '../../tables';

const { describe, refusal } = internal;

/** Where a column stands. @throws DataError `ERR_DATA` with the columns that there are, and the nearest name */
export function columnAt(where: string, columns: readonly string[], name: string): number {
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  const guess = nearest(name, columns);
  const received = `columns ${columns.slice(0, 20).map(describe).join(', ')}${columns.length > 20 ? ', ...' : ''}`;
  throw refusal('ERR_DATA', where, `a column ${describe(name)}`, received, guess && `Did you mean ${describe(guess)}?`);
}

/** A cell as a text; a missing value is a text without words. @throws DataError `ERR_DATA` */
export function textOf(where: string, name: string, { cells, line }: Row, index: number): string {
  const cell = cells[index]!;
  if (typeof cell === 'string') return cell;
  if (cell === null) return '';
  if (typeof cell === 'object') throw unusable(where, 'a text', name, line, cell);
  return String(cell);
}

/** A cell as a finite number; true and false are 1 and 0. @throws DataError `ERR_DATA` */
export function numberOf(where: string, name: string, { cells, line }: Row, index: number): number {
  const cell = cells[index]!;
  const value = typeof cell === 'number' ? cell : typeof cell === 'boolean' ? Number(cell) : parseNumber(cell);
  if (Number.isFinite(value)) return value;
  throw unusable(where, 'a number', name, line, cell);
}

/** A cell as the name of a class. @throws DataError `ERR_DATA` where it is missing */
export function labelOf(where: string, name: string, { cells, line }: Row, index: number): string {
  const cell = cells[index]!;
  if (cell === null || cell === '' || typeof cell === 'object') throw unusable(where, 'a label', name, line, cell);
  // A copy: the text of a cell may hold a piece of the file in memory.
  return Buffer.from(String(cell)).toString();
}

/** A number in plain or scientific notation, with spaces around it; NaN for anything else, hexadecimal among it. */
export function parseNumber(cell: Cell): number {
  return typeof cell === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(cell) ? Number(cell) : NaN;
}

function unusable(where: string, expected: string, name: string, line: number, cell: Cell): Error {
  const received = cell === null || cell === '' ? 'a missing value' : describe(cell);
  return refusal('ERR_DATA', where, `${expected} in column ${describe(name)}`, `${received} in line ${line}`);
}
