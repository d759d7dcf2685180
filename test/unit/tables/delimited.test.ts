// SPDX-License-Identifier: MIT
// CSV and TSV: every misery first, each by its line; then what RFC 4180 allows, whatever pieces the bytes come in.
import { readFileSync, writeFileSync } from 'node:fs';
import { openTable } from '../../../lib/tables';
import { MAX_FIELD } from '../../../lib/tables/delimited_text';
import { Mt19937 } from '../../../lib/util/mt19937';
import { codeOfAsync } from '../../support/error_code';
import { piecesOf, readAll } from '../../support/tables';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe('refused, with the line', () => {
  test.each([
    ['an empty file', '', /a header and rows, received an empty file/],
    ['a file of blank lines', '\n\r\n\n', /an empty file/],
    ['a header of numbers', '1,2\n3,4\n', /names of columns in the first line, received numbers alone/],
    ['a column twice', 'a,b,a\n1,2,3\n', /"a" twice/],
    ['a row that is too short', 'a,b\n1,2\n3\n', /2 fields, as the header has, received 1 in line 3/],
    ['a row that is too long', 'a,b\n1,2\n\n3,4,5\n', /received 3 in line 4/],
    ['a ragged row behind a field of several lines', 'a,b\n"x\ny\nz",2\n1\n', /received 1 in line 5/],
    ['a ragged row behind lines of CRLF', 'a,b\r\n"x\r\ny",2\r\n1\r\n', /received 1 in line 4/],
    ['a quote that is never closed', 'a,b\n1,2\n3,"4\n5,6\n', /a closing quote, received none for the one in line 3/],
    ['text behind a closing quote', 'a,b\n"1"x,2\n', /after a closing quote, received "x" in line 2/],
    ['Latin-1', bytes('a,b\n1,2\nf', [0xfc], 'r,3\n'), /UTF-8 text, received other bytes in line 3/],
    ['a character that is cut off', bytes('a,b\n1,', [0xe5, 0xa5]), /UTF-8 text, received other bytes in line 2/],
    ['UTF-16', bytes([0xff, 0xfe], Buffer.from('a,b\n', 'utf16le').toJSON().data), /received UTF-16/],
    ['UTF-16 without its mark', Buffer.from('a,b\n1,2\n', 'utf16le'), /a zero byte in line 1/],
    ['a gzip file', bytes([0x1f, 0x8b, 8, 0]), /received a gzip file\. Decompress it/],
    ['a spreadsheet', bytes([0x50, 0x4b, 3, 4, 20, 0]), /a zip archive or a spreadsheet/],
    ['a huge field', `a,b\n1,"${'x'.repeat(MAX_FIELD + 1)}`, /fields of at most 4194304 characters.*line 2/],
    ['a record of very many fields', `a,b\n${','.repeat(20000)}\n`, /at most 16384 fields, received more in line 2/],
  ])('%s', async (_, text, message) => {
    const reading = readAll(text, { size: 1 << 16 });
    await expect(reading).rejects.toThrow(message);
    expect(await codeOfAsync(readAll(text, { size: 7 * 1024 }))).toBe('ERR_DATA');
  });

  test.each(['', ',,', '"', '\n'])('the delimiter %j', async (delimiter) => {
    expect(await codeOfAsync(readAll('a,b\n1,2\n', { delimiter }))).toBe('ERR_CONFIG');
  });

  test.each([
    ['none.csv', 'ERR_NOT_FOUND'],
    ['data.json', 'ERR_CONFIG'],
    ['data.csv.gz', 'ERR_CONFIG'],
    ['data', 'ERR_CONFIG'],
  ])('the file %s', async (name, code) => {
    expect(await codeOfAsync(openTable('test', at(name)))).toBe(code);
  });

  test('a folder', async () => {
    expect(await codeOfAsync(openTable('test', at(), { format: 'csv' }))).toBe('ERR_IO');
  });

  test('rows before the bad one are given', async () => {
    const table = await openTable('test', piecesOf('a,b\n1,2\n3,4\n5\n', 4), { format: 'csv' });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const batch of table.batches()) seen.push(...batch.map(({ cells }) => cells));
    })();
    await expect(reading).rejects.toThrow(/line 4/);
    expect(seen).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });
});

