// SPDX-License-Identifier: MIT
// Figures as text: one line each.
import { BARS } from '../bars.mjs';

/** Rows of strings, the columns as wide as their widest cell; columns named in `right` are flush right. */
export function align(rows, right = []) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ');
  return rows.map((row) => line(row).trimEnd());
}

function formatValue(value) {
  if (value === null) return '-';
  if (Math.abs(value) < 1) return value.toFixed(4);
  return value.toFixed(Math.abs(value) < 100 ? 2 : 1);
}

function formatBar(name) {
  const rule = BARS[name];
  if (rule === undefined) return '';
  const stretch = rule.stretch === undefined ? '' : ` (stretch ${rule.stretch})`;
  return `${rule.atMost ? '<=' : '>='} ${rule.bar}${stretch}`;
}

function formatHolds({ holds, details }) {
  if (details.error !== undefined) return `error: ${details.error}`;
  if (details.skipped !== undefined) return `skipped: ${details.skipped}`;
  const word = holds === null ? '' : holds ? 'yes' : 'NO';
  return details.data === 'synthetic' ? `${word} (synthetic)`.trim() : word;
}

/** The lines of the table. */
export function table(figures) {
  const rows = figures.map((f) => [f.name, formatValue(f.value), f.unit, formatBar(f.name), formatHolds(f)]);
  return align([['name', 'value', 'unit', 'bar', 'holds'], ...rows], [1]);
}
