// SPDX-License-Identifier: MIT
// The older file of Keras, `.h5`: the model and what compile was given as JSON in attributes, weights by layer. Keras 1, 2 and
// tf.keras wrote it, each with spellings of its own; Keras 3 still does. What those spell otherwise is translated first.
import { isPlainObject, readJson } from '../../serialization';
import { writeAtomically } from '../../serialization/atomic_file';
import { bytesInParts } from '../../serialization/byte_source';
import { describe, refusal } from '../../util/validate';
import { H5Reader, LONGEST_HEADER, writeH5, type H5Tree, type H5Values } from '../h5';
import { readWeight, writtenWeight } from './arrays';
import { compileFromKeras, compileToKeras } from './compile';
import { modelFromKeras } from '../keras_config/from_graph';
import { modernModel } from '../keras_config/legacy';
import { Reshaped, withoutCudnn } from './cudnn';
import { asOfTensorflow, isOfTensorflow, olderCompile } from './older';
import { olderOptimizerState, optimizerFromKeras, optimizerToKeras } from './optimizer';
import { pythonJson } from '../keras_config/python_json';
import { withoutLegacySigmoid } from '../keras_config/legacy_sigmoid';
import { isStateful, modelToKeras, orderedLayers } from '../keras_config/to_graph';
import { namesOfNodes, nodeOf, placesOf, type WeightNode, type WeightPlace } from '../keras_config/weights';
import type { DescribedModel, ModelDocument, NamedArray } from '../document';
import type { WeightsChoice } from './archive';
import type { Config } from '../keras_config/classes';
import type { Described } from '../keras_config/objects';

const KERAS_VERSION = '3.15.1';
const WEIGHTS = 'model_weights';
const OPTIMIZER = 'optimizer_weights';

/** A layer of the model itself, with the weights of all that is in it. */
interface LayerWeights {
  readonly name: string;
  /** Those that training changes, then the others, as Keras lists them. */
  readonly places: readonly WeightPlace[];
}

/** Weights layer by layer. @param order the layers of a graph in Keras' order */
function layersOf(
  model: Described,
  order: (config: Config) => readonly Described[],
): {
  readonly layers: readonly LayerWeights[];
  readonly all: readonly WeightPlace[];
} {
  const root = nodeOf(model, order);
  const all = placesOf(root, namesOfNodes(root));
  const left = new Map(all.map((place) => [place.name, place]));
  const names = namesOfNodes(root);
  const layers = root.parts.map(({ node }) => {
    const own = namesBelow(node, names).flatMap((name) => {
      const place = left.get(name);
      left.delete(name);
      return place === undefined ? [] : [place];
    });
    const places = [...own.filter(({ trainable }) => trainable), ...own.filter(({ trainable }) => !trainable)];
    return { name: node.name, places };
  });
  return { layers, all };
}

function namesBelow(node: WeightNode, names: ReadonlyMap<WeightNode, readonly string[]>): string[] {
  return [...(names.get(node) ?? []), ...node.parts.flatMap((part) => namesBelow(part.node, names))];
}

// Writing

/** Writes `.h5`. @throws (rejects) as writeKeras */
export async function writeLegacy(
  where: string,
  path: string,
  given: ModelDocument,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  const document = withoutLegacySigmoid(where, given);
  const { model, compile, training } = document;
  if (model === null) throw refusal('ERR_DATA', where, 'a model', 'weights alone');
  const rows = training?.layers?.statefulRows ?? null;
  const described = modelToKeras(where, model, { rows, isStateful: isStateful(model) });
  const { layers, all } = layersOf(model, orderedLayers);
  const arrays = new Map(document.weights.map((array) => [array.name, array]));
  const attributes: Record<string, string> = {
    keras_version: KERAS_VERSION,
    backend: 'jax',
    model_config: pythonJson({ class_name: described.class_name, config: described.config }),
  };
  const groups: Record<string, H5Tree> = { [WEIGHTS]: await weightsTree(where, layers, arrays) };
  if (compile !== null) {
    const { optimizer, ...others } = compileToKeras(where, longNames(compile));
    const { class_name: className, config } = optimizer as { class_name: string; config: unknown };
    attributes['training_config'] = pythonJson({ ...others, optimizer_config: { class_name: className, config } });
    const state = training?.optimizer ?? null;
    const own = compile['optimizer'] as { className: string; config: Config };
    if (state !== null)
      groups[OPTIMIZER] = listedTree(
        await optimizerToKeras(where, own, state, all, arrays),
        String(own.config['name']),
      );
  }
  for (const [name, text] of Object.entries(attributes))
    if (Buffer.byteLength(text) > LONGEST_HEADER)
      throw refusal(
        'ERR_CONFIG',
        where,
        `a model that ${name} of at most ${LONGEST_HEADER} bytes describes`,
        `${Buffer.byteLength(text)} bytes`,
        'Save it as .keras, which has no such bound.',
      );
  await writeFile(where, path, { attributes, arrays: {}, groups }, overwrite);
}

