// SPDX-License-Identifier: MIT
// `ostinato predict`: rows from stdin, predictions to stdout. The next rows are read when the last predictions were taken.
import { NdArray, setThreads } from '../../index';
import { openTable, type Cell, type Row, type Table, type TableFormat } from '../../tables';
import { writeSlowly, type Output, type Surroundings } from '../command';
import { Encoder, type Inputs } from './encoder';
import { PredictionWriter, type OutputFormat } from './prediction_writer';
import { needed } from './run_evaluation';
import { classOf } from './scores';
import { slide, TimeOrder } from './series';
import { slicesOf, withTable } from './source';
import { openTrainedModel } from './trained_model';
import type { Model } from '../../models';
import type { Recipe } from './recipe';

export interface PredictionSettings {
  readonly file: string;
  readonly input: TableFormat | undefined;
  readonly output: OutputFormat | undefined;
  readonly delimiter: string | undefined;
  readonly keep: boolean;
  readonly probabilities: boolean;
  readonly threads: number | undefined;
}

const WHERE = 'predict';

/** @throws OstinatoError */
export async function runPrediction(settings: PredictionSettings, { stdin, stdout }: Surroundings): Promise<void> {
  if (settings.threads !== undefined) setThreads(settings.threads);
  const { model, recipe } = await openTrainedModel(WHERE, settings.file);
  try {
    const place = `${WHERE}, stdin`;
    const { input: format, delimiter } = settings;
    const table = await openTable(place, needed(stdin), { format, delimiter });
    await withTable(table, () => predictTable(place, model, recipe, table, settings, stdout));
  } finally {
    model.dispose();
  }
}

async function predictTable(
  where: string,
  model: Model,
  recipe: Recipe,
  table: Table,
  { keep, probabilities, output }: PredictionSettings,
  stdout: Output,
): Promise<void> {
  const rows = rowsOf(where, recipe, table);
  const kept = keep ? table.columns : rows.hasTime ? [recipe.series!.time!] : [];
  const given = recipe.labels.length === 0 ? ['prediction'] : ['prediction', 'probability'];
  const each = probabilities ? recipe.labels.map((label) => `probability_${label}`) : [];
  const writer = new PredictionWriter(where, output ?? sameFormat(table.format), [...kept, ...given, ...each]);
  await writeSlowly(stdout, writer.header);
  for await (const { x, ends } of rows.slices()) {
    const outputs = (await model.predict(x, { batchSize: 256 })) as NdArray;
    const width = outputs.shape[1]!;
    const lines = ends.map(({ row, time }, at) => {
      const values = outputs.data.subarray(at * width, (at + 1) * width);
      const own = keep ? row.cells : rows.hasTime ? [time] : [];
      return writer.row([...own, ...predicted(recipe, values, probabilities)]);
    });
    await writeSlowly(stdout, lines.join(''));
  }
}

function sameFormat(format: TableFormat): OutputFormat {
  return format === 'jsonl' || format === 'tsv' ? format : 'csv';
}

/** What is told of one row. */
function predicted({ labels }: Recipe, values: Float32Array, withAll: boolean): Cell[] {
  if (labels.length === 0) return [digits(values[0]!)];
  const { id, probabilities } = classOf(values);
  return [labels[id]!, digits(probabilities[id]!), ...(withAll ? probabilities.map(digits) : [])];
}

/** The digits that a float32 has. */
function digits(value: number): number {
  return Number(value.toPrecision(7));
}

/** Inputs of a model, and the row at the end of each. */
interface Slice {
  readonly x: Inputs;
  readonly ends: readonly { readonly row: Row; readonly time: string }[];
}

function rowsOf(where: string, recipe: Recipe, table: Table): { hasTime: boolean; slices(): AsyncIterable<Slice> } {
  // A table of lines has one column, which is the text, whatever it was called in training.
  const own = table.format === 'lines' && recipe.text !== null ? { ...recipe, text: 'text' } : recipe;
  const encoder = new Encoder(where, own, table.columns, false);
  if (recipe.series === null) return { hasTime: false, slices: () => tableSlices(encoder, table) };
  const order = new TimeOrder(where, recipe.series, table.columns);
  const { time, window } = recipe.series;
  return { hasTime: time !== null, slices: () => seriesSlices(encoder, order, window, table) };
}

async function* tableSlices(encoder: Encoder, table: Table): AsyncGenerator<Slice> {
  for await (const { rows } of slicesOf(table))
    yield { x: encoder.inputs(rows), ends: rows.map((row) => ({ row, time: '' })) };
}

/** Windows over the rows as they come; the last rows of a slice begin the windows of the next. */
async function* seriesSlices(encoder: Encoder, order: TimeOrder, window: number, table: Table): AsyncGenerator<Slice> {
  let before: NdArray | undefined;
  for await (const { rows } of slicesOf(table)) {
    const times = rows.map((row) => order.next(row));
    const values = joined(before, encoder.numbers(rows));
    const [count, width] = values.shape as [number, number];
    const windows = count - window + 1;
    if (windows > 0) {
      const ends = rows
        .slice(rows.length - windows)
        .map((row, at) => ({ row, time: times[rows.length - windows + at]! }));
      yield { x: slide(values, window, 0, windows), ends };
    }
    const left = Math.min(window - 1, count);
    before = new NdArray(values.data.slice((count - left) * width), [left, width]);
  }
}

function joined(before: NdArray | undefined, values: NdArray): NdArray {
  if (before === undefined) return values;
  const data = new Float32Array(before.data.length + values.data.length);
  data.set(before.data);
  data.set(values.data, before.data.length);
  return new NdArray(data, [before.shape[0]! + values.shape[0]!, values.shape[1]!]);
}
