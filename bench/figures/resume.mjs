// SPDX-License-Identifier: MIT
// resume.kill: how many trainings that were killed (SIGKILL) at a random moment, and run again, end in the bits of one that
// never stopped: weights, momenta, history, checkpoints and log.
import { say } from '../support/context.mjs';
import { inFolder, run } from '../support/kill.mjs';

const RUNS = 200;
const SEED = 20261123;
/** Backups by epoch, and in the middle of epochs. */
const SAVE_FREQS = ['epoch', '5', '2'];

/** Numbers in [0, 1) from a seed: mulberry32. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export default [
  {
    name: 'resume.kill',
    unit: '%',
    async run() {
      const random = randomFrom(SEED);
      const quiet = {};
      for (const saveFreq of SAVE_FREQS) quiet[saveFreq] = await inFolder((folder) => run(folder, saveFreq));
      let same = 0;
      for (let i = 0; i < RUNS;) {
        const saveFreq = SAVE_FREQS[i % SAVE_FREQS.length];
        const moment = random() * quiet[saveFreq].milliseconds;
        const result = await inFolder(async (folder) => {
          const isKilled = (await run(folder, saveFreq, moment)) === undefined;
          return isKilled ? run(folder, saveFreq) : undefined;
        });
        // It was faster this time: another moment.
        if (result === undefined) continue;
        i++;
        if (result.bits === quiet[saveFreq].bits) same++;
        else say(`  other bits: saveFreq ${saveFreq}, killed after ${moment.toFixed(1)} ms`);
      }
      return { value: (100 * same) / RUNS, details: { runs: RUNS, seed: SEED, epochs: quiet.epoch.epochs } };
    },
  },
];
