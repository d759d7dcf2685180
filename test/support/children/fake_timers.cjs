// SPDX-License-Identifier: MIT
// Under node:test, whose mocked timers replace those of the process and of node:timers.
const assert = require('node:assert');
const { mock, test } = require('node:test');
const { callAll, expected } = require('./fake_timers_calls.cjs');
const { load } = require('./model.cjs');

const lib = load();

test('every call goes on while timers stand still, and afterwards', async () => {
  mock.timers.enable();
  assert.deepStrictEqual(await callAll(lib), expected);
  mock.timers.reset();
  assert.deepStrictEqual(await callAll(lib), expected);
});
