// SPDX-License-Identifier: MIT
// Bodies of texts to rows `{ text, label? }`: JSON, JSON Lines, CSV. A body is taken whole or not at all, and a refusal
// names each line that is wrong.
import { TextDecoder } from 'node:util';
import { parse } from 'csv-parse/sync';
import { Refusal, shown } from './refusal.mjs';

const WHERE = 'POST /texts';
const COLUMNS = ['text', 'label'];
const MAX_TEXT = 20_000;
const MAX_PROBLEMS = 20;

/** What reads a body of each type: to `[{ line, value }]`, or `[{ line, problem }]` for a line that is none. */
const READERS = Object.freeze({
  'application/json': readJson,
  'application/jsonl': readJsonLines,
  'application/x-ndjson': readJsonLines,
  'text/csv': readCsv,
});

/** @throws Refusal with `lines`: `[{ line, problem }]` */
export function readTexts(contentType, body) {
  const type = String(contentType ?? '')
    .split(';')[0]
    .trim()
    .toLowerCase();
  const read = READERS[type];
  if (read === undefined)
    throw new Refusal(415, 'ERR_TYPE', WHERE, `a body of ${Object.keys(READERS).join(', ')}`, type || 'none');
  const entries = read(decoded(body));
  if (entries.length === 0) throw new Refusal(400, 'ERR_DATA', WHERE, 'at least one text', 'none');
  const problems = [];
  const rows = entries.map(({ line, value, problem }) => {
    const { row, problem: found = problem } = problem === undefined ? readRow(value) : {};
    if (found !== undefined) problems.push({ line, problem: found });
    return row;
  });
  if (problems.length > 0) {
    const [{ line, problem }] = problems;
    throw new Refusal(400, 'ERR_DATA', WHERE, 'texts alone', `${problems.length} bad ones; line ${line}: ${problem}`, {
      lines: problems.slice(0, MAX_PROBLEMS),
    });
  }
  return rows;
}

/** A label that a client gave; undefined where it is none. */
export function readLabel(value) {
  return value === 0 || value === 1 ? value : undefined;
}

/** `{ row }` or `{ problem }`. */
function readRow(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: `expected { text, label }, received ${shown(value)}` };
  const unknown = Object.keys(value).find((key) => !COLUMNS.includes(key));
  if (unknown !== undefined) return { problem: `expected text and label, received ${shown(unknown)}` };
  const { text, label = null } = value;
  if (typeof text !== 'string' || text.trim() === '') return { problem: `expected a text, received ${shown(text)}` };
  if (text.length > MAX_TEXT) return { problem: `expected at most ${MAX_TEXT} characters, received ${text.length}` };
  if (text.includes('\0') || !text.isWellFormed())
    return { problem: 'expected characters of Unicode, received others' };
  if (label === null) return { row: { text } };
  if (readLabel(label) === undefined) return { problem: `expected the label 0 or 1, received ${shown(label)}` };
  return { row: { text, label } };
}

function decoded(body) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body ?? Buffer.alloc(0));
  } catch {
    throw new Refusal(400, 'ERR_DATA', WHERE, 'UTF-8', 'other bytes');
  }
}

/** One row, or an array of rows, which are counted from 1. */
function readJson(text) {
  if (text.trim() === '') return [];
  const { value, problem } = parsed(text);
  if (problem !== undefined) return [{ line: 1, problem }];
  return (Array.isArray(value) ? value : [value]).map((row, index) => ({ line: index + 1, value: row }));
}

function readJsonLines(text) {
  return text
    .split('\n')
    .map((source, index) => ({ line: index + 1, source }))
    .filter(({ source }) => source.trim() !== '')
    .map(({ line, source }) => ({ line, ...parsed(source) }));
}

function parsed(source) {
  try {
    return { value: JSON.parse(source) };
  } catch (error) {
    return { problem: `expected JSON: ${error.message}` };
  }
}

/** With a header: `text`, and `label` where there are some. */
function readCsv(text) {
  let records;
  try {
    records = parse(text, { bom: true, info: true, skip_empty_lines: true });
  } catch (error) {
    return [{ line: error.lines ?? 1, problem: `expected CSV: ${error.message}` }];
  }
  const [header, ...rows] = records;
  if (header === undefined) return [];
  const names = header.record.map((name) => name.trim());
  const isHeader = names.includes('text') && new Set(names).size === names.length;
  if (!isHeader || names.some((name) => !COLUMNS.includes(name)))
    return [{ line: 1, problem: `expected the columns text and label, received ${shown(names)}` }];
  return rows.map(({ record, info }) => {
    const value = Object.fromEntries(names.map((name, index) => [name, record[index]]));
    return { line: info.lines, value: { ...value, ...('label' in value && { label: numberOf(value.label) }) } };
  });
}

/** A field as a label: a number where it is one, nothing where it is empty. */
function numberOf(field) {
  const text = field.trim();
  if (text === '') return null;
  return /^[01]$/.test(text) ? Number(text) : field;
}
