// SPDX-License-Identifier: MIT
// The program of docs/from_keras.md, run on a file of the pack of Keras' files.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ostinato from '../../lib';

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>;

test('docs/from_keras.md: the program opens, predicts, trains and saves', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'from-keras-'));
  try {
    copyFileSync(path.join(__dirname, 'formats/keras/lstm.keras'), path.join(folder, 'reviews.keras'));
    const page = readFileSync(path.join(__dirname, '../../docs/from_keras.md'), 'utf8');
    const program = /```js\n([\s\S]*?)```/
      .exec(page)![1]!
      .replaceAll("'reviews", `'${folder.replaceAll('\\', '/')}/reviews`);
    const shown: unknown[] = [];
    const log = (value: unknown): void => void shown.push(value);
    const spied = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const print = jest.spyOn(console, 'log').mockImplementation(log);
    try {
      await new AsyncFunction('require', 'console', program)(() => ostinato, { log });
    } finally {
      spied.mockRestore();
      print.mockRestore();
    }
    const score = shown.at(-1) as number;
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(1);
    expect(existsSync(path.join(folder, 'reviews_more.keras'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
