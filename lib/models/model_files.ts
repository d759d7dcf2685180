// SPDX-License-Identifier: MIT
// What of a model is in its files, and under which names. Making models of files is `loading.ts`.
import {
  checkExtension,
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
import type { Floats, FloatSource } from '../arrays/float_source';
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
  /** Passes over weights that are missing in the file or have another shape, and over arrays that are none. Default false. */
  skipMismatch?: boolean;
}

const SAVE_DEFAULTS = Object.freeze({ overwrite: true, includeOptimizer: true, assets: Object.freeze({}) });
const SAVE_WEIGHTS_DEFAULTS = Object.freeze({ overwrite: true });
const LOAD_WEIGHTS_DEFAULTS = Object.freeze({ skipMismatch: false });

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
  /** Sets weights, where they are given, and what training goes on from; all or nothing. */
  restore(method: string, weights: readonly (Floats | undefined)[], training?: TrainingState): Promise<void>;
}

/** A model at one moment. Its sources can be read from when `whenCopied` resolves to when it is released. */
export interface Snapshot {
  readonly weights: readonly FloatSource[];
  readonly training: TrainingState;
  readonly whenCopied: Promise<void>;
  /** Gives its memory back. */
  release(): void;
}

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
  const file = checkExtension(where, 'path', checkPath(where, 'path', path));
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
  const file = checkExtension(where, 'path', checkPath(where, 'path', path));
  return write(where, file, model, () => ({}), overwrite);
}

/** See `TrainableModel.loadWeights`. */
export async function loadWeights(
  where: string,
  model: SavedModel,
  path: unknown,
  options?: LoadWeightsOptions,
): Promise<void> {
  const { skipMismatch } = withDefaults(where, options, LOAD_WEIGHTS_DEFAULTS);
  checkBoolean(where, 'skipMismatch', skipMismatch);
  const file = checkExtension(where, 'path', checkPath(where, 'path', path));
  await ModelFile.read(where, file, (opened) =>
    model.restore('loadWeights', opened.weights(expectedWeights(model), skipMismatch)),
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
