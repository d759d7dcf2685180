// SPDX-License-Identifier: MIT
// Normalization: features of mean 0 and variance 1, by what the data is. native/layers/normalization computes.
import { refuseMore } from '../../util/arguments';
import { toValues, type ShapedArray } from '../../arrays/arrays';
import { allocate } from '../../arrays/nested_arrays';
import { nextTurn } from '../../util/timers';
import { resolveInitializer } from '../../initializers';
import { callEngine, loadBinding } from '../../native/engine';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkBoolean, checkInteger, describe, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from '../layer';
import { shapeText } from '../shapes';
import { sizeOf } from '../weights';
import type { MaskPassage } from '../step_mask';
import type { NativeLayerConfig, NativeMomentsShape } from '../../native/binding';
import type { ArrayInput, Shape } from '../../types';

/** A number, or one for each element of the axes that are kept. */
export type Moments = number | ArrayInput;

/** Options of {@link Normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /**
   * Axes whose elements have a mean and a variance each: -1 (default), the features; 1 of [N,T,C], the timesteps; [1, 2],
   * both. null: one mean and variance of everything.
   */
  axis?: number | readonly number[] | null;
  /** Default null: learnt by `adapt`. Together with `variance`. */
  mean?: Moments | null;
  /** At least 0. Default null: learnt by `adapt`. */
  variance?: Moments | null;
  /** Whether normalized inputs become what they were: `x * sqrt(variance) + mean`. Default false. */
  invert?: boolean;
}

/** What {@link Normalization.adapt} reads batch by batch: inputs, or [inputs, targets] as `fit` takes them. */
export type AdaptBatch = ArrayInput | readonly [x: ArrayInput, ...rest: readonly unknown[]];

/** What {@link Normalization.adapt} takes: an array, or anything that gives batches. */
export type AdaptSource =
  | ArrayInput
  | Iterable<AdaptBatch>
  | AsyncIterable<AdaptBatch>
  | (() => Iterable<AdaptBatch> | AsyncIterable<AdaptBatch>);

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link NormalizationOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  axis: -1,
  mean: null,
  variance: null,
  invert: false,
} as const);

/** Numbers that the engine looks at between two looks at the event loop. */
const NUMBERS_PER_TURN = 2 ** 18;

/**
 * Shifts and scales inputs to mean 0 and variance 1: `(x - mean) / sqrt(variance)`. What these are is learnt by
 * {@link adapt} before training, or given.
 *
 * Input and output have one shape, [N,C] or [N,T,C]. Weights, which training leaves as they are, unless mean and variance
 * are given: `mean` and `variance` of the axes that are kept ([C]; [1] with `axis: null`), and `count` [1], which nothing
 * reads. Masked timesteps stay masked; `adapt` sees no mask.
 *
 * @see keras/src/layers/preprocessing/normalization.py
 * @example
 * const normalize = new Normalization();
 * await normalize.adapt([[0, 7], [2, 9]]);
 * const y = await normalize.call([[1, 9]]); // [[0, 1]]
 */
