// SPDX-License-Identifier: MIT
// Two of our own settings, turn by turn.
import { say } from './context.mjs';
import { median, milliseconds, rounded } from './statistics.mjs';

/**
 * The first side's time of a step over the second's.
 *
 * @param sides two functions by name, each resolving to the seconds of one step
 * @param summary how turns become one number
 */
export async function byTurns(sides, { rounds = 9, summary = median } = {}) {
  const entries = Object.entries(sides).map(([name, step]) => ({ name, step, seconds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { step, seconds } of entries) seconds.push(await step());
    const shown = entries.map(({ name, seconds }) => `${name} ${rounded(seconds.at(-1) * 1e3)}`).join(', ');
    say(`  round ${round + 1} of ${rounds}, ms: ${shown}`);
  }
  const [first, second] = entries.map(({ seconds }) => summary(seconds));
  return {
    value: first / second,
    details: Object.fromEntries(entries.map(({ name, seconds }) => [name, milliseconds(seconds)])),
  };
}
