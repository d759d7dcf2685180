// SPDX-License-Identifier: MIT
// Rows of a table as the arrays that a model takes: ids of words, numbers, and targets.
import { internal, NdArray } from '../../index';
import { columnAt, labelOf, numberOf, textOf } from './columns';
import type { Row } from '../../tables';
import type { Recipe } from './recipe';

const { allocate, describe, refusal } = internal;

/** Inputs of a model by their names; a model with one input is given the array alone. */
export type Inputs = NdArray<Int32Array> | NdArray | Record<string, NdArray<Int32Array> | NdArray>;

/** Names of the inputs of models that are made here. */
export const INPUT_NAMES = Object.freeze({ text: 'text', numbers: 'numbers' });

/** Turns rows of one table into arrays. */
export class Encoder {
  readonly #where: string;
  readonly #recipe: Recipe;
  readonly #textAt: number;
  readonly #numbersAt: readonly number[];
  readonly #labelAt: number | undefined;
  readonly #ids: ReadonlyMap<string, number>;

  /**
   * @param columns of the table
   * @param needsLabels whether targets will be asked for
   * @throws DataError `ERR_DATA` where a column is missing
   */
  constructor(where: string, recipe: Recipe, columns: readonly string[], needsLabels: boolean) {
    this.#where = where;
    this.#recipe = recipe;
    this.#textAt = recipe.text === null ? -1 : columnAt(where, columns, recipe.text);
    this.#numbersAt = recipe.numbers.map((name) => columnAt(where, columns, name));
    this.#labelAt = needsLabels ? columnAt(where, columns, recipe.label) : undefined;
    this.#ids = new Map(recipe.labels.map((name, id) => [name, id]));
  }

  /** The text of a row. */
  text(row: Row): string {
    const { text } = this.#recipe;
    return text === null ? '' : textOf(this.#where, text, row, this.#textAt);
  }

  /** Inputs of rows. @throws DataError `ERR_DATA` with the line */
  inputs(rows: readonly Row[]): Inputs {
    const { vectorizer, numbers } = this.#recipe;
    const words =
      vectorizer === null ? undefined : (vectorizer.call(rows.map((row) => this.text(row))) as NdArray<Int32Array>);
    if (words !== undefined && numbers.length === 0) return words;
    const values = this.numbers(rows);
    return words === undefined ? values : { [INPUT_NAMES.text]: words, [INPUT_NAMES.numbers]: values };
  }

  /** The columns of numbers, [N,C]. @throws DataError `ERR_DATA` with the line */
  numbers(rows: readonly Row[]): NdArray {
    const { numbers } = this.#recipe;
    const data = allocate(this.#where, () => new Float32Array(rows.length * numbers.length));
    rows.forEach((row, at) =>
      numbers.forEach((name, c) => {
        data[at * numbers.length + c] = numberOf(this.#where, name, row, this.#numbersAt[c]!);
      }),
    );
    return new NdArray(data, [rows.length, numbers.length]);
  }

  /** The target of a row: a number, or the id of its class. @throws DataError `ERR_DATA` with the line */
  target(row: Row): number {
    const { label, task, labels } = this.#recipe;
    if (task === 'regression') return numberOf(this.#where, label, row, this.#labelAt!);
    const name = labelOf(this.#where, label, row, this.#labelAt!);
    const id = this.#ids.get(name);
    if (id !== undefined) return id;
    const expected = `one of the classes ${labels.slice(0, 10).map(describe).join(', ')}${labels.length > 10 ? ', ...' : ''}`;
    throw refusal('ERR_DATA', this.#where, expected, `${describe(name)} in line ${row.line}`);
  }
}
