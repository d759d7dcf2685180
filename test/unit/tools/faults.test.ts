// SPDX-License-Identifier: MIT
// `npm run faults` runs for long and by itself; that its table still fits the sources is told here.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');

interface Fault {
  readonly file: string;
  readonly what: string;
  readonly find: string;
  readonly replace: string;
  /** The test files that shall see it; those of the recurrent layers where none are named. */
  readonly tests?: readonly string[];
}

/** The table is an ES module, which jest does not load: a process of its own prints it. */
const table = (): Fault[] => {
  const source = `import { FAULTS } from './tools/faults/table.mjs'; console.log(JSON.stringify(FAULTS));`;
  return JSON.parse(
    String(execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT })),
  ) as Fault[];
};

const faults = table();
const sources = new Map(faults.map(({ file }) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));

/** How often a text occurs in another. */
const count = (text: string, part: string): number => text.split(part).length - 1;

describe('the table of faults', () => {
  test('has at least forty faults, in the kernels and in the rooms above them', () => {
    expect(faults.length).toBeGreaterThanOrEqual(40);
    for (const room of ['kernels', 'layers', 'batch', 'model', 'losses', 'metrics'])
      expect(faults.some(({ file }) => file.startsWith(`native/${room}/`))).toBe(true);
  });

  test('finds the text of every fault exactly once in its file', () => {
    const misses = faults.filter(({ file, find }) => count(sources.get(file)!, find) !== 1);
    expect(misses.map(({ file, what }) => `${file}: ${what}`)).toEqual([]);
  });

  test('names test files that are there', () => {
    const named = new Set(faults.flatMap(({ tests = [] }) => tests));
    expect(named.size).toBeGreaterThan(0);
    expect([...named].filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  test('changes something with every fault, and says something else of each', () => {
    for (const { find, replace } of faults) expect(replace).not.toBe(find);
    expect(new Set(faults.map(({ file, what }) => `${file}: ${what}`)).size).toBe(faults.length);
  });
});

test('a fault that would hit two places, or none, is refused by name', () => {
  const source = `import { seeded } from './tools/faults/table.mjs';
    const refusals = ['a b a', 'b'].map((text) => { try { return seeded(text, { what: 'the fault', find: 'a', replace: 'c' }); } catch (error) { return error.message; } });
    console.log(JSON.stringify([...refusals, seeded('b a', { what: 'the fault', find: 'a', replace: 'c' })]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT });
  expect(JSON.parse(String(output))).toEqual([
    'the fault: expected the text to be found once, received 2 times: a',
    'the fault: expected the text to be found once, received 0 times: a',
    'b c',
  ]);
});
