// SPDX-License-Identifier: MIT
// What `ostinato train` is made of: misuse first, then each part against an independent computation.
import { writeFileSync } from 'node:fs';
import { NdArray } from '../../../lib';
import { columnAt, labelOf, numberOf, parseNumber, textOf } from '../../../lib/cli/learn/columns';
import { balancedWeights } from '../../../lib/cli/learn/fitting';
import { readLayers } from '../../../lib/cli/learn/layers';
import { PredictionWriter } from '../../../lib/cli/learn/prediction_writer';
import { recipeOf, assetsOf, type Recipe } from '../../../lib/cli/learn/recipe';
import { scoresText, type TrainReport } from '../../../lib/cli/learn/report';
import { reportPage } from '../../../lib/cli/learn/report_page';
import { classNames, scan, taskOf } from '../../../lib/cli/learn/scan';
import { makeScorer, type ClassificationScores, type RegressionScores } from '../../../lib/cli/learn/scores';
import { slide, windowsOf } from '../../../lib/cli/learn/series';
import { splitRows } from '../../../lib/cli/learn/split';
import { main } from '../../../lib/cli/main';
import { openTable } from '../../../lib/tables';
import { captured } from '../../support/captured';
import { codeOf, messageOf } from '../../support/error_code';
import { piecesOf } from '../../support/tables';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const run = async (...args: string[]) => {
  const surroundings = captured();
  return { code: await main(args, surroundings), out: surroundings.out(), err: surroundings.err() };
};

describe('command lines that are refused', () => {
  test.each([
    [['train'], /--label|DATA/],
    [['train', 'a.csv'], /--label COLUMN/],
    [['train', 'a.csv', '--label', 'y'], /columns to predict from/],
    [['train', 'a.csv', '--lable', 'y'], /unknown flag --lable\. Did you mean --label\?/],
    [['train', 'a.csv', '--label', 'y', '--text', 'y'], /a column that is not predicted from/],
    [['train', 'a.csv', '--label', 'y', '--numbers', 'x,y'], /a column that is not predicted from/],
    [['train', 'a.csv', '--label', 'y', '--numbers', 'x,,z'], /different columns/],
    [['train', 'a.csv', '--label', 'y', '--numbers', 'x,x'], /different columns/],
    [['train', 'a.csv', '--label', 'y', '--text', 'x', '--time', 't'], /received both/],
    [['train', 'a.csv', '--label', 'y', '--text', 'x', '--layers', 'gru:2', '--model', 'm'], /--layers or --model/],
    [['train', 'a.csv', '--label', 'y', '--text', 'x', '--task', 'clases'], /Did you mean classes\?/],
    [['train', 'a.csv', '--label', 'y', '--text', 'x', '--format', 'cvs'], /Did you mean csv\?/],
    [['train', 'a.csv', 'b.csv', '--label', 'y'], /expected DATA, received "b\.csv"/],
    [['evaluate', 'm.safetensors'], /expected FILE and DATA/],
    [['evaluate', 'm', 'd', '--jason'], /Did you mean --json\?/],
    [['predict'], /expected FILE, received nothing/],
    [['predict', 'm', '--input', 'parquet'], /expected csv, tsv, jsonl, lines/],
    [['predict', 'm', '--output', 'josnl'], /Did you mean jsonl\?/],
    [['bench', '--secnds', '3'], /Did you mean --seconds\?/],
  ])('%j ends with 2', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });

  test.each([
    ['--holdout', '1'],
    ['--holdout', '0'],
    ['--holdout', '20%'],
    ['--learning-rate', '-1'],
    ['--learning-rate', 'Infinity'],
    ['--epochs', '0'],
    ['--words', '2'],
  ])('%s %s ends with 1', async (flag, value) => {
    const { code, err } = await run('train', 'a.csv', '--label', 'y', '--text', 'x', flag, value);
    expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(`${flag}: expected`))]);
  });

  test.each([
    ['data that is not there', ['--text', 'x'], /none\.csv/],
    ['a model file of another format', ['--text', 'x', '--out', 'm.keras'], /--out to end in \.safetensors/],
    [
      'a folder that is not there',
      ['--text', 'x', '--out', 'no/folder/m.safetensors'],
      /a folder that can be written to/,
    ],
    ['a report in such a folder', ['--text', 'x', '--report', 'no/folder/r.html'], /--report/],
    ['a config that is not there', ['--text', 'x', '--model', 'none.json'], /--model: expected to read none\.json/],
  ])('%s ends with 1', async (_, flags, message) => {
    const { code, err } = await run('train', at('none.csv'), '--label', 'y', '--out', at('m.safetensors'), ...flags);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });

  test('a model that is there stays', async () => {
    writeFileSync(at('m.safetensors'), 'old');
    const { code, err } = await run('train', at('d.csv'), '--label', 'y', '--text', 'x', '--out', at('m.safetensors'));
    expect([code, err]).toEqual([1, expect.stringMatching(/--overwrite/)]);
  });

  test.each(['train', 'evaluate', 'predict', 'bench'])('%s --help tells what it does, and every flag', async (name) => {
    const { code, out, err } = await run(name, '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Usage: ostinato ${name}`));
    expect(out).toMatch(/^ {2}--json +\S/m);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(132);
  });
});

