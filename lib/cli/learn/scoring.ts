// SPDX-License-Identifier: MIT
// A model over a table with labels: predictions of its rows, compared.
import { internal } from '../../index';
import { Encoder } from './encoder';
import { makeScorer, type Scores } from './scores';
import { readSeriesRows, windowsOf } from './series';
import { slicesOf } from './source';
import type { NdArray } from '../../ndarray';
import type { Model } from '../../models';
import type { Table } from '../../tables';
import type { Recipe } from './recipe';

const { refusal } = internal;

/** Windows that a model is given at once. */
const WINDOWS = 1024;

/** Which rows count, by their number from 0. */
export interface Wanted {
  readonly row: (row: number) => boolean;
  /** For a series: the first row whose label counts. */
  readonly firstRow: number;
}

const ALL: Wanted = { row: () => true, firstRow: 0 };

/** Predicts and compares. A table is read slice by slice, a series is in memory. @throws DataError `ERR_DATA` */
export async function scoreTable(
  where: string,
  model: Model,
  recipe: Recipe,
  table: Table,
  wanted: Wanted = ALL,
): Promise<Scores> {
  const scorer = makeScorer(recipe);
  if (recipe.series !== null) {
    const rows = await readSeriesRows(where, table, recipe);
    const count = rows.targets.length;
    const ahead = recipe.series.window - 1 + recipe.series.horizon;
    const first = Math.max(wanted.firstRow, ahead);
    if (first >= count) throw refusal('ERR_DATA', where, `more than ${ahead} rows`, `${count}`);
    for (let at = first; at < count; at += WINDOWS) {
      const windows = windowsOf(rows, recipe.series, at, Math.min(at + WINDOWS, count))!;
      const outputs = (await model.predict(windows.x, { batchSize: WINDOWS })) as NdArray;
      scorer.add(
        outputs,
        windows.y,
        Array.from(windows.lines, (line) => ({ line, text: () => '' })),
      );
    }
    return scorer.scores();
  }
  const encoder = new Encoder(where, recipe, table.columns, true);
  let count = 0;
  for await (const { rows, first } of slicesOf(table)) {
    const own = rows.filter((_, at) => wanted.row(first + at));
    if (own.length === 0) continue;
    count += own.length;
    const targets = own.map((row) => encoder.target(row));
    const outputs = (await model.predict(encoder.inputs(own), { batchSize: 256 })) as NdArray;
    scorer.add(
      outputs,
      targets,
      own.map((row) => ({ line: row.line, text: () => encoder.text(row) })),
    );
  }
  if (count === 0) throw refusal('ERR_DATA', where, 'rows below the header', 'none');
  return scorer.scores();
}