export class Normalization extends Layer {
  static readonly className = 'Normalization';
  readonly className = Normalization.className;
  readonly axis: number | readonly number[] | null;
  readonly invert: boolean;
  readonly #given: { readonly mean: GivenMoments; readonly variance: GivenMoments } | null;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA` */
  constructor(options: NormalizationOptions = {}, ...rest: []) {
    refuseMore('Normalization', rest);
    const where = 'Normalization';
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const axis = checkAxes(where, o.axis);
    const invert = checkBoolean(where, 'invert', o.invert);
    if ((o.mean === null) !== (o.variance === null))
      throw refusal('ERR_CONFIG', where, 'mean and variance together', 'one of them');
    const given =
      o.mean === null
        ? null
        : { mean: readMoments(where, 'mean', o.mean), variance: readMoments(where, 'variance', o.variance) };
    if (given !== null) checkGiven(where, given, axis);
    super(where, o);
    this.axis = axis;
    this.invert = invert;
    this.#given = given;
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override get isPositionWise(): boolean {
    return this.axis === -1 || this.axis === null;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const kept = this.#keptSizes(inputShape);
    if (this.#given !== null) spreadSizes(this.where, this.#given.mean, kept);
    return inputShape;
  }

  /** Of the axes behind the batch: their sizes where they are kept, else 1. */
  #parameterSizes(inputShape: Shape): number[] {
    const { length } = inputShape;
    if (length !== 2 && length !== 3)
      throw refusal('ERR_SHAPE', this.where, 'input [N,C] or [N,T,C]', shapeText(inputShape));
    const axes = axesOf(this.axis).map((axis) => {
      const behind = axis < 0 ? axis + length : axis;
      if (behind >= 1 && behind < length) return behind;
      throw refusal('ERR_SHAPE', this.where, `input that has axis ${axis} behind the batch`, shapeText(inputShape));
    });
    return inputShape.slice(1).map((size, index) => {
      if (!axes.includes(index + 1)) return 1;
      if (size !== null) return size;
      throw refusal('ERR_SHAPE', this.where, `input whose axis ${index + 1} is known`, shapeText(inputShape));
    });
  }

  /** Sizes of the axes that are kept; [1] where none is. */
  #keptSizes(inputShape: Shape): number[] {
    const { length } = inputShape;
    const sizes = this.#parameterSizes(inputShape);
    const axes = new Set(axesOf(this.axis).map((axis) => (axis < 0 ? axis + length : axis)));
    return axes.size === 0 ? [1] : sizes.filter((_, index) => axes.has(index + 1));
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    if (this.#given !== null) return [];
    const shape = this.#keptSizes(inputShape);
    const fixed = (name: string, sizes: number[], initializer: string): WeightDeclaration => ({
      name,
      shape: sizes,
      initializer: resolveInitializer(this.where, name, initializer),
      regularizer: null,
      trainable: false,
    });
    return [fixed('mean', shape, 'zeros'), fixed('variance', shape, 'ones'), fixed('count', [1], 'zeros')];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    const kept = this.#keptSizes(inputShape);
    const values = (given: GivenMoments | undefined): Float32Array =>
      given === undefined ? new Float32Array(0) : spread(this.where, given, kept);
    return {
      kind: 'normalization',
      shape: this.#parameterSizes(inputShape),
      invert: this.invert,
      mean: values(this.#given?.mean),
      variance: values(this.#given?.variance),
      ...this.nativeWeighted(),
    };
  }

  /**
   * Learns mean and variance from data, in place of what was learnt before. Call it before `fit`. The layer is built for the
   * data where it is not built yet.
   *
   * Looks at the event loop between parts of the data.
   *
   * @param data an array [N,C] or [N,T,C], where [N] stands for [N,1]; or what gives batches of it: an iterable, an async
   *   iterable, or a function that returns one. A batch may be [x, y] as for `fit`, x being a typed array or having a shape
   * @param options `steps`: how many batches to take; default null: all
   * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_CONFIG`; StateError `ERR_STATE` where mean and variance were given,
   *   `ERR_BUSY`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA` where there is no batch
   * @see keras/src/layers/preprocessing/normalization.py
   * @example
   * await normalize.adapt(x);
   * await normalize.adapt(() => timeseriesDatasetFromArray(series, null, { sequenceLength: 10 }));
   */
  async adapt(data: AdaptSource, options?: { steps?: number | null }): Promise<void> {
    const where = `${this.where}.adapt`;
    const { steps } = withDefaults(where, options, { steps: null as number | null });
    if (steps !== null) checkInteger(where, 'steps', steps);
    if (this.#given !== null)
      throw refusal('ERR_STATE', where, 'a layer without mean and variance', 'one that was given both');
    this.assertAtRest('adapt');
    let learnt: { state: Float64Array; sizes: readonly number[] } | undefined;
    let taken = 0;
    for await (const batch of batchesOf(where, data)) {
      const { data: values, shape } = readBatch(where, batch);
      if (!this.isBuilt) this.build([null, ...shape.slice(1)]);
      const sizes = this.#parameterSizes(shape);
      learnt ??= { state: new Float64Array(1 + 2 * sizeOf(sizes)), sizes };
      this.#checkSizes(where, sizes, shape);
      await addMoments(values, shape, sizes, learnt.state);
      if (++taken === steps) break;
    }
    if (learnt === undefined) throw refusal('ERR_DATA', where, 'at least one batch', 'none');
    const [mean, variance] = [new Float32Array(sizeOf(learnt.sizes)), new Float32Array(sizeOf(learnt.sizes))];
    callEngine(() => loadBinding().readMoments(learnt.state, mean, variance));
    this.setWeights([mean, variance, new Float32Array(1)]);
  }

  #checkSizes(where: string, sizes: readonly number[], shape: readonly number[]): void {
    const built = this.#parameterSizes(this.inputShape!);
    if (String(sizes) === String(built)) return;
    throw refusal('ERR_SHAPE', where, `data like ${shapeText(this.inputShape!)}`, shapeText(shape));
  }

  override getConfig(): Record<string, unknown> {
    const plain = (given: GivenMoments | undefined): unknown => (given === undefined ? null : toPlain(given));
    return {
      ...super.getConfig(),
      axis: this.axis !== null && typeof this.axis === 'object' ? [...this.axis] : this.axis,
      mean: plain(this.#given?.mean),
      variance: plain(this.#given?.variance),
      invert: this.invert,
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Normalization {
    return new Normalization(config);
  }
}

/** Numbers with a shape; [] for one alone. */
type GivenMoments = ShapedArray<Float32Array>;

function checkAxes(where: string, value: unknown): number | readonly number[] | null {
  if (value === null) return null;
  const check = (axis: unknown): number => {
    const checked = checkInteger(where, 'axis', axis, -2147483648);
    if (checked === 0) throw refusal('ERR_CONFIG', where, 'axis of timesteps or features', '0, that of the batch');
    return checked;
  };
  if (!Array.isArray(value)) return check(value);
  if (new Set(value).size < value.length)
    throw refusal('ERR_CONFIG', where, 'axis to name each axis once', `[${value.map(describe).join(', ')}]`);
  return Object.freeze(value.map(check));
}

function axesOf(axis: number | readonly number[] | null): readonly number[] {
  return axis === null ? [] : typeof axis === 'number' ? [axis] : axis;
}

function readMoments(where: string, what: string, value: unknown): GivenMoments {
  const { data, shape } = toValues(where, what, typeof value === 'number' ? [value] : value);
  const wrong = data.findIndex((number) => !Number.isFinite(number) || (what === 'variance' && number < 0));
  if (wrong < 0) return { data: data.slice(), shape: typeof value === 'number' ? [] : shape };
  const expected = what === 'variance' ? 'finite numbers of at least 0' : 'finite numbers';
  throw refusal('ERR_CONFIG', where, `${what} to hold ${expected}`, describe(data[wrong]));
}

function checkGiven(
  where: string,
  { mean, variance }: { readonly mean: GivenMoments; readonly variance: GivenMoments },
  axis: number | readonly number[] | null,
): void {
  const text = ({ shape }: GivenMoments): string => `[${shape.join(', ')}]`;
  if (text(mean) !== text(variance))
    throw refusal('ERR_SHAPE', where, 'mean and variance of one shape', `${text(mean)} and ${text(variance)}`);
  const axes = axesOf(axis).length;
  if (mean.shape.length > axes)
    throw refusal('ERR_SHAPE', where, `mean of at most ${axes} axes, those that are kept`, text(mean));
}

/** Sizes of the given numbers along the axes that are kept: 1 where they are repeated. @throws ShapeError `ERR_SHAPE` */
function spreadSizes(where: string, { shape }: GivenMoments, kept: readonly number[]): readonly number[] {
  const sizes = [...(Array(kept.length - shape.length).fill(1) as number[]), ...shape];
  if (sizes.every((size, axis) => size === 1 || size === kept[axis])) return sizes;
  throw refusal('ERR_SHAPE', where, `mean of the shape [${kept.join(', ')}]`, `[${shape.join(', ')}]`);
}

/** Given numbers for each element of the axes that are kept: axes of 1, and those that are missing in front, are repeated. */
function spread(where: string, given: GivenMoments, kept: readonly number[]): Float32Array {
  const sizes = spreadSizes(where, given, kept);
  const { data } = given;
  return Float32Array.from({ length: sizeOf(kept) }, (_, position) => {
    let rest = position;
    let from = 0;
    let step = 1;
    for (let axis = kept.length - 1; axis >= 0; axis--) {
      if (sizes[axis] !== 1) from += (rest % kept[axis]!) * step;
      rest = Math.floor(rest / kept[axis]!);
      step *= sizes[axis]!;
    }
    return data[from]!;
  });
}

/** As plain data: a number, an array, or an array of arrays. */
function toPlain({ data, shape }: GivenMoments): unknown {
  if (shape.length === 0) return data[0];
  if (shape.length === 1) return [...data];
  const columns = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
}

function batchesOf(where: string, data: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  const source: unknown = typeof data === 'function' ? (data as () => unknown)() : data;
  const isArray = Array.isArray(source) || ArrayBuffer.isView(source);
  if (typeof source === 'object' && source !== null && !isArray && !('data' in source && 'shape' in source)) {
    if (Symbol.asyncIterator in source) return source as AsyncIterable<unknown>;
    if (Symbol.iterator in source) return source as Iterable<unknown>;
    throw refusal('ERR_TYPE', where, 'an array, or what gives batches', describe(source));
  }
  // Copied: the caller may write to it while others compute.
  const { data: values, shape } = toValues(where, 'data', source);
  return [{ data: allocate(where, () => values.slice()), shape }];
}

/** The inputs of a batch, [N,C] or [N,T,C]. */
function readBatch(where: string, batch: unknown): ShapedArray<Float32Array> {
  const first: unknown = Array.isArray(batch) ? batch[0] : undefined;
  const isPair = ArrayBuffer.isView(first) || (typeof first === 'object' && first !== null && 'shape' in first);
  const { data, shape } = toValues(where, 'x', isPair ? first : batch);
  return { data, shape: shape.length === 1 ? [shape[0]!, 1] : shape };
}

async function addMoments(
  values: Float32Array,
  shape: readonly number[],
  sizes: readonly number[],
  state: Float64Array,
): Promise<void> {
  const [rows, ...axes] = shape as [number, ...number[]];
  const columns = axes.at(-1)!;
  const size = sizeOf(axes);
  const rest = {
    steps: size / columns,
    columns,
    parameterSteps: sizes.length === 2 ? sizes[0]! : 1,
    parameterFeatures: sizes.at(-1)!,
  };
  const rowsPerTurn = Math.max(1, Math.floor(NUMBERS_PER_TURN / size));
  for (let begin = 0; begin < rows; begin += rowsPerTurn) {
    const end = Math.min(rows, begin + rowsPerTurn);
    const part: NativeMomentsShape = { rows: end - begin, ...rest };
    callEngine(() => loadBinding().addMoments(values.subarray(begin * size, end * size), part, state));
    await nextTurn();
  }
}