describe('cells', () => {
  const row = (...cells: (string | number | boolean | null | object)[]) => ({ line: 5, cells });

  test.each(['', ' ', 'x', '0x10', '1,5', 'NaN', 'Infinity', '1e999', null, {}])('%j is no number', (cell) => {
    expect(codeOf(() => numberOf('t', 'price', row(cell), 0))).toBe('ERR_DATA');
    expect(messageOf(() => numberOf('t', 'price', row(cell), 0))).toMatch(/"price".*line 5/);
  });

  test.each([
    ['1', 1],
    [' -2.5 ', -2.5],
    ['+.5', 0.5],
    ['3.', 3],
    ['1e-3', 1e-3],
    [4, 4],
    [true, 1],
  ])('%j is a number', (cell, value) => {
    expect(numberOf('t', 'c', row(cell), 0)).toBe(value);
  });

  test('missing labels and nested values are refused, missing texts are empty', () => {
    for (const cell of ['', null, { a: 1 }]) expect(codeOf(() => labelOf('t', 'c', row(cell), 0))).toBe('ERR_DATA');
    expect(codeOf(() => textOf('t', 'c', row([1]), 0))).toBe('ERR_DATA');
    expect([textOf('t', 'c', row(null), 0), labelOf('t', 'c', row(1), 0)]).toEqual(['', '1']);
    expect(parseNumber(5)).toBeNaN();
  });

  test('a column that is missing is refused with the nearest name', () => {
    expect(messageOf(() => columnAt('t', ['review', 'label'], 'reviews'))).toMatch(/Did you mean "review"\?/);
  });
});

describe('scan', () => {
  const scanned = async (labels: readonly string[], asked?: 'classes' | 'regression') => {
    const table = await openTable('t', piecesOf(`a,y\n${labels.map((label) => `x,${label}\n`).join('')}`), {
      format: 'csv',
    });
    const found = await scan('t', table, { text: 'a', label: 'y', longest: 10 });
    return { task: taskOf('t', found, 'y', asked), names: classNames(found), found };
  };

  test.each([
    ['one class', ['a', 'a'], undefined, /at least two classes/],
    ['one number', ['1.5', '1.5'], 'regression', /numbers that differ/],
    ['texts for a regression', ['1', 'b'], 'regression', /for a regression, received texts/],
    ['too many classes', Array.from({ length: 1001 }, (_, i) => `c${i}`), undefined, /at most 1000 classes/],
    ['too many numbers as classes', Array.from({ length: 1001 }, (_, i) => `${i}`), 'classes', /--task regression/],
    ['no rows', [], undefined, /rows below the header, received none/],
    ['a missing label', ['a', '""'], undefined, /a missing value in line 3/],
  ] as const)('refuses %s', async (_, labels, asked, message) => {
    await expect(scanned(labels, asked)).rejects.toThrow(message);
  });

  test.each([
    [['b', 'a', 'b'], 'binary', ['a', 'b']],
    [['10', '9', '2'], 'classes', ['2', '9', '10']],
    [['0', '1', '1'], 'binary', ['0', '1']],
    [['0.5', '1', '1'], 'regression', undefined],
    [Array.from({ length: 11 }, (_, i) => `${i}`), 'regression', undefined],
  ])('%j makes a task', async (labels, task, names) => {
    const result = await scanned(labels);
    expect(result.task).toBe(task);
    if (names !== undefined) expect(result.names).toEqual(names);
  });

  test('the length of 19 of 20 texts is taken, up to the longest that is asked for', async () => {
    const body = (lengths: number[]) => `a,y\n${lengths.map((n, i) => `${'w '.repeat(n)},${i % 2}\n`).join('')}`;
    const lengthOf = async (lengths: number[]) => {
      const table = await openTable('t', piecesOf(body(lengths)), { format: 'csv' });
      return (await scan('t', table, { text: 'a', label: 'y', longest: 10 })).length;
    };
    expect(await lengthOf([...new Array<number>(19).fill(3), 9])).toBe(3);
    expect(await lengthOf([...new Array<number>(18).fill(3), 9, 9])).toBe(9);
    expect(await lengthOf([50, 60])).toBe(10);
    expect(await lengthOf([0, 0])).toBe(1);
  });
});

