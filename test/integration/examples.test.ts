// SPDX-License-Identifier: MIT
// Every example runs as a reader would run it, at small size: those of the chapter print what its listings show, the others
// reach what they are there to show, and draw it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

describe('examples beyond the chapter', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'ostinato-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs an example that draws, and returns what it prints and how many curves of lines and dots the picture has. */
  function draw(name: string, ...flags: string[]): { printed: string; lines: number; dots: number; svg: string } {
    const file = path.join(folder, `${name}.svg`);
    const printed = run(name, ...flags, '--svg', file);
    expect(printed).toMatch(new RegExp(`: ${file}\\n$`));
    const svg = readFileSync(file, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const count = (pattern: RegExp): number => [...svg.matchAll(pattern)].length;
    return { printed, svg, lines: count(/stroke-linejoin="round"/g), dots: count(/<circle/g) };
  }

  /** The number after a text. */
  const numberAfter = (printed: string, text: string): number =>
    Number(new RegExp(`${text}\\D*?(-?[\\d.]+)`).exec(printed)?.[1] ?? NaN);

  /** How many of the things that were held out are right. */
  const percentOf = (printed: string, things: string): number =>
    Number(new RegExp(`([\\d.]+) % of \\d+ ${things}`).exec(printed)?.[1] ?? NaN);

  test('sentiment_side_by_side: three nets learn what the order of words says, side by side in one picture', () => {
    const { printed, lines, svg } = draw('sentiment_side_by_side', '--synthetic', '--rows', '8000', '--epochs', '4');
    for (const name of ['SimpleRNN', 'LSTM', 'Bidirectional LSTM']) {
      // A bag of words is right in half of the cases.
      expect(numberAfter(printed, `\\n${name}: test accuracy`)).toBeGreaterThan(0.75);
      expect(svg.split(`>${name}<`)).toHaveLength(3);
    }
    expect(lines).toBe(6);
  });

  test('topic_classification: beats always saying the most frequent topic, and names topics', () => {
    const { printed, lines, dots } = draw('topic_classification', '--synthetic', '--rows', '3000', '--epochs', '8');
    const accuracy = numberAfter(printed, 'test accuracy');
    expect(accuracy).toBeGreaterThan(1.5 * numberAfter(printed, 'most frequent topic:'));
    expect(printed.match(/newswire \d is about [a-z-]+; the net says [a-z-]+ \d+ %/g)).toHaveLength(5);
    expect([lines, dots >= 16]).toEqual([2, true]);
  });

  test('forecasting: beats the naive forecast, and draws forecast and truth', () => {
    const { printed, lines } = draw('forecasting', '--days', '200', '--epochs', '8');
    expect(numberAfter(printed, 'stacked GRU: off by')).toBeLessThan(
      0.8 * numberAfter(printed, 'as warm as now: off by'),
    );
    expect(lines).toBe(2);
  });

  test('character_generation: most of what it writes at a low temperature are words of the text', () => {
    const printed = run('character_generation', '--epochs', '30', '--length', '80');
    const [right, words] = /temperature 0\.2: (\d+) of (\d+) words/.exec(printed)!.slice(1).map(Number);
    expect(words).toBeGreaterThan(5);
    expect(right! / words!).toBeGreaterThan(0.7);
    expect(printed.match(/--- temperature/g)).toHaveLength(3);
  });

  test('anomaly_detection: finds every fault in a live stream, without false alarms', () => {
    const { printed, lines } = draw('anomaly_detection');
    expect(printed.match(/reading \d+: ALARM/g)).toHaveLength(4);
    expect(printed).toMatch(/4 of 4 faults found, 0 false alarms in 1000 readings\n/);
    expect(lines).toBe(3);
  });

  test('addition: most sums that it has not seen are right', () => {
    const printed = run('addition', '--digits', '2', '--sums', '5000', '--epochs', '14');
    expect(printed.match(/\d+\+\d+ = \d+ (right|wrong)/g)).toHaveLength(5);
    expect(percentOf(printed, 'new sums')).toBeGreaterThan(50);
  });

  test('date_conversion: most days that it has not seen are right, and each digit attends to its place', () => {
    const date = 'Thursday, 3 May 1979';
    const { printed, svg } = draw('date_conversion', '--dates', '5000', '--epochs', '8', '--date', date);
    expect(percentOf(printed, 'new dates')).toBeGreaterThan(80);
    expect(printed).toMatch(/What each character of 1979-05-03 attends to/);
    // The last row is that of the day's last digit, below the text that is read.
    const [, matrix] = printed.split(`  ${date}\n`);
    const darkest = matrix!.split('\n')[9]!.search(/[*#]/) - '3 '.length;
    expect(date[darkest]).toBe('3');
    expect(svg.match(/fill-opacity/g)).toHaveLength(10 * date.length);
  });

  test('tickets: three inputs say more than the most frequent answers, to both questions', () => {
    const printed = run('tickets', '--tickets', '2500');
    expect(numberAfter(printed, '\\ndepartment:')).toBeGreaterThan(
      2 * numberAfter(printed, 'always the most frequent department:'),
    );
    expect(numberAfter(printed, 'priority:')).toBeGreaterThan(1.5 * numberAfter(printed, 'never urgent:'));
    expect(printed.match(/urgent by \d+ %/g)).toHaveLength(4);
  });

  test('duplicate_questions: questions of one meaning are close to each other', () => {
    const printed = run('duplicate_questions', '--pairs', '5000');
    const [same, other] = /mean distance: ([\d.]+) .*, ([\d.]+) where/.exec(printed)!.slice(1).map(Number);
    expect(same!).toBeLessThan(0.5 * other!);
    expect(percentOf(printed, 'new pairs')).toBeGreaterThan(1.4 * numberAfter(printed, 'always another meaning:'));
    expect(printed.match(/^\d\.\d\d (same |other)/gm)).toHaveLength(8);
  });
});

test('every example is run here', () => {
  const names = readdirSync(path.join(ROOT, 'examples')).filter((name) => name.endsWith('.mjs'));
  expect(names.sort()).toEqual(
    [
      'addition.mjs',
      'anomaly_detection.mjs',
      'character_generation.mjs',
      'date_conversion.mjs',
      'duplicate_questions.mjs',
      'forecasting.mjs',
      'imdb_preparation.mjs',
      'imdb_simple_rnn.mjs',
      'numpy_loop.mjs',
      'simple_rnn_full_sequence.mjs',
      'simple_rnn_last_output.mjs',
      'sentiment_side_by_side.mjs',
      'stacked_simple_rnn.mjs',
      'tickets.mjs',
      'topic_classification.mjs',
    ].sort(),
  );
});
