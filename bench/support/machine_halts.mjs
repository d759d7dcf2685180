// SPDX-License-Identifier: MIT
// When the whole machine stood still: a virtual machine whose share of the host is used up stops on all its cores for
// 10 to 50 ms. A timer in a process of the highest priority sees it, and so it can be told from what our code held.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CLOCK = fileURLToPath(new URL('clock_process.mjs', import.meta.url));

/**
 * Begins to watch. `stop()` gives the halts since, [begin, end] in milliseconds of `process.hrtime`; none where the
 * system grants no priority, since the clock would then wait for cores that we hold.
 */
export async function watchMachine() {
  const clock = spawn(process.execPath, [CLOCK], { stdio: ['pipe', 'pipe', 'inherit'] });
  let isFirst = true;
  try {
    setPriority(clock.pid, constants.priority.PRIORITY_HIGHEST);
  } catch {
    isFirst = false;
  }
  await once(clock.stdout, 'readable');
  return {
    async stop() {
      clock.stdin.end();
      const gaps = JSON.parse(await text(clock.stdout));
      return isFirst ? gaps : [];
    },
  };
}

/** Milliseconds of [begin, end] that lie in none of the halts. */
export function outsideOf(halts, [begin, end]) {
  const inside = halts.map(([from, to]) => Math.max(0, Math.min(end, to) - Math.max(begin, from)));
  return end - begin - inside.reduce((a, b) => a + b, 0);
}
