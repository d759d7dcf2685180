// SPDX-License-Identifier: MIT
// `ostinato predict FILE`: rows in by stdin, predictions out by stdout, as they come.
import { TABLE_FORMATS } from '../tables';
import { choiceFlag, defineCommand, flagTable, integerFlag, textFlag, type Flag } from './command';
import { delimiterOf } from './train';

const OPERANDS = ['FILE'] as const;
const INPUTS = TABLE_FORMATS.filter((format) => format !== 'parquet');
const OUTPUTS = ['csv', 'tsv', 'jsonl'] as const;
const FLAGS = {
  input: { placeholder: 'FORMAT', help: `${INPUTS.join(', ')} (JSON Lines where it begins with {, else CSV)` },
  output: { placeholder: 'FORMAT', help: `${OUTPUTS.join(', ')} (that of the input; CSV for lines)` },
  delimiter: { placeholder: 'C', help: 'between fields of a CSV (found out)' },
  keep: { help: 'repeat the columns of the input before the prediction' },
  probabilities: { help: 'add what the model gives each class' },
  threads: { placeholder: 'N', help: 'compute threads (as many as this process may use cores)' },
  json: { help: 'the same as --output jsonl' },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

const HELP = `Usage: ostinato predict FILE [FLAGS] < ROWS > PREDICTIONS

Predicts the rows of stdin by the model of FILE, which ostinato train wrote, in their order. Rows are predicted as they come
and read no faster than predictions are taken, so the input may be of any size, and may never end.

${flagTable(FLAGS)}

The columns are prediction and, for classes, probability. A time series gives a prediction for each row that has a whole
window behind it, with the time of that row. A row that cannot be used ends the command with exit code 1 and the line's
number; the predictions of the rows before it are written.

  ostinato predict model.safetensors < new.csv > predictions.csv
  echo 'what a film' | ostinato predict model.safetensors --input lines --json
`;

export const predict = defineCommand({
  summary: 'predicts rows from stdin to stdout, as they come',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, surroundings) {
    const [file] = operands as [string];
    const output = choiceFlag('output', flags.output, OUTPUTS);
    const settings = {
      file,
      input: choiceFlag('input', flags.input, INPUTS),
      output: flags.json === true ? ('jsonl' as const) : output,
      delimiter: delimiterOf(textFlag(flags.delimiter)),
      keep: flags.keep === true,
      probabilities: flags.probabilities === true,
      threads: integerFlag('threads', flags.threads, undefined, [1, 256]),
    };
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late, as in train.ts
    const { runPrediction } = require('./learn/run_prediction') as typeof import('./learn/run_prediction');
    await runPrediction(settings, surroundings);
    return 0;
  },
});
