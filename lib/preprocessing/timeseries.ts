// SPDX-License-Identifier: MIT
// Sliding windows over a series, in batches, with Keras' exact semantics.
// Source: keras/src/utils/timeseries_dataset_utils.py.
import { types } from 'node:util';
import { toTokens, toValues, type ShapedArray } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';
import { refuseMore } from '../util/arguments';
import { Mt19937 } from '../util/mt19937';
import { withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import { checkShuffleSeed, passOrder } from './pass_order';

/** Options of {@link timeseriesDatasetFromArray}. `null` where Keras takes None. */
export interface TimeseriesOptions {
  /** Steps from the begin of a window to the begin of the next. Default 1. */
  sequenceStride?: number;
  /** Steps of the series from one element of a window to the next. Default 1. */
  samplingRate?: number;
  /** Windows in a batch; null gives each window by itself. Default 128. */
  batchSize?: number | null;
  /** Whether windows come in a random order, another one in each pass, or in that of time. Default false. */
  shuffle?: boolean;
  /** Seed of the order, from 0 to 2^32 - 1. Default null: one that follows from `setRandomSeed`. */
  seed?: number | null;
  /** First step of the series to use. Default null: 0. */
  startIndex?: number | null;
  /** First step not to use. Default null: the end. */
  endIndex?: number | null;
}

/** Windows or targets: ids where the series was an Int32Array, else float32. */
export type SeriesArray = NdArray<Float32Array> | NdArray<Int32Array>;

const WHERE = 'timeseriesDatasetFromArray';
const DEFAULTS = Object.freeze({
  sequenceStride: 1,
  samplingRate: 1,
  batchSize: 128,
  shuffle: false,
  seed: null,
  startIndex: null,
  endIndex: null,
});

type Series = ShapedArray<Float32Array> | ShapedArray<Int32Array>;

interface Windows {
  readonly series: Series;
  readonly targets: Series | null;
  /** Where windows begin, in the order of the first pass. */
  readonly begins: Int32Array;
  readonly sequenceLength: number;
  readonly samplingRate: number;
  readonly batchSize: number | null;
  readonly seed: number | null;
}

/**
 * Windows over a series. Can be gone through any number of times; `fit` takes it, and {@link toArrays} gives all at once.
 *
 * A batch is `[x, y]`, or `x` alone without targets: x [B,T] or [B,T,C], y [B] or [B,...]; without `batchSize` the same
 * without the axis B.
 */
export class TimeseriesDataset<Y extends SeriesArray | null = SeriesArray> implements Iterable<
  Y extends null ? SeriesArray : [x: SeriesArray, y: SeriesArray]
> {
  /** Batches in a pass. */
  readonly length: number;
  /** Windows in a pass. */
  readonly sampleCount: number;
  /** The number of the next pass, from 0; it decides the order where windows are shuffled. */
  epoch = 0;

  /** @internal Made by {@link timeseriesDatasetFromArray}. */
  constructor(private readonly windows: Windows) {
    this.sampleCount = windows.begins.length;
    this.length = Math.ceil(this.sampleCount / (windows.batchSize ?? 1));
  }

  *[Symbol.iterator](): Iterator<Y extends null ? SeriesArray : [x: SeriesArray, y: SeriesArray]> {
    const { batchSize, begins, seed } = this.windows;
    const order = passOrder(this.sampleCount, seed, this.epoch++).map((index) => begins[index]!);
    for (let i = 0; i < order.length; i += batchSize ?? 1) {
      const { x, y } = this.gather(order.subarray(i, i + (batchSize ?? 1)));
      const shown = (array: SeriesArray): SeriesArray => (batchSize === null ? array.row(0) : array);
      yield (y === null ? shown(x) : [shown(x), shown(y)]) as never;
    }
  }

  /** All windows in memory, in the order of the first pass: x [N,T] or [N,T,C], y [N] or [N,...] or null. */
  toArrays(): { x: SeriesArray; y: Y extends null ? null : SeriesArray } {
    return this.gather(this.windows.begins) as { x: SeriesArray; y: Y extends null ? null : SeriesArray };
  }

  private gather(begins: Int32Array): { x: SeriesArray; y: SeriesArray | null } {
    const { series, targets, sequenceLength, samplingRate } = this.windows;
    const width = series.data.length / series.shape[0]!;
    const data = makeArray(series, begins.length * sequenceLength * width);
    // Windows without gaps are one piece of memory each.
    const [pieces, steps] = samplingRate === 1 ? [1, sequenceLength] : [sequenceLength, 1];
    let to = 0;
    for (const begin of begins)
      for (let piece = 0; piece < pieces; piece++, to += steps * width) {
        const from = begin + piece * samplingRate;
        data.set(series.data.subarray(from * width, (from + steps) * width), to);
      }
    const x = new NdArray(data, [begins.length, sequenceLength, ...series.shape.slice(1)]) as SeriesArray;
    return { x, y: targets && takeRows(targets, begins) };
  }
}

/**
 * Makes windows of `sequenceLength` elements over a series; the target of the window that begins at step i is `targets[i]`.
 *
 * With `shuffle`, the order of the first pass is Keras' before TensorFlow's own shuffling, which Keras adds to it; see
 * {@link TimeseriesDataset.epoch} for the others.
 *
 * Differs from Keras: `endIndex` may be the length of the series; windows that do not fit, and targets that are too short, are
 * refused at once; no `format`.
 *
 * @param data the series [N] or [N,C], copied
 * @param targets [N] or [N,...]; null for none
 * @param sequenceLength elements of a window
 * @param options see {@link TimeseriesOptions}
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where no window fits or targets are
 *   missing; DataError `ERR_DATA`
 * @see keras/src/utils/timeseries_dataset_utils.py
 *
 * @example
 * const series = Float32Array.from({ length: 100 }, (_, t) => Math.sin(t / 5));
 * const windows = timeseriesDatasetFromArray(series.subarray(0, -10), series.subarray(10), 10, { batchSize: 32 });
 * for (const [x, y] of windows) console.log(x.shape, y.shape); // [32, 10] [32] ...
 */
export function timeseriesDatasetFromArray(
  data: ArrayInput,
  targets: ArrayInput,
  sequenceLength: number,
  options?: TimeseriesOptions,
): TimeseriesDataset;
export function timeseriesDatasetFromArray(
  data: ArrayInput,
  targets: null,
  sequenceLength: number,
  options?: TimeseriesOptions,
): TimeseriesDataset<null>;
export function timeseriesDatasetFromArray(
  data: ArrayInput,
  targets: ArrayInput | null,
  sequenceLength: number,
  options?: TimeseriesOptions,
  ...rest: []
): TimeseriesDataset<SeriesArray | null> {
  refuseMore('timeseriesDatasetFromArray', rest);
  const given = withDefaults(WHERE, options, DEFAULTS);
  const series = readSeries('data', data);
  const length = series.shape[0]!;
  if (length < 2) throw refusal('ERR_CONFIG', WHERE, 'a series of at least 2 steps', `${length}`);
  const below = (name: 'sequenceStride' | 'samplingRate') => checkInteger(WHERE, name, given[name], 1, length - 1);
  const sequenceStride = below('sequenceStride');
  const samplingRate = below('samplingRate');
  checkInteger(WHERE, 'sequenceLength', sequenceLength);
  const start = given.startIndex === null ? 0 : checkInteger(WHERE, 'startIndex', given.startIndex, 0, length - 1);
  const end = given.endIndex === null ? length : checkInteger(WHERE, 'endIndex', given.endIndex, start + 1, length);
  const batchSize = given.batchSize === null ? null : checkInteger(WHERE, 'batchSize', given.batchSize);
  const shuffle = checkBoolean(WHERE, 'shuffle', given.shuffle);
  const drawn = checkShuffleSeed(WHERE, given.seed);
  const seed = shuffle ? drawn : null;

  const outcomes = targets === null ? null : readSeries('targets', targets);
  const span = (sequenceLength - 1) * samplingRate + 1;
  const fitting = end - start - span + 1;
  if (fitting < 1) {
    const steps = start === 0 && end === length ? `${length}` : `${end - start} from startIndex ${start} to ${end}`;
    const hint = samplingRate === 1 ? 'Shorten sequenceLength.' : 'Shorten sequenceLength, or lower samplingRate.';
    throw refusal('ERR_SHAPE', WHERE, `at least ${span} steps for a window`, steps, hint);
  }
  const count = Math.ceil(Math.min(fitting, outcomes?.shape[0] ?? Infinity) / sequenceStride);
  const begins = Int32Array.from({ length: count }, (_, i) => i * sequenceStride);
  const needed = start + begins.at(-1)! + 1;
  if (outcomes !== null && outcomes.shape[0]! < needed)
    throw refusal(
      'ERR_SHAPE',
      WHERE,
      `at least ${needed} targets, one for each step up to the last window from startIndex ${start} on`,
      `${outcomes.shape[0]}`,
    );
  if (seed !== null) new Mt19937(seed).shuffle(begins);
  return new TimeseriesDataset({
    series: copyRows(series, start, end),
    targets: outcomes && copyRows(outcomes, start, needed),
    begins,
    sequenceLength,
    samplingRate,
    batchSize,
    seed,
  });
}

/** Ids stay ids; everything else becomes float32. */
function readSeries(what: string, input: ArrayInput): Series {
  const holder: unknown =
    typeof input === 'object' && input !== null && 'data' in input && !ArrayBuffer.isView(input) ? input.data : input;
  return types.isInt32Array(holder) ? toTokens(WHERE, what, input) : toValues(WHERE, what, input);
}

function copyRows({ data, shape }: Series, begin: number, end: number): Series {
  const width = data.length / shape[0]!;
  return { data: data.slice(begin * width, end * width), shape: [end - begin, ...shape.slice(1)] } as Series;
}

function takeRows(rows: Series, indices: Int32Array): SeriesArray {
  const width = rows.data.length / rows.shape[0]!;
  const data = makeArray(rows, indices.length * width);
  indices.forEach((index, i) => data.set(rows.data.subarray(index * width, (index + 1) * width), i * width));
  return new NdArray(data, [indices.length, ...rows.shape.slice(1)]) as SeriesArray;
}

/** An array of the kind of a series. */
function makeArray({ data }: Series, size: number): Float32Array | Int32Array {
  return allocate(WHERE, () => (types.isInt32Array(data) ? new Int32Array(size) : new Float32Array(size)));
}
