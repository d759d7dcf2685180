// SPDX-License-Identifier: MIT
// `ostinato bench`: how fast this machine trains and predicts with the chapter's model, in a few seconds.
import { defineCommand, flagTable, integerFlag, type Flag } from './command';

const DEFAULTS = Object.freeze({ seconds: 5 });
const FLAGS = {
  seconds: { placeholder: 'N', help: `how long to measure (${DEFAULTS.seconds})` },
  threads: { placeholder: 'N', help: 'compute threads (as many as this process may use cores)' },
  json: { help: 'print the figures as one JSON object' },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

const HELP = `Usage: ostinato bench [FLAGS]

Measures Embedding(10000, 32) -> SimpleRNN(32) -> Dense(1, sigmoid) on generated reviews of 500 words: a training step of 128
rows, predictions of 128 rows, and of one row. Figures are medians.

${flagTable(FLAGS)}
`;

export const bench = defineCommand({
  summary: 'measures training and prediction on this machine, in seconds',
  help: HELP,
  flags: FLAGS,

  async run({ flags }, surroundings) {
    const settings = {
      seconds: integerFlag('seconds', flags.seconds, DEFAULTS.seconds, [1, 3600]),
      threads: integerFlag('threads', flags.threads, undefined, [1, 256]),
      json: flags.json === true,
    };
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late, as in train.ts
    const { runBench } = require('./bench_run') as typeof import('./bench_run');
    await runBench(settings, surroundings);
    return 0;
  },
});
