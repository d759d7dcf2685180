// SPDX-License-Identifier: MIT
// The commands of docs/command_line.md run as they stand, from top to bottom, and then its program.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadAssets } from '../../lib';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '../..');
const at = temporaryFolder();

function makeData(): void {
  const reviews = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `a ${i % 2 ? 'dreadful' : 'wonderful'} film ${i % 9},${i % 2 ? 'bad' : 'good'}\n`,
    ).join('');
  writeFileSync(at('reviews.csv'), `review,sentiment\n${reviews(400)}`);
  writeFileSync(at('more.csv'), `review,sentiment\n${reviews(20)}`);
  writeFileSync(at('new.csv'), 'id,review\n7,"wonderful, really"\n8,dreadful\n');
  const houses = Array.from({ length: 50 }, (_, i) => ({ rooms: 1 + (i % 5), area: 20 + i, price: 1000 * i + 0.5 }));
  writeFileSync(at('houses.jsonl'), houses.map((house) => `${JSON.stringify(house)}\n`).join(''));
  const hours = Array.from({ length: 100 }, (_, t) => `${t},${Math.sin(t / 4)}\n`);
  writeFileSync(at('weather.csv'), `hour,degrees\n${hours.join('')}`);
}

(process.platform === 'win32' ? test.skip : test)('command_line.md trains, evaluates and predicts', async () => {
  makeData();
  mkdirSync(at('node_modules'));
  symlinkSync(ROOT, at('node_modules', 'ostinato'), 'junction');
  writeFileSync(at('package.json'), '{}');
  const text = readFileSync(path.join(ROOT, 'docs', 'command_line.md'), 'utf8');
  const blocks = (kind: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, body]) => body!);
  const main = path.join(ROOT, 'dist', 'cli', 'main.js');
  const shell = (script: string): string =>
    execFileSync('sh', ['-e', '-c', script.replaceAll('npx ostinato', `"${process.execPath}" "${main}"`)], {
      cwd: at(),
      encoding: 'utf8',
    });
  const [first, train, predict] = blocks('sh').map(shell);
  expect(blocks('sh')).toHaveLength(3);
  expect(first).toMatch(/On 80 rows: accuracy 1\.0000[\s\S]*On 20 rows: accuracy 1\.0000/);
  expect(readFileSync(at('predictions.csv'), 'utf8')).toMatch(/^prediction,probability\ngood,0\.\d+\nbad,0\.\d+\n$/);
  expect(readFileSync(at('report.html'), 'utf8')).toMatch(/<\/html>\n$/);
  expect(JSON.parse(readFileSync(at('report.json'), 'utf8'))).toMatchObject({ recipe: { task: 'regression' } });
  expect(train).toMatch(/Embedding -> LSTM -> Dense/);
  const lines = predict!.trimEnd().split('\n');
  expect(JSON.parse(lines[0]!)).toMatchObject({ prediction: 'good' });
  expect(lines[1]).toBe('id,review,prediction,probability,probability_bad,probability_good');
  expect(lines[2]).toMatch(/^7,"wonderful, really",good,0\.\d+,0\.\d+,0\.\d+$/);
  expect(lines[4]).toBe('hour,prediction');
  expect(lines).toHaveLength(5 + 100 - 11);
  writeFileSync(at('program.mjs'), blocks('js').join('\n'));
  expect(execFileSync(process.execPath, ['program.mjs'], { cwd: at(), encoding: 'utf8' })).toBe('good\n');
  const assets = await loadAssets(at('weather.safetensors'));
  const series = { time: 'hour', window: 12, horizon: 2 };
  expect(assets['table']).toMatchObject({
    task: 'regression',
    text: null,
    numbers: ['degrees'],
    label: 'degrees',
    series,
  });
});
