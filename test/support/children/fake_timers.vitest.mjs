// SPDX-License-Identifier: MIT
// Under vitest, whose fake timers replace those of the process and of node:timers. See tools/try_vitest.mjs.
import { expect, test, vi } from 'vitest';
import { createRequire } from 'node:module';

const require = createRequire(process.env.OSTINATO_ROOT + '/');
const { callAll, expected } = require('./test/support/children/fake_timers_calls.cjs');
const lib = require('./dist/index.js');

test('every call goes on while timers stand still, and afterwards', async () => {
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'Date',
      'performance',
      'hrtime',
      'queueMicrotask',
      'clearImmediate',
      'clearTimeout',
    ],
  });
  expect(await callAll(lib)).toEqual(expected);
  vi.useRealTimers();
  expect(await callAll(lib)).toEqual(expected);
});
