// SPDX-License-Identifier: MIT
// Lines of text, and tables of them: an object of JSON on each line, or a text on each line.
import { internal } from '../index';
import type { Cell, Row, Table } from './table';
import { Utf8Reader } from './utf8';

const { describe, refusal } = internal;

/** Characters that a line may have at most. */
export const MAX_LINE = 2 ** 24;

/** A line without its end, and its number. */
interface Line {
  readonly line: number;
  readonly text: string;
}

/** Lines as they come, those of one piece together; ends are LF or CRLF. */
async function* linesOf(where: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const utf8 = new Utf8Reader(where);
  let rest = '';
  let line = 0;
  const take = (text: string, isLast: boolean): Line[] => {
    const parts = (rest + text).split('\n');
    rest = isLast ? '' : parts.pop()!;
    if (isLast && parts.at(-1) === '') parts.pop();
    if (rest.length > MAX_LINE || parts.some((part) => part.length > MAX_LINE))
      throw refusal('ERR_DATA', where, `lines of at most ${MAX_LINE} characters`, `a longer one after line ${line}`);
    return parts.map((part) => ({ line: ++line, text: part.endsWith('\r') ? part.slice(0, -1) : part }));
  };
  for await (const bytes of source) {
    const lines = take(utf8.push(bytes), false);
    if (lines.length > 0) yield lines;
  }
  const last = take(utf8.end(), true);
  if (last.length > 0) yield last;
}

/** Each line is one value of the only column, `text`. */
export function openLines(where: string, source: AsyncIterable<Uint8Array>): Table {
  const lines = linesOf(where, source);
  async function* batches(): AsyncGenerator<readonly Row[]> {
    for await (const found of lines) yield found.map(({ line, text }) => ({ line, cells: [text] }));
  }
  return { format: 'lines', columns: ['text'], batches, close: async () => void (await lines.return(undefined)) };
}

/**
 * JSON Lines: the first object names the columns. Keys that it lacks are passed over in later objects; a key that a later
 * object lacks is a missing value. Blank lines are skipped.
 *
 * @throws DataError `ERR_DATA`
 */
export async function openJsonLines(where: string, source: AsyncIterable<Uint8Array>): Promise<Table> {
  const lines = linesOf(where, source);
  const close = async (): Promise<void> => void (await lines.return(undefined));
  try {
    const first = await nextObjects(where, lines);
    if (first === undefined) throw refusal('ERR_DATA', where, 'an object of JSON on each line', 'an empty file');
    const columns = Object.keys(first[0]!.object);
    if (columns.length === 0) throw refusal('ERR_DATA', where, 'keys in the first object', 'none');
    const rowOf = ({ line, object }: Parsed): Row => ({
      line,
      cells: columns.map((name) => (Object.hasOwn(object, name) ? object[name]! : null)),
    });
    async function* batches(): AsyncGenerator<readonly Row[]> {
      try {
        for (let found: Parsed[] | undefined = first; found !== undefined; found = await nextObjects(where, lines))
          yield found.map(rowOf);
      } finally {
        await close();
      }
    }
    return { format: 'jsonl', columns, batches, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parsed {
  readonly line: number;
  readonly object: Readonly<Record<string, Cell>>;
}

/** The objects of the next piece that has some. */
async function nextObjects(where: string, lines: AsyncGenerator<readonly Line[]>): Promise<Parsed[] | undefined> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) return undefined;
    const objects = value.filter(({ text }) => text.trim() !== '').map((line) => parse(where, line));
    if (objects.length > 0) return objects;
  }
}

function parse(where: string, { line, text }: Line): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const hint =
      line === 1 && text.trimStart().startsWith('[') ? 'Write one object on each line, without the array.' : '';
    throw refusal('ERR_DATA', where, `JSON in line ${line}`, (error as Error).message, hint);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal('ERR_DATA', where, `an object in line ${line}`, describe(value));
  return { line, object: value as Record<string, Cell> };
}
