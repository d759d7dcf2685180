// SPDX-License-Identifier: MIT
// The same program as an ES module: names are imported one by one and as a whole.
import { createRequire } from 'node:module';
import * as everything from 'ostinato';
import { cpuInfo, LSTM, Sequential } from 'ostinato';

const { main } = createRequire(import.meta.url)('./consumer.cjs');
const result = await main();
const isOne = everything.Sequential === Sequential && typeof LSTM === 'function' && cpuInfo().isa === result.isa;
process.stdout.write(`${JSON.stringify({ ...result, isOne })}\n`);
