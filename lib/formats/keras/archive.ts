// SPDX-License-Identifier: MIT
// Keras 3's files: `.keras`, a zip archive of config.json, metadata.json and model.weights.h5, and `.weights.h5` alone. What
// Keras has no place for, assets and the seeds of layers, is in metadata.json, of which Keras reads nothing.
import { checkTrainingState, isPlainObject, readJson, writeJson } from '../../serialization';
import { toArray } from '../../arrays/float_source';
import { describe, refusal } from '../../util/validate';
import { writeAtomically } from '../../serialization/atomic_file';
import { bytesInParts } from '../../serialization/byte_source';
import { H5Reader, writeH5, type H5Tree, type H5Values } from '../h5';
import { writeZip, ZipArchive } from '../zip';
import { readWeight, writtenWeight } from './arrays';
import { compileFromKeras, compileToKeras } from './compile';
import { modelFromKeras } from '../keras_config/from_graph';
import { pythonJson } from '../keras_config/python_json';
import { optimizerFromKeras, optimizerToKeras } from './optimizer';
import { withoutLegacySigmoid } from '../keras_config/legacy_sigmoid';
import { isStateful, modelToKeras, orderedLayers } from '../keras_config/to_graph';
import {
  isModelNode,
  joined,
  layerPlaces,
  namesOfNodes,
  nodeOf,
  placesOf,
  type FindLayer,
  type WeightNode,
  type WeightPlace,
} from '../keras_config/weights';
import type { LayersState } from '../../serialization';
import type { DescribedModel, DocumentTraining, ModelDocument, NamedArray } from '../document';
import type { Config } from '../keras_config/classes';
import type { Described } from '../keras_config/objects';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';
/** The version of Keras whose files these are. */
const KERAS_VERSION = '3.15.1';
/** The group of what an optimizer holds. */
const OPTIMIZER = 'optimizer/vars';

// Writing

/** Writes `.keras`. @throws (rejects) ConfigError `ERR_CONFIG` where Keras lacks a layer or an option; StateError `ERR_STATE` */
export async function writeKeras(
  where: string,
  path: string,
  document: ModelDocument,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  const modern = withoutLegacySigmoid(where, document);
  const { model, compile, training, assets } = modern;
  if (model === null) throw refusal('ERR_DATA', where, 'a model', 'weights alone', 'Save them as .weights.h5.');
  const described = modelToKeras(where, model, {
    rows: training?.layers?.statefulRows ?? null,
    isStateful: isStateful(model),
  });
  const config = compile === null ? described : { ...described, compile_config: compileToKeras(where, compile) };
  // Without the date, which Keras does not read: equal models give equal files.
  const metadata = {
    keras_version: KERAS_VERSION,
    ostinato: { layers: await plainLayers(where, training?.layers ?? null), assets },
  };
  await writeH5(where, await weightsTree(where, model, modern), async (weights) => {
    const members = [
      { name: METADATA, data: Buffer.from(writeJson(where, metadata)) },
      { name: CONFIG, data: Buffer.from(pythonJson(config)) },
      { name: WEIGHTS, data: weights },
    ];
    await writeZip(where, path, members, { overwrite });
  });
}

/** Seeds and states as plain data. */
async function plainLayers(where: string, layers: LayersState | null): Promise<unknown> {
  if (layers === null) return null;
  const states: Float32Array[] = [];
  for (const each of layers.states) states.push(await toArray(where, each));
  return { ...layers, states };
}

/** Writes `.weights.h5`. */
export async function writeKerasWeights(
  where: string,
  path: string,
  document: ModelDocument,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  const { model } = document;
  if (model === null) throw refusal('ERR_DATA', where, 'a described model', 'none');
  await writeH5(where, await weightsTree(where, model, document), (bytes) =>
    writeAtomically(where, path, (append) => bytesInParts(bytes, append), { overwrite }),
  );
}

interface Located {
  readonly root: WeightNode;
  readonly places: readonly WeightPlace[];
}

/** @param order the layers of a graph in Keras' order */
function located(model: Described, order: (config: Config) => readonly Described[], find?: FindLayer): Located {
  const root = nodeOf(model, order);
  return { root, places: placesOf(root, namesOfNodes(root), find) };
}

class Tree {
  readonly attributes: Record<string, string> = {};
  readonly arrays: Record<string, H5Values> = {};
  readonly groups: Record<string, Tree> = {};

  at(path: string): Tree {
    return path.split('/').reduce<Tree>((tree, name) => (tree.groups[name] ??= new Tree()), this);
  }
}

async function weightsTree(
  where: string,
  model: DescribedModel,
  { weights, compile, training }: ModelDocument,
): Promise<H5Tree> {
  const tree = new Tree();
  const { root, places } = located(model, orderedLayers);
  for (const { path, layerName } of layerPlaces(root)) tree.at(path).attributes['name'] = layerName;
  const arrays = new Map(weights.map((array) => [array.name, array]));
  for (const place of places) {
    const { name, path } = place;
    const array = arrays.get(name);
    if (array === undefined) throw refusal('ERR_DATA', where, `the weights ${describe(name)}`, 'none');
    const at = path.lastIndexOf('/');
    tree.at(path.slice(0, at)).arrays[path.slice(at + 1)] = await writtenWeight(where, place, array);
  }
  const optimizer = compile?.['optimizer'] as { className: string; config: Config } | undefined;
  const state = training?.optimizer ?? null;
  if (optimizer === undefined || state === null) return tree;
  const group = tree.at(OPTIMIZER);
  group.attributes['name'] = String(optimizer.config['name']);
  const variables = await optimizerToKeras(where, optimizer, state, places, arrays);
  variables.forEach((array, index) => (group.arrays[String(index)] = array));
  return tree;
}

