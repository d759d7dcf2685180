// SPDX-License-Identifier: MIT
// The program behind bench/support/machine_halts.mjs: a timer of one millisecond in a process that does nothing else.
import process from 'node:process';
import { setInterval } from 'node:timers';

const LATE_MS = 2;
const gaps = [];
let last = process.hrtime.bigint();
setInterval(() => {
  const now = process.hrtime.bigint();
  const length = Number(now - last) / 1e6;
  if (length > LATE_MS) gaps.push([Number(last) / 1e6, Number(now) / 1e6]);
  last = now;
}, 1);
process.stdin.on('end', () => {
  process.stdout.end(JSON.stringify(gaps), () => process.exit());
});
process.stdin.resume();
process.stdout.write('\n');
