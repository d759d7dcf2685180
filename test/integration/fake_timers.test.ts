// SPDX-License-Identifier: MIT
// A test runner's fake timers hold up no call of a model, and leave none behind: jest's here, those of node:test in a
// child process. tools/try_vitest.mjs does the same under vitest.
import type * as Library from '../../lib';
import { runChild } from '../support/child';

const { callAll, expected } = jest.requireActual<{
  callAll: (library: typeof Library) => Promise<unknown>;
  expected: unknown;
}>('../support/children/fake_timers_calls.cjs');

afterEach(() => jest.useRealTimers());

/** A copy of the library of its own, loaded at this moment. */
function load(): typeof Library {
  let library: typeof Library | undefined;
  jest.isolateModules(() => {
    library = jest.requireActual<typeof Library>('../../lib');
  });
  return library!;
}

describe('jest', () => {
  test('fakes that come after the library', async () => {
    const library = load();
    jest.useFakeTimers();
    expect(await callAll(library)).toEqual(expected);
    jest.useRealTimers();
    expect(await callAll(library)).toEqual(expected);
  });

  test('fakes that were there before the library', async () => {
    jest.useFakeTimers();
    const library = load();
    expect(await callAll(library)).toEqual(expected);
    jest.useRealTimers();
    expect(await callAll(library)).toEqual(expected);
  });
});

test('node:test', async () => {
  const end = await runChild('fake_timers.cjs', { flags: ['--test'] });
  expect(end).toMatchObject({ code: 0, hung: false });
  expect(end.stdout).toContain('pass 1');
});
