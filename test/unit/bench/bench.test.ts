// SPDX-License-Identifier: MIT
// The arithmetic of the benchmarks: work, summaries, choice of figures, table and judgement. Nothing is timed here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');

/** The value of an expression over the exports of modules of bench/, which are ES modules, in a process of its own. */
function evaluate(modules: string[], expression: string): unknown {
  const imports = modules.map((module, i) => `import * as m${i} from './bench/${module}';`).join('\n');
  const names = modules.map((_, i) => `...m${i}`).join(', ');
  const source = `${imports}\nconst b = { ${names} };\nconsole.log(JSON.stringify(${expression}));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT, stdio: 'pipe' });
  return JSON.parse(String(output));
}

describe('necessary work', () => {
  test('counts different tokens, positions after the padding, and the longest padding', () => {
    const tokens = '[0, 0, 0, 7, 7,  0, 5, 0, 7, 9,  1, 2, 3, 4, 5]';
    expect(evaluate(['support/flop.mjs'], `b.countTokens(${tokens}, 0, 2, 5)`)).toEqual({
      unique: 4, // 7, 5, 9, and the 0 amid a review
      real: 6,
      prefix: 3,
    });
    expect(evaluate(['support/flop.mjs'], `b.countTokens(${tokens}, 2, 1, 5)`)).toEqual({
      unique: 5,
      real: 5,
      prefix: 0,
    });
  });

  test('a row of padding alone is prefix from end to end', () => {
    expect(evaluate(['support/flop.mjs'], 'b.countTokens([0, 0, 0, 4], 0, 2, 2)')).toEqual({
      unique: 1,
      real: 1,
      prefix: 2,
    });
  });

  test('comes to the figures of IMDB on its measured shape', () => {
    const of = (counts: string) => evaluate(['support/flop.mjs'], `b.tokenStepFlop(${counts}, 32, 32)`) as number;
    expect(of('{ unique: 3999, real: 28286, prefix: 462 }') / 1e6).toBeCloseTo(201.2, 1);
    expect(of('{ unique: 1751, real: 7165, prefix: 445 }') / 1e6).toBeCloseTo(57.5, 1);
  });

  test('averages full batches only', () => {
    const data = '{ tokens: [1, 1, 2, 3, 4, 5], rows: 3, steps: 2 }';
    // The batch of rows 0 and 1: three tokens, four positions.
    expect(evaluate(['support/flop.mjs'], `b.meanTokenStepFlop(${data}, 2, 1, 1)`)).toBe(6 * (3 + 4));
  });

  test('is five products for a recurrent layer on floats', () => {
    const flop = evaluate(['support/flop.mjs'], 'b.floatStepFlop({ batch: 2, steps: 3, features: 5, units: 7 })');
    expect(flop).toBe(2 * 6 * (5 * 7 + 7 * 7) * 2 + 2 * 6 * 7 * 7);
  });

  test.each([
    ['lstm', 4],
    ['gru', 3],
  ])('of %s is that of %i gates', (cell, gates) => {
    const size = '{ batch: 2, steps: 3, features: 5, units: 7';
    const expressions = [
      `b.floatStepFlop(${size} })`,
      `b.floatStepFlop(${size}, cell: '${cell}' })`,
      `b.tokenStepFlop({ unique: 3, real: 5, prefix: 2 }, 4, 6)`,
      `b.tokenStepFlop({ unique: 3, real: 5, prefix: 2 }, 4, 6, '${cell}')`,
      `b.meanTokenStepFlop({ tokens: [1, 1, 2, 3], rows: 2, steps: 2 }, 2, 1, 1)`,
      `b.meanTokenStepFlop({ tokens: [1, 1, 2, 3], rows: 2, steps: 2 }, 2, 1, 1, '${cell}')`,
    ];
    const [floats, cellFloats, tokens, cellTokens, mean, cellMean] = evaluate(
      ['support/flop.mjs'],
      `[${expressions.join(', ')}]`,
    ) as number[];
    expect([cellFloats, cellTokens, cellMean]).toEqual([floats! * gates, tokens! * gates, mean! * gates]);
  });

  test('refuses to guess the gates of a cell that it does not know', () => {
    expect(
      evaluate(['support/flop.mjs'], "b.floatStepFlop({ batch: 1, steps: 1, features: 1, units: 1, cell: 'mgu' })"),
    ).toBeNull(); // NaN, which the bench reports as an error
  });
});

describe('summaries', () => {
  test.each([
    ['[3, 1, 2]', 2],
    ['[4, 1, 3, 2]', 2.5],
    ['[10, 9, 100]', 10],
  ])('median of %s', (values, expected) => {
    expect(evaluate(['support/statistics.mjs'], `b.median(${values})`)).toBe(expected);
  });

  test('rounds to significant digits', () => {
    expect(evaluate(['support/statistics.mjs'], '[b.rounded(1234.567), b.rounded(0.000123456)]')).toEqual([
      1235, 0.0001235,
    ]);
  });

  test('best is the shortest', () => {
    expect(evaluate(['support/statistics.mjs'], 'b.best([3, 1, 2])')).toBe(1);
  });

  test.each([
    ['[1, -1, 2]', '[2, 2]', 0],
    ['[1, -1, 2]', '[2, 1.5, 2.2]', 0.125], // 0.5 of 4, though the sum is 2
    ['[1, -1, 2]', '[NaN]', null],
    ['[1, -1, 2]', '[]', 0],
  ])('sums of %s that others have as %s disagree by %s', (values, sums, expected) => {
    expect(evaluate(['support/statistics.mjs'], `b.disagreement(${values}, ${sums})`)).toBe(expected);
  });

  test('turns alternate, and the first side stands over the second', () => {
    const made = `await (async () => {
      const order = [];
      const side = (name, seconds) => async () => (order.push(name), seconds.shift());
      const sides = { slow: side('slow', [4, 8, 6]), fast: side('fast', [3, 1, 2]) };
      const { value, details } = await b.byTurns(sides, { rounds: 3 });
      return { order, value, details };
    })()`;
    expect(evaluate(['support/turns.mjs'], made)).toMatchObject({
      order: ['slow', 'fast', 'slow', 'fast', 'slow', 'fast'],
      value: 3,
      details: { slow: { medianMs: 6000, rounds: 3 }, fast: { medianMs: 2000, minMs: 1000 } },
    });
  });
});

describe('a timed forward pass', () => {
  const timed = (body: string) =>
    evaluate(
      ['support/ours.mjs', 'support/timed_forward.mjs'],
      `await (async () => {
        const shape = { cell: 'rnn', units: 3, features: 2, steps: 4, batch: 2 };
        const x = Float32Array.from({ length: 16 }, b.noise());
        const model = b.inferModel(shape);
        const forward = new b.TimedForward(model, shape, x, 0.001);
        try { return await (async () => { ${body} })(); } finally { forward.end(); }
      })()`,
    );

  test('has the outputs of one batch', () => {
    const { outputs, expected } = timed(`
      const outputs = [...(await forward.outputs())];
      const expected = [...(await model.predict({ data: x, shape: [2, 4, 2] })).data];
      return { outputs, expected };
    `) as { outputs: number[]; expected: number[] };
    expect(outputs).toEqual(expected);
    expect(outputs).toHaveLength(6);
  });

  test('takes less than the calls around it', () => {
    const { seconds, wall } = timed(`
      await forward.step();
      const begin = performance.now();
      const seconds = await forward.step();
      return { seconds, wall: (performance.now() - begin) / 1e3 };
    `) as { seconds: number; wall: number };
    expect(seconds).toBeGreaterThan(0);
    expect(wall).toBeGreaterThan(0.001); // a turn lasts that long in native code
    expect(seconds).toBeLessThan(wall / 16); // and it has 16 batches or more
  });
});

describe('bars', () => {
  test('are of figures that there are, all of them', () => {
    const { stderr } = spawnSync(process.execPath, ['bench/main.mjs', '--only', 'nonsense'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const names = stderr
      .slice(stderr.indexOf('there are ') + 'there are '.length)
      .trim()
      .split(', ');
    expect(names).toEqual(expect.arrayContaining(evaluate(['bars.mjs'], 'Object.keys(b.BARS)') as string[]));
    expect(new Set(names).size).toBe(names.length);
  });

  test('on comparisons name cases that the peers know', () => {
    const names = evaluate(['bars.mjs'], 'Object.keys(b.BARS)') as string[];
    const cases = names.filter((name) => name.endsWith('.versus')).map((name) => name.slice(0, -'.versus'.length));
    const known = readFileSync(path.join(ROOT, 'bench', 'versus', 'cases.py'), 'utf8');
    const unknown = cases.filter((name) => !known.includes(`"${name}": `));
    expect(unknown).toEqual([]);
  });

  test('hold from the bar on, or up to it', () => {
    const names = "['train.rnn128.versus', 2], ['train.rnn128.versus', 1.99], ['loop.delay', 10], ['loop.delay', 10.1]";
    expect(evaluate(['bars.mjs'], `[${names}].map(([name, value]) => b.holds(name, value))`)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('judge neither what was not measured nor what has none', () => {
    expect(evaluate(['bars.mjs'], "[b.holds('loop.delay', null), b.holds('kernel.gemm', 3)]")).toEqual([null, null]);
  });
});

describe('selection', () => {
  const select = (only: string) =>
    evaluate(
      ['support/selection.mjs'],
      `b.select(['a.b1.share', 'a.b1.versus', 'c'].map((name) => ({ name })), ${only}).map((f) => f.name)`,
    );

  test.each([
    ['undefined', ['a.b1.share', 'a.b1.versus', 'c']],
    ["'c, a.b1.share'", ['a.b1.share', 'c']],
    ["'a.'", ['a.b1.share', 'a.b1.versus']],
  ])('of %s', (only, names) => {
    expect(select(only)).toEqual(names);
  });

  test.each(["'d'", "''", "'a,d'"])('refuses %s', (only) => {
    expect(() => select(only)).toThrow(/--only/);
  });
});

test('the table shows value, bar and verdict, or why there is none', () => {
  const figures = [
    { name: 'loop.delay', value: 12.345, unit: 'ms', holds: false, details: {} },
    { name: 'train.imdb.b128.share', value: 51, unit: '% of peak', holds: true, details: { data: 'synthetic' } },
    { name: 'infer.rnn32.versus', value: null, unit: 'x', holds: null, details: { skipped: 'no Python' } },
    { name: 'kernel.gemm', value: 80, unit: '%', holds: null, details: {} },
  ];
  expect(evaluate(['support/table.mjs'], `b.table(${JSON.stringify(figures)})`)).toEqual([
    'name                   value  unit       bar                 holds',
    'loop.delay             12.35  ms         <= 10               NO',
    'train.imdb.b128.share  51.00  % of peak  >= 50 (stretch 65)  yes (synthetic)',
    'infer.rnn32.versus         -  x          >= 4                skipped: no Python',
    'kernel.gemm            80.00  %',
  ]);
});

describe('line process', () => {
  const answer = (script: string, requests: string) =>
    evaluate(
      ['support/line_process.mjs'],
      `await (async () => {
        const line = new b.LineProcess([process.execPath, '-e', ${JSON.stringify(script)}]);
        try { return await ${requests}; } catch (error) { return error.message; } finally { await line.quit(); }
      })()`,
    );
  const echo =
    "process.stdin.on('data', (d) => String(d) === 'quit\\n' ? process.exit() : console.log(JSON.stringify({ got: String(d).trim() })))";

  test('asks and is answered', () => {
    expect(answer(echo, "line.ask('run 3')")).toEqual({ got: 'run 3' });
  });

  test('tells of an error that the process reports', () => {
    expect(answer('console.log(JSON.stringify({ error: "no such case" }))', 'line.answer()')).toBe('no such case');
  });

  test('tells what a process that died said last', () => {
    expect(answer('console.error("out of luck"); process.exitCode = 3', 'line.answer()')).toMatch(/3\nout of luck/);
  });

  test('tells of a program that is not there', () => {
    const made = "new b.LineProcess(['/nowhere/python']).answer().catch((error) => error.code ?? error.message)";
    expect(evaluate(['support/line_process.mjs'], `await ${made}`)).toMatch(/ENOENT/);
  });
});

describe('the command', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'bench-test-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bench = (...flags: string[]) =>
    spawnSync(process.execPath, ['bench/main.mjs', ...flags], { cwd: ROOT, encoding: 'utf8' });

  test('skips comparisons with a word where no Python is named, and writes JSON', () => {
    const json = path.join(folder, 'figures.json');
    const { status, stdout } = bench('--only', 'infer.rnn32.versus', '--json', json);
    expect(stdout).toMatch(/infer\.rnn32\.versus +- +x +>= 4 +skipped: .*--python/);
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual([
      {
        name: 'infer.rnn32.versus',
        value: null,
        unit: 'x',
        bar: 4,
        holds: null,
        details: { skipped: expect.stringContaining('--python') },
      },
    ]);
  });

  test.each([[['--only', 'nonsense']], [['--threads', '0']], [['--python', '/nowhere/python']], [['--nonsense']]])(
    'refuses %j',
    (flags) => {
      const { status, stderr } = bench(...flags);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^bench: .+\n$/);
    },
  );
});
