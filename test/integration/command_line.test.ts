// SPDX-License-Identifier: MIT
// `ostinato train`, `evaluate` and `predict` from end to end, in real processes on small tables: what a shell sees.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dense, Embedding, Input, LSTM, loadAssets, loadModel, Sequential, TextVectorization } from '../../lib';
import { runTraining } from '../../lib/cli/learn/run_training';
import { readTrainSettings } from '../../lib/cli/train';
import type { NdArray } from '../../lib';
import type { TrainReport } from '../../lib/cli/learn/report';
import { captured } from '../support/captured';
import { RunningCommand, runCommand } from '../support/command_line';
import { temporaryFolder } from '../support/temporary_folder';

const at = temporaryFolder();
const MODEL = 'model.safetensors';

/** Reviews with a byte order mark, CRLF, quotes, line breaks in quotes and an empty text. */
function reviews(count: number): string {
  const words = ['the', 'film', 'was', 'a', 'story', 'of', 'people', 'and', 'music'];
  const rows = Array.from({ length: count }, (_, i) => {
    const isGood = (i * 7) % 3 !== 0;
    const filler = Array.from({ length: 4 + (i % 5) }, (__, k) => words[(i * 5 + k * 3) % words.length]!);
    filler.splice(i % 4, 0, isGood ? 'wonderful' : 'dreadful');
    const text = i === 5 ? '' : `${filler.join(i % 6 === 0 ? '\r\n' : ' ')}, ""so"" they say`;
    return `"${text}",${i % 10},${isGood ? 'good' : 'bad'}\r\n`;
  });
  return `\uFEFFreview,stars,sentiment\r\n${rows.join('')}`;
}

/** Trains on a file; the report. */
async function trained(data: string, ...flags: string[]): Promise<TrainReport> {
  const result = await runCommand(['train', data, '--out', at(MODEL), '--json', '--overwrite', ...flags]);
  expect(result.err).toBe('');
  expect(result.code).toBe(0);
  return JSON.parse(result.out) as TrainReport;
}

const TEXT = [
  '--text',
  'review',
  '--label',
  'sentiment',
  '--epochs',
  '6',
  '--batch-size',
  '16',
  '--learning-rate',
  '0.02',
];

