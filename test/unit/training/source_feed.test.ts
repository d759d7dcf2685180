// SPDX-License-Identifier: MIT
// Batches that a source gives one by one: what is read, when, and who closes it.
import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { TRAINING, VALIDATION, type Role } from '../../../lib/training/feed';
import { isBatchSource, SourceFeed, type BatchSource } from '../../../lib/training/source_feed';
import { scriptedRows, type ScriptedDataset } from './scripted_host';

const code = (code: string) => expect.objectContaining({ code });

/** A feed whose items are numbers of rows. */
function feedOf(
  source: BatchSource<unknown>,
  options: { steps?: number | undefined; firstEpoch?: number; single?: boolean; role?: Role } = {},
) {
  const read: number[] = [];
  const feed = new SourceFeed('m.fit', source, {
    role: options.role ?? TRAINING,
    steps: options.steps,
    firstEpoch: options.firstEpoch ?? 0,
    isTakenOneByOne: options.single ?? false,
    read: (item) => {
      read.push(item as number);
      return scriptedRows(item as number);
    },
  });
  return { feed, read };
}

/** The rows of each batch of an epoch. */
async function rowsOf(feed: SourceFeed, epoch: number, batch = 0, batches = 1): Promise<number[]> {
  await feed.begin(epoch, batch);
  const all: number[] = [];
  for (let portion = await feed.take(batches); portion !== undefined; portion = await feed.take(batches))
    all.push(...portion.datasets.map(({ rows }) => rows));
  return all;
}

function* countTo(n: number) {
  for (let i = 1; i <= n; i++) yield i;
}

function webStream(source: Iterator<number>): AsyncIterable<number> {
  return new ReadableStream<number>({ pull: (controller) => controller.enqueue(source.next().value as number) });
}

let warned: jest.SpyInstance;
beforeEach(() => (warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)));
afterEach(() => warned.mockRestore());

describe('isBatchSource', () => {
  test.each([
    ['a generator', countTo(1)],
    ['an async generator', (async function* () {})()],
    ['a function', () => countTo(1)],
    ['a Set', new Set([1])],
    ['a stream', Readable.from([1])],
  ])('takes %s', (_title, value) => expect(isBatchSource(value)).toBe(true));

  test.each([
    ['nested arrays', [[1]]],
    ['a typed array', new Float32Array(1)],
    ['an array with a shape', { data: new Float32Array(1), shape: [1] }],
    ['a string', 'batches'],
    ['a Map', new Map([[1, 2]])],
    ['null', null],
    ['an object', {}],
  ])('does not take %s', (_title, value) => expect(isBatchSource(value)).toBe(false));
});

describe('misuse', () => {
  test('a function that returns no iterable is refused', async () => {
    await expect(feedOf((() => 3) as never).feed.begin(0, 0)).rejects.toEqual(code('ERR_TYPE'));
    await expect(feedOf((() => () => countTo(1)) as never).feed.begin(0, 0)).rejects.toEqual(code('ERR_TYPE'));
  });

  test('an iterator that gives no objects is refused', async () => {
    const { feed } = feedOf({ [Symbol.iterator]: () => ({ next: () => 3 }) } as never);
    await feed.begin(0, 0);
    expect(() => feed.take(1)).toThrow(code('ERR_TYPE'));
  });

  test('an iterable that gives no iterator is refused', async () => {
    for (const iterator of [null, {}])
      await expect(feedOf({ [Symbol.iterator]: () => iterator } as never).feed.begin(0, 0)).rejects.toEqual(
        code('ERR_TYPE'),
      );
  });

  test('an error of the source comes through as it is, after the batches before it', async () => {
    const mine = new Error('mine');
    const { feed } = feedOf(async function* () {
      yield 4;
      throw mine;
    });
    await feed.begin(0, 0);
    expect((await feed.take(9))!.end).toBe(4);
    await expect(Promise.resolve().then(() => feed.take(9))).rejects.toBe(mine);
  });
});

