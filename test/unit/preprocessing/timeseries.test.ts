// SPDX-License-Identifier: MIT
// timeseriesDatasetFromArray: misuse, then Keras' own batches (goldens by tools/golden/preprocessing.py), then a window as one
// would write it by hand.
import { NdArray } from '../../../lib/ndarray';
import {
  timeseriesDatasetFromArray,
  type TimeseriesDataset,
  type TimeseriesOptions,
} from '../../../lib/preprocessing/timeseries';
import { setRandomSeed } from '../../../lib/util/seeds';
import { given, readGolden, type Packed } from '../../reference/golden';

interface Case {
  data: Packed;
  targets: Packed | null;
  sequenceLength: number;
  options: TimeseriesOptions;
  batches: Packed[][];
}
const { cases } = readGolden<{ cases: Case[] }>('timeseries');

const shaped = (packed: Packed) => ({ data: Float32Array.from(given(packed)), shape: packed.shape });
const make = (data: unknown, targets: unknown, sequenceLength: unknown, options?: unknown): TimeseriesDataset =>
  timeseriesDatasetFromArray(data as number[], targets as number[], sequenceLength as number, options as object);
const packed = ({ data, shape }: NdArray<Float32Array> | NdArray<Int32Array>): Packed => ({
  shape: [...shape],
  data: Array.from(data),
});
const series = Float32Array.from({ length: 20 }, (_, i) => i);

