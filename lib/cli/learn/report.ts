// SPDX-License-Identifier: MIT
// What a training or an evaluation tells: the object that `--json` prints, and the lines of the terminal.
import { panelOf, type Panel } from '../curves';
import { terminalPlot } from '../terminal_plot';
import type { ClassificationScores, Scores } from './scores';
import type { Recipe } from './recipe';

/** What `ostinato train --json` prints. Times are in seconds. */
export interface TrainReport {
  readonly data: string;
  readonly model: string;
  readonly report: string | null;
  readonly rows: { readonly training: number; readonly heldBack: number };
  readonly recipe: Omit<Recipe, 'vectorizer'>;
  readonly vocabulary: number | null;
  readonly params: number;
  readonly layers: readonly string[];
  readonly seed: number;
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Epoch of the model in the file, from 1. */
  readonly bestEpoch: number;
  readonly interrupted: boolean;
  /** Of the model in the file on the rows that were held back. */
  readonly scores: Scores;
  readonly seconds: { readonly reading: number; readonly training: number; readonly total: number };
  readonly isa: string;
  readonly threads: number;
}

/** Classes that a terminal shows the confusion of. */
const SHOWN = 10;

/** The lines of a training. */
export function trainText(report: TrainReport): string {
  const { rows, recipe, seconds } = report;
  const epochs = report.history['loss']?.length ?? 0;
  const task = recipe.task === 'regression' ? 'a number' : `one of ${recipe.labels.length} classes`;
  return [
    ...panelsOf(report).map((panel) => `${terminalPlot(panel)}\n`),
    `${count(rows.training)} rows to train on, ${count(rows.heldBack)} held back; column ${quote(recipe.label)} is ${task}`,
    `${count(report.params)} parameters: ${report.layers.join(' -> ')}`,
    `Best of ${epochs} epochs: epoch ${report.bestEpoch}${report.interrupted ? ' (interrupted)' : ''}`,
    '',
    scoresText(report.scores),
    `Read in ${seconds.reading.toFixed(1)} s, trained in ${seconds.training.toFixed(1)} s on ${report.threads} threads (${report.isa}), ${seconds.total.toFixed(1)} s in all`,
    `Model: ${report.model}`,
    ...(report.report === null ? [] : [`Report: ${report.report}`]),
    '',
  ].join('\n');
}

/** Curves of the loss, and of the metric that was watched. */
export function panelsOf({ history }: Pick<TrainReport, 'history'>): Panel[] {
  const metric = history['accuracy'] !== undefined ? 'accuracy' : 'mae';
  const valued = (name: string): string => `val${name[0]!.toUpperCase()}${name.slice(1)}`;
  return [[metric, metric === 'mae' ? 'Mean absolute error' : 'Accuracy'] as const, ['loss', 'Loss'] as const].map(
    ([key, name]) => panelOf(name, history[key] ?? [], history[valued(key)] ?? []),
  );
}

/** The lines of scores. */
export function scoresText(scores: Scores): string {
  if (!('confusion' in scores)) {
    const { rows, meanAbsoluteError, rootMeanSquaredError, r2 } = scores;
    return [
      `On ${count(rows)} rows: mean absolute error ${figure(meanAbsoluteError)}, root mean squared error ${figure(rootMeanSquaredError)}, R2 ${figure(r2)}`,
      '',
    ].join('\n');
  }
  const lines = [
    `On ${count(scores.rows)} rows: accuracy ${figure(scores.accuracy)}, log loss ${figure(scores.logLoss)}`,
    '',
    ...table([
      ['class', 'rows', 'precision', 'recall', 'F1'],
      ...scores.classes.map(({ label, rows, precision, recall, f1 }) => [
        short(label),
        count(rows),
        ...[precision, recall, f1].map(figure),
      ]),
    ]),
    '',
  ];
  return [...lines, ...confusionLines(scores)].join('\n');
}

function confusionLines({ classes, confusion }: ClassificationScores): string[] {
  if (classes.length > SHOWN) return [];
  const names = classes.map(({ label }) => short(label));
  const rows = confusion.map((row, id) => [names[id]!, ...row.map(count)]);
  return [...table([['label \\ prediction', ...names], ...rows]), ''];
}

/** Columns of a table: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
}

/** A number with four digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toPrecision(4) : value.toFixed(4);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Control characters would move the cursor of a terminal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function short(label: string): string {
  const plain = label.replace(/\p{Cc}/gu, ' ');
  return plain.length > 24 ? `${plain.slice(0, 21)}...` : plain;
}
