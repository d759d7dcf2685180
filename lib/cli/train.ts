// SPDX-License-Identifier: MIT
// `ostinato train DATA`: flags, their defaults and help. The work is in learn/, loaded only when it runs, so that help and
// slips of the hand need no addon.
import { TABLE_FORMATS } from '../tables';
import {
  choiceFlag,
  defineCommand,
  flagTable,
  integerFlag,
  numberFlag,
  textFlag,
  UsageError,
  type Flag,
  type FlagValues,
} from './command';
import type { TrainSettings } from './learn/run_training';

const OPERANDS = ['DATA'] as const;
const DEFAULTS = Object.freeze({
  out: 'model.safetensors',
  window: 24,
  horizon: 1,
  words: 20000,
  length: 400,
  epochs: 20,
  learningRate: 0.001,
  patience: 3,
  holdout: 0.2,
  seed: 1,
});

const FLAGS = {
  label: { placeholder: 'COLUMN', help: 'what is to be predicted' },
  text: { placeholder: 'COLUMN', help: 'a column of text to predict it from' },
  numbers: { placeholder: 'A,B,...', help: 'columns of numbers to predict it from' },
  time: { placeholder: 'COLUMN', help: 'the rows are a time series that ascends by this column' },
  window: { placeholder: 'N', help: `rows of a series that a prediction looks at (${DEFAULTS.window})` },
  horizon: { placeholder: 'N', help: `rows ahead that are predicted (${DEFAULTS.horizon})` },
  task: { placeholder: 'TASK', help: 'classes or regression (what the labels look like)' },
  out: { placeholder: 'FILE', help: `where the best model is kept (${DEFAULTS.out})` },
  report: { placeholder: 'FILE', help: 'write a report as one HTML file' },
  overwrite: { help: 'let a model that is there give way' },
  layers: { placeholder: 'LIST', help: "layers in place of the default, as in 'embedding:32,lstm:64,dense:1'" },
  model: { placeholder: 'FILE', help: 'a model in place of the default: the JSON that model.toJson() gives' },
  words: { placeholder: 'N', help: `most words of the vocabulary (${DEFAULTS.words})` },
  length: { placeholder: 'N', help: `most words of a text; the rest is cut off (${DEFAULTS.length})` },
  epochs: { placeholder: 'N', help: `most passes over the rows (${DEFAULTS.epochs})` },
  'batch-size': { placeholder: 'N', help: 'rows of a training step (a hundredth of the rows, from 8 to 128)' },
  'learning-rate': { placeholder: 'X', help: `of Adam (${DEFAULTS.learningRate})` },
  patience: { placeholder: 'N', help: `epochs without improvement before training ends (${DEFAULTS.patience})` },
  monitor: { placeholder: 'WHAT', help: 'what the best model is best in: loss or accuracy (loss)' },
  'class-weights': { help: 'let each class count as much as any other' },
  holdout: { placeholder: 'SHARE', help: `share of the rows to hold back for validation (${DEFAULTS.holdout})` },
  seed: { placeholder: 'N', help: `the same seed gives the same model on the same machine (${DEFAULTS.seed})` },
  threads: { placeholder: 'N', help: 'compute threads (as many as this process may use cores)' },
  format: { placeholder: 'FORMAT', help: `of DATA: ${TABLE_FORMATS.join(', ')} (what its name ends in)` },
  delimiter: { placeholder: 'C', help: 'between fields of a CSV (found out)' },
  json: { help: 'print the report as one JSON object' },
  quiet: { help: 'print nothing' },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

const HELP = `Usage: ostinato train DATA --label COLUMN --text COLUMN [FLAGS]
       ostinato train DATA --label COLUMN --numbers A,B,... [FLAGS]
       ostinato train DATA --label COLUMN --time COLUMN [--numbers A,B,...] [FLAGS]

Trains a model on a table and keeps the best one in a file, which evaluate and predict use alone.

${flagTable(FLAGS)}

Labels that are texts, or at most 10 different integers, are classes; other numbers make a regression. A series is predicted
as a number, from its own past where --numbers names nothing else. Progress goes to stderr where it is a terminal.

Ctrl-C ends the training: the best model so far stays in its file, and the report is about that. The exit code is 0 for a
training that ended by itself, 1 for a failure, 2 for a command line that could not be understood, 130 after Ctrl-C.

  ostinato train reviews.csv --text review --label sentiment --report report.html
  ostinato train houses.jsonl --numbers rooms,area --label price
  ostinato train weather.csv --time hour --label temperature --window 48 --horizon 6
`;

/** @throws UsageError, or ConfigError `ERR_CONFIG` where a number is out of its range */
export function readTrainSettings(data: string, values: FlagValues<typeof FLAGS>): TrainSettings {
  const label = textFlag(values.label);
  if (label === undefined) throw new UsageError('expected --label COLUMN: what is to be predicted');
  const text = textFlag(values.text) ?? null;
  const time = textFlag(values.time) ?? null;
  const isSeries = [values.time, values.window, values.horizon].some((flag) => flag !== undefined);
  if (isSeries && text !== null)
    throw new UsageError('expected --text or a series (--time, --window, --horizon), received both');
  const numbers = columnList(values.numbers) ?? (isSeries ? [label] : []);
  if (text === null && numbers.length === 0)
    throw new UsageError('expected columns to predict from: --text COLUMN, --numbers A,B,... or --time COLUMN');
  if (text === label || (!isSeries && numbers.includes(label)))
    throw new UsageError(`--label: expected a column that is not predicted from, received ${JSON.stringify(label)}`);
  if (values.layers !== undefined && values.model !== undefined)
    throw new UsageError('expected --layers or --model, received both');
  const task = choiceFlag('task', values.task, ['classes', 'regression']);
  const monitor = choiceFlag('monitor', values.monitor, ['loss', 'accuracy']);
  return {
    data,
    format: choiceFlag('format', values.format, TABLE_FORMATS),
    delimiter: delimiterOf(textFlag(values.delimiter)),
    text,
    numbers,
    label,
    series: isSeries
      ? {
          time,
          window: integerFlag('window', values.window, DEFAULTS.window, [1, 100000]),
          horizon: integerFlag('horizon', values.horizon, DEFAULTS.horizon, [1, 100000]),
        }
      : null,
    task,
    out: textFlag(values.out) ?? DEFAULTS.out,
    report: textFlag(values.report),
    overwrite: values.overwrite === true,
    layers: textFlag(values.layers),
    modelFile: textFlag(values.model),
    words: integerFlag('words', values.words, DEFAULTS.words, [3, 10000000]),
    length: integerFlag('length', values.length, DEFAULTS.length, [1, 100000]),
    epochs: integerFlag('epochs', values.epochs, DEFAULTS.epochs, [1, 100000]),
    batchSize: integerFlag('batch-size', values['batch-size'], undefined, [1, 1000000]),
    learningRate: numberFlag('learning-rate', values['learning-rate'], DEFAULTS.learningRate, [0, 10]),
    patience: integerFlag('patience', values.patience, DEFAULTS.patience, [0, 100000]),
    monitor,
    classWeights: values['class-weights'] === true,
    holdout: numberFlag('holdout', values.holdout, DEFAULTS.holdout, [0, 1]),
    seed: integerFlag('seed', values.seed, DEFAULTS.seed, [0, Number.MAX_SAFE_INTEGER]),
    threads: integerFlag('threads', values.threads, undefined, [1, 256]),
    json: values.json === true,
    quiet: values.quiet === true,
  };
}

/** A tab can be hard to type. */
export function delimiterOf(text: string | undefined): string | undefined {
  return text === '\\t' || text === 'tab' ? '\t' : text;
}

function columnList(text: string | true | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = String(text).split(',');
  const isOdd = names.some((name, index) => name === '' || names.indexOf(name) !== index);
  if (isOdd) throw new UsageError(`--numbers: expected different columns A,B,..., received ${JSON.stringify(text)}`);
  return names;
}

export const train = defineCommand({
  summary: 'trains a model on a CSV, TSV, JSONL or Parquet file',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, surroundings) {
    const [data] = operands as [string];
    const settings = readTrainSettings(data, flags);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late: see the head of this file
    const { runTraining } = require('./learn/run_training') as typeof import('./learn/run_training');
    return runTraining(settings, surroundings);
  },
});