describe('texts', () => {
  test('are learnt, evaluated and predicted by the file alone', async () => {
    writeFileSync(at('reviews.csv'), reviews(240));
    const report = await trained(at('reviews.csv'), ...TEXT, '--report', at('report.html'));
    expect(report).toMatchObject({
      rows: { training: 192, heldBack: 48 },
      recipe: { task: 'binary', labels: ['bad', 'good'], text: 'review', numbers: [] },
      interrupted: false,
    });
    expect(report.scores).toMatchObject({ rows: 48, accuracy: 1, mistakes: [] });
    expect(report.history['valLoss']![report.bestEpoch - 1]).toBe(Math.min(...report.history['valLoss']!));
    expect(readFileSync(at('report.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*Confusion[\s\S]*<\/html>\n$/);

    const evaluated = await runCommand(['evaluate', at(MODEL), at('reviews.csv'), '--json']);
    expect(evaluated.err).toBe('');
    const { scores } = JSON.parse(evaluated.out) as {
      scores: { rows: number; accuracy: number; confusion: number[][] };
    };
    expect(scores.rows).toBe(240);
    // The empty text alone can be wrong.
    expect(scores.accuracy).toBeGreaterThanOrEqual(239 / 240);
    expect(scores.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(240);

    // The library, which knows nothing of tables, gives the same from the assets.
    const assets = await loadAssets(at(MODEL));
    const model = await loadModel(at(MODEL));
    const vectorizer = TextVectorization.fromConfig(assets['vectorizer'] as never);
    const texts = ['A dreadful story', 'wonderful wonderful', ''];
    const expected = ((await model.predict(vectorizer.call(texts))) as NdArray).data;
    const predicted = await runCommand(
      ['predict', at(MODEL), '--probabilities'],
      `id;review\n1;"${texts[0]}"\n2;${texts[1]}\n3;\n`,
    );
    expect(predicted.err).toBe('');
    const [header, ...lines] = predicted.out.trimEnd().split('\n');
    expect(header).toBe('prediction,probability,probability_bad,probability_good');
    lines.forEach((line, row) => {
      const [name, probability, bad, good] = line.split(',');
      expect(Number(good)).toBeCloseTo(expected[row]!, 6);
      expect(Number(bad)).toBeCloseTo(1 - expected[row]!, 6);
      expect([name, probability]).toEqual(expected[row]! > 0.5 ? ['good', good] : ['bad', bad]);
    });
    expect(lines.map((line) => line.split(',')[0]).slice(0, 2)).toEqual(['bad', 'good']);
  });

  test('give the same model bit by bit for the same seed, and another one for another', async () => {
    writeFileSync(at('reviews.csv'), reviews(60));
    const flags = [...TEXT, '--epochs', '2', '--threads'];
    const files: Buffer[] = [];
    for (const more of [['1'], ['2'], ['1', '--seed', '2']]) {
      await trained(at('reviews.csv'), ...flags, ...more);
      files.push(readFileSync(at(MODEL)));
    }
    expect(files[0]!.equals(files[1]!)).toBe(true);
    expect(files[0]!.equals(files[2]!)).toBe(false);
  });

  test('go with numbers, --layers, --model and --class-weights', async () => {
    writeFileSync(at('reviews.csv'), reviews(120));
    const both = await trained(at('reviews.csv'), ...TEXT, '--numbers', 'stars', '--class-weights');
    expect(both.recipe).toMatchObject({ text: 'review', numbers: ['stars'] });
    const echoed = await runCommand(
      ['predict', at(MODEL), '--keep', '--json'],
      '{"review":"dreadful","stars":3,"id":[7]}\n',
    );
    expect(JSON.parse(echoed.out)).toMatchObject({ review: 'dreadful', stars: 3, id: [7], prediction: 'bad' });

    const chain = await trained(at('reviews.csv'), ...TEXT, '--layers', 'embedding:4,lstm:5,dense:1');
    expect(chain.layers).toEqual(['Embedding', 'LSTM', 'Dense']);

    const model = new Sequential([
      new Input([null]),
      new Embedding(50, 3),
      new LSTM(2),
      new Dense(1, { activation: 'sigmoid' }),
    ]);
    writeFileSync(at('config.json'), model.toJson());
    const given = await trained(at('reviews.csv'), ...TEXT, '--words', '50', '--model', at('config.json'));
    expect(given.params).toBe(model.countParams());
    writeFileSync(at('config.json'), new Sequential([new Input([3]), new Dense(2)]).toJson());
    const refused = await runCommand([
      'train',
      at('reviews.csv'),
      ...TEXT,
      '--out',
      at('b.safetensors'),
      '--model',
      at('config.json'),
    ]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/one output \[N, 1\]/) as string });
  });

  test('print a report in the terminal', async () => {
    writeFileSync(at('reviews.csv'), reviews(60));
    const { code, out } = await runCommand(['train', at('reviews.csv'), ...TEXT, '--out', at(MODEL)]);
    expect(code).toBe(0);
    expect(out).toMatch(/Validation accuracy/);
    expect(out).toMatch(/48 rows to train on, 12 held back; column "sentiment" is one of 2 classes/);
    expect(out).toMatch(/class +rows +precision +recall +F1\nbad +/);
  });
});

test('several classes come from Parquet, with the numbers of its rows', async () => {
  const parquet = path.resolve(__dirname, '../golden/formats/parquet/reviews.parquet');
  const rows = JSON.parse(readFileSync(parquet.replace('.parquet', '.json'), 'utf8')) as Record<string, unknown>[];
  const report = await trained(parquet, '--text', 'review', '--label', 'stars', ...TEXT.slice(4));
  expect(report.recipe).toMatchObject({ task: 'binary', labels: ['1', '5'] });
  writeFileSync(at('rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const same = async (data: string): Promise<unknown> => {
    const { out } = await runCommand(['evaluate', at(MODEL), data, '--json']);
    const { scores } = JSON.parse(out) as { scores: { rows: number; confusion: unknown; logLoss: number } };
    return [scores.rows, scores.confusion, scores.logLoss];
  };
  expect(await same(parquet)).toEqual(await same(at('rows.jsonl')));
  writeFileSync(at('broken.parquet'), readFileSync(parquet).subarray(0, 2000));
  const broken = await runCommand(['evaluate', at(MODEL), at('broken.parquet')]);
  expect(broken).toMatchObject({ code: 1, err: expect.stringMatching(/a Parquet file that can be read/) as string });
});

test('numbers are a regression in the units of the label', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    a: Math.sin(i),
    b: i % 7,
    y: 5000 + 100 * Math.sin(i) - 30 * (i % 7),
  }));
  writeFileSync(at('rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const flags = ['--numbers', 'a,b', '--label', 'y', '--epochs', '60', '--batch-size', '16', '--learning-rate', '0.01'];
  const { recipe, scores } = await trained(at('rows.jsonl'), ...flags);
  expect(recipe).toMatchObject({ task: 'regression', labels: [] });
  expect((scores as { r2: number }).r2).toBeGreaterThan(0.9);
  for (const flag of [['--class-weights'], ['--monitor', 'accuracy']])
    expect(
      await runCommand(['train', at('rows.jsonl'), ...flags, ...flag, '--out', at('b.safetensors')]),
    ).toMatchObject({
      code: 1,
      err: expect.stringMatching(/expected classes to predict, received a regression/) as string,
    });
  const { out } = await runCommand(['predict', at(MODEL)], 'b,a\n0,1\n6,-1\n');
  const [header, first, second] = out.split('\n');
  expect(header).toBe('prediction');
  expect(Math.abs(Number(first) - 5100)).toBeLessThan(40);
  expect(Math.abs(Number(second) - 4720)).toBeLessThan(40);
});

test('a time series is predicted from its past, window by window, whatever pieces it comes in', async () => {
  const line = (t: number): string => `2026-01-01T${String(t).padStart(5, '0')},${10 + 3 * Math.sin(t / 4)}\n`;
  const rows = Array.from({ length: 400 }, (_, t) => line(t)).join('');
  writeFileSync(at('series.csv'), `time,level\n${rows}`);
  const flags = ['--time', 'time', '--label', 'level', '--window', '8', '--horizon', '2', '--epochs', '30'];
  const report = await trained(at('series.csv'), ...flags, '--learning-rate', '0.01', '--batch-size', '16');
  expect(report.rows).toEqual({ training: 320 - 9, heldBack: 80 });
  expect((report.scores as { r2: number }).r2).toBeGreaterThan(0.95);

  const all = await runCommand(['predict', at(MODEL)], `time,level\n${rows}`);
  const lines = all.out.trimEnd().split('\n');
  expect(lines[0]).toBe('time,prediction');
  expect(lines).toHaveLength(1 + 400 - 7);
  const [time, value] = lines[1]!.split(',');
  expect(time).toBe('2026-01-01T00007');
  expect(Math.abs(Number(value) - (10 + 3 * Math.sin(9 / 4)))).toBeLessThan(1);

  const running = new RunningCommand(['predict', at(MODEL)]);
  running.child.stdin.write('time,level\n');
  for (let t = 0; t < 10; t++) {
    running.child.stdin.write(line(t));
    await sleep(5);
  }
  running.child.stdin.end();
  const parts = (await running.ended).out.trimEnd().split('\n');
  expect(parts).toHaveLength(4);
  parts
    .slice(1)
    .forEach((text, i) => expect(Number(text.split(',')[1])).toBeCloseTo(Number(lines[i + 1]!.split(',')[1]), 4));

  const back = await runCommand(['predict', at(MODEL)], `time,level\n${line(5)}${line(4)}`);
  expect(back).toMatchObject({ code: 1, err: expect.stringMatching(/times that ascend.*in line 3/) as string });
});

test('the model in the file is the best one, not the last', async () => {
  // Labels that nothing tells: the loss of the rows that are held back grows while the others are learnt by heart.
  const rows = Array.from({ length: 200 }, (_, i) => `w${i} w${(i * 7) % 90},${(i * i * 13) % 31 > 15 ? 'a' : 'b'}\n`);
  writeFileSync(at('noise.csv'), `text,label\n${rows.join('')}`);
  const flags = [
    '--text',
    'text',
    '--label',
    'label',
    '--epochs',
    '12',
    '--patience',
    '100',
    '--learning-rate',
    '0.05',
  ];
  const { bestEpoch, history, scores } = await trained(at('noise.csv'), ...flags);
  const losses = history['valLoss']!;
  expect(losses).toHaveLength(12);
  expect(losses[bestEpoch - 1]).toBe(Math.min(...losses));
  expect(losses.at(-1)).toBeGreaterThan(2 * losses[bestEpoch - 1]!);
  // By the engine while it trained, and by the file.
  expect((scores as { logLoss: number }).logLoss).toBeCloseTo(losses[bestEpoch - 1]!, 5);
});

describe('predict', () => {
  const made = async (): Promise<void> => {
    writeFileSync(at('reviews.csv'), reviews(60));
    await trained(at('reviews.csv'), ...TEXT, '--epochs', '1');
  };

  test('refuses what is no such model', async () => {
    const model = new Sequential([new Input([3]), new Dense(1)]);
    await model.save(at('plain.safetensors'));
    writeFileSync(at('broken.safetensors'), 'x');
    for (const [file, message] of [
      [at('plain.safetensors'), /names the columns it reads.*ostinato train writes such files/],
      [at('broken.safetensors'), /broken\.safetensors/],
      [at('none.safetensors'), /none\.safetensors/],
    ] as const)
      expect(await runCommand(['predict', file], 'a\n1\n')).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(message) as string,
      });
  });

  test('names the column that is missing, and the line that cannot be used, behind the predictions before it', async () => {
    await made();
    const missing = await runCommand(['predict', at(MODEL)], 'reviews,x\nfine,1\n');
    expect(missing).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/a column "review", received columns "reviews", "x"/) as string,
    });
    const ragged = new RunningCommand(['predict', at(MODEL)]);
    ragged.child.stdin.write('review,x\nfine,1\nbad,2\n');
    await ragged.until(() => ragged.out.split('\n').length === 4);
    ragged.child.stdin.end('"x",3,4\n');
    expect(await ragged.ended).toMatchObject({ code: 1, err: expect.stringMatching(/received 3 in line 4/) as string });
    expect(ragged.out.trimEnd().split('\n')).toHaveLength(3);
  });

  test('ends at once with an input that stays open', async () => {
    await made();
    for (const input of ['reviews,x\nfine,1\n', 'review,x\nfine,1\nbad\n']) {
      const running = new RunningCommand(['predict', at(MODEL)]);
      running.child.stdin.write(input);
      expect((await running.ended).code).toBe(1);
    }
  });

  test('answers each line before the next one comes', async () => {
    await made();
    const running = new RunningCommand(['predict', at(MODEL), '--input', 'lines', '--json']);
    for (let line = 1; line <= 5; line++) {
      running.child.stdin.write(line % 2 === 0 ? 'dreadful\n' : 'wonderful\n');
      await running.until(() => running.out.split('\n').length === line + 1);
    }
    running.child.stdin.end();
    expect((await running.ended).code).toBe(0);
    const parsed = running.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { prediction: string });
    expect(new Set([0, 2, 4].map((i) => parsed[i]!.prediction)).size).toBe(1);
  });

  test('reads no faster than its predictions are taken, and loses none of them', async () => {
    await made();
    const running = new RunningCommand(['predict', at(MODEL), '--input', 'lines'], { readsOutput: false });
    const line = `${'wonderful '.repeat(8)}\n`;
    const block = Buffer.from(line.repeat(1000));
    const wanted = 300;
    let taken = 0;
    const write = (): void => {
      while (taken < wanted) {
        taken++;
        if (!running.child.stdin.write(block)) return;
      }
      running.child.stdin.end();
    };
    running.child.stdin.on('drain', write);
    write();
    let before = -1;
    while (before !== taken) {
      before = taken;
      await sleep(1500);
    }
    // The pipes and a piece or two are full; the rest waits here.
    expect(taken).toBeLessThan(wanted / 2);
    running.readOutput();
    expect((await running.ended).code).toBe(0);
    expect(running.out.split('\n').length - 2).toBe(wanted * 1000);
  });

  test('ends quietly where nobody reads on', async () => {
    await made();
    const running = new RunningCommand(['predict', at(MODEL), '--input', 'lines'], { readsOutput: false });
    running.child.stdout.destroy();
    const write = (): void => {
      while (running.child.exitCode === null && running.child.stdin.write('wonderful film\n'.repeat(1000)));
    };
    running.child.stdin.on('drain', write);
    write();
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([0, '']);
  });
});

