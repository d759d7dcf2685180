// SPDX-License-Identifier: MIT
// What of a model is in its files, and under which names. Making models of files is `loading.ts`.
import {
  checkPath,
  checkTrainingState,
  ModelFile,
  writeModelFile,
  type TrainingState,
  type WeightValues,
} from '../serialization';
import { withDefaults } from '../util/options';
import { checkBoolean, describe, refusal } from '../util/validate';
import { weightNames, type NamedLayer } from '../util/weight_names';
import { describedModel, documentOf, matched } from './documents';
import { formatOf, OWN } from './file_formats';
import type { CompileConfig } from '../training/compile_config';

/** Options of `model.save`. */
export interface SaveOptions {
  /** Whether a file that is there gives way. Default true. */
  overwrite?: boolean;
  /** Whether the optimizer's state is saved, so that training can go on. Default true. */
  includeOptimizer?: boolean;
  /**
   * Plain data by name that belongs to the model, and what prepares its inputs: a `TextVectorization`, a `StringLookup`, which
   * become `{ className, config }`. {@link loadAssets} reads it. Default none.
   */
  assets?: Readonly<Record<string, unknown>>;
}

/** Options of `model.saveWeights`. */
export type SaveWeightsOptions = Pick<SaveOptions, 'overwrite'>;

/** Options of `model.loadWeights`. */
export interface LoadWeightsOptions {
  /**
   * For files of Keras: takes the weights of each layer from the one of its name in the file, wherever that stands, and passes
   * over layers that the file lacks. Default false: layers go by their classes and their order.
   */
  byName?: boolean;
  /** Passes over weights that are missing in the file or have another shape, and over arrays that are none. Default false. */
  skipMismatch?: boolean;
}

const SAVE_DEFAULTS = Object.freeze({ overwrite: true, includeOptimizer: true, assets: Object.freeze({}) });
const SAVE_WEIGHTS_DEFAULTS = Object.freeze({ overwrite: true });
const LOAD_WEIGHTS_DEFAULTS = Object.freeze({ byName: false, skipMismatch: false });

/** A model as its files see it. */
export interface SavedModel {
  readonly name: string;
  readonly className: string;
  readonly isBuilt: boolean;
  readonly layers: readonly NamedLayer[];
  readonly weights: readonly { readonly layer: string; readonly name: string; readonly shape: readonly number[] }[];
  readonly compileConfig: CompileConfig | null;
  getConfig(): object;
  /** Copies of the weights, and of what training goes on from, as they are at the call. */
  snapshot(): Snapshot;
  /** Sets all weights to arrays of their sizes that nobody else has. */
  adoptWeights(method: string, values: readonly Float32Array[]): Promise<void>;
  setTrainingState(state: TrainingState): Promise<void>;
}

/** A model at one moment. Its arrays are filled when `whenCopied` resolves. */
export interface Snapshot {
  readonly weights: readonly Float32Array[];
  readonly training: TrainingState;
  readonly whenCopied: Promise<void>;
}

/** A model's weights under the names that they have in files. */
function named(model: SavedModel, { weights }: Snapshot): WeightValues[] {
  const expected = expectedWeights(model);
  return weights.map((data, index) => ({ ...expected[index]!, data }));
}

/** See `TrainableModel.save`. What is saved is that of the call, though arrays are copied later. */
export function saveModel(where: string, model: SavedModel, path: unknown, options?: SaveOptions): Promise<void> {
  const o = withDefaults(where, options, SAVE_DEFAULTS);
  const overwrite = checkBoolean(where, 'overwrite', o.overwrite);
  const includeOptimizer = checkBoolean(where, 'includeOptimizer', o.includeOptimizer);
  if (typeof o.assets !== 'object' || o.assets === null)
    throw refusal('ERR_TYPE', where, 'assets by name', describe(o.assets));
  const file = checkPath(where, 'path', path);
  const format = formatOf(where, file, 'model');
  if (format !== OWN) {
    const { document, whenFilled } = documentOf(model, { includeOptimizer, assets: o.assets });
    return whenFilled.then(() => format.writeModel!(where, file, document, { overwrite }));
  }
  const snapshot = model.snapshot();
  const { optimizer, layers } = snapshot.training;
  const sections = {
    model: { className: model.className, config: model.getConfig() },
    compile: model.compileConfig,
    training: { optimizer: includeOptimizer ? optimizer : null, layers },
    assets: o.assets,
  };
  const contents = { weights: named(model, snapshot), sections, whenFilled: snapshot.whenCopied };
  return writeModelFile(where, file, contents, overwrite);
}

