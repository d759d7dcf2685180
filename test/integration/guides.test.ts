// SPDX-License-Identifier: MIT
// The programs of the pages run as they stand: all blocks of `js` and `ts` of a page, from top to bottom, as one module. Where a
// line ends in `console.log(...); // text`, the program prints that text. Blocks of `javascript` show code of other libraries.
import { transformSync } from 'esbuild';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '../..');
const at = temporaryFolder();

const textOf = (page: string): string => readFileSync(path.join(ROOT, 'docs', page), 'utf8');
const blocksOf = (text: string): string[] =>
  [...text.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map((match) => match[1]!);

/** Pages whose programs are run elsewhere, which names them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'bundling.md': 'tools/package/checks.mjs',
  'command_line.md': 'test/integration/guide_of_command_line.test.ts',
  'from_keras.md': 'test/golden/from_keras.test.ts',
};
const run = new Set<string>();

interface Changes {
  /** What is written in the place of a text of the program: data that the test has, fewer epochs. */
  readonly replace?: Readonly<Record<string, string>>;
  /** What follows the program. */
  readonly after?: string;
}

/** The program of a page. */
function programOf(page: string, { replace = {}, after = '' }: Changes = {}): string {
  run.add(page);
  let program = blocksOf(textOf(page)).join('\n');
  expect(program).not.toBe('');
  for (const [text, other] of Object.entries(replace)) {
    expect(program.split(text)).toHaveLength(2);
    program = program.replace(text, () => other);
  }
  return `${program}\n${after}`;
}

/** Writes a program into a folder where the package is installed. */
function install(name: string, program: string): string {
  mkdirSync(at('node_modules'));
  symlinkSync(ROOT, at('node_modules', 'ostinato'), 'junction');
  // A package of its own: a folder above may hold another of our name.
  writeFileSync(at('package.json'), '{ "type": "module" }');
  writeFileSync(at(name), program);
  return at(name);
}

/** Runs a program; what it printed. */
function outputOf(program: string): string {
  const file = install('guide.mjs', transformSync(program, { loader: 'ts', target: 'es2022' }).code);
  return execFileSync(process.execPath, [file], { cwd: at(), encoding: 'utf8', timeout: 50_000 });
}

const linesOf = (output: string): string[] => output.trimEnd().split('\n');

/** What a page says that its program prints. */
const promisedBy = (page: string): string[] =>
  [
    ...blocksOf(textOf(page))
      .join('')
      .matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm),
  ].map((match) => match[1]!);

test.each([
  ['get_started.md'],
  ['performance.md'],
  ['recipes.md'],
  ['serving.md'],
  ['streams.md'],
  ['time_series.md'],
  ['training_in_a_service.md'],
])('%s prints what it says', (page) => {
  const promised = promisedBy(page);
  expect(promised.length).toBeGreaterThan(0);
  expect(linesOf(outputOf(programOf(page)))).toEqual(promised);
});

test('deployment.md: the handler answers, and the server ends by SIGTERM', () => {
  const output = outputOf(
    programOf('deployment.md', {
      after: "server.on('close', () => console.log('closed', isReady)); process.kill(process.pid, 'SIGTERM');",
    }),
  );
  expect(linesOf(output)).toEqual([...promisedBy('deployment.md'), 'closed false']);
});

describe.each([['tutorial.md'], ['ko/tutorial.md']])('%s', (page) => {
  test('prints its tables, and trains', () => {
    const output = outputOf(
      programOf(page, {
        replace: {
          'datasets.imdb.loadData({': 'datasets.syntheticReviews({ train: 400, test: 200,',
          'epochs: 10': 'epochs: 1',
        },
      }),
    );
    const tables = [...textOf(page).matchAll(/^```\n(_{65}\n.*?)^```$/gms)].map((match) => match[1]!);
    expect(tables).toHaveLength(3);
    const rule = '_'.repeat(65);
    const printed = output.split(new RegExp(`(?<=Non-trainable params: 0\n${rule}\n)`));
    expect(printed.slice(0, 3).map((part) => part.slice(part.indexOf(rule)))).toEqual(tables);
    expect(output).toMatch(/\nbest validation accuracy [01]\.?\d*\ntest loss and accuracy \d\.\d+ [01]\.?\d*\n/);
    const promised = promisedBy(page).map((line) => line.replaceAll('[ 25000, 500 ]', '').trim());
    for (const line of promised) expect(linesOf(output)).toContain(line === '' ? '[ 400, 500 ] [ 200, 500 ]' : line);
  });
});

test('tutorial.md agrees with the types of the package', () => {
  const file = install('tutorial.mts', programOf('tutorial.md'));
  const program = ts.createProgram([file], {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    typeRoots: [path.join(ROOT, 'node_modules/@types')],
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
  });
  const messages = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
  expect(messages).toEqual([]);
});

