// SPDX-License-Identifier: MIT
// What the process around the package may be like: few rights, few threads, a changed working directory, a test runner
// that tears down. Each was a fault once, in the release of Node that is named; run under others it must hold too.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resultOf } from '../support/child';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '..', '..');
const at = temporaryFolder();
const major = Number(process.versions.node.split('.')[0]);

describe('the permission model', () => {
  // Node 20 allows no addon with it.
  const run = major < 22 ? test.skip : test;

  run('a model is saved and loaded where Node has no fsync (24, 26), and what may not be read is refused in our words', async () => {
    const rights = ['--permission', '--allow-addons', `--allow-fs-read=${ROOT}/*`, `--allow-fs-read=${at()}/*`];
    const flags = [...rights, `--allow-fs-write=${at()}/*`, '--no-warnings'];
    const result = await resultOf('surroundings.cjs', { args: ['permission', at(), '/nowhere/to/be/read'], flags });
    expect(result).toMatchObject({
      saved: 'done',
      refused: { name: 'DataError', code: 'ERR_IO' },
      loaded: true,
      hidden: { name: 'DataError', code: 'ERR_IO' },
      hiddenFolder: { name: 'DataError', code: 'ERR_NOT_FOUND' },
      hiddenVocabulary: { name: 'DataError', code: 'ERR_NOT_FOUND' },
      hiddenReviews: { name: 'DataError', code: 'ERR_NOT_FOUND' },
    });
  }); // prettier-ignore

  test('where it allows no addon, the refusal says which flag is missing', async () => {
    const flag = major < 22 ? '--experimental-permission' : '--permission';
    const flags = [flag, `--allow-fs-read=${ROOT}/*`, '--no-warnings'];
    const result = await resultOf('surroundings.cjs', { args: ['threads'], flags });
    expect(result).toMatchObject({ code: 'ERR_NATIVE_LOAD' });
    expect((result as { message: string }).message).toContain('--allow-addons');
  });
});

describe('OSTINATO_ADDON', () => {
  const addon = path.join(ROOT, 'build', 'Release', 'ostinato.node');

  test('is relative to where the program began, whatever the working directory is later', async () => {
    const relative = path.relative(process.cwd(), addon);
    const env = { OSTINATO_ADDON: relative };
    expect(typeof (await resultOf('surroundings.cjs', { args: ['addon', at()], env }))).toBe('string');
  });

  test('that names no addon is refused with the path that was tried, and nothing else is loaded in its place', async () => {
    writeFileSync(at('text.node'), 'no addon');
    for (const [file, reason] of [
      [at('missing.node'), 'no such file'],
      [at('text.node'), 'text.node'],
    ] as const) {
      // prettier-ignore
      const result = await resultOf('surroundings.cjs', { args: ['threads'], env: { OSTINATO_ADDON: file } });
      expect(result).toMatchObject({ name: 'NativeLoadError', code: 'ERR_NATIVE_LOAD' });
      const { message } = result as { message: string };
      expect(message).toContain(`OSTINATO_ADDON ${file}: `);
      expect(message).toContain(reason);
      expect(message).toMatch(/Correct OSTINATO_ADDON/);
    }
  });
});

describe('OSTINATO_THREADS', () => {
  test.each(['0', 'two', '999', '-1', '1.5', '3 ', ' 3 x', '257'])('%j is refused when the addon is loaded', async (value) => {
    const result = await resultOf('surroundings.cjs', { args: ['threads'], env: { OSTINATO_THREADS: value } });
    expect(result).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG' });
    expect((result as { message: string }).message).toContain(`from 1 to 256, received '${value}'`);
  }); // prettier-ignore

  test.each([
    ['1', 1],
    ['256', 256],
  ])('%j is followed', async (value, threads) => {
    // prettier-ignore
    expect(await resultOf('surroundings.cjs', { args: ['threads'], env: { OSTINATO_THREADS: value } })).toBe(threads);
  });
});

// prlimit sets the limit of a process that runs.
const limits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0 ? test : test.skip;

limits.each([
  [200, 100],
  [256, 100],
  [200, 52],
  [200, 55],
  [200, 58],
])('of %d threads, those that the system refused with %d MiB are asked for again by later calls', async (threads, room) => {
  const args = ['shortage', String(threads), String(room)];
  const { during, after } = (await resultOf('surroundings.cjs', { args })) as Record<string, number>;
  expect(during).toBeLessThan(threads);
  expect(during).toBeGreaterThan(1);
  expect(after).toBe(threads);
}); // prettier-ignore

test.each(['fit', 'predict'])('where the first call is %s, its AsyncLocalStorage store reaches callbacks and is collected afterwards', async (method) => {
  const result = await resultOf('surroundings.cjs', { args: ['context', method], flags: ['--expose-gc'] });
  expect(result).toEqual({ seen: true, isCollected: true });
}); // prettier-ignore

test('the addon holds the process while it computes, and says so of its resource (hasRef)', async () => {
  const result = await resultOf('surroundings.cjs', { args: ['handles'] });
  expect(result).toEqual({ idle: [false], computing: [true], after: [false] });
});

test('24 calls under one signal add one listener, warn of no leak (Node 20), and all end with it', async () => {
  expect(await resultOf('surroundings.cjs', { args: ['signal'] })).toEqual({
    ends: ['ERR_ABORTED'],
    listeners: 1,
    left: 0,
    warnings: [],
  });
});

describe('jest', () => {
  /** Runs one test file of a project of its own. */
  function jest(source: string, ...flags: string[]) {
    const folder = at('jest project');
    mkdirSync(folder, { recursive: true });
    const config = JSON.stringify({ rootDir: folder, testEnvironment: 'node', moduleNameMapper: { '^ostinato$': ROOT } });
    writeFileSync(path.join(folder, 'one.test.js'), source);
    const program = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { status, stderr } = spawnSync(process.execPath, [program, '--config', config, ...flags], { cwd: folder, env, encoding: 'utf8' });
    return { status, stderr };
  } // prettier-ignore

  const MODEL = `
    const { Dense, Input, Sequential } = require('ostinato');
    const model = new Sequential([new Input([3]), new Dense(1)]);
    model.compile({ loss: 'mse' });
  `;

  test('--detectOpenHandles names nothing of an idle addon', () => {
    const source = `${MODEL} test('predicts', async () => { await model.predict([[1, 2, 3]]); });`;
    const { status, stderr } = jest(source, '--detectOpenHandles');
    expect(stderr).toContain('1 passed');
    expect(stderr).not.toMatch(/open handle/i);
    expect(status).toBe(0);
  });

  test('a call that outlives the teardown does not end the run', () => {
    const source = `${MODEL}
      const { setTimeout: later } = require('node:timers');
      test('leaves calls behind', async () => {
        await model.predict([[1, 2, 3]]);
        void model.fit(Array.from({ length: 64 }, () => [1, 2, 3]), new Float32Array(64), { verbose: 0, epochs: 3000 });
        const other = new Sequential([new Input([3]), new Dense(1)]);
        later(() => void other.predict([[1, 2, 3]]).catch(() => undefined), 100);
      });`;
    const { status, stderr } = jest(source);
    expect(stderr).not.toMatch(/torn down|Cannot (find|load)/);
    expect(status).toBe(0);
  });
});