describe('an epoch without steps given', () => {
  test('is all that a function gives, anew for each epoch', async () => {
    const { feed } = feedOf(() => countTo(3));
    expect(await rowsOf(feed, 0)).toEqual([1, 2, 3]);
    expect(await rowsOf(feed, 1)).toEqual([1, 2, 3]);
    expect(warned).not.toHaveBeenCalled();
  });

  test('is all that an iterable gives, anew for each epoch', async () => {
    const { feed } = feedOf(new Set([3, 1]));
    expect(await rowsOf(feed, 0)).toEqual([3, 1]);
    expect(await rowsOf(feed, 1)).toEqual([3, 1]);
  });

  test('of a generator there is one', async () => {
    const { feed } = feedOf(countTo(2));
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await feed.begin(1, 0)).toBe(false);
  });

  test('skips the batches before the one to begin with', async () => {
    expect(await rowsOf(feedOf(() => countTo(4)).feed, 5, 3)).toEqual([4]);
  });

  test('has as many steps as a source with a length says', () => {
    const source = { length: 3, [Symbol.iterator]: () => countTo(3) };
    expect(feedOf(source).feed.steps).toBe(3);
    expect(feedOf(source, { steps: 2 }).feed.steps).toBe(2);
    expect(feedOf(countTo(3)).feed.steps).toBeUndefined();
    expect(feedOf(() => countTo(3)).feed.steps).toBeUndefined();
  });

  test('of a source that counts its epochs is the one asked for', async () => {
    const source = {
      epoch: 0,
      *[Symbol.iterator]() {
        const first = 10 * ++this.epoch;
        yield* [first, first + 1];
      },
    };
    const { feed } = feedOf(source);
    await feed.begin(0, 0);
    expect(await rowsOf(feed, 3, 1)).toEqual([41]);
    expect(await rowsOf(feed, 4)).toEqual([50, 51]);
  });

  test('may be of promises, as in for await', async () => {
    const { feed } = feedOf(() => [Promise.resolve(3), 4]);
    expect(await rowsOf(feed, 0)).toEqual([3, 4]);
  });

  test('beginning twice before anything is taken loses nothing', async () => {
    const { feed, read } = feedOf(countTo(3));
    await feed.begin(0, 0);
    expect(await rowsOf(feed, 0, 1)).toEqual([2, 3]);
    expect(read).toEqual([1, 2, 3]);
  });

  test('comes from a Node stream of objects', async () => {
    expect(await rowsOf(feedOf(Readable.from([2, 5])).feed, 0)).toEqual([2, 5]);
  });
});

describe('an epoch of some steps', () => {
  test('goes on where the last one ended, and reads no further', async () => {
    const source = countTo(9);
    const { feed, read } = feedOf(source, { steps: 2 });
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([3, 4]);
    expect(read).toEqual([1, 2, 3, 4]);
    feed.close();
    expect(source.next().value).toBe(5);
  });

  test('begins the source anew where it has ended', async () => {
    const { feed } = feedOf(() => countTo(2), { steps: 2 });
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([1, 2]);
  });

  test('waits for the last batch of a slow source too', async () => {
    const { feed, read } = feedOf(
      async function* () {
        for (const rows of countTo(9)) {
          await turn();
          yield rows;
        }
      },
      { steps: 3 },
    );
    expect(await rowsOf(feed, 0)).toEqual([1, 2, 3]);
    expect(await rowsOf(feed, 1)).toEqual([4, 5, 6]);
    expect(read).toHaveLength(6);
    expect(warned).not.toHaveBeenCalled();
  });

  test('is cut short with a warning where the source ends', async () => {
    expect(await rowsOf(feedOf(countTo(2), { steps: 3 }).feed, 0)).toEqual([1, 2]);
    expect(warned.mock.calls[0]![1]).toMatchObject({ code: 'OSTINATO_OUT_OF_DATA' });
  });

  test('in the middle of a fit skips the epochs before', async () => {
    expect(await rowsOf(feedOf(countTo(9), { steps: 2, firstEpoch: 1 }).feed, 3, 1)).toEqual([6]);
  });
});