describe('Ctrl-C', () => {
  test('leaves the best model so far, and a report of it', async () => {
    writeFileSync(at('reviews.csv'), reviews(400));
    const flags = ['--epochs', '100000', '--patience', '100000', '--json', '--report', at('report.html')];
    const running = new RunningCommand(['train', at('reviews.csv'), ...TEXT, ...flags, '--out', at(MODEL)]);
    await running.until(() => existsSync(at(MODEL)));
    running.child.kill('SIGINT');
    const { code, signal, out, err } = await running.ended;
    expect({ code, signal, err }).toEqual({ code: 130, signal: null, err: '' });
    const report = JSON.parse(out) as TrainReport;
    expect(report.interrupted).toBe(true);
    expect(report.history['loss']!.length).toBeLessThan(100000);
    expect(existsSync(at('report.html'))).toBe(true);
    const evaluated = await runCommand(['evaluate', at(MODEL), at('reviews.csv'), '--json']);
    expect(evaluated.code).toBe(0);
  });

  test('before the first epoch ends leaves no model, and the one that was there', async () => {
    writeFileSync(at('reviews.csv'), reviews(60));
    const values = { text: 'review', label: 'sentiment', out: at(MODEL) };
    const atOnce = (): { code: Promise<number>; surroundings: ReturnType<typeof captured> } => {
      const surroundings = captured();
      const onInterrupt = (listener: () => void) => {
        listener();
        return () => undefined;
      };
      const settings = { ...readTrainSettings(at('reviews.csv'), values), overwrite: true };
      return { code: runTraining(settings, { ...surroundings, onInterrupt }), surroundings };
    };
    const first = atOnce();
    expect(await first.code).toBe(130);
    expect(first.surroundings.err()).toMatch(/no model was written/);
    expect(existsSync(at(MODEL))).toBe(false);
    writeFileSync(at(MODEL), 'old');
    expect(await atOnce().code).toBe(130);
    expect(readFileSync(at(MODEL), 'utf8')).toBe('old');
  });
});

test('a table that is larger than memory should be goes through evaluate', async () => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${i % 10},${i % 10 > 4 ? 'yes' : 'no'},"${'x'.repeat(500)}"\n`,
  ).join('');
  writeFileSync(at('small.csv'), `n,label,note\n${rows}`);
  await trained(at('small.csv'), '--numbers', 'n', '--label', 'label', '--epochs', '2');
  const running = new RunningCommand(['evaluate', at(MODEL), '-', '--json']);
  const megabytes = 200;
  const block = Buffer.from(rows.repeat(10));
  running.child.stdin.write('n,label,note\n');
  let peak = 0;
  for (let written = 0; written < megabytes * 1e6; written += block.length) {
    if (!running.child.stdin.write(block)) await new Promise((resolve) => running.child.stdin.once('drain', resolve));
    peak = Math.max(peak, running.peakMemory() ?? 0);
  }
  running.child.stdin.end();
  const { code, out } = await running.ended;
  expect(code).toBe(0);
  const { scores } = JSON.parse(out) as { scores: { rows: number } };
  expect(scores.rows).toBe(Math.ceil((megabytes * 1e6) / block.length) * 2000);
  // Node.js and the addon have some 100 MB of it.
  expect(peak).toBeLessThan(300e6);
});
