// SPDX-License-Identifier: MIT
// Rows in memory, cut into epochs and portions.
import { batchesIn, MemoryFeed, TRAINING, VALIDATION, type Portion } from '../../../lib/training/feed';
import { scriptedRows as dataset } from './scripted_host';

function feedOf(rows: number, batchSize: number, steps?: number, permute?: (pass: number, order: Int32Array) => void) {
  return new MemoryFeed('m.fit', { dataset: dataset(rows), rows }, { role: TRAINING, batchSize, steps, permute });
}

/** The ranges of an epoch, taken `batches` at a time. */
function ranges(feed: MemoryFeed, epoch: number, batch = 0, batches = 1): [number, number][] {
  feed.begin(epoch, batch);
  const all: [number, number][] = [];
  for (let portion = feed.take(batches); portion !== undefined; portion = feed.take(batches))
    all.push([portion.begin, portion.end]);
  return all;
}

describe('an epoch without steps given', () => {
  test('is all rows; the last batch may be short', () => {
    const feed = feedOf(5, 2);
    expect(feed.steps).toBe(3);
    expect(ranges(feed, 0)).toEqual([[0, 2], [2, 4], [4, 5]]); // prettier-ignore
    expect(ranges(feed, 7, 0, 2)).toEqual([[0, 4], [4, 5]]); // prettier-ignore
  });

  test('can begin at any of its batches', () => {
    expect(ranges(feedOf(5, 2), 3, 2)).toEqual([[4, 5]]);
    expect(ranges(feedOf(5, 2), 3, 3)).toEqual([]);
  });

  test('asks for no larger batch than there are rows', () => {
    const feed = feedOf(3, 100);
    feed.begin(0, 0);
    expect(feed.take(9)).toMatchObject({ begin: 0, end: 3, batchSize: 3 });
  });

  test('has an order of its own for each pass', () => {
    const passes: number[] = [];
    const feed = feedOf(4, 2, undefined, (pass, order) => {
      passes.push(pass);
      order.fill(pass);
    });
    for (const epoch of [0, 1, 5]) {
      feed.begin(epoch, 0);
      expect([...feed.take(9)!.order!]).toEqual([epoch, epoch, epoch, epoch]);
    }
    expect(passes).toEqual([0, 1, 5]);
  });
});

describe('a validation of fewer steps than batches', () => {
  const validation = (rows: number, steps: number) =>
    new MemoryFeed('m.fit', { dataset: dataset(rows), rows }, { role: VALIDATION, batchSize: 2, steps });

  test('takes the first batches each time', () => {
    const feed = validation(8, 3);
    for (const epoch of [0, 1, 2, 7]) expect(ranges(feed, epoch)).toEqual([[0, 2], [2, 4], [4, 6]]); // prettier-ignore
  });

  test('warns in the name of its own option where the data ends', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(ranges(validation(3, 3), 4)).toEqual([[0, 2], [2, 3]]); // prettier-ignore
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      'm.fit: expected 3 batches, as validationSteps asks, received 2. The pass ends early; ask for fewer.',
    ]);
    warned.mockRestore();
  });
});

describe('an epoch of fewer steps than batches', () => {
  test('leaves the rest to the next epochs; the order changes with the pass over the data', () => {
    const passes: number[] = [];
    const feed = feedOf(8, 2, 2, (pass) => passes.push(pass));
    expect([0, 1, 2, 3].map((epoch) => ranges(feed, epoch))).toEqual([
      [[0, 2], [2, 4]],
      [[4, 6], [6, 8]],
      [[0, 2], [2, 4]],
      [[4, 6], [6, 8]],
    ]); // prettier-ignore
    expect(passes).toEqual([0, 1]);
  });

  test('is cut short with a warning where the data ends', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const feed = feedOf(6, 2, 2);
    expect(ranges(feed, 1)).toEqual([[4, 6]]);
    expect(ranges(feed, 2)).toEqual([[0, 2], [2, 4]]); // prettier-ignore
    expect(ranges(feedOf(2, 2, 9), 0)).toEqual([[0, 2]]);
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      'm.fit: expected 2 batches, as stepsPerEpoch asks, received 1. The pass ends early; ask for fewer.',
      'm.fit: expected 9 batches, as stepsPerEpoch asks, received 1. The pass ends early; ask for fewer.',
    ]);
    warned.mockRestore();
  });
});

describe('batchesIn', () => {
  const portion = (rows: number[], batchSize: number) =>
    ({ datasets: rows.map(dataset), order: null, begin: 0, end: 0, batchSize }) as Portion;

  test('divides one data set by the batch size', () => {
    expect(batchesIn(portion([10], 4), 10)).toBe(3);
    expect(batchesIn(portion([10], 4), 8)).toBe(2);
  });

  test('counts data sets where each is a batch', () => {
    expect(batchesIn(portion([4, 2, 3], 4), 9)).toBe(3);
    expect(batchesIn(portion([4, 2, 3], 4), 6)).toBe(2);
    expect(batchesIn(portion([4, 2, 3], 4), 0)).toBe(0);
  });
});
