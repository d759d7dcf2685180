// SPDX-License-Identifier: MIT
// A table as arrays to train on and to validate on, and the vocabulary that its texts are read by.
import { internal, NdArray, TextVectorization } from '../../index';
import { columnAt, textOf } from './columns';
import { Encoder, type Inputs } from './encoder';
import { readSeriesRows, windowsOf } from './series';
import { slicesOf, withTable, type TableSource } from './source';
import type { Recipe } from './recipe';
import type { Split } from './split';

const { allocate, refusal } = internal;

/** Inputs and targets. */
export interface Arrays {
  readonly x: Inputs;
  readonly y: Float32Array;
}

/** The two parts of a table. */
export interface Dataset {
  readonly training: Arrays;
  readonly held: Arrays;
}

/** Learns the vocabulary of the rows to train on. @throws DataError `ERR_DATA` where they have no word */
export async function learnVocabulary(
  where: string,
  source: TableSource,
  text: string,
  { isHeld }: Split,
  { words, length }: { words: number; length: number },
): Promise<TextVectorization> {
  const vectorizer = new TextVectorization({ maxTokens: words, outputSequenceLength: length });
  await withTable(await source.open(), async (table) => {
    const column = columnAt(where, table.columns, text);
    async function* texts(): AsyncGenerator<string[]> {
      for await (const { rows, first } of slicesOf(table))
        yield rows.filter((_, at) => isHeld[first + at] === 0).map((row) => textOf(where, text, row, column));
    }
    await vectorizer.adapt(texts());
  });
  return vectorizer;
}

/** Reads a table into arrays: 4 bytes for each word up to the length of a text, and for each number. */
export async function readRows(where: string, source: TableSource, recipe: Recipe, split: Split): Promise<Dataset> {
  const parts = [split.training, split.held].map((count) => new Part(where, count, recipe));
  await withTable(await source.open(), async (table) => {
    const encoder = new Encoder(where, recipe, table.columns, true);
    for await (const { rows, first } of slicesOf(table))
      parts.forEach((part, index) => {
        const own = rows.filter((_, at) => split.isHeld[first + at] === index);
        if (own.length > 0)
          part.add(
            encoder.inputs(own),
            own.map((row) => encoder.target(row)),
          );
      });
  });
  const [training, held] = parts.map((part) => part.arrays()) as [Arrays, Arrays];
  return { training, held };
}

/** Reads a series into windows. The targets of the last part are held back. @throws DataError `ERR_DATA` */
export async function readSeries(where: string, source: TableSource, recipe: Recipe, split: Split): Promise<Dataset> {
  const rows = await withTable(await source.open(), (table) => readSeriesRows(where, table, recipe));
  const series = recipe.series!;
  const training = windowsOf(rows, series, 0, split.training);
  const held = windowsOf(rows, series, split.training, split.training + split.held);
  if (training !== undefined && held !== undefined) return { training, held };
  const needed = `more than ${series.window - 1 + series.horizon} rows to train on`;
  throw refusal('ERR_DATA', where, needed, `${split.training}`, 'Lower --window or --horizon.');
}

/** Arrays that are filled row by row. */
class Part {
  readonly #words: NdArray<Int32Array> | undefined;
  readonly #numbers: NdArray | undefined;
  readonly #y: Float32Array;
  #count = 0;

  constructor(where: string, rows: number, { vectorizer, numbers }: Recipe) {
    const length = vectorizer?.outputSequenceLength ?? 0;
    const { length: width } = numbers;
    if (length > 0)
      this.#words = new NdArray(
        allocate(where, () => new Int32Array(rows * length)),
        [rows, length],
      );
    if (width > 0)
      this.#numbers = new NdArray(
        allocate(where, () => new Float32Array(rows * width)),
        [rows, width],
      );
    this.#y = new Float32Array(rows);
  }

  add(inputs: Inputs, targets: readonly number[]): void {
    const { words, numbers } = partsOf(inputs);
    if (words !== undefined) this.#words!.data.set(words.data, this.#count * words.shape[1]!);
    if (numbers !== undefined) this.#numbers!.data.set(numbers.data, this.#count * numbers.shape[1]!);
    this.#y.set(targets, this.#count);
    this.#count += targets.length;
  }

  arrays(): Arrays {
    const [words, numbers] = [this.#words, this.#numbers];
    const x: Inputs = words === undefined ? numbers! : numbers === undefined ? words : { text: words, numbers };
    return { x, y: this.#y };
  }
}

function partsOf(inputs: Inputs): { words?: NdArray<Int32Array>; numbers?: NdArray } {
  if (!(inputs instanceof NdArray))
    return { words: inputs['text'] as NdArray<Int32Array>, numbers: inputs['numbers'] as NdArray };
  return inputs.data instanceof Int32Array ? { words: inputs as NdArray<Int32Array> } : { numbers: inputs as NdArray };
}
