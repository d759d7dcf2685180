// SPDX-License-Identifier: MIT
// `ostinato imdb`: flags, their defaults and help. The experiment itself is in imdb_experiment.ts, loaded only when it
// runs, so that help and slips of the hand need no addon, and an addon that cannot be loaded is an error like any other.
import { defineCommand, flagTable, integerFlag, type Flag, type FlagValues } from './command';

/** What the experiment is run with; the numbers are the chapter's where no flag says otherwise. */
export interface ImdbSettings {
  data: string | undefined;
  epochs: number;
  batchSize: number;
  units: number;
  maxlen: number;
  seed: number | undefined;
  threads: number | undefined;
  json: string | undefined;
  svg: string;
  quiet: boolean;
}

const DEFAULTS = Object.freeze({ epochs: 10, batchSize: 128, units: 32, maxlen: 500, svg: 'imdb.svg' });

const FLAGS = {
  data: {
    placeholder: 'FILE',
    help: "the reviews, as Keras publishes them (imdb.npz); see below for where else they're sought",
  },
  epochs: { placeholder: 'N', help: `passes over the training reviews (${DEFAULTS.epochs})` },
  'batch-size': { placeholder: 'N', help: `reviews per training step (${DEFAULTS.batchSize})` },
  units: { placeholder: 'N', help: `size of the recurrent layer (${DEFAULTS.units})` },
  maxlen: { placeholder: 'N', help: `words per review: longer ones lose their beginning (${DEFAULTS.maxlen})` },
  seed: { placeholder: 'N', help: 'the same seed gives the same figures on the same instruction set (random)' },
  threads: { placeholder: 'N', help: 'compute threads (as many as this process may use cores)' },
  json: { placeholder: 'FILE', help: 'write history, test result, times, memory and surroundings' },
  svg: { placeholder: 'FILE', help: `write the curves (${DEFAULTS.svg})` },
  quiet: { help: 'no summary, no progress, no plot in the terminal' },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

const HELP = `Usage: ostinato imdb [FLAGS]

Trains Embedding(10000, 32) -> SimpleRNN(32) -> Dense(1, sigmoid) to tell whether a film review is favourable.

${flagTable(FLAGS)}

The reviews are taken from --data, else from the file that OSTINATO_IMDB names, else from Keras' cache
(~/.keras/datasets/imdb.npz), else downloaded into that cache. Where none can be had, a generated corpus is used, and
every figure that comes of it is labelled synthetic.
`;

/** @throws UsageError, or ConfigError `ERR_CONFIG` where a number is out of its range */
export function readSettings(values: FlagValues<typeof FLAGS>): ImdbSettings {
  const text = (value: string | true | undefined): string | undefined => (value === true ? undefined : value);
  return {
    data: text(values.data),
    epochs: integerFlag('epochs', values.epochs, DEFAULTS.epochs, [1, 100000]),
    batchSize: integerFlag('batch-size', values['batch-size'], DEFAULTS.batchSize, [1, 1000000]),
    units: integerFlag('units', values.units, DEFAULTS.units, [1, 65536]),
    maxlen: integerFlag('maxlen', values.maxlen, DEFAULTS.maxlen, [1, 100000]),
    seed: integerFlag('seed', values.seed, undefined, [0, Number.MAX_SAFE_INTEGER]),
    threads: integerFlag('threads', values.threads, undefined, [1, 256]),
    json: text(values.json),
    svg: text(values.svg) ?? DEFAULTS.svg,
    quiet: values.quiet === true,
  };
}

export const imdb = defineCommand({
  summary: "train the chapter's recurrent net on the IMDB film reviews",
  help: HELP,
  flags: FLAGS,

  async run({ flags }, surroundings) {
    const settings = readSettings(flags);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late: see the head of this file
    const { runExperiment } = require('./imdb_experiment') as typeof import('./imdb_experiment');
    await runExperiment(settings, surroundings);
    return 0;
  },
});
