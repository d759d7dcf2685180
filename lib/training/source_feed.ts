// SPDX-License-Identifier: MIT
// Batches that a source gives one by one: a generator, any iterable, a Node stream of objects. They are read ahead and
// copied into the engine while the last ones train; those that are ready go to the engine together, each a batch of its own.
import { types } from 'node:util';
import { isThenable } from '../callbacks/callback_list';
import { describe, refusal } from '../util/validate';
import { warnOutOfData, type Feed, type Portion, type Role } from './feed';
import type { NativeDataset } from '../native/binding';

/**
 * Batches one after the other: an iterable or an async iterable, or a function that gives a new one for each epoch.
 * Node streams in object mode are async iterables.
 */
export type BatchSource<B> = Iterable<B> | AsyncIterable<B> | (() => Iterable<B> | AsyncIterable<B>);

/** Batches held ready at most. */
const MAX_READY = 64;
/** Bytes of batches held ready, beyond which no more than the next one is read ahead. */
const MAX_READY_BYTES = 64 * 2 ** 20;

/** Whether a value gives batches rather than being an array. Pairs of a Map are none, though they look like them. */
export function isBatchSource(value: unknown): value is BatchSource<unknown> {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  if (types.isMap(value) || ('data' in value && 'shape' in value)) return false;
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = value as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return typeof asynchronous === 'function' || typeof synchronous === 'function';
}

/** Options of {@link SourceFeed}. */
export interface SourceFeedOptions {
  /** A generator or a stream, which has one pass, goes on where the last epoch ended, whatever it is for. */
  readonly role: Role;
  /** Batches of an epoch; undefined: an epoch is all that the source gives. */
  readonly steps: number | undefined;
  /** First epoch: batches of later ones are skipped where a fit goes on in the middle. */
  readonly firstEpoch: number;
  /** Checks the item that is batch `index` of the source and copies it into the engine. */
  readonly read: (item: unknown, index: number) => NativeDataset;
  /** Whether each batch needs a run of its own. Default false. */
  readonly isTakenOneByOne?: boolean;
}

type Iterated = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * Feeds from a source. An iterator that the source itself is (a generator) is never read further than the epochs need
 * and not closed in good order, so that another `fit` goes on where this one stopped; others are closed at the end.
 */
export class SourceFeed implements Feed {
  readonly role: Role;
  /** Told to who shows progress; where the source knows its length, that. */
  readonly steps: number | undefined;
  /** Batches after which an epoch ends in the middle of the source. */
  readonly #limit: number | undefined;
  #iterator: Iterated | undefined;
  #isOwn = false;
  /** Batches that the present iterator gave. */
  #given = 0;
  /** Batches of the epoch that are not read yet. */
  #unread = 0;
  /** The next batch is number `#taken` of this epoch. */
  #epoch: number;
  #taken = 0;
  #openedAt = 0;
  /** What a source that counts its epochs counts beside ours. */
  #epochBase: number | undefined;
  #ready: NativeDataset[] = [];
  #isAtEnd = true;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;
  #reading: Promise<void> | undefined;
  #wakeUp: (() => void) | undefined;
  readonly #closing: Promise<void>;
  #close: () => void = () => undefined;
  #wanted = 1;

  constructor(
    private readonly where: string,
    private readonly source: BatchSource<unknown>,
    private readonly options: SourceFeedOptions,
  ) {
    this.role = options.role;
    this.#limit = options.steps;
    this.#epoch = options.firstEpoch;
    this.steps = options.steps ?? lengthOf(source);
    this.#closing = new Promise((resolve) => (this.#close = resolve));
  }