/** Short names of losses, which Keras 3 does not find again in such files. */
const LONG: ReadonlyMap<unknown, string> = new Map([
  ['mse', 'mean_squared_error'],
  ['mae', 'mean_absolute_error'],
  ['mape', 'mean_absolute_percentage_error'],
  ['msle', 'mean_squared_logarithmic_error'],
  ['bce', 'binary_crossentropy'],
  ['kld', 'kl_divergence'],
]);

function longNames(compile: Config): Config {
  const long = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(long);
    if (!isPlainObject(value) || 'className' in value) return LONG.get(value) ?? value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, long(each)]));
  };
  return Object.fromEntries(Object.entries(compile).map(([key, each]) => [key, long(each)]));
}

/** Writes the weights alone as `.h5`. */
export async function writeLegacyWeights(
  where: string,
  path: string,
  { model, weights }: ModelDocument,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  if (model === null) throw refusal('ERR_DATA', where, 'a described model', 'none');
  const arrays = new Map(weights.map((array) => [array.name, array]));
  const tree = await weightsTree(where, layersOf(model, orderedLayers).layers, arrays);
  await writeFile(where, path, tree, overwrite);
}

function writeFile(where: string, path: string, tree: H5Tree, overwrite: boolean): Promise<void> {
  return writeH5(where, tree, (bytes) =>
    writeAtomically(where, path, (append) => bytesInParts(bytes, append), { overwrite }),
  );
}

async function weightsTree(
  where: string,
  layers: readonly LayerWeights[],
  arrays: ReadonlyMap<string, NamedArray>,
): Promise<H5Tree> {
  const groups: [string, H5Tree][] = [];
  for (const { name, places } of layers) {
    const values: [string, H5Values][] = [];
    for (const place of places) {
      const array = arrays.get(place.name);
      if (array === undefined) throw refusal('ERR_DATA', where, `the weights ${describe(place.name)}`, 'none');
      values.push([place.name.replaceAll('/', '_'), await writtenWeight(where, place, array)]);
    }
    const attributes = { weight_names: values.map(([key]) => key) };
    groups.push([name, { attributes, arrays: Object.fromEntries(values), groups: {} }]);
  }
  const empty = { attributes: { weight_names: [] }, arrays: {}, groups: {} };
  return {
    attributes: { layer_names: layers.map(({ name }) => name), backend: 'jax', keras_version: KERAS_VERSION },
    arrays: {},
    groups: { ...Object.fromEntries(groups), top_level_model_weights: empty },
  };
}

function listedTree(values: readonly H5Values[], prefix: string): H5Tree {
  const entries = values.map((value, index): [string, H5Values] => [`${prefix}_${index}`, value]);
  return {
    attributes: { weight_names: entries.map(([name]) => name) },
    arrays: Object.fromEntries(entries),
    groups: {},
  };
}

// Reading

/** Reads `.h5`. */
export async function readLegacy<T>(
  where: string,
  path: string,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  const place = `${where}, ${path}`;
  return H5Reader.readFile(where, path, async (file) => {
    const text = await file.text('', 'model_config');
    if (text === undefined) {
      const hint = 'Weights alone are read by model.loadWeights.';
      throw refusal('ERR_DATA', place, 'a model', 'a file without one', hint);
    }
    const version = (await file.text('', 'keras_version')) ?? (await file.text(WEIGHTS, 'keras_version'));
    const generation = generationOf(version);
    const config = readJson(`${place}, model_config`, text);
    const model = modelFromKeras(place, generation < 3 ? modernConfig(place, config, version) : config);
    const training = await file.text('', 'training_config');
    const given = training === undefined ? null : readJson(`${place}, training_config`, training);
    const compile = compileFromKeras(place, olderCompile(place, given));
    const { layers, all } = layersOf(model, (own) => own['layers'] as readonly Described[]);
    const weights = await readLayers(file, place, WEIGHTS, layers, { byName: false });
    const optimizer = compile?.['optimizer'] as { className: string; config: Config } | undefined;
    const byName = new Map(weights.map((array) => [array.name, array]));
    const origin = { generation, isOfTensorflow: isOfTensorflow(version) };
    const state = optimizer === undefined ? null : await readOptimizer(file, place, optimizer, all, byName, origin);
    return use({ model, weights, compile, training: state && { optimizer: state, layers: null }, assets: {} });
  });
}