describe('timeseriesDatasetFromArray: misuse', () => {
  const hostile: [title: string, call: () => unknown, code: string][] = [
    ['no series', () => make(undefined, null, 3), 'ERR_TYPE'],
    ['an empty series', () => make([], null, 3), 'ERR_DATA'],
    ['ragged rows', () => make([[1, 2], [3]], null, 1), 'ERR_SHAPE'],
    ['a series over shared memory', () => make(new Float32Array(new SharedArrayBuffer(80)), null, 3), 'ERR_DATA'],
    ['a series of one step', () => make([1], null, 1), 'ERR_CONFIG'],
    ['targets that are words', () => make(series, ['a'], 3), 'ERR_TYPE'],
    ['no length', () => make(series, null, undefined), 'ERR_TYPE'],
    ['length 0', () => make(series, null, 0), 'ERR_CONFIG'],
    ['a window longer than the series', () => make(series, null, 21), 'ERR_SHAPE'],
    ['a spread window longer than the series', () => make(series, null, 8, { samplingRate: 3 }), 'ERR_SHAPE'],
    ['a window longer than the part', () => make(series, null, 5, { startIndex: 5, endIndex: 9 }), 'ERR_SHAPE'],
    ['too few targets after the start', () => make(series, series.slice(0, 10), 3, { startIndex: 5 }), 'ERR_SHAPE'],
    ['stride 0', () => make(series, null, 3, { sequenceStride: 0 }), 'ERR_CONFIG'],
    ['a stride over the series', () => make(series, null, 3, { sequenceStride: 20 }), 'ERR_CONFIG'],
    ['a rate over the series', () => make(series, null, 1, { samplingRate: 20 }), 'ERR_CONFIG'],
    ['a start at the end', () => make(series, null, 3, { startIndex: 20 }), 'ERR_CONFIG'],
    ['an end before the start', () => make(series, null, 3, { startIndex: 9, endIndex: 9 }), 'ERR_CONFIG'],
    ['an end beyond the series', () => make(series, null, 3, { endIndex: 21 }), 'ERR_CONFIG'],
    ['batches of nothing', () => make(series, null, 3, { batchSize: 0 }), 'ERR_CONFIG'],
    ['shuffle that is no boolean', () => make(series, null, 3, { shuffle: 1 }), 'ERR_TYPE'],
    ['a negative seed', () => make(series, null, 3, { seed: -1 }), 'ERR_CONFIG'],
    ['an option of Python', () => make(series, null, 3, { batch_size: 3 }), 'ERR_UNKNOWN_OPTION'],
  ];
  test.each(hostile)('refuses %s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});

describe('timeseriesDatasetFromArray: Keras', () => {
  test.each(cases)('gives the same batches of $sequenceLength with $options', (example) => {
    const { data, targets, sequenceLength, options, batches } = example;
    const dataset: Iterable<unknown> & { length: number } =
      targets === null
        ? timeseriesDatasetFromArray(shaped(data), null, sequenceLength, options)
        : timeseriesDatasetFromArray(shaped(data), shaped(targets), sequenceLength, options);
    expect(dataset.length).toBe(batches.length);
    const parts = Array.from(dataset, (batch) => (Array.isArray(batch) ? batch : [batch]) as NdArray[]);
    expect(parts.map((batch) => batch.map(packed))).toEqual(batches);
  });
});

describe('timeseriesDatasetFromArray', () => {
  test('a window begins every stride and takes every rate-th step, as written by hand', () => {
    const dataset = make(series, series, 4, { sequenceStride: 3, samplingRate: 2, batchSize: 2 });
    const [first] = dataset;
    expect(first!.map((part) => part.toArray())).toEqual([
      [
        [0, 2, 4, 6],
        [3, 5, 7, 9],
      ],
      [0, 3],
    ]);
    expect(dataset.sampleCount).toBe(5);
  });

  test('toArrays holds what the first pass gives', () => {
    const rows = new NdArray(
      Float32Array.from({ length: 60 }, (_, i) => i),
      [30, 2],
    );
    const dataset = make(rows, rows, 5, { batchSize: 7, shuffle: true, seed: 3 });
    const { x, y } = dataset.toArrays();
    const batches = [...dataset];
    expect(x.toArray()).toEqual(batches.flatMap(([windows]) => windows.toArray()));
    expect(y.toArray()).toEqual(batches.flatMap(([, targets]) => targets.toArray()));
    expect(timeseriesDatasetFromArray(series, null, 4).toArrays().y).toBeNull();
  });

  test('every pass has all windows; shuffled ones in an order that the seed and the pass decide', () => {
    const begins = (dataset: TimeseriesDataset) => Array.from(dataset, ([x]) => x.row(0).data[0]!);
    const shuffled = () => make(series, series, 2, { shuffle: true, seed: 11, batchSize: 1 });
    const one = shuffled();
    const passes = [begins(one), begins(one), begins(one)];
    expect(new Set(passes.map(String)).size).toBe(3);
    for (const pass of passes) expect(pass.toSorted((a, b) => a - b)).toEqual(Array.from(series.subarray(0, 19)));
    const again = shuffled();
    again.epoch = 2;
    expect(begins(again)).toEqual(passes[2]);
    const ordered = make(series, series, 2, { batchSize: 1 });
    expect(begins(ordered)).toEqual(begins(ordered));
  });

  test('without a seed the order follows from setRandomSeed', () => {
    const order = () => {
      setRandomSeed(5);
      return packed(make(series, series, 2, { shuffle: true }).toArrays().x);
    };
    expect(order()).toEqual(order());
  });

  test("batches hold 128 windows and are in time's order unless told otherwise, as in Keras", () => {
    const batches = [
      ...timeseriesDatasetFromArray(
        Float32Array.from({ length: 300 }, (_, i) => i),
        null,
        1,
      ),
    ];
    expect(batches.map((batch) => batch.shape)).toEqual([[128, 1], [128, 1], [44, 1]]); // prettier-ignore
    expect(batches.flatMap((batch) => Array.from(batch.data))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  test('ids stay ids, and the series is copied', () => {
    const ids = Int32Array.from({ length: 9 }, (_, i) => i);
    const dataset = make(ids, ids, 3);
    ids.fill(-1);
    const [[x, y] = []] = dataset;
    expect(Object.prototype.toString.call(x!.data)).toBe('[object Int32Array]');
    expect(x!.row(2).toArray()).toEqual([2, 3, 4]);
    expect(y!.toArray()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});
