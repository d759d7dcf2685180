// SPDX-License-Identifier: MIT
// What a model file needs besides its model to be used alone: which columns it reads, what it predicts, its vectorizer and
// the names of its classes. It is kept in the assets of the file.
import { internal, TextVectorization } from '../../index';
import type { TextVectorizationConfig } from '../../text';

const { describe, isPlainObject, refusal } = internal;

export const TASKS = ['binary', 'classes', 'regression'] as const;
/** One of two classes, one of several, or a number. */
export type Task = (typeof TASKS)[number];

/** Windows over the rows of a time series. */
export interface Series {
  /** The column that the rows ascend by; null: their order is that of time. */
  readonly time: string | null;
  /** Rows that a prediction looks at. */
  readonly window: number;
  /** Rows from the last one of the window to the one that is predicted. */
  readonly horizon: number;
}

/** What a model reads and predicts. */
export interface Recipe {
  readonly task: Task;
  readonly text: string | null;
  readonly numbers: readonly string[];
  readonly label: string;
  readonly series: Series | null;
  /** Names of the classes by their ids; none for a regression. */
  readonly labels: readonly string[];
  /** Where there is a text. */
  readonly vectorizer: TextVectorization | null;
}

const VERSION = 1;

/** A recipe as the assets of a model file. */
export function assetsOf({ vectorizer, labels, ...table }: Recipe): Record<string, unknown> {
  return {
    table: { version: VERSION, ...table },
    ...(labels.length > 0 && { labels }),
    ...(vectorizer !== null && { vectorizer }),
  };
}

/**
 * The recipe that assets hold.
 *
 * @throws DataError `ERR_DATA` where they hold none, or one that is malformed
 */
export function recipeOf(where: string, assets: Readonly<Record<string, unknown>>): Recipe {
  const { table, labels = [], vectorizer } = assets;
  if (table === undefined) {
    const hint = 'ostinato train writes such files.';
    throw refusal('ERR_DATA', where, 'a model file that names the columns it reads', 'one that does not', hint);
  }
  const fail = (what: string, value: unknown): never => {
    throw refusal('ERR_DATA', where, `assets with ${what}`, describe(value));
  };
  if (!isPlainObject(table) || table['version'] !== VERSION) return fail(`a table of version ${VERSION}`, table);
  const { task, text, numbers, label, series } = table;
  const known = TASKS.find((name) => name === task) ?? fail('a task', task);
  if (text !== null && typeof text !== 'string') fail('a column of text', text);
  if (!isStrings(numbers)) return fail('columns of numbers', numbers);
  if (typeof label !== 'string') return fail('a label', label);
  if (!isStrings(labels) || labels.length !== new Set(labels).size) return fail('names of classes', labels);
  const classes = labels.length;
  if (known === 'binary' ? classes !== 2 : known === 'classes' ? classes < 2 : classes !== 0)
    fail(`as many classes as its task has`, classes);
  if (text !== null && vectorizer === undefined) fail('a vectorizer', vectorizer);
  return {
    task: known,
    text: text as string | null,
    numbers,
    label,
    series: series === null ? null : (readSeries(series) ?? fail('a series', series)),
    labels,
    vectorizer: text === null ? null : TextVectorization.fromConfig(vectorizer as TextVectorizationConfig),
  };
}

function readSeries(series: unknown): Series | undefined {
  if (!isPlainObject(series)) return undefined;
  const { time, window, horizon } = series;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
  if ((time !== null && typeof time !== 'string') || !isCount(window) || !isCount(horizon)) return undefined;
  return { time, window, horizon };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