test('both tutorials have one program, comments aside', () => {
  const [english, korean] = ['tutorial.md', 'ko/tutorial.md'].map((page) =>
    blocksOf(textOf(page))
      .join('')
      .replaceAll(/(?<!console\.log\(.*)\/\/ .*$/gm, '//'),
  );
  expect(korean).toBe(english);
});

test('from_tfjs.md opens, writes and trains the model', () => {
  const pack = path.join(ROOT, 'test/golden/formats/tfjs/lstm');
  cpSync(pack, at('reviews'), { recursive: true });
  const { outputs } = JSON.parse(readFileSync(path.join(pack, 'expected.json'), 'utf8')) as {
    outputs: [{ data: number[] }];
  };
  const [predicted, parameters, ...epochs] = linesOf(outputOf(programOf('from_tfjs.md')));
  const given = (JSON.parse(predicted!) as number[][]).map(([value]) => value!);
  given.forEach((value, row) => expect(Math.abs(value - outputs[0].data[row]!)).toBeLessThanOrEqual(1e-6));
  expect(given).toHaveLength(2);
  expect(parameters).toBe(String(3 * 4 * (3 + 4 + 2) + 4 * 2 + 2));
  expect(epochs).toHaveLength(4);
  expect(epochs.at(-1)).toBe('3');
  expect(readFileSync(at('reviews.safetensors')).length).toBeGreaterThan(1000);
});

test('model_files.md moves arrays of numpy', () => {
  const golden = JSON.parse(readFileSync(path.join(ROOT, 'test/golden/formats/npy.json'), 'utf8')) as {
    archive: { deflated: string };
  };
  writeFileSync(at('train.npz'), Buffer.from(golden.archive.deflated, 'base64'));
  expect(linesOf(outputOf(programOf('model_files.md')))).toEqual(['[ 2, 3, 4 ]']);
});

test('onnx.md writes a model, and reads it back', () => {
  const after = `
    const x = [[4, 8, 15, 0, 0]];
    const [a, b] = [await model.predict(x), await same.predict(x)];
    console.log(JSON.stringify([same.inputNames, same.outputNames, [...a.data], [...b.data]]));`;
  const [inputs, outputs, a, b] = JSON.parse(linesOf(outputOf(programOf('onnx.md', { after }))).at(-1)!) as unknown[];
  expect(existsSync(at('reviews.onnx'))).toBe(true);
  expect(inputs).toEqual(['words']);
  expect(outputs).toEqual(['score']);
  expect(b).toEqual(a);
});

test('from_pytorch.md gives the tagger the weights of the file', () => {
  copyFileSync(path.join(ROOT, 'test/golden/formats/torch/tagger.safetensors'), at('tagger.safetensors'));
  const after = `
    const { loadModel } = await import('ostinato');
    const again = await (await loadModel('tagger.model.safetensors')).predict([[4, 8, 1, 5, 2]]);
    console.log(JSON.stringify([scores.shape, [...scores.data], [...again.data], model.countParams()]));`;
  const [shape, scores, again, count] = JSON.parse(
    linesOf(outputOf(programOf('from_pytorch.md', { after }))).at(-1)!,
  ) as unknown[];
  expect(shape).toEqual([1, 5, 2]);
  expect(again).toEqual(scores);
  expect(count).toBe(9 * 3 + (3 + 4 + 1) * 16 + (4 + 4 + 1) * 16 + 8);
});

test('README.md: each block runs, given the library and the data that it speaks of', () => {
  const blocks = blocksOf(readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  const isImport = /^import .*;\n/gm;
  const program = `
    import * as ostinato from 'ostinato';
    Object.assign(globalThis, ostinato);
    const ids = (rows) => Array.from({ length: rows }, (_, row) => [1 + row, 2, 3, 4]);
    const vectors = (rows, size) => Array.from({ length: rows }, () => new Array(size).fill(0.5));
    const [xTest, yTest, x1, x2, y] = [ids(4), [0, 1, 0, 1], ids(4), vectors(4, 3), [0, 1, 0, 1]];
    const [x, h0, c0] = [[vectors(5, 8)], vectors(1, 32), vectors(1, 32)];
    const [review, token] = [[1, 2, 3], 7];
    const readBatches = function* () { yield [ids(4), [0, 1, 0, 1]]; };
    const model = new Sequential([new Embedding(100, 4), new LSTM(4), new Dense(1, { activation: 'sigmoid' })]);
    model.compile({ loss: 'binary_crossentropy' });
    ${blocks.map((block) => `{ ${block.replace(isImport, '')} }`).join('\n')}
    console.log('all');`;
  const synthetic = program.replace('datasets.imdb.loadData({', 'datasets.syntheticReviews({ train: 100, test: 50,');
  expect(linesOf(outputOf(synthetic)).at(-1)).toBe('all');
});

test('server.md serves a model', () => {
  const wanted = ['2', "2 { reviews: '2' }", 'first FP32 [ 1, 1 ]', '2'];
  expect(linesOf(outputOf(programOf('server.md')))).toEqual(wanted);
});

test('every page with a program is run here, or by a file that names it', () => {
  const pages = (readdirSync(path.join(ROOT, 'docs'), { recursive: true }) as string[])
    .map((page) => page.replaceAll(path.sep, '/'))
    .filter((page) => page.endsWith('.md') && blocksOf(textOf(page)).length > 0);
  expect(pages.sort()).toEqual([...run, ...Object.keys(ELSEWHERE)].sort());
  for (const [page, file] of Object.entries(ELSEWHERE))
    expect(readFileSync(path.join(ROOT, file), 'utf8')).toContain(`docs/${page}`);
});

test('performance.md names every variable that the library reads', () => {
  const sources = [
    ...(readdirSync(path.join(ROOT, 'lib'), { recursive: true }) as string[]).map((file) =>
      path.join(ROOT, 'lib', file),
    ),
    ...(readdirSync(path.join(ROOT, 'native'), { recursive: true }) as string[]).map((file) =>
      path.join(ROOT, 'native', file),
    ),
  ].filter((file) => /\.(ts|cc)$/.test(file));
  const read = /(?:process\.env\[|variable: |\bVariable\()['"]([A-Z_]+)['"]/g;
  const names = sources.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(read)].map((match) => match[1]!));
  expect(new Set(names).size).toBeGreaterThan(5);
  const table = [...textOf('performance.md').matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap((row) =>
    row[1]!.match(/[A-Z_]+/g),
  );
  expect([...new Set(names)].sort()).toEqual(table.sort());
});
