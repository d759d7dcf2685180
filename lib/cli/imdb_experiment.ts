// SPDX-License-Identifier: MIT
// The chapter's experiment from data to curves, and the report of it. All printing of `ostinato imdb` that is not
// progress of `fit` or of a download happens here.
import { Callback, Dense, Embedding, Sequential, SimpleRNN, cpuInfo, setRandomSeed, setThreads } from '../index';
import { monotonicSeconds } from '../util/timers';
import type { Surroundings } from './command';
import { panelOf, type Panel } from './curves';
import type { ImdbSettings } from './imdb';
import { loadImdb, NUM_WORDS, type ImdbData, type Sources } from './imdb_data';
import { checkOutputFile, writeOutputFile } from './output_file';
import { svgPlot } from './svg_plot';
import { terminalPlot } from './terminal_plot';

const EMBEDDING_SIZE = 32;

/** What `--json` writes. Times are in seconds. */
export interface ImdbReport {
  history: { loss: number[]; accuracy: number[]; valLoss: number[]; valAccuracy: number[] };
  test: { loss: number; accuracy: number };
  fitSeconds: number;
  /** Each epoch with its validation. */
  epochSeconds: number[];
  isa: string;
  threads: number;
  peakRssBytes: number;
  data: 'imdb' | 'synthetic';
  dataSource: string;
}

/**
 * Runs the experiment, prints what it finds, and writes the files that the settings name.
 *
 * @param sources in place of the real ones, for tests
 * @throws OstinatoError where data, settings or files are refused
 */
export async function runExperiment(
  settings: ImdbSettings,
  surroundings: Surroundings,
  sources?: Sources,
): Promise<ImdbReport> {
  checkOutputFile('--svg', settings.svg);
  if (settings.json !== undefined) checkOutputFile('--json', settings.json);
  if (settings.threads !== undefined) setThreads(settings.threads);
  if (settings.seed !== undefined) setRandomSeed(settings.seed);

  const data = await loadImdb(settings.data, settings.maxlen, surroundings, sources);
  const report = await trainAndTest(settings, data, surroundings);

  const panels = panelsOf(report);
  writeOutputFile('--svg', settings.svg, svgPlot(panels));
  if (settings.json !== undefined) writeOutputFile('--json', settings.json, `${JSON.stringify(report, null, 2)}\n`);
  if (!settings.quiet) surroundings.stdout.write(`\n${panels.map(terminalPlot).join('\n\n')}\n\n`);
  surroundings.stdout.write(conclusion(settings, report));
  return report;
}

/** Seconds of each epoch, validation included. */
class EpochClock extends Callback {
  readonly seconds: number[] = [];
  #begin = 0;

  override onEpochBegin(): void {
    this.#begin = monotonicSeconds();
  }

  override onEpochEnd(): void {
    this.seconds.push(monotonicSeconds() - this.#begin);
  }
}

async function trainAndTest(settings: ImdbSettings, data: ImdbData, { stdout }: Surroundings): Promise<ImdbReport> {
  const model = new Sequential();
  model.add(new Embedding(NUM_WORDS, EMBEDDING_SIZE));
  model.add(new SimpleRNN(settings.units));
  model.add(new Dense(1, { activation: 'sigmoid' }));
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['accuracy'] });
  if (!settings.quiet) model.summary({ printFn: (line: string) => void stdout.write(`${line}\n`) });

  try {
    const clock = new EpochClock();
    const begin = monotonicSeconds();
    const { history } = await model.fit(data.xTrain, data.yTrain, {
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      validationSplit: 0.2,
      verbose: settings.quiet ? 0 : 1,
      callbacks: [clock],
    });
    const fitSeconds = monotonicSeconds() - begin;
    const [loss = NaN, accuracy = NaN] = await model.evaluate(data.xTest, data.yTest, { verbose: 0 });
    const { isa, threads } = cpuInfo();
    const curve = (name: string): number[] => history[name] ?? [];
    return {
      history: {
        loss: curve('loss'),
        accuracy: curve('accuracy'),
        valLoss: curve('valLoss'),
        valAccuracy: curve('valAccuracy'),
      },
      test: { loss, accuracy },
      fitSeconds,
      epochSeconds: clock.seconds,
      isa,
      threads,
      // maxRSS is in kibibytes on every system.
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      data: data.kind,
      dataSource: data.source,
    };
  } finally {
    model.dispose();
  }
}

/** The book's two figures. */
export function panelsOf({ history, data }: Pick<ImdbReport, 'history' | 'data'>): Panel[] {
  const label = data === 'synthetic' ? ' (synthetic data)' : '';
  return [
    panelOf('Accuracy', history.accuracy, history.valAccuracy, label),
    panelOf('Loss', history.loss, history.valLoss, label),
  ];
}

function conclusion(settings: ImdbSettings, report: ImdbReport): string {
  const { test, fitSeconds, isa, threads, history } = report;
  const label = report.data === 'synthetic' ? ' (synthetic)' : '';
  const best = Math.max(...history.valAccuracy);
  const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const lines = [
    `Best validation accuracy${label}: ${best.toFixed(4)} in epoch ${history.valAccuracy.indexOf(best) + 1}`,
    `Test loss${label}: ${test.loss.toFixed(4)}   test accuracy${label}: ${test.accuracy.toFixed(4)}`,
    `Trained ${plural(settings.epochs, 'epoch')} in ${fitSeconds.toFixed(2)} s on ${plural(threads, 'thread')} (${isa})`,
    `Curves${label}: ${settings.svg}`,
    ...(settings.json === undefined ? [] : [`Figures${label}: ${settings.json}`]),
  ];
  return `${lines.join('\n')}\n`;
}
