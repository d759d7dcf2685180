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
import { describedModel, documentOf, matched, type DocumentOptions } from './documents';
import { OWN } from '../formats/endings';
import { formatOf, type DocumentFormat } from './file_formats';
import { expectedWeights, type SavedModel, type Snapshot } from './saved_model';
import type { WriteDocument } from '../formats/document';

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

/** A model's weights under the names that they have in files. */
function named(model: SavedModel, { weights }: Snapshot): WeightValues[] {
  const expected = expectedWeights(model);
  return weights.map((data, index) => ({ ...expected[index]!, data }));
}

/** Writes a snapshot of a model, with sections that are made from what training goes on from. */
async function write(
  where: string,
  path: string,
  model: SavedModel,
  sections: (training: TrainingState) => Readonly<Record<string, unknown>>,
  overwrite?: boolean,
): Promise<void> {
  const snapshot = model.snapshot();
  const { training, whenCopied } = snapshot;
  try {
    const contents = { weights: named(model, snapshot), sections: sections(training), whenFilled: whenCopied };
    await writeModelFile(where, path, contents, overwrite);
  } finally {
    snapshot.release();
  }
}

/** See `TrainableModel.save`. What is saved is that of the call, though arrays are copied later. */
export function saveModel(where: string, model: SavedModel, path: unknown, options?: SaveOptions): Promise<void> {
  const o = withDefaults(where, options, SAVE_DEFAULTS);
  const overwrite = checkBoolean(where, 'overwrite', o.overwrite);
  const includeOptimizer = checkBoolean(where, 'includeOptimizer', o.includeOptimizer);
  if (typeof o.assets !== 'object' || o.assets === null)
    throw refusal('ERR_TYPE', where, 'assets by name', describe(o.assets));
  const file = checkPath(where, 'path', path);
  const format = formatOf(where, file, 'model', 'write');
  if (format !== OWN)
    return writeDocument(where, file, model, format.writeModel!, { includeOptimizer, assets: o.assets, overwrite });
  const sections = ({ optimizer, layers }: TrainingState) => ({
    model: { className: model.className, config: model.getConfig() },
    compile: model.compileConfig,
    training: { optimizer: includeOptimizer ? optimizer : null, layers },
    assets: o.assets,
  });
  return write(where, file, model, sections, overwrite);
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
  const format = formatOf(where, file, 'weights', 'write');
  if (format !== OWN)
    return writeDocument(where, file, model, format.writeWeights!, { includeOptimizer: false, assets: {}, overwrite });
  return write(where, file, model, () => ({}), overwrite);
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
  const format = formatOf(where, file, 'weights', 'read');
  if (format !== OWN) return readDocument(where, file, model, format, { byName, skipMismatch });
  if (byName) {
    const hint = 'Its arrays go by name anyway: skipMismatch passes over those that are not there.';
    throw refusal('ERR_CONFIG', where, 'byName for a file of Keras', `one that ends in ${OWN}`, hint);
  }
  await ModelFile.read(where, file, (opened) =>
    model.restore('loadWeights', opened.weights(expectedWeights(model), skipMismatch)),
  );
}

/** Writes a model as a document of this moment. */
async function writeDocument(
  where: string,
  file: string,
  model: SavedModel,
  writeFile: WriteDocument,
  { overwrite, ...parts }: DocumentOptions & { readonly overwrite: boolean },
): Promise<void> {
  const { document, whenFilled, release } = documentOf(model, parts);
  try {
    await whenFilled;
    await writeFile(where, file, document, { overwrite });
  } finally {
    release();
  }
}

async function readDocument(
  where: string,
  file: string,
  model: SavedModel,
  format: DocumentFormat,
  { byName, skipMismatch }: Required<LoadWeightsOptions>,
): Promise<void> {
  await format.readWeights!(where, file, describedModel(model), { byName }, ({ weights }) => {
    const values = matched(`${where}, ${file}`, model, weights, { skipMissing: byName, skipMismatch });
    return model.restore('loadWeights', values);
  });
}

/** See `TrainableModel.saveTraining`. */
export function saveTraining(
  where: string,
  model: SavedModel,
  path: string,
  sections: Readonly<Record<string, unknown>>,
): Promise<void> {
  return write(where, path, model, (training) => ({ training, ...sections }));
}

/** See `TrainableModel.loadTraining`. Everything is read before anything is set. */
export function loadTraining(
  where: string,
  model: SavedModel,
  path: string,
  names: readonly string[],
): Promise<unknown[]> {
  return ModelFile.read(where, path, async (file) => {
    const weights = file.weights(expectedWeights(model));
    const training = checkTrainingState(`${where}, ${path}`, await file.sectionOfSources('training'));
    const sections = await inOrder(names, (name) => file.section(name));
    await model.restore('loadTraining', weights, training);
    return sections;
  });
}

async function inOrder<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const name of names) results.push(await read(name));
  return results;
}
