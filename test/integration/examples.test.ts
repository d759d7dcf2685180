// SPDX-License-Identifier: MIT
// Every example runs as a reader would run it, at small size, and prints what its listing in the chapter shows.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

const run = (name: string, ...flags: string[]): string =>
  execFileSync(process.execPath, [path.join(ROOT, 'examples', `${name}.mjs`), ...flags], { encoding: 'utf8' });

const rule = '_'.repeat(65);
const doubleRule = '='.repeat(65);

/** The table of Keras 2.2.4: columns at 29 and 55 of 65. */
function table(rows: [name: string, shape: string, count: string][], total: string): string {
  const line = ([name, shape, count]: [string, string, string]) =>
    name.padEnd(29) + shape.padEnd(26) + count.padEnd(10);
  const body = rows.map(line).join(`\n${rule}\n`);
  const totals = `Total params: ${total}\nTrainable params: ${total}\nNon-trainable params: 0`;
  const header = line(['Layer (type)', 'Output Shape', 'Param #']);
  return `${[rule, header, doubleRule, body, doubleRule, totals, rule].join('\n')}\n`;
}

const embedding: [string, string, string] = ['embedding_1 (Embedding)', '(None, None, 32)', '320000'];
const full = (n: number): [string, string, string] => [`simple_rnn_${n} (SimpleRNN)`, '(None, None, 32)', '2080'];
const last = (n: number): [string, string, string] => [`simple_rnn_${n} (SimpleRNN)`, '(None, 32)', '2080'];

test('numpy_loop: one call does what the loop does, in every mode', () => {
  expect(run('numpy_loop')).toBe(
    [
      'full sequence: [ 100, 64 ]',
      'last output: [ 64 ]',
      'full sequence agrees with the loop: true',
      'last output agrees with the loop: true',
      'initial state agrees with the loop: true',
      'initial state matters: true',
      '',
    ].join('\n'),
  );
});

test("simple_rnn_last_output: prints the chapter's table", () => {
  const printed = run('simple_rnn_last_output');
  expect(printed).toBe(table([embedding, last(1)], '322,080'));
  // Once in full, so that the helper above cannot agree with a mistake.
  expect(printed.split('\n')[1]).toBe('Layer (type)                 Output Shape              Param #   ');
  expect(printed.split('\n')[5]).toBe('simple_rnn_1 (SimpleRNN)     (None, 32)                2080      ');
});

test("simple_rnn_full_sequence: prints the chapter's table", () => {
  expect(run('simple_rnn_full_sequence')).toBe(table([embedding, full(1)], '322,080'));
});

test("stacked_simple_rnn: prints the chapter's table", () => {
  expect(run('stacked_simple_rnn')).toBe(table([embedding, full(1), full(2), full(3), last(4)], '328,320'));
});

test('imdb_preparation: pads both splits to 500 words', () => {
  expect(run('imdb_preparation', '--synthetic')).toBe(
    [
      'Loading data...',
      '400 train sequences',
      '200 test sequences',
      'Pad sequences (samples x time)',
      'input_train shape: (400, 500)',
      'input_test shape: (200, 500)',
      'labels: 400 and 200',
      '',
    ].join('\n'),
  );
});

test('imdb_simple_rnn: trains, validates and tests, and labels its figures synthetic', () => {
  const printed = run('imdb_simple_rnn', '--synthetic', '--epochs', '2');
  expect(printed).toMatch(/Epoch 1\/2\n/);
  expect(printed).toMatch(/Epoch 2\/2\n/);
  for (const key of ['loss', 'valLoss'])
    expect(printed).toMatch(new RegExp(`\\b${key}: \\[ *\\d\\.\\d+, \\d\\.\\d+ *\\]`));
  expect(printed).toMatch(/synthetic test loss \d\.\d{4}, accuracy [01]\.\d{4}\n$/);
});

test('every example is run here', () => {
  const names = readdirSync(path.join(ROOT, 'examples')).filter((name) => name.endsWith('.mjs'));
  expect(names.sort()).toEqual(
    [
      'imdb_preparation.mjs',
      'imdb_simple_rnn.mjs',
      'numpy_loop.mjs',
      'simple_rnn_full_sequence.mjs',
      'simple_rnn_last_output.mjs',
      'stacked_simple_rnn.mjs',
    ].sort(),
  );
});