describe('read', () => {
  test.each([
    ['a byte order mark', '\uFEFFa,b\n1,2\n', [['1', '2']]],
    ['CRLF', 'a,b\r\n1,2\r\n', [['1', '2']]],
    ['CR', 'a,b\r1,2\r3,4', [['1', '2'], ['3', '4']]], // prettier-ignore
    ['no line break at the end', 'a,b\n1,2', [['1', '2']]],
    ['blank lines', 'a,b\n\n1,2\n\r\n\n3,4\n\n', [['1', '2'], ['3', '4']]], // prettier-ignore
    ['empty fields', 'a,b\n,\n"",2\n', [['', ''], ['', '2']]], // prettier-ignore
    ['quotes in quotes', 'a,b\n"say ""yes""",2\n', [['say "yes"', '2']]],
    ['a delimiter and line breaks in quotes', 'a,b\n"1,\r\n2\n",3\n', [['1,\r\n2\n', '3']]],
    ['a quote within a plain field', 'a,b\n5" disk,2\n', [['5" disk', '2']]],
    ['spaces, which stay', 'a,b\n 1 ,\t2\n', [[' 1 ', '\t2']]],
    ['semicolons', 'a;b\n1,5;2\n', [['1,5', '2']]],
    ['tabs', 'a\tb\n1,5\t2\n', [['1,5', '2']]],
    ['bars', 'a|b\n1|2\n', [['1', '2']]],
    ['commas among quoted semicolons', 'a,b\n"1;2;3",4\n"5;6",7\n', [['1;2;3', '4'], ['5;6', '7']]], // prettier-ignore
    ['characters of four bytes', 'a,b\n😀,好\n', [['😀', '好']]],
    ['a column without a name, as pandas writes its index', ',b\n0,x\n', [['0', 'x']]],
    ['a header alone', 'a,b\n', []],
  ])('%s, in pieces of any size', async (_, text, expected) => {
    for (const size of [1, 2, 3, 5, 8, 1000]) {
      const { rows } = await readAll(text, {
        size,
        ...(size < 8 && { delimiter: /[;\t|]/.exec(text.slice(0, 2))?.[0] ?? ',' }),
      });
      expect(rows.map(({ cells }) => cells)).toEqual(expected);
    }
  });

  test('one column, where an empty value stands in quotes', async () => {
    const { columns, rows } = await readAll('text\n"first, second"\nthird\n""\n');
    expect(columns).toEqual(['text']);
    expect(rows.map(({ cells }) => cells)).toEqual([['first, second'], ['third'], ['']]);
  });

  test('random tables come back as they were written, with their lines', async () => {
    const random = new Mt19937(7);
    const alphabet = ['a', 'b', ' ', '"', ',', ';', '\n', '\r\n', 'ü', '好', '😀', ''];
    const field = (): string =>
      Array.from({ length: random.interval(6) }, () => alphabet[random.interval(alphabet.length - 1)]!).join('');
    for (let round = 0; round < 200; round++) {
      const width = 2 + random.interval(3);
      const written = Array.from({ length: random.interval(5) }, () => Array.from({ length: width }, field));
      const end = random.interval(1) === 0 ? '\n' : '\r\n';
      // Quoted where it must be, and now and then where it need not be.
      const quoted = (text: string): string =>
        /[",\r\n]/.test(text) || random.interval(3) === 0 ? `"${text.replaceAll('"', '""')}"` : text;
      const lines: number[] = [];
      let line = 2;
      const body = written.map((row) => {
        lines.push(line);
        line += 1 + row.join('').split('\n').length - 1;
        return row.map(quoted).join(',') + end;
      });
      const header = Array.from({ length: width }, (_, i) => `c${i}`).join(',') + end;
      const { rows } = await readAll(header + body.join(''), { size: 1 + random.interval(20), delimiter: ',' });
      expect(rows.map(({ cells }) => cells)).toEqual(written);
      expect(rows.map((row) => row.line)).toEqual(lines);
    }
  });

  test('a file, by its name', async () => {
    writeFileSync(at('data.tsv'), 'a\tb\n1,2\t"3\t4"\n');
    const table = await openTable('test', at('data.tsv'));
    const rows = [];
    for await (const batch of table.batches()) rows.push(...batch);
    expect([table.format, rows]).toEqual(['tsv', [{ line: 2, cells: ['1,2', '3\t4'] }]]);
    expect(readFileSync(at('data.tsv'), 'utf8')).toContain('1,2');
  });

  test('no piece is read before the rows of the last one were taken', async () => {
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a,b\n');
      for (;;) {
        given++;
        yield await Promise.resolve(Buffer.from('1,2\n'));
      }
    }
    const table = await openTable('test', source(), { format: 'csv' });
    let taken = 0;
    for await (const batch of table.batches()) {
      taken += batch.length;
      expect(given - taken).toBeLessThanOrEqual(1);
      if (taken > 100) break;
    }
    expect(given).toBeLessThanOrEqual(taken + 1);
  });
});
