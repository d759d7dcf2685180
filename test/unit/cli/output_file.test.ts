// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkOutputFile, writeOutputFile } from '../../../lib/cli/output_file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refused = expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(/^--json: expected /) });

describe('output files: misuse', () => {
  test('a folder that does not exist is refused before anything is written', () => {
    expect(() => checkOutputFile('--json', path.join(folder, 'missing', 'a.json'))).toThrow(refused);
  });

  test('a folder in place of a file is refused', () => {
    expect(() => checkOutputFile('--json', folder)).toThrow(refused);
  });

  test('where the system refuses, the error is typed and nothing is left behind', () => {
    expect(() => writeOutputFile('--json', folder, '{}')).toThrow(refused);
    expect(readdirSync(path.dirname(folder)).filter((name) => name.startsWith(`${path.basename(folder)}.`))).toEqual(
      [],
    );
  });
});

test('output files: an old file is replaced whole, and no temporary file stays', () => {
  const file = path.join(folder, 'a.json');
  writeFileSync(file, 'something older and longer');
  checkOutputFile('--json', file);
  writeOutputFile('--json', file, '{}');
  expect(readFileSync(file, 'utf8')).toBe('{}');
  expect(readdirSync(folder)).toEqual(['a.json']);
});