// Reading

/** Reads `.keras`. */
export async function readKeras<T>(
  where: string,
  path: string,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  return ZipArchive.open(where, path, (archive) => readArchive(`${where}, ${path}`, archive, use));
}

async function readArchive<T>(
  place: string,
  archive: ZipArchive,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  const json = async (name: string): Promise<unknown> =>
    readJson(`${place}, ${name}`, Buffer.from(await archive.read(name)).toString('utf8'));
  const metadata = archive.has(METADATA) ? await json(METADATA) : null;
  if (versionOf(metadata).startsWith('2.')) {
    // Its hard_sigmoid is another function under the same name, and its weights lie under other paths.
    const hint = "Save the model as .h5 there: model.save('m.h5').";
    throw refusal('ERR_DATA', place, 'an archive of Keras 3', `one of Keras ${versionOf(metadata)}`, hint);
  }
  const described = await json(CONFIG);
  const model = modelFromKeras(place, described);
  const compile = compileFromKeras(place, (described as Config)['compile_config']);
  const own = isPlainObject(metadata) ? metadata['ostinato'] : undefined;
  if (!archive.has(WEIGHTS) && archive.has('model.weights.npz')) {
    const hint = 'Save the model with weights in HDF5, which is the default.';
    throw refusal('ERR_DATA', place, WEIGHTS, 'model.weights.npz', hint);
  }
  return H5Reader.read(`${place}, ${WEIGHTS}`, await archive.source(WEIGHTS), async (file) => {
    const { places } = located(model, (config) => config['layers'] as readonly Described[]);
    const weights = await readWeights(file, places);
    const byName = new Map(weights.map((array) => [array.name, array]));
    const optimizer = compile?.['optimizer'] as { className: string; config: Config } | undefined;
    const state =
      optimizer === undefined
        ? null
        : await optimizerFromKeras(file, place, await variables(file, OPTIMIZER), optimizer, places, byName);
    const writtenBy = own === undefined ? `Keras ${versionOf(metadata)}` : 'ostinato';
    return use({ model, weights, compile, ...ownParts(place, own, state), writtenBy });
  });
}

/** The version of Keras that a file says. */
function versionOf(metadata: unknown): string {
  const version = isPlainObject(metadata) ? metadata['keras_version'] : undefined;
  return typeof version === 'string' ? version : 'of an unknown version';
}

/** Paths of the variables of a group, by their numbers. */
async function variables(file: H5Reader, group: string): Promise<string[]> {
  return (await file.names(group)).map((_, index) => `${group}/${index}`);
}

/** What is beside Keras' own in the file; nothing where Keras wrote it. */
function ownParts(
  where: string,
  own: unknown,
  optimizer: DocumentTraining['optimizer'],
): Pick<ModelDocument, 'training' | 'assets'> {
  const { layers = null, assets = {} } = isPlainObject(own) ? own : {};
  if (!isPlainObject(assets)) throw refusal('ERR_DATA', where, 'assets by name', describe(assets));
  const checked =
    layers === null ? null : checkTrainingState(where, { optimizer: null, layers: asFloats(layers) }).layers;
  return { training: { optimizer, layers: checked }, assets };
}

/** States, which are lists of numbers in JSON. */
function asFloats(layers: unknown): unknown {
  if (!isPlainObject(layers) || !Array.isArray(layers['states'])) return layers;
  const states = (layers['states'] as unknown[]).map((each) =>
    Array.isArray(each) && each.every((value) => typeof value === 'number') ? Float32Array.from(each) : each,
  );
  return { ...layers, states };
}

async function readWeights(file: H5Reader, places: readonly WeightPlace[]): Promise<NamedArray[]> {
  const weights: NamedArray[] = [];
  for (const place of places) weights.push(await readWeight(file, place, place.path));
  return weights;
}

/** How weights of a file are found. */
export interface WeightsChoice {
  /** By the names of layers in the file; else by Keras' paths. */
  readonly byName: boolean;
}

/** Reads the weights that a described model has from `.weights.h5`; those that the file lacks are left out. */
export async function readKerasWeights<T>(
  where: string,
  path: string,
  model: DescribedModel,
  { byName }: WeightsChoice,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  return H5Reader.readFile(where, path, async (file) => {
    const find = byName ? await namedLayers(file, nodeOf(model, orderedLayers)) : undefined;
    const { places } = located(model, orderedLayers, find);
    const present: WeightPlace[] = [];
    for (const each of places) if ((await file.kind(each.path)) === 'array') present.push(each);
    return use({ model: null, weights: await readWeights(file, present), compile: null, training: null, assets: {} });
  });
}

/** Where the layers of their names are in the groups of a file; places that are not there for those that it lacks. */
async function namedLayers(file: H5Reader, root: WeightNode): Promise<FindLayer> {
  const groups = new Map<string, ReadonlyMap<string, string>>();
  const find: FindLayer = (layers, name) => `${layers}/${groups.get(layers)?.get(name) ?? '?'}`;
  const visit = async (node: WeightNode, path: string): Promise<void> => {
    const layers = joined(path, 'layers');
    if (!isModelNode(node) || groups.has(layers)) return;
    const named = new Map<string, string>();
    for (const each of await file.names(layers)) {
      const name = await file.text(`${layers}/${each}/vars`, 'name');
      if (name !== undefined && !named.has(name)) named.set(name, each);
    }
    groups.set(layers, named);
    for (const part of node.parts) await visit(part.node, find(layers, part.node.name));
  };
  await visit(root, '');
  return find;
}
