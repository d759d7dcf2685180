// SPDX-License-Identifier: MIT
// Inputs of a call in three steps: read as arrays of the kinds that the model takes, fitted to the model, which is built
// for them where it is not built yet, and copied into the engine.
import { refusal } from '../util/validate';
import { checkVocabulary, toTokens, toValues, type ShapedArray } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { callEngine } from '../native/engine';
import { shapeText, type Targets } from '../losses/targets';
import { inOrder } from './structure';
import type { HostInput, TrainerHost, TrainingEngine } from './trainer_host';
import type { Weights } from './weights';
import type { NativeDataset } from '../native/binding';

/** An array for one input of a model. */
export interface InputArray {
  /** How messages call it. */
  readonly what: string;
  /** Axes after the batch. */
  readonly axes: readonly number[];
  readonly array: ShapedArray<Float32Array | Int32Array>;
}

/** Arrays for all inputs of a model, in order. */
export interface InputArrays {
  readonly rows: number;
  readonly arrays: readonly InputArray[];
}

/** Inputs that fit the model. */
export interface Inputs extends InputArrays {
  /** For these inputs, axes after the batch of each output. */
  readonly outputAxes: readonly (readonly number[])[];
}

/**
 * Reads the inputs of a call. [N] stands for [N,1] of numbers, as in Keras.
 *
 * @throws as `inOrder`, `toValues` and `toTokens`; ShapeError `ERR_SHAPE` where inputs have different numbers of rows
 */
export function readInputs(where: string, what: string, given: unknown, host: TrainerHost): InputArrays {
  const { dataInputs } = host;
  const names = dataInputs.map(({ name }) => name);
  const arrays = inOrder(where, what, given, names).map(({ what: name, value }, index) =>
    readInput(where, name, value, dataInputs[index]!.kind),
  );
  const [first, ...others] = arrays as [InputArray, ...InputArray[]];
  const rows = first.array.shape[0]!;
  for (const { what: name, array } of others)
    if (array.shape[0] !== rows)
      throw refusal('ERR_SHAPE', where, `${rows} rows in ${name} as in ${first.what}`, `${array.shape[0]}`);
  return { rows, arrays };
}

function readInput(where: string, what: string, value: unknown, kind: HostInput['kind']): InputArray {
  const array = kind === 'tokens' ? toTokens(where, what, value) : toValues(where, what, value);
  const rest = array.shape.slice(1);
  return { what, axes: rest.length === 0 && kind === 'values' ? [1] : rest, array };
}

/**
 * Fits inputs to the model.
 *
 * @param known inputs that this very model has taken: those of the same axes fit too
 * @throws ShapeError `ERR_SHAPE` where the model takes another shape
 */
export function fitInputs(where: string, inputs: InputArrays, host: TrainerHost, known?: Inputs): Inputs {
  const { rows, arrays } = inputs;
  if (known !== undefined && arrays.every(({ axes }, index) => fits(axes, known.arrays[index]!.axes)))
    return { rows, arrays, outputAxes: known.outputAxes };
  const { dataInputs } = host;
  arrays.forEach((array, index) => checkAxes(where, array, dataInputs[index]!));
  const shapes = arrays.map(({ axes }) => [null, ...axes]);
  host.ensureBuilt(shapes[0]!);
  // Layers such as Conv1D change the number of timesteps, and may need more of them than there are.
  const outputAxes = host.computeOutputShapes(shapes).map((shape) => shape.slice(1) as number[]);
  return { rows, arrays, outputAxes };
}

/** Room for all outputs of so many rows. */
export function roomFor(where: string, { outputAxes }: Inputs, rows: number): Float32Array[] {
  return outputAxes.map((axes) => allocate(where, () => new Float32Array(axes.reduce((a, b) => a * b, rows))));
}

function checkAxes(where: string, { what, axes, array: { shape } }: InputArray, input: HostInput): void {
  const wanted = input.shape?.slice(1) ?? (input.kind === 'tokens' ? [null] : axes);
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

/** What one output is trained on: targets, and where rows do not count alike, their weights. */
export interface OutputTargets {
  readonly targets: Targets;
  readonly weights: Weights | null;
}

/**
 * The engine's own copy of inputs, targets and weights.
 *
 * @param targets one for each output, null where it has no loss; none to predict
 * @param part which rows to copy; default all
 * @throws DataError `ERR_RANGE` for token ids outside the vocabulary
 */
export function makeDataset(
  where: string,
  engine: TrainingEngine,
  host: TrainerHost,
  inputs: InputArrays,
  targets: readonly (OutputTargets | null)[],
  part?: { readonly begin: number; readonly end: number },
): NativeDataset {
  const { begin, end } = part ?? { begin: 0, end: inputs.rows };
  const inPart = <A extends Float32Array | Int32Array>(data: A): A => {
    const width = data.length / inputs.rows;
    return end - begin === inputs.rows ? data : (data.subarray(begin * width, end * width) as A);
  };
  const dataset = callEngine(
    () =>
      new engine.NativeDataset({
        rows: end - begin,
        inputs: inputs.arrays.map(({ axes, array }) => ({ shape: [...axes], data: inPart(array.data) })),
        targets: targets.map((given) => ({
          data: given && inPart(given.targets.data),
          size: given?.targets.targetSize ?? 0,
          weights: given?.weights ? inPart(given.weights.data) : null,
          weightSize: given?.weights?.weightSize ?? 0,
        })),
      }),
  );
  host.dataInputs.forEach(({ kind, vocabularySize }, index) => {
    if (kind === 'values' || vocabularySize === undefined) return;
    const { what, array } = inputs.arrays[index]!;
    const range = dataset.tokenRanges[index]!;
    checkVocabulary(where, what, array as ShapedArray<Int32Array>, range, vocabularySize);
  });
  return dataset;
}