  async begin(epoch: number, batch: number): Promise<boolean> {
    // Whoever gives the second batch may wait until the first has been trained on.
    if (epoch === this.#epoch && batch === this.#taken && this.#ready.length > 0) return true;
    await Promise.race([this.#reading, this.#closing]);
    if (this.#isClosed) return false;
    await Promise.race([this.#goTo(epoch, batch), this.#closing]);
    do {
      this.#unread = (this.#limit ?? Infinity) - this.#taken - this.#ready.length;
      await this.#waitForOne();
    } while (this.#ready.length === 0 && this.#beginAnew());
    return this.#ready.length > 0 || this.#taken > 0 || this.#failure !== undefined;
  }

  take(batches: number): Portion | undefined | Promise<Portion | undefined> {
    this.#wanted = batches;
    if (this.#ready.length > 0 || this.#isDone()) return this.#portion(batches);
    return this.#waitForOne().then(() => this.#portion(batches));
  }

  /** At once: waiting for the collector, batch after batch, would have it run all the time. */
  finish({ datasets }: Portion): void {
    for (const dataset of datasets) dataset.release();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#close();
    this.#ready = [];
    this.#giveBack();
    this.#wakeUp?.();
  }

  /** Passes over the batches up to batch `batch` of an epoch, as the epochs before took them. */
  async #goTo(epoch: number, batch: number): Promise<void> {
    if (this.#iterator === undefined || (this.#taken > 0 && this.#opensEachEpoch())) this.#open(epoch);
    else if (epoch !== this.#openedAt && this.#countsEpochs()) this.#open(epoch);
    if (this.#limit !== undefined && !this.#opensEachEpoch())
      for (; this.#epoch < epoch; this.#epoch++, this.#taken = 0) await this.#skipTo(this.#limit);
    this.#epoch = epoch;
    await this.#skipTo(batch);
  }

  /** Whether each epoch has an iterator of its own, rather than a part of one. */
  #opensEachEpoch(): boolean {
    return this.#limit === undefined || !(this.role.goesOn || !this.#isOwn || isStream(this.source));
  }

  /** Where an epoch of some steps begins at the end of the source, it begins the source anew. */
  #beginAnew(): boolean {
    const isDue = this.#limit !== undefined && this.#taken === 0 && this.#isAtEnd && this.#given > 0;
    if (!isDue || this.#isClosed) return false;
    this.#open(this.#epoch);
    return true;
  }

  /** Closes an iterator that the feed opened and did not read to its end. An error of closing is dropped. */
  #giveBack(): void {
    if (!this.#isOwn || this.#isAtEnd) return;
    const iterator = this.#iterator;
    const close = async () => iterator?.return?.();
    close().catch(() => undefined);
  }

  /** Data sets that are shuffled anew for each epoch (timeseriesDatasetFromArray) go on where a fit does. */
  #countsEpochs(): boolean {
    const { epoch } = this.source as { readonly epoch?: unknown };
    const isOfEpochs = this.#limit === undefined || !this.role.goesOn;
    return isOfEpochs && typeof this.source === 'object' && typeof epoch === 'number';
  }

  #open(epoch: number): void {
    const { source, role } = this;
    if (this.#countsEpochs()) {
      const counted = source as unknown as { epoch: number };
      this.#epochBase ??= counted.epoch - this.options.firstEpoch;
      counted.epoch = this.#epochBase + epoch;
    }
    this.#openedAt = epoch;
    const given: unknown = typeof source === 'function' ? source() : source;
    if (typeof given === 'function' || !(Array.isArray(given) || isBatchSource(given)))
      throw refusal(
        'ERR_TYPE',
        this.where,
        `the function ${role.data} to return an iterable of batches`,
        describe(given),
      );
    const iterable = given as Partial<AsyncIterable<unknown>> & Iterable<unknown>;
    const iterator: unknown = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
    if (typeof (iterator as Partial<Iterated> | null)?.next !== 'function')
      throw refusal(
        'ERR_TYPE',
        this.where,
        `the source ${role.data} to give an iterator, with next()`,
        describe(iterator),
      );
    // Not before the next one is open: a function may give the same generator again.
    if (iterator !== this.#iterator) this.#giveBack();
    this.#isOwn = iterator !== source;
    this.#iterator = iterator as Iterated;
    this.#isAtEnd = false;
    this.#ready = [];
    this.#taken = 0;
    this.#given = 0;
  }

  #isDone(): boolean {
    return this.#isAtEnd || this.#unread === 0 || this.#failure !== undefined || this.#isClosed;
  }

  #portion(batches: number): Portion | undefined {
    const ready = this.#ready.splice(0, this.options.isTakenOneByOne === true ? 1 : batches);
    if (ready.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#limit !== undefined && this.#taken < this.#limit && !this.#isClosed)
        warnOutOfData(this.where, this.role, this.#limit, this.#taken);
      return undefined;
    }
    this.#taken += ready.length;
    this.#readAhead();
    const rows = ready.map((dataset) => dataset.rows);
    return {
      datasets: ready,
      order: null,
      begin: 0,
      end: rows.reduce((a, b) => a + b),
      batchSize: Math.max(...rows),
    };
  }

  /** Waits until a batch is ready, or none will be. */
  async #waitForOne(): Promise<void> {
    while (this.#ready.length === 0 && !this.#isDone()) {
      this.#readAhead();
      await new Promise<void>((resolve) => (this.#wakeUp = resolve));
    }
  }

  #readAhead(): void {
    if (this.#reading !== undefined || this.#isDone() || !this.#hasRoom()) return;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      this.#wakeUp?.();
      this.#readAhead();
    });
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isDone() && this.#hasRoom()) {
        const item = await this.#next();
        if (item === undefined || this.#isClosed) return;
        // Not before it is there: until then the epoch is not over.
        this.#unread--;
        this.#ready.push(this.options.read(item.value, this.#given++));
        this.#wakeUp?.();
      }
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** Room for what the engine takes at once and as much again. */
  #hasRoom(): boolean {
    const { length } = this.#ready;
    const bytes = this.#ready.reduce((sum, batch) => sum + batch.memoryBytes, 0);
    return length < (bytes < MAX_READY_BYTES ? Math.min(MAX_READY, 2 * this.#wanted) : 1);
  }

  async #next(): Promise<{ readonly value: unknown } | undefined> {
    const result: unknown = await this.#iterator!.next();
    if (typeof result !== 'object' || result === null)
      throw refusal('ERR_TYPE', this.where, "the iterator's next() to give an object", describe(result));
    const { done, value } = result as IteratorResult<unknown>;
    // As `for await` does: a plain generator may give promises.
    if (done !== true) return { value: isThenable(value as unknown) ? await (value as Promise<unknown>) : value };
    this.#isAtEnd = true;
    return undefined;
  }

  /** Passes over batches of the epoch until `batch` are taken, or it has no more. */
  async #skipTo(batch: number): Promise<void> {
    while (this.#taken < batch && !this.#isClosed) {
      if (this.#ready.shift() === undefined) {
        if (this.#isAtEnd || (await this.#next()) === undefined) {
          if (this.#beginAnew()) continue;
          return;
        }
        this.#given++;
      }
      this.#taken++;
    }
  }
}

/** Streams, of Node or of the web, have one pass, though each iteration has an iterator of its own. */
function isStream(source: BatchSource<unknown>): boolean {
  const { pipe, getReader } = source as { readonly pipe?: unknown; readonly getReader?: unknown };
  return typeof pipe === 'function' || typeof getReader === 'function';
}

function lengthOf(source: BatchSource<unknown>): number | undefined {
  const { length } = source as { readonly length?: unknown };
  return typeof source === 'object' && typeof length === 'number' && length > 0 ? length : undefined;
}