/** See `TrainableModel.saveWeights`. */
export function saveWeights(
  where: string,
  model: SavedModel,
  path: unknown,
  options?: SaveWeightsOptions,
): Promise<void> {
  const { overwrite } = withDefaults(where, options, SAVE_WEIGHTS_DEFAULTS);
  checkBoolean(where, 'overwrite', overwrite);
  const file = checkPath(where, 'path', path);
  const format = formatOf(where, file, 'weights');
  if (format !== OWN) {
    const { document, whenFilled } = documentOf(model, { includeOptimizer: false, assets: {} });
    return whenFilled.then(() => format.writeWeights(where, file, document, { overwrite }));
  }
  const snapshot = model.snapshot();
  const contents = { weights: named(model, snapshot), sections: {}, whenFilled: snapshot.whenCopied };
  return writeModelFile(where, file, contents, overwrite);
}

/** See `TrainableModel.loadWeights`. */
export async function loadWeights(
  where: string,
  model: SavedModel,
  path: unknown,
  options?: LoadWeightsOptions,
): Promise<void> {
  const { byName, skipMismatch } = withDefaults(where, options, LOAD_WEIGHTS_DEFAULTS);
  checkBoolean(where, 'byName', byName);
  checkBoolean(where, 'skipMismatch', skipMismatch);
  const file = checkPath(where, 'path', path);
  const values = await readValues(where, model, file, byName, skipMismatch);
  // Weights of this moment stand in for those that the file lacks.
  const present = values.includes(undefined) ? model.snapshot() : undefined;
  await present?.whenCopied;
  await model.adoptWeights(
    'loadWeights',
    values.map((value, index) => value ?? present!.weights[index]!),
  );
}

/** Values of the weights of a file; undefined for those that it lacks. */
async function readValues(
  where: string,
  model: SavedModel,
  file: string,
  byName: boolean,
  skipMismatch: boolean,
): Promise<(Float32Array | undefined)[]> {
  const format = formatOf(where, file, 'weights');
  if (format === OWN) {
    if (byName)
      throw refusal(
        'ERR_CONFIG',
        where,
        `byName for a file of Keras`,
        `one that ends in ${OWN}`,
        'Its arrays go by name anyway: skipMismatch passes over those that are not there.',
      );
    return ModelFile.read(where, file, (opened) => opened.weights(expectedWeights(model), skipMismatch));
  }
  return format.readWeights(where, file, describedModel(model), { byName }, ({ weights }) =>
    Promise.resolve(matched(`${where}, ${file}`, model, weights, { skipMissing: byName, skipMismatch })),
  );
}

/** The weights that a file of this model has. */
export function expectedWeights(model: SavedModel): Omit<WeightValues, 'data'>[] {
  const names = weightNames(model.layers);
  return model.weights.map(({ shape }, index) => ({ name: names[index]!, shape }));
}

/** See `TrainableModel.saveTraining`. */
export function saveTraining(
  where: string,
  model: SavedModel,
  path: string,
  sections: Readonly<Record<string, unknown>>,
): Promise<void> {
  const snapshot = model.snapshot();
  const { training, whenCopied } = snapshot;
  const contents = { weights: named(model, snapshot), sections: { training, ...sections }, whenFilled: whenCopied };
  return writeModelFile(where, path, contents);
}

/** See `TrainableModel.loadTraining`. Everything is read before anything is set. */
export async function loadTraining(
  where: string,
  model: SavedModel,
  path: string,
  names: readonly string[],
): Promise<unknown[]> {
  const { weights, training, sections } = await ModelFile.read(where, path, async (file) => ({
    weights: await file.weights(expectedWeights(model)),
    training: checkTrainingState(`${where}, ${path}`, await file.section('training')),
    sections: await inOrder(names, (name) => file.section(name)),
  }));
  await model.adoptWeights('loadTraining', weights as Float32Array[]);
  await model.setTrainingState(training);
  return sections;
}

async function inOrder<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const name of names) results.push(await read(name));
  return results;
}