describe('rows that are held back', () => {
  test('are as many as asked for, different by seed and the same for the same seed', () => {
    const held = (seed: number) => splitRows('t', 100, 0.2, seed).isHeld.join('');
    expect(held(1).replaceAll('0', '')).toHaveLength(20);
    expect(held(1)).toBe(held(1));
    expect(held(1)).not.toBe(held(2));
  });

  test('are the last of a series', () => {
    expect(splitRows('t', 10, 0.3, 'last').isHeld.join('')).toBe('0000000111');
  });

  test('leave a row for either part, or are refused', () => {
    expect(codeOf(() => splitRows('t', 2, 0.2, 1))).toBe('ERR_DATA');
    expect(codeOf(() => splitRows('t', 2, 0.9, 1))).toBe('ERR_DATA');
  });
});

describe('--layers', () => {
  test.each([
    ['', /received ""/],
    ['embeding:32', /Did you mean embedding\?/],
    ['constructor:3', /received "constructor"/],
    ['embedding', /expected embedding:SIZE/],
    ['embedding:0,lstm:4', /expected embedding:SIZE/],
    ['embedding:4:5,lstm:4', /expected embedding:SIZE/],
    ['embedding:4,average:3', /expected average, received "average:3"/],
    ['embedding:4,dropout:2,lstm:3', /dropout:RATE below 1/],
    ['lstm:3', /embedding:SIZE first/],
    ['embedding:4,embedding:4', /layers that embedding can follow/],
    ['embedding:4,lstm:3,lstm:3,average,average', /layers that average can follow/],
    ['embedding:4,dense:3', /one row of the steps/],
  ])('%j is refused', (text, message) => {
    expect(messageOf(() => readLayers(text, 'words', 10, 1))).toMatch(message);
  });

  test('numbers and series take no embedding, and a row of numbers no recurrent layer', () => {
    expect(messageOf(() => readLayers('embedding:3,lstm:3', 'steps', 0, 1))).toMatch(/no embedding/);
    expect(messageOf(() => readLayers('lstm:3', 'row', 0, 1))).toMatch(/layers that lstm can follow/);
  });

  test('recurrent layers give all steps where a later layer reads them; the last dense of the outputs is left out', () => {
    const made = readLayers('embedding:8, gru:4, dropout:0.5, bilstm:3, dense:7, dense:1', 'words', 10, 1);
    expect(made.map(({ className }) => className)).toEqual(['Embedding', 'GRU', 'Dropout', 'Bidirectional', 'Dense']);
    expect(made[1]).toMatchObject({ returnSequences: true, units: 4 });
    expect(made[3]!.getConfig()).toMatchObject({ layer: { config: { returnSequences: false, units: 3 } } });
    expect(readLayers('rnn:2,dense:1', 'steps', 0, 3).map(({ className }) => className)).toEqual([
      'SimpleRNN',
      'Dense',
    ]);
  });
});

const BINARY: Recipe = {
  task: 'regression',
  text: null,
  numbers: ['x'],
  label: 'y',
  series: null,
  labels: [],
  vectorizer: null,
};

