// SPDX-License-Identifier: MIT
// Models made of files and of JSON. What a file says is taken from a closed table of classes; nothing in it is run, and
// no path or address in it is opened.
import { makeError, OstinatoError } from '../errors';
import { checkPath, checkTrainingState, isPlainObject, ModelFile, readJson } from '../serialization';
import { compileOptions } from '../training/compile_config';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean, checkString, describe, refusal } from '../util/validate';
import { restoreDocument } from './documents';
import { OWN } from '../formats/endings';
import { formatOf } from './file_formats';
import { expectedWeights } from './saved_model';
import { Model } from './model';
import { Sequential } from './sequential';

/** Options of {@link loadModel}. */
export interface LoadModelOptions {
  /** Whether the model is compiled as it was, its optimizer where it stopped. Default true. */
  compile?: boolean;
}

const DEFAULTS = Object.freeze({ compile: true });

/**
 * The model that `model.save` wrote: layers, weights, and, where it was compiled, its optimizer at the step where it
 * was, so that `fit` goes on.
 *
 * Source: keras/src/saving/saving_api.py.
 *
 * @typeParam M the class of the model, where it is known: `loadModel<Sequential>(path)`
 * @param path whose end says the format: `.safetensors`, `.keras`, `.h5`, `.onnx`, or `.json` of TensorFlow.js
 * @param options see {@link LoadModelOptions}
 * @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where the file is malformed or holds no model; ShapeError
 *   `ERR_SHAPE`; ConfigError `ERR_UNKNOWN_NAME` for a layer that does not exist, `ERR_TYPE`, `ERR_CONFIG`
 * @example
 * await model.save('reviews.safetensors');
 * const same = await loadModel('reviews.safetensors');
 */
export async function loadModel<M extends Model = Model>(
  path: string,
  options?: LoadModelOptions,
  ...rest: []
): Promise<M> {
  refuseMore('loadModel', rest);
  return (await openModel<M>('loadModel', path, options)).model;
}

/** A model of a file, and what is known of the file besides. */
export interface OpenedModel<M> {
  readonly model: M;
  /** The program that wrote the file, where the file says so. */
  readonly writtenBy: string | null;
}

/** {@link loadModel} under the name of another function. */
export async function openModel<M extends Model = Model>(
  where: string,
  path: string,
  options?: LoadModelOptions,
): Promise<OpenedModel<M>> {
  const { compile } = withDefaults(where, options, DEFAULTS);
  checkBoolean(where, 'compile', compile);
  const file = checkPath(where, 'path', path);
  const format = formatOf(where, file, 'model', 'read');
  const place = `${where}, ${file}`;
  if (format !== OWN)
    return format.readModel!(where, file, async (document) => {
      const model = modelOf(place, document.model);
      try {
        await guarded(place, () => restoreDocument(place, model, document, { compile }));
      } catch (error) {
        model.dispose();
        throw error;
      }
      return { model: model as M, writtenBy: document.writtenBy ?? null };
    });
  return ModelFile.read(where, file, async (opened) => {
    const described = await opened.section('model');
    if (described === undefined) {
      const hint = 'Weights alone are read by model.loadWeights.';
      throw refusal('ERR_DATA', place, 'a model', 'a file without one', hint);
    }
    const model = modelOf(place, described);
    try {
      const weights = opened.weights(expectedWeights(model));
      const { optimizer, layers } = checkTrainingState(place, await opened.sectionOfSources('training'));
      const compiled = compile ? await opened.section('compile') : null;
      await guarded(place, async () => {
        if (compiled !== null) model.compile(compileOptions(place, compiled));
        await model.restore(where, weights, { optimizer: compiled === null ? null : optimizer, layers });
      });
    } catch (error) {
      model.dispose();
      throw error;
    }
    return { model: model as M, writtenBy: 'ostinato' };
  });
}

/**
 * The assets that `model.save` was given; none where the file has none.
 *
 * @param path of a file that ends in `.safetensors`
 * @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA`; ConfigError `ERR_TYPE`, `ERR_CONFIG`
 * @example
 * await model.save('reviews.safetensors', { assets: { words: ['the', 'and'] } });
 * (await loadAssets('reviews.safetensors')).words; // ['the', 'and']
 */
export async function loadAssets(path: string, ...rest: []): Promise<Record<string, unknown>> {
  refuseMore('loadAssets', rest);
  const where = 'loadAssets';
  const file = checkPath(where, 'path', path);
  const format = formatOf(where, file, 'model', 'read');
  if (format !== OWN) return format.readModel!(where, file, (document) => Promise.resolve({ ...document.assets }));
  const assets = (await ModelFile.read(where, file, (opened) => opened.section('assets'))) ?? {};
  if (isPlainObject(assets)) return assets;
  throw refusal('ERR_DATA', `${where}, ${file}`, 'assets by name', describe(assets));
}

/**
 * A new model of the layers that `model.toJson` described, with weights of its own.
 *
 * Source: keras/src/models/model.py.
 *
 * @typeParam M the class of the model, where it is known: `modelFromJson<Sequential>(text)`
 * @throws DataError `ERR_DATA` where the text is malformed; ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, and whatever the
 *   layers' constructors throw
 * @example
 * const copy = modelFromJson(model.toJson());
 */
export function modelFromJson<M extends Model = Model>(text: string, ...rest: []): M {
  refuseMore('modelFromJson', rest);
  const where = 'modelFromJson';
  return modelOf(where, readJson(where, checkString(where, 'text', text))) as M;
}

/** A closed table: a file names one of these. */
const CLASSES = [Model, Sequential];

/** The model that is described, with first weights. */
export function modelOf(where: string, described: unknown): Model {
  const { className, config } = isPlainObject(described) ? described : {};
  const modelClass = CLASSES.find((known) => known.className === className);
  if (modelClass === undefined || !isPlainObject(config))
    throw refusal(
      'ERR_DATA',
      where,
      'a Model or Sequential as { className, config }',
      describe(className ?? described),
    );
  try {
    return modelClass.fromConfig(config);
  } catch (error) {
    throw readable(where, error);
  }
}

async function guarded(where: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    throw readable(where, error);
  }
}

/** Constructors check what users give them; a file can hold what no user would write. */
function readable(where: string, error: unknown): OstinatoError {
  if (error instanceof OstinatoError) return error;
  return makeError('ERR_DATA', `${where}: expected a config, received one that cannot be read.`, { cause: error });
}
