// SPDX-License-Identifier: MIT
// JSON Lines and lines of text.
import { openTable } from '../../../lib/tables';
import { codeOfAsync } from '../../support/error_code';
import { piecesOf, readAll } from '../../support/tables';

describe('JSON Lines: refused, with the line', () => {
  test.each([
    ['an empty file', '', /an object of JSON on each line, received an empty file/],
    ['an array of objects', '[{"a":1}]\n', /an object in line 1, received an array/],
    ['an array over several lines', '[\n{"a":1}\n]\n', /JSON in line 1.*Write one object on each line/],
    ['a line cut off', '{"a":1}\n{"a":\n', /JSON in line 2/],
    ['a number', '{"a":1}\n\n5\n', /an object in line 3, received 5/],
    ['null', '{"a":1}\nnull\n', /an object in line 2, received null/],
    ['an object without keys', '{}\n', /keys in the first object, received none/],
    ['Latin-1', Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xfc])]), /other bytes in line 2/],
    ['a line without an end', `{"a":"${'x'.repeat(2 ** 24)}`, /lines of at most 16777216 characters/],
  ])('%s', async (_, text, message) => {
    await expect(readAll(text, { format: 'jsonl' })).rejects.toThrow(message);
  });
});

test('JSON Lines: the first object names the columns, and values keep their kinds', async () => {
  const text = '\uFEFF{"a":"x\\ny","b":1.5,"c":true,"d":null}\r\n\r\n{"b":2,"a":"好","e":[1],"c":{"n":1}}';
  for (const size of [1, 3, 1000])
    expect(await readAll(text, { format: 'jsonl', size })).toEqual({
      columns: ['a', 'b', 'c', 'd'],
      rows: [
        { line: 1, cells: ['x\ny', 1.5, true, null] },
        { line: 3, cells: ['好', 2, { n: 1 }, null] },
      ],
    });
});

test('JSON Lines: names of Object.prototype are columns like others', async () => {
  const { columns, rows } = await readAll('{"toString":1,"__proto__":2}\n{}\n', { format: 'jsonl' });
  expect(columns).toEqual(['toString', '__proto__']);
  expect(rows.map(({ cells }) => cells)).toEqual([
    [1, 2],
    [null, null],
  ]);
});

test('lines: each is a text, blank ones too', async () => {
  const { columns, rows } = await readAll('one, two\r\n\n"three"', { format: 'lines', size: 4 });
  expect(columns).toEqual(['text']);
  expect(rows.map(({ cells }) => cells[0])).toEqual(['one, two', '', '"three"']);
  expect((await readAll('', { format: 'lines' })).rows).toEqual([]);
});

test('a stream without a name is JSON Lines where it begins with a brace, else CSV', async () => {
  const formats = ['\uFEFF \n{"a":1}\n', 'a,b\n1,2\n'].map(
    async (text) => (await openTable('t', piecesOf(text, 1))).format,
  );
  expect(await Promise.all(formats)).toEqual(['jsonl', 'csv']);
  expect(await codeOfAsync(openTable('t', piecesOf(''), {}))).toBe('ERR_DATA');
});

test('Parquet does not come by a stream', async () => {
  expect(await codeOfAsync(openTable('t', piecesOf('PAR1'), { format: 'parquet' }))).toBe('ERR_CONFIG');
});
