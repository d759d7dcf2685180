// SPDX-License-Identifier: MIT
// Files that are there whole or not at all: whatever fails, the old one stays and nothing is left beside it.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { removeStaleFiles, temporaryName, writeAtomically, type Append } from '../../../lib/serialization/atomic_file';
import { codeOfAsync } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

// One object for all who import it, so that its functions can be replaced.
jest.mock('node:fs/promises', () => ({ __esModule: true, ...jest.requireActual<typeof fs>('node:fs/promises') }));

const at = temporaryFolder();
const CHUNKS = [Buffer.from('new '), Buffer.from('content')];
async function content(append: Append): Promise<void> {
  for (const chunk of CHUNKS) await append(chunk);
}
const write = (file: string, overwrite = true) => writeAtomically('test', file, content, { overwrite });

beforeEach(() => writeFileSync(at('file'), 'old'));
afterEach(() => jest.restoreAllMocks());

function expectUntouched(): void {
  expect(readFileSync(at('file'), 'utf8')).toBe('old');
  expect(readdirSync(at())).toEqual(['file']);
}

describe('leaves the old file as it is', () => {
  type Step = 'write' | 'sync' | 'close';
  test.each<[Step, string, number]>([
    ['write', 'ENOSPC', 1],
    ['write', 'EIO', 2],
    ['sync', 'EIO', 1],
    ['close', 'EDQUOT', 1],
  ])('where %s fails with %s', async (step, code, time) => {
    const open = fs.open;
    let calls = 0;
    jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      const original = handle[step].bind(handle) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(handle, {
        [step]: async (...given: unknown[]) => {
          const result = step === 'write' && calls + 1 === time ? undefined : await original(...given);
          if (++calls === time) throw Object.assign(new Error(`${code}: injected`), { code });
          return result;
        },
      });
      return handle;
    });
    await expect(write(at('file'))).rejects.toMatchObject({ code: 'ERR_IO', cause: { code } });
    expectUntouched();
  });

  test('where the rename fails', async () => {
    jest.spyOn(fs, 'rename').mockRejectedValue(Object.assign(new Error('EACCES: injected'), { code: 'EACCES' }));
    await expect(write(at('file'))).rejects.toMatchObject({ code: 'ERR_IO', cause: { code: 'EACCES' } });
    expectUntouched();
  });

  test('where it may not give way', async () => {
    await expect(write(at('file'), false)).rejects.toMatchObject({ code: 'ERR_IO', cause: { code: 'EEXIST' } });
    expectUntouched();
  });

  test('where a link lies under the name that it is written to first: the link is not followed', async () => {
    writeFileSync(at('secret'), 'secret');
    symlinkSync(at('secret'), at('planted'));
    const writing = writeAtomically('test', at('file'), content, { overwrite: true, temporary: at('planted') });
    await expect(writing).rejects.toMatchObject({ code: 'ERR_IO', cause: { code: 'EEXIST' } });
    expect([readFileSync(at('secret'), 'utf8'), readFileSync(at('file'), 'utf8')]).toEqual(['secret', 'old']);
    expect(existsSync(at('planted'))).toBe(true);
  });
});

test('refuses a folder that is missing and a folder in place of the file', async () => {
  mkdirSync(at('folder'));
  expect(await codeOfAsync(write(at('none', 'file')))).toBe('ERR_NOT_FOUND');
  expect(await codeOfAsync(write(at('folder')))).toBe('ERR_IO');
  expect(readdirSync(at()).sort()).toEqual(['file', 'folder']);
});

// The superuser may write everywhere.
test('refuses a folder that cannot be written to', async () => {
  // Whom nothing stops has to be somebody else for a moment.
  const isRoot = process.geteuid?.() === 0;
  chmodSync(at(), 0o555);
  if (isRoot) process.seteuid!(65534);
  try {
    expect(await codeOfAsync(write(at('file')))).toBe('ERR_IO');
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(at(), 0o700);
  }
  expectUntouched();
});

test('flushes the file before it is renamed, and its folder after', async () => {
  const steps: string[] = [];
  const { open, rename } = fs;
  jest.spyOn(fs, 'open').mockImplementation(async (name, ...rest) => {
    const handle = await open(name, ...rest);
    const sync = handle.sync.bind(handle);
    const what = String(name) === at() ? 'folder' : 'file';
    handle.sync = async () => void steps.push(`sync ${what}`, String(await sync()));
    return handle;
  });
  jest.spyOn(fs, 'rename').mockImplementation(async (...args) => {
    steps.push('rename');
    return rename(...args);
  });
  await write(at('file'));
  expect(steps.filter((step) => step !== 'undefined')).toEqual(['sync file', 'rename', 'sync folder']);
  expect(readFileSync(at('file'), 'utf8')).toBe('new content');
});

test('goes on where the system takes less than it was given', async () => {
  const { open } = fs;
  jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle = await open(...args);
    const original = handle.write.bind(handle) as (
      b: Uint8Array,
      at: number,
      n: number,
    ) => Promise<{ bytesWritten: number }>;
    Object.assign(handle, { write: (b: Uint8Array, begin: number, n: number) => original(b, begin, Math.min(n, 3)) });
    return handle;
  });
  await write(at('file'));
  expect(readFileSync(at('file'), 'utf8')).toBe('new content');
});

test('clears away what a writer left that was killed, and nothing else', async () => {
  const stale = temporaryName(at('file'));
  for (const name of [stale, at('file.tmp'), at('other.0123456789abcdef.tmp')]) writeFileSync(name, '');
  await removeStaleFiles('test', at('file'));
  expect(readdirSync(at()).sort()).toEqual(['file', 'file.tmp', 'other.0123456789abcdef.tmp']);
  expect(await codeOfAsync(removeStaleFiles('test', at('none', 'file')))).toBe('ERR_NOT_FOUND');
});
