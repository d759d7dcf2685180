// SPDX-License-Identifier: MIT
/* global expect, test */
const { main } = require('./consumer.cjs');

test('trains, predicts, saves and loads', async () => {
  expect(await main()).toMatchObject({ learns: true, isSame: true });
});