describe('a validation of some steps', () => {
  const validation = (source: BatchSource<unknown>, steps: number) => feedOf(source, { steps, role: VALIDATION });

  test.each<[string, () => BatchSource<unknown>]>([
    ['of a function', () => () => countTo(5)],
    ['of an iterable', () => new Set([1, 2, 3, 4, 5])],
    ['of a function that gives an iterable', () => () => new Set([1, 2, 3, 4, 5])],
  ])('%s takes the first batches each time, and reads no further', async (_title, source) => {
    const { feed, read } = validation(source(), 2);
    await feed.begin(0, 0); // as fit does before it trains
    for (const round of [0, 1, 2]) expect(await rowsOf(feed, round)).toEqual([1, 2]);
    expect(read).toEqual([1, 2, 1, 2, 1, 2]);
    expect(warned).not.toHaveBeenCalled();
  });

  test('takes the first batches in a fit that goes on at a later epoch, too', async () => {
    expect(await rowsOf(validation(() => countTo(5), 2).feed, 3)).toEqual([1, 2]);
  });

  test('of a generator, which has one pass, goes on', async () => {
    const source = countTo(9);
    const { feed } = validation(source, 2);
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([3, 4]);
    feed.close();
    expect(source.next().value).toBe(5);
    expect(await rowsOf(validation(countTo(9), 2).feed, 3)).toEqual([7, 8]);
  });

  test.each([
    ['a Node stream', () => Readable.from(countTo(9))],
    ['a stream of the web', () => webStream(countTo(9))],
  ])('of %s, which has one pass, goes on', async (_title, source) => {
    const { feed } = validation(source(), 2);
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([3, 4]);
    feed.close();
    await turn();
  });

  test('of a function that gives a new stream each time takes the first batches', async () => {
    const { feed } = validation(() => Readable.from(countTo(9)), 2);
    for (const round of [0, 1, 2]) expect(await rowsOf(feed, round)).toEqual([1, 2]);
    feed.close();
    await turn();
  });

  test('of a function that gives one generator again and again goes on', async () => {
    const source = countTo(9);
    const { feed } = validation(() => source, 2);
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([3, 4]);
  });

  test('closes what it opened for the one before', async () => {
    const closed: number[] = [];
    let opened = 0;
    const { feed } = validation(function* () {
      const number = ++opened;
      try {
        yield* countTo(9);
      } finally {
        closed.push(number);
      }
    }, 2);
    for (const round of [0, 1, 2]) await rowsOf(feed, round);
    await turn();
    expect(closed).toEqual([1, 2]);
    feed.close();
    await turn();
    expect(closed).toEqual([1, 2, 3]);
  });

  test('ends early where the source does, and starts over the next time', async () => {
    const { feed } = validation(() => countTo(2), 3);
    expect(await rowsOf(feed, 0)).toEqual([1, 2]);
    expect(await rowsOf(feed, 1)).toEqual([1, 2]);
    expect(warned).toHaveBeenCalledTimes(2);
  });

  test('of data that is shuffled for each pass takes the pass of its number', async () => {
    const source = {
      epoch: 0,
      *[Symbol.iterator]() {
        const first = 10 * ++this.epoch;
        yield* [first, first + 1, first + 2];
      },
    };
    const { feed } = validation(source, 2);
    await feed.begin(0, 0);
    expect(await rowsOf(feed, 3)).toEqual([40, 41]);
    expect(await rowsOf(feed, 4)).toEqual([50, 51]);
  });
});

