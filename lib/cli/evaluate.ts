// SPDX-License-Identifier: MIT
// `ostinato evaluate FILE DATA`: a model that `ostinato train` wrote, over a table with labels.
import { TABLE_FORMATS } from '../tables';
import { choiceFlag, defineCommand, flagTable, integerFlag, textFlag, type Flag } from './command';
import { delimiterOf } from './train';

const OPERANDS = ['FILE', 'DATA'] as const;
const FLAGS = {
  format: { placeholder: 'FORMAT', help: `of DATA: ${TABLE_FORMATS.join(', ')} (what its name ends in)` },
  delimiter: { placeholder: 'C', help: 'between fields of a CSV (found out)' },
  threads: { placeholder: 'N', help: 'compute threads (as many as this process may use cores)' },
  json: { help: 'print the scores as one JSON object' },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

const HELP = `Usage: ostinato evaluate FILE DATA [FLAGS]

Compares what the model of FILE predicts with the labels of DATA: accuracy, confusion, and scores by class; or the errors of
a regression. FILE is a model that ostinato train wrote: it knows its columns. DATA is - for stdin. Rows are read as they are
needed, so DATA may be larger than memory; a time series is held in memory.

${flagTable(FLAGS)}
`;

export const evaluate = defineCommand({
  summary: 'tells how well a model predicts the labels of a table',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, surroundings) {
    const [file, data] = operands as [string, string];
    const settings = {
      file,
      data,
      format: choiceFlag('format', flags.format, TABLE_FORMATS),
      delimiter: delimiterOf(textFlag(flags.delimiter)),
      threads: integerFlag('threads', flags.threads, undefined, [1, 256]),
      json: flags.json === true,
    };
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late, as in train.ts
    const { runEvaluation } = require('./learn/run_evaluation') as typeof import('./learn/run_evaluation');
    await runEvaluation(settings, surroundings);
    return 0;
  },
});
