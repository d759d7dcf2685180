// SPDX-License-Identifier: MIT
// Where the batches of a call come from: rows in memory here, a source that gives them one by one in source_feed.ts.
import type { NativeDataset, NativeRun } from '../native/binding';

/** What the engine computes in one run. */
export type Portion = Pick<NativeRun, 'datasets' | 'order' | 'begin' | 'end' | 'batchSize'>;

/** What a feed is for. */
export interface Role {
  /** What messages call its data. */
  readonly data: string;
  /** The options that say how many rows a batch has, and how many batches an epoch. */
  readonly batchSize: string;
  readonly steps: string;
  /** Whether an epoch of some steps goes on where the last one ended, rather than at the first batch. */
  readonly goesOn: boolean;
}

export const TRAINING: Role = Object.freeze({
  data: 'x',
  batchSize: 'batchSize',
  steps: 'stepsPerEpoch',
  goesOn: true,
});
export const VALIDATION: Role = Object.freeze({
  data: 'validationData',
  batchSize: 'validationBatchSize',
  steps: 'validationSteps',
  goesOn: false,
});
/** Rows of the training data that are held out for validation. */
export const SPLIT: Role = Object.freeze({ ...VALIDATION, data: 'the validationSplit' });
/** The one pass of a call. */
export const ALONE: Role = Object.freeze({ data: 'x', batchSize: 'batchSize', steps: 'steps', goesOn: false });

/** Batches, epoch by epoch. */
export interface Feed {
  readonly role: Role;
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

/** The first rows of a data set, in their own order. */
export interface HeldRows {
  readonly dataset: NativeDataset;
  readonly rows: number;
}

/** Options of {@link MemoryFeed}. */
export interface MemoryFeedOptions {
  readonly role: Role;
  readonly batchSize: number;
  /** Batches of an epoch; undefined: all that there are. */
  readonly steps: number | undefined;
  /** Fills the order of rows 0 to n - 1 of one pass over the data; undefined: they keep their own. */
  readonly permute?: ((pass: number, order: Int32Array) => void) | undefined;
}

/**
 * Rows in memory. Where an epoch has fewer steps than the data has batches, the next epoch of a training goes on with the
 * rest, and the last epoch of a pass over the data may be short; each validation takes the first batches.
 * (keras/src/trainers/epoch_iterator.py.)
 */
export class MemoryFeed implements Feed {
  readonly role: Role;
  readonly steps: number;
  readonly #held: HeldRows;
  /** Never more than there are rows: the engine makes room for a whole batch. */
  readonly #batchSize: number;
  readonly #batches: number;
  readonly #epochsPerPass: number;
  readonly #permute: MemoryFeedOptions['permute'];
  readonly #order: Int32Array | null;
  #pass = 0;
  #orderedPass = -1;
  #position = 0;
  #end = 0;

  constructor(
    private readonly where: string,
    held: HeldRows,
    { role, batchSize, steps, permute }: MemoryFeedOptions,
  ) {
    const { rows } = held;
    this.role = role;
    this.#held = held;
    this.#batchSize = Math.min(batchSize, rows);
    this.#batches = Math.ceil(rows / this.#batchSize);
    this.steps = steps ?? this.#batches;
    this.#epochsPerPass = role.goesOn ? Math.ceil(this.#batches / this.steps) : 1;
    this.#permute = permute;
    this.#order = permute === undefined ? null : new Int32Array(rows);
  }

  begin(epoch: number, batch: number): boolean {
    const first = (epoch % this.#epochsPerPass) * this.steps;
    this.#pass = Math.floor(epoch / this.#epochsPerPass);
    this.#position = (first + batch) * this.#batchSize;
    this.#end = Math.min(this.#held.rows, (first + this.steps) * this.#batchSize);
    if (first + this.steps > this.#batches) warnOutOfData(this.where, this.role, this.steps, this.#batches - first);
    return true;
  }

  take(batches: number): Portion | undefined {
    if (this.#position >= this.#end) return undefined;
    this.#shuffle();
    const begin = this.#position;
    this.#position = Math.min(this.#end, begin + batches * this.#batchSize);
    const { dataset } = this.#held;
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
    this.#held.dataset.release();
  }
}

/** Batches that `rows` rows of a portion come to. */
export function batchesIn({ datasets, batchSize }: Portion, rows: number): number {
  if (datasets.length === 1) return Math.ceil(rows / batchSize);
  let batches = 0;
  for (let left = rows; left > 0; left -= datasets[batches++]!.rows);
  return batches;
}

/** Warns that a pass is shorter than an option asks for. */
export function warnOutOfData(where: string, role: Role, steps: number, batches: number): void {
  warn(
    `${where}: expected ${steps} batches, as ${role.steps} asks, received ${batches}. The pass ends early; ask for fewer.`,
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
