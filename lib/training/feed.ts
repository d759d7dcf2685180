// SPDX-License-Identifier: MIT
// Where the batches of a call come from: rows in memory here, a source that gives them one by one in source_feed.ts.
import type { NativeDataset, NativeRun } from '../native/binding';

/** What the engine computes in one run. */
export type Portion = Pick<NativeRun, 'datasets' | 'order' | 'begin' | 'end' | 'batchSize'>;

/** Batches, epoch by epoch. */
export interface Feed {
  /** Batches of an epoch; undefined where only the source knows. */
  readonly steps: number | undefined;
  /**
   * Goes to batch `batch` of epoch `epoch`, both from 0.
   *
   * @returns whether there is a batch at all
   */
  begin(epoch: number, batch: number): boolean | Promise<boolean>;
  /** The next batches of the epoch, `batches` at most; undefined after the last. */
  take(batches: number): Portion | undefined | Promise<Portion | undefined>;
  /** The engine is done with a portion. */
  finish(portion: Portion): void;
  /** Gives back what is held. */
  close(): void;
}

/** Rows of a data set, in their own order. */
export interface RowRange {
  readonly dataset: NativeDataset;
  readonly begin: number;
  readonly end: number;
}

/** Options of {@link MemoryFeed}. */
export interface MemoryFeedOptions {
  readonly batchSize: number;
  /** Batches of an epoch; undefined: all that there are. */
  readonly steps: number | undefined;
  /** Fills the order of rows 0 to n - 1 of one pass over the data; undefined: they keep their own. Rows must begin at 0. */
  readonly permute?: ((pass: number, order: Int32Array) => void) | undefined;
}

/**
 * Rows in memory. Where an epoch has fewer steps than the data has batches, the next epoch goes on with the rest; the
 * last epoch of a pass over the data may be short. (keras/src/trainers/epoch_iterator.py.)
 */
export class MemoryFeed implements Feed {
  readonly steps: number;
  readonly #rows: RowRange;
  /** Never more than there are rows: the engine makes room for a whole batch. */
  readonly #batchSize: number;
  readonly #batches: number;
  readonly #permute: MemoryFeedOptions['permute'];
  readonly #order: Int32Array | null;
  #pass = 0;
  #orderedPass = -1;
  #position = 0;
  #end = 0;

  constructor(
    private readonly where: string,
    rows: RowRange,
    { batchSize, steps, permute }: MemoryFeedOptions,
  ) {
    const count = rows.end - rows.begin;
    this.#rows = rows;
    this.#batchSize = Math.min(batchSize, count);
    this.#batches = Math.ceil(count / this.#batchSize);
    this.steps = steps ?? this.#batches;
    this.#permute = permute;
    this.#order = permute === undefined ? null : new Int32Array(count);
  }

  begin(epoch: number, batch: number): boolean {
    const epochsPerPass = Math.ceil(this.#batches / this.steps);
    const first = (epoch % epochsPerPass) * this.steps;
    this.#pass = Math.floor(epoch / epochsPerPass);
    const { begin, end } = this.#rows;
    this.#position = begin + (first + batch) * this.#batchSize;
    this.#end = Math.min(end, begin + (first + this.steps) * this.#batchSize);
    if (first + this.steps > this.#batches) warnOutOfData(this.where, this.steps, this.#batches - first);
    return true;
  }

  take(batches: number): Portion | undefined {
    if (this.#position >= this.#end) return undefined;
    this.#shuffle();
    const begin = this.#position;
    this.#position = Math.min(this.#end, begin + batches * this.#batchSize);
    const { dataset } = this.#rows;
    return { datasets: [dataset], order: this.#order, begin, end: this.#position, batchSize: this.#batchSize };
  }

  /** Not before rows are taken: until then a callback may change the seed. */
  #shuffle(): void {
    if (this.#order === null || this.#pass === this.#orderedPass) return;
    this.#permute?.(this.#pass, this.#order);
    this.#orderedPass = this.#pass;
  }

  /** The rows are there for the next epoch. */
  finish(): void {}

  /** At once: the collector may take its time. A run that goes on keeps the rows. */
  close(): void {
    this.#rows.dataset.release();
  }
}

/** Batches that `rows` rows of a portion come to. */
export function batchesIn({ datasets, batchSize }: Portion, rows: number): number {
  if (datasets.length === 1) return Math.ceil(rows / batchSize);
  let batches = 0;
  for (let left = rows; left > 0; left -= datasets[batches++]!.rows);
  return batches;
}

/** Tells that an epoch is shorter than asked for. */
export function warnOutOfData(where: string, steps: number, batches: number): void {
  warn(
    `${where}: expected ${steps} batches in an epoch, received ${batches}. The epoch ends early; ask for fewer steps.`,
  );
}

/** Tells that there is nothing for an epoch. */
export function warnNoData(where: string, epoch: number): void {
  warn(
    `${where}: expected batches for epoch ${epoch + 1}, received none. Training ends; a generator has one pass, a function ` +
      'gives a new one for each epoch.',
  );
}

function warn(text: string): void {
  process.emitWarning(text, { type: 'OstinatoWarning', code: 'OSTINATO_OUT_OF_DATA' });
}