describe('a fit that goes on', () => {
  const EPOCHS = 4;
  const functions = [2, 3, 4, 5].flatMap((length) =>
    [undefined, 1, 2, 3].map((steps): [string, () => BatchSource<unknown>, number | undefined] => [
      `${length} batches in epochs of ${steps ?? 'all'}`,
      () => () => countTo(length),
      steps,
    ]),
  );
  const forever = function* () {
    for (;;) yield* countTo(4);
  };
  const endless = [1, 2, 3].map((steps): [string, () => BatchSource<unknown>, number] => [
    `one generator without end in epochs of ${steps}`,
    forever,
    steps,
  ]);

  test.each([...functions, ...endless])('after any batch, %s, takes what is left', async (_title, source, steps) => {
    const { feed } = feedOf(source(), { steps });
    const whole: number[][] = [];
    for (let epoch = 0; epoch < EPOCHS; epoch++) whole.push(await rowsOf(feed, epoch));
    for (let epoch = 0; epoch < EPOCHS; epoch++)
      for (let batch = 0; batch <= whole[epoch]!.length; batch++) {
        const { feed: resumed } = feedOf(source(), { steps });
        await resumed.begin(0, 0);
        expect(await rowsOf(resumed, epoch, batch)).toEqual(whole[epoch]!.slice(batch));
        for (let next = epoch + 1; next < EPOCHS; next++) expect(await rowsOf(resumed, next)).toEqual(whole[next]);
      }
  });
});

describe('reading ahead', () => {
  test('keeps twice as many batches ready as the engine takes', async () => {
    const { feed, read } = feedOf(countTo(99));
    await feed.begin(0, 0);
    feed.take(1);
    await turn();
    expect(read.length).toBe(3);
    feed.take(10);
    await turn();
    expect(read.length).toBe(3 + 20);
  });

  test('waits for no second batch before the first is given, however often an epoch is begun', async () => {
    const { feed } = feedOf(async function* () {
      yield 3;
      await new Promise(() => undefined);
    });
    await feed.begin(0, 0);
    await feed.begin(0, 0);
    expect((await feed.take(1))!.end).toBe(3);
  });

  test('gives what is ready together, each a batch of its own', async () => {
    const { feed } = feedOf(countTo(99));
    await feed.begin(0, 0);
    feed.take(4);
    await turn();
    const portion = await feed.take(4);
    expect(portion).toMatchObject({ order: null, begin: 0, end: 3 + 4 + 5 + 6, batchSize: 6 });
    expect(portion!.datasets.length).toBe(4);
  });

  test('gives one at a time where each needs a run of its own', async () => {
    const { feed } = feedOf(countTo(3), { single: true });
    await feed.begin(0, 0);
    await turn();
    expect((await feed.take(9))!.datasets.length).toBe(1);
  });
});

test('what the engine is done with is released at once', async () => {
  const { feed } = feedOf(countTo(2));
  await feed.begin(0, 0);
  const portion = (await feed.take(1))!;
  feed.finish(portion);
  expect(portion.datasets.map((set) => (set as ScriptedDataset).isReleased)).toEqual([true]);
});

describe('closing', () => {
  test('closes an iterator that the feed opened', async () => {
    let closed = 0;
    const { feed } = feedOf(function* () {
      try {
        yield* countTo(9);
      } finally {
        closed++;
      }
    });
    await feed.begin(0, 0);
    feed.close();
    await turn();
    expect(closed).toBe(1);
    expect(await feed.take(1)).toBeUndefined();
  });

  test('whatever closing throws is nobody’s', async () => {
    const iterator = { next: () => ({ done: false, value: 1 }), return: () => Promise.reject(new Error('late')) };
    const { feed } = feedOf({ [Symbol.asyncIterator]: () => iterator } as never);
    await feed.begin(0, 0);
    feed.close();
    await turn();
  });

  test('ends the waiting for a source that gives nothing', async () => {
    const { feed } = feedOf({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) } as never);
    const waiting = feed.begin(0, 0);
    await turn();
    feed.close();
    expect(await waiting).toBe(false);
  });

  test('is for good: what comes late is not read on, and nothing is opened any more', async () => {
    let opened = 0;
    let goOn: (() => void) | undefined;
    const { feed } = feedOf(
      async function* () {
        opened++;
        yield 1;
        await new Promise<void>((resolve) => (goOn = resolve));
      },
      { steps: 2 },
    );
    await feed.begin(0, 0);
    const waiting = feed.begin(3, 0);
    await turn();
    feed.close();
    expect(await waiting).toBe(false);
    goOn!();
    await turn();
    expect(opened).toBe(1);
  });
});
