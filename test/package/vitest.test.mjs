// SPDX-License-Identifier: MIT
import { createRequire } from 'node:module';
import { LSTM } from 'ostinato';
import { expect, test } from 'vitest';

const { main } = createRequire(import.meta.url)('./consumer.cjs');

test('trains, predicts, saves and loads', async () => {
  expect(await main()).toMatchObject({ learns: true, isSame: true });
  expect(new LSTM(3).units).toBe(3);
});
