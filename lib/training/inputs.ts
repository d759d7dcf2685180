// SPDX-License-Identifier: MIT
// Inputs against the model: of the kind and shape that its first layer takes, then copied into the engine's data set.
import { refusal } from '../util/validate';
import { checkVocabulary, toTokens, toValues, type ShapedArray } from '../arrays/arrays';
import { callEngine } from '../native/engine';
import type { TrainingEngine } from './trainer_host';
import { shapeText, type Targets } from '../losses/targets';
import type { Weights } from './weights';
import type { NativeDataset } from '../native/binding';
import type { TrainerHost } from './trainer_host';

/** Inputs that fit the model. */
export interface Inputs {
  readonly what: string;
  readonly rows: number;
  /** Axes after the batch. */
  readonly axes: readonly number[];
  /** Axes of the outputs after the batch, for these inputs. */
  readonly outputAxes: readonly number[];
  readonly array: ShapedArray<Float32Array | Int32Array>;
}

/**
 * Reads the inputs of a call, and builds the model for them where it is not built yet.
 *
 * Tokens are [N,T]; values have the axes of the model's input, and [N] stands for [N,1] as in Keras.
 *
 * @param known inputs that this very model has taken: those of the same axes fit too
 * @throws as `toValues` and `toTokens`; ShapeError `ERR_SHAPE` where the model takes another shape
 */
export function readInputs(where: string, what: string, input: unknown, host: TrainerHost, known?: Inputs): Inputs {
  const isTokens = host.inputKind === 'tokens';
  const array = isTokens ? toTokens(where, what, input) : toValues(where, what, input);
  const [rows = 0, ...rest] = array.shape;
  const axes = rest.length === 0 && !isTokens ? [1] : rest;
  if (known !== undefined && fits(axes, known.axes))
    return { what, rows, axes: known.axes, outputAxes: known.outputAxes, array };
  checkAxes(where, what, array.shape, axes, host);
  host.ensureBuilt([null, ...axes]);
  // Layers such as Conv1D change the number of timesteps, and may need more of them than there are.
  const outputAxes = host.computeOutputShape([null, ...axes]).slice(1) as number[];
  return { what, rows, axes, outputAxes, array };
}

function checkAxes(
  where: string,
  what: string,
  shape: readonly number[],
  axes: readonly number[],
  host: TrainerHost,
): void {
  const wanted = host.inputShape?.slice(1) ?? (host.inputKind === 'tokens' ? [null] : axes);
  if (fits(axes, wanted)) return;
  const isOneRow = fits(shape, wanted);
  const hint = isOneRow
    ? `One row alone needs a batch axis: ${shapeText([1, ...shape])}.`
    : axes.length === 0
      ? `Give it a shape: { data, shape: [rows, timesteps] }.`
      : '';
  throw refusal(
    'ERR_SHAPE',
    where,
    `${what} of shape ${shapeText([null, ...wanted]).replace('any', 'rows')}`,
    shapeText(shape),
    hint,
  );
}

function fits(axes: readonly number[], wanted: readonly (number | null)[]): boolean {
  return axes.length === wanted.length && wanted.every((size, axis) => size === null || size === axes[axis]);
}

/**
 * The engine's own copy of inputs, targets and weights.
 *
 * @param part which rows to copy; default all
 * @throws DataError `ERR_RANGE` for token ids outside the vocabulary
 */
export function makeDataset(
  where: string,
  engine: TrainingEngine,
  host: TrainerHost,
  inputs: Inputs,
  targets: Targets | null,
  weights: Weights | null = null,
  part?: { readonly begin: number; readonly end: number },
): NativeDataset {
  const { axes, array, what } = inputs;
  const { begin, end } = part ?? { begin: 0, end: inputs.rows };
  const inPart = <A extends Float32Array | Int32Array>(data: A): A => {
    const width = data.length / inputs.rows;
    return end - begin === inputs.rows ? data : (data.subarray(begin * width, end * width) as A);
  };
  const dataset = callEngine(
    () =>
      new engine.NativeDataset({
        rows: end - begin,
        inputShape: [...axes],
        inputs: inPart(array.data),
        targets: targets && inPart(targets.data),
        targetSize: targets?.targetSize ?? 0,
        weights: weights && inPart(weights.data),
        weightSize: weights?.weightSize ?? 0,
        initialState: null,
        mask: null,
      }),
  );
  if (host.inputKind === 'tokens' && host.vocabularySize !== undefined)
    checkVocabulary(where, what, array as ShapedArray<Int32Array>, dataset, host.vocabularySize);
  return dataset;
}