function modernConfig(where: string, config: unknown, version: string | undefined): unknown {
  const modern = modernModel(where, config);
  return isOfTensorflow(version) ? asOfTensorflow(modern) : modern;
}

/** Which program wrote a file. */
interface Origin {
  readonly generation: number;
  readonly isOfTensorflow: boolean;
}

/** What an optimizer holds; null where training begins anew. */
async function readOptimizer(
  file: H5Reader,
  where: string,
  optimizer: { readonly className: string; readonly config: Config },
  places: readonly WeightPlace[],
  weights: ReadonlyMap<string, NamedArray>,
  { generation, isOfTensorflow }: Origin,
): ReturnType<typeof optimizerFromKeras> {
  const names = (await file.texts(OPTIMIZER, 'weight_names')) ?? [];
  const paths = names.map((name) => `${OPTIMIZER}/${name}`);
  if (generation >= 3) return optimizerFromKeras(file, where, paths, optimizer, places, weights);
  // Arrays of CuDNN lie as its weights do.
  if ([...weights.values()].some(({ data }) => data instanceof Reshaped)) return null;
  return olderOptimizerState(file, where, paths, optimizer, { places, weights, isOfTensorflow });
}

/** 1, 2 or 3: which Keras wrote a file. Files that do not say are of the first. */
function generationOf(version: string | undefined): number {
  const [major] = (version ?? '1').split('.');
  return Number(major) || 1;
}

/** Reads the weights that a described model has from `.h5`, whole models among them. */
export async function readLegacyWeights<T>(
  where: string,
  path: string,
  model: DescribedModel,
  choice: WeightsChoice,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  const place = `${where}, ${path}`;
  return H5Reader.readFile(where, path, async (file) => {
    const at = (await file.kind(WEIGHTS)) === 'group' ? WEIGHTS : '';
    const { layers } = layersOf(model, orderedLayers);
    const weights = await readLayers(file, place, at, layers, choice);
    return use({ model: null, weights, compile: null, training: null, assets: {} });
  });
}

async function readLayers(
  file: H5Reader,
  where: string,
  at: string,
  layers: readonly LayerWeights[],
  { byName }: WeightsChoice,
): Promise<NamedArray[]> {
  const base = at === '' ? '' : `${at}/`;
  const names = await file.texts(at, 'layer_names');
  if (names === undefined) throw refusal('ERR_DATA', where, 'layer_names of a file of Keras', 'none');
  if (new Set(names).size < names.length)
    throw refusal('ERR_DATA', where, 'layer_names that differ', `${names.length - new Set(names).size} that do not`);
  const listed: { readonly name: string; readonly weights: readonly string[] }[] = [];
  for (const name of names) {
    const weights = (await file.texts(`${base}${name}`, 'weight_names')) ?? [];
    if (weights.length > 0) listed.push({ name, weights });
  }
  const wanted = layers.filter(({ places }) => places.length > 0);
  if (!byName && listed.length !== wanted.length)
    throw refusal(
      'ERR_DATA',
      where,
      `${wanted.length} layers with weights`,
      `${listed.length}`,
      'Is it of another model? byName takes the layers whose names are the same.',
    );
  const weights: NamedArray[] = [];
  for (const [index, { name, places }] of wanted.entries()) {
    const found = byName ? listed.find((layer) => layer.name === name) : listed[index];
    if (found === undefined) continue;
    if (found.weights.length !== places.length)
      throw refusal('ERR_DATA', where, `${places.length} weights of ${describe(name)}`, `${found.weights.length}`);
    for (const [number, place] of places.entries()) {
      weights.push(await readWeight(file, place, `${base}${found.name}/${found.weights[number]!}`));
    }
  }
  return withoutCudnn(where, weights);
}
