// SPDX-License-Identifier: MIT
// JSON as Python writes it. To Keras 0 is no float where it wants 0.0, so numbers that are floats are marked.

/** A number that is a float in Python, whole or not. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** Marks numbers, those in lists too; other values stay. */
export function floats(value: unknown): unknown {
  if (typeof value === 'number') return new PythonFloat(value);
  return Array.isArray(value) ? value.map(floats) : value;
}

/** Text of plain data. */
export function pythonJson(value: unknown): string {
  if (value instanceof PythonFloat) return floatText(value.value);
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}: ${pythonJson(each)}`).join(', ')}}`;
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : special(value);
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function special(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}
