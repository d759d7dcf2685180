// SPDX-License-Identifier: MIT
// `ostinato train` from file to report: what is done in which order.
import { existsSync, readFileSync } from 'node:fs';
import { internal, cpuInfo, setRandomSeed, setThreads } from '../../index';
import { monotonicSeconds } from '../../util/timers';
import { checkOutputFile, writeOutputFile } from '../output_file';
import { learnVocabulary, readRows, readSeries } from './dataset';
import { fitNetwork } from './fitting';
import { makeNetwork } from './network';
import { trainText, type TrainReport } from './report';
import { reportPage } from './report_page';
import { classNames, scan, taskOf } from './scan';
import { scoreTable } from './scoring';
import { TableSource, withTable } from './source';
import { splitRows } from './split';
import { openTrainedModel } from './trained_model';
import type { Surroundings } from '../command';
import type { TableFormat } from '../../tables';
import type { Recipe, Task } from './recipe';

const { describe, OWN, refusal } = internal;

/** What a training is run with. */
export interface TrainSettings {
  readonly data: string;
  readonly format: TableFormat | undefined;
  readonly delimiter: string | undefined;
  readonly text: string | null;
  readonly numbers: readonly string[];
  readonly label: string;
  readonly series: { readonly time: string | null; readonly window: number; readonly horizon: number } | null;
  readonly task: 'classes' | 'regression' | undefined;
  readonly out: string;
  readonly report: string | undefined;
  readonly overwrite: boolean;
  readonly layers: string | undefined;
  readonly modelFile: string | undefined;
  readonly words: number;
  readonly length: number;
  readonly epochs: number;
  readonly batchSize: number | undefined;
  readonly learningRate: number;
  readonly patience: number;
  readonly monitor: 'loss' | 'accuracy' | undefined;
  readonly classWeights: boolean;
  readonly holdout: number;
  readonly seed: number;
  readonly threads: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

const WHERE = 'train';
/** What a shell calls a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @returns the exit code. @throws OstinatoError */
export async function runTraining(settings: TrainSettings, surroundings: Surroundings): Promise<number> {
  const begin = monotonicSeconds();
  const { stdout, stderr } = surroundings;
  checkFiles(settings);
  if (settings.threads !== undefined) setThreads(settings.threads);
  setRandomSeed(settings.seed);
  const config = settings.modelFile === undefined ? undefined : readConfig(settings.modelFile);
  const tell = (text: string): void => {
    if (stderr.isTTY === true && !settings.quiet) stderr.write(`${text}\n`);
  };

  tell(`Reading ${settings.data}`);
  const { source, recipe, split, data } = await readData(settings);
  const reading = monotonicSeconds() - begin;

  const { layers, learningRate } = settings;
  const model = await makeNetwork(recipe, data.training, { layers, config, learningRate });
  const facts = { params: model.countParams(), layers: model.layers.map((layer) => layer.className) };
  const stop = new AbortController();
  const unhear = surroundings.onInterrupt?.(() => {
    tell('\nStopping. Press Ctrl-C again to leave without a report.');
    stop.abort();
  });
  const fit = await fitNetwork(model, recipe, data, {
    ...settings,
    batchSize: settings.batchSize ?? usualBatchSize(data.training.y.length),
    monitor: settings.monitor ?? 'loss',
    progress: stderr.isTTY === true && !settings.quiet ? stderr : undefined,
    signal: stop.signal,
  }).finally(() => {
    unhear?.();
    model.dispose();
  });
  if (fit.bestEpoch === 0) {
    if (fit.isInterrupted) {
      stderr.write('ostinato train: interrupted before the first epoch ended; no model was written\n');
      return INTERRUPTED;
    }
    const hint = 'Lower --learning-rate.';
    throw refusal('ERR_DATA', WHERE, 'a training that converges', 'a loss that is no number', hint);
  }

  tell('Evaluating the best model');
  const best = await openTrainedModel(WHERE, settings.out);
  const wanted = { row: (row: number) => split.isHeld[row] === 1, firstRow: split.training };
  const scores = await withTable(await source.open(), (table) =>
    scoreTable(placeOf(settings), best.model, best.recipe, table, wanted),
  ).finally(() => best.model.dispose());
  const { isa, threads } = cpuInfo();
  const { vectorizer, ...described } = recipe;
  const report: TrainReport = {
    data: settings.data,
    model: settings.out,
    report: settings.report ?? null,
    rows: { training: data.training.y.length, heldBack: data.held.y.length },
    recipe: described,
    vocabulary: vectorizer?.getVocabulary().length ?? null,
    ...facts,
    seed: settings.seed,
    history: fit.history,
    bestEpoch: fit.bestEpoch,
    interrupted: fit.isInterrupted,
    scores,
    seconds: { reading, training: fit.seconds, total: monotonicSeconds() - begin },
    isa,
    threads,
  };
  if (settings.report !== undefined) writeOutputFile('--report', settings.report, reportPage(report));
  if (settings.json) stdout.write(`${JSON.stringify(report)}\n`);
  else if (!settings.quiet) stdout.write(trainText(report));
  return fit.isInterrupted ? INTERRUPTED : 0;
}

function placeOf({ data }: TrainSettings): string {
  return `${WHERE}, ${data}`;
}

/** Three passes over the file: what is in it, the words to train on, the arrays. */
async function readData(settings: TrainSettings) {
  const place = placeOf(settings);
  const { text, numbers, label, series, format, delimiter } = settings;
  const source = new TableSource(WHERE, settings.data, { format, delimiter });
  const found = await withTable(await source.open(), (table) =>
    scan(place, table, { text, label, longest: settings.length }),
  );
  const task = taskOf(place, found, label, series === null ? settings.task : (settings.task ?? 'regression'));
  checkTask(settings, task);
  const labels = task === 'regression' ? [] : classNames(found);
  const split = splitRows(place, found.rows, settings.holdout, series === null ? settings.seed % 2 ** 32 : 'last');
  const sizes = { words: settings.words, length: found.length };
  const vectorizer = text === null ? null : await learnVocabulary(place, source, text, split, sizes);
  const recipe: Recipe = { task, text, numbers, label, series, labels, vectorizer };
  const data = await (series === null ? readRows : readSeries)(place, source, recipe, split);
  return { source, recipe, split, data };
}

/** Some hundred steps an epoch: few rows are learnt from in small steps, many in such that use all threads. */
function usualBatchSize(rows: number): number {
  return Math.min(128, Math.max(8, Math.ceil(rows / 100)));
}

/** Before the first row is read: nobody learns of a mistyped folder after an hour of training. */
function checkFiles({ out, report, overwrite }: TrainSettings): void {
  checkOutputFile('--out', out);
  // Other formats have no room for what the file says of its columns.
  if (!out.endsWith(OWN)) throw refusal('ERR_CONFIG', 'train', `--out to end in ${OWN}`, describe(out));
  if (report !== undefined) checkOutputFile('--report', report);
  if (!overwrite && existsSync(out)) {
    const hint = 'Pass --overwrite to replace it.';
    throw refusal('ERR_CONFIG', '--out', 'a file that is not there yet', describe(out), hint);
  }
}

/** What goes with classes alone. */
function checkTask({ monitor, classWeights }: TrainSettings, task: Task): void {
  if (task !== 'regression') return;
  const flag = monitor === 'accuracy' ? '--monitor accuracy' : classWeights ? '--class-weights' : undefined;
  if (flag !== undefined) throw refusal('ERR_CONFIG', flag, 'classes to predict', 'a regression');
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refusal('ERR_NOT_FOUND', '--model', `to read ${file}`, (error as Error).message);
  }
}