describe('recipes in assets', () => {
  const written = (changes: object): Record<string, unknown> => {
    const { table } = JSON.parse(JSON.stringify(assetsOf(BINARY))) as { table: object };
    return { table: { ...table, ...changes } };
  };

  test('come back as they were', () => {
    expect(recipeOf('t', JSON.parse(JSON.stringify(assetsOf(BINARY))) as never)).toEqual(BINARY);
    const series = { time: 't', window: 3, horizon: 2 };
    expect(recipeOf('t', written({ series })).series).toEqual(series);
  });

  test.each([
    ['none', {}],
    ['another version', written({ version: 2 })],
    ['an unknown task', written({ task: 'toString' })],
    ['a number for a text', written({ text: 5 })],
    ['numbers that are no list', written({ numbers: 'x' })],
    ['no label', written({ label: undefined })],
    ['a window of 0', written({ series: { time: null, window: 0, horizon: 1 } })],
    ['classes of a regression', { ...written({}), labels: ['a', 'b'] }],
    ['three classes of two', { ...written({ task: 'binary' }), labels: ['a', 'b', 'c'] }],
    ['a class twice', { ...written({ task: 'binary' }), labels: ['a', 'a'] }],
    ['a text without a vectorizer', written({ text: 'x' })],
  ])('%s is refused', (_, assets) => {
    expect(codeOf(() => recipeOf('t', assets))).toBe('ERR_DATA');
  });
});

describe('scores', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ line: i + 2, text: () => `text ${i}` }));

  test('of classes agree with a count by hand', () => {
    const scorer = makeScorer({ ...BINARY, task: 'classes', labels: ['a', 'b', 'c'] });
    const outputs = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.6, 0.3, 0.1, 0.2, 0.5, 0.3];
    const add = (from: number, to: number, targets: number[]): void =>
      scorer.add(
        new NdArray(Float32Array.from(outputs.slice(from * 3, to * 3)), [to - from, 3]),
        targets,
        rows(5).slice(from, to),
      );
    add(0, 2, [0, 1]);
    add(2, 5, [2, 1, 1]);
    const scores = scorer.scores() as ClassificationScores;
    expect(scores.confusion).toEqual([
      [1, 0, 0],
      [1, 2, 0],
      [0, 0, 1],
    ]);
    expect(scores.accuracy).toBe(0.8);
    // -(ln .7 + ln .8 + ln .4 + ln .3 + ln .5) / 5
    expect(scores.logLoss).toBeCloseTo(0.67864, 4);
    expect(scores.classes.map(({ precision, recall, rows: count }) => [precision, recall, count])).toEqual([
      [0.5, 1, 1],
      [1, 2 / 3, 3],
      [1, 1, 1],
    ]);
    expect(scores.classes[1]!.f1).toBeCloseTo(0.8, 12);
    expect(scores.mistakes).toEqual([
      { line: 5, label: 'b', prediction: 'a', score: expect.closeTo(0.6, 6) as number, text: 'text 3' },
    ]);
  });

  test('of two classes by one output; the ten worst mistakes, the surest first', () => {
    const scorer = makeScorer({ ...BINARY, task: 'binary', labels: ['no', 'yes'] });
    const outputs = Float32Array.from({ length: 30 }, (_, i) => 0.51 + ((i * 7) % 30) / 100);
    scorer.add(new NdArray(outputs, [30, 1]), new Float32Array(30), rows(30));
    const { mistakes, accuracy } = scorer.scores() as ClassificationScores;
    expect(accuracy).toBe(0);
    const sorted = [...outputs].sort((a, b) => b - a).slice(0, 10);
    expect(mistakes.map(({ score }) => score)).toEqual(sorted);
    expect(mistakes.every(({ prediction }) => prediction === 'yes')).toBe(true);
  });

  test('of numbers agree with two passes over all of them', () => {
    const scorer = makeScorer(BINARY);
    const targets = Array.from({ length: 50 }, (_, i) => Math.fround(1e4 + Math.sin(i)));
    const outputs = Float32Array.from(targets, (value, i) => value + Math.cos(i) / 10);
    scorer.add(new NdArray(outputs.slice(0, 20), [20, 1]), targets.slice(0, 20), rows(20));
    scorer.add(new NdArray(outputs.slice(20), [30, 1]), targets.slice(20), rows(50).slice(20));
    const scores = scorer.scores() as RegressionScores;
    const errors = targets.map((value, i) => outputs[i]! - value);
    const mean = targets.reduce((sum, value) => sum + value, 0) / 50;
    const squares = errors.reduce((sum, error) => sum + error ** 2, 0);
    expect(scores.meanAbsoluteError).toBeCloseTo(errors.reduce((sum, error) => sum + Math.abs(error), 0) / 50, 9);
    expect(scores.rootMeanSquaredError).toBeCloseTo(Math.sqrt(squares / 50), 9);
    expect(scores.r2).toBeCloseTo(1 - squares / targets.reduce((sum, value) => sum + (value - mean) ** 2, 0), 7);
    expect(scoresText(scores)).toMatch(/On 50 rows: mean absolute error 0\.06/);
  });
});

