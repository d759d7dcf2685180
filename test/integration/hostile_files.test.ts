// SPDX-License-Identifier: MIT
// Every reader refuses every hostile file with a typed error in the house's words, and nothing else happens: no prototype
// changes, no file appears. How long it takes, and how much memory, is measured by `npm run hostile`.
import { readdirSync, writeFileSync } from 'node:fs';
import * as ostinato from '../../lib';
import { HOSTILE_FORMATS } from '../support/hostile_files';
import { temporaryFolder } from '../support/temporary_folder';

const inFolder = temporaryFolder();
const HOUSE_FORM = /^[^\n]+?: expected [^\n]+, received:? [^\n]+\.( [^\n]+)?$/s;

test('there is a list for every reader', () => {
  for (const { format, files } of HOSTILE_FORMATS) expect([format, files.length > 5]).toEqual([format, true]);
});

const valid = HOSTILE_FORMATS.filter((format) => format.valid !== undefined);
test.each(valid)('the file that the hostile files of $format are made of is read', async ({ file, valid: bytes }) => {
  writeFileSync(inFolder(file), bytes!);
  const model = await ostinato.loadModel(inFolder(file));
  expect(model.layers.length).toBeGreaterThan(0);
});

describe.each(HOSTILE_FORMATS)('$format', ({ file, reader, files }) => {
  const cases = files.map(([title, content, message, code = 'ERR_DATA']) => [title, content, message, code] as const);
  test.each(cases)('%s', async (_title, content, message, code) => {
    const parts = content instanceof Uint8Array ? { [file]: content } : content;
    for (const [name, bytes] of Object.entries(parts)) writeFileSync(inFolder(name), bytes);
    const error: unknown = await ostinato[reader](inFolder(file)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ostinato.OstinatoError);
    const { code: received, message: text } = error as ostinato.OstinatoError;
    expect([received, text]).toEqual([code, expect.stringMatching(message)]);
    expect(text).toMatch(HOUSE_FORM);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(readdirSync(inFolder()).sort()).toEqual(Object.keys(parts).sort());
  });
});
