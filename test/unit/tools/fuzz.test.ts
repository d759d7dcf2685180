// SPDX-License-Identifier: MIT
// Files that fuzzing makes: always the same for a seed, and not only nonsense.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ZipArchive } from '../../../lib/formats/zip';

const ROOT = path.resolve(__dirname, '../../..');

/** Changed copies of an archive that numpy wrote, in base64. */
function changed(seed: number, count: number): string[] {
  const golden = JSON.parse(readFileSync(path.join(ROOT, 'test/golden/formats/npy.json'), 'utf8')) as {
    archive: { stored: string };
  };
  const source = `
    import { mutate, randomFrom } from './tools/fuzz/mutate.mjs';
    const bytes = Buffer.from(process.argv[1], 'base64');
    const made = [];
    for (let i = 0; i < ${count}; i++) made.push(await mutate(randomFrom(${seed}, i), 'a.npz', bytes));
    console.log(JSON.stringify(made.map((each) => each.toString('base64'))));`;
  const args = ['--input-type=module', '-e', source, golden.archive.stored];
  return JSON.parse(String(execFileSync(process.execPath, args, { cwd: ROOT }))) as string[];
}

test('one seed gives one sequence of files, another seed another', () => {
  expect(changed(1, 20)).toEqual(changed(1, 20));
  expect(changed(1, 20)).not.toEqual(changed(2, 20));
});

test('a good part of the archives can be opened, for their checksums are right', async () => {
  const files = changed(3, 200);
  const isOpened = async (file: string): Promise<boolean> => {
    try {
      const archive = await ZipArchive.of('file', Buffer.from(file, 'base64'));
      for (const name of archive.names) await archive.read(name);
      return true;
    } catch {
      return false;
    }
  };
  const opened = (await Promise.all(files.map(isOpened))).filter((each) => each);
  expect(opened.length).toBeGreaterThan(40);
  expect(opened.length).toBeLessThan(160);
});