test('windows of a series end where their horizon begins, and none looks into what is held back', () => {
  const rows = {
    values: new NdArray(
      Float32Array.from({ length: 20 }, (_, i) => i),
      [10, 2],
    ),
    targets: Float32Array.from({ length: 10 }, (_, i) => 100 + i),
    lines: Int32Array.from({ length: 10 }, (_, i) => i + 2),
  };
  const series = { time: null, window: 3, horizon: 2 };
  const training = windowsOf(rows, series, 0, 7)!;
  expect(training.x.toArray()).toEqual([
    [[0, 1], [2, 3], [4, 5]], // prettier-ignore
    [[2, 3], [4, 5], [6, 7]], // prettier-ignore
    [[4, 5], [6, 7], [8, 9]], // prettier-ignore
  ]);
  expect([...training.y]).toEqual([104, 105, 106]);
  const held = windowsOf(rows, series, 7, 10)!;
  expect([[...held.y], [...held.lines]]).toEqual([
    [107, 108, 109],
    [9, 10, 11],
  ]);
  expect(held.x.row(0).toArray()).toEqual([[6, 7], [8, 9], [10, 11]]); // prettier-ignore
  expect(windowsOf(rows, series, 0, 4)).toBeUndefined();
  expect(slide(rows.values, 1, 9, 1).toArray()).toEqual([[[18, 19]]]);
});

test('balanced weights count every class the same, and a row 1 in the mean', () => {
  const weights = balancedWeights(Float32Array.of(0, 0, 0, 2), 3);
  expect(weights[0]! * 3).toBeCloseTo(weights[2]!, 12);
  expect((weights[0]! * 3 + weights[2]!) / 4).toBe(1);
});

test('predictions are quoted where they must be', () => {
  const writer = new PredictionWriter('t', 'csv', ['a', 'b']);
  expect(writer.header + writer.row(['x,"y"\n', null]) + writer.row([' z', 1.5])).toBe('a,b\n"x,""y""\n",\n" z",1.5\n');
  expect(new PredictionWriter('t', 'csv', ['a']).row([''])).toBe('""\n');
  expect(new PredictionWriter('t', 'jsonl', ['a', '__proto__']).row(['x', 1])).toBe('{"a":"x","__proto__":1}\n');
  expect(codeOf(() => new PredictionWriter('t', 'csv', ['a', 'prediction', 'prediction']))).toBe('ERR_DATA');
});

test('the page of a report runs nothing that data holds', () => {
  const evil = `<script>alert("1")</script><img src=x onerror='x'>&\u0000`;
  const scorer = makeScorer({ ...BINARY, task: 'binary', labels: [evil, 'b'] });
  scorer.add(
    new NdArray(Float32Array.of(0.9, 0.2), [2, 1]),
    [0, 0],
    [
      { line: 2, text: () => evil },
      { line: 3, text: () => evil },
    ],
  );
  const report: TrainReport = {
    data: evil,
    model: evil,
    report: null,
    rows: { training: 8, heldBack: 2 },
    recipe: { ...BINARY, task: 'binary', text: evil, label: evil, labels: [evil, 'b'] },
    vocabulary: 5,
    params: 7,
    layers: ['Embedding'],
    seed: 1,
    history: { loss: [2, 1], valLoss: [2, 3], accuracy: [0, 1], valAccuracy: [0.5, 0.75] },
    bestEpoch: 1,
    interrupted: false,
    scores: scorer.scores(),
    seconds: { reading: 1, training: 2, total: 3 },
    isa: 'avx2',
    threads: 2,
  };
  const page = reportPage(report);
  expect(page).not.toMatch(/<script|<img|<link|(src|href)=["']/);
  expect(page).not.toContain('\0');
  expect(page).toMatch(/&lt;script&gt;alert\(&quot;1&quot;\)/);
  expect(page).toMatch(/<svg[^>]*>[\s\S]*Training accuracy/);
  expect(page).toMatch(/default-src 'none'/);
  expect(page.match(/line 2/g)).toHaveLength(1);
});
