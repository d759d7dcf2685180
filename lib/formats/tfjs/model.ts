// SPDX-License-Identifier: MIT
// A LayersModel of TensorFlow.js: model.json, in which the layers are described in the layout of Keras 2, and files of
// weights beside it. Whatever its layers compute is computed here: gates of the hard sigmoid of Keras 2, GRUs that reset
// before the product, masked outputs that repeat the last. It is not compiled: the optimizers of TensorFlow.js are others.
// Source: tfjs-layers/src/models.ts.
import path from 'node:path';
import { isPlainObject, readJson, readWholeFile } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import { modernModel } from '../keras_config/legacy';
import { modelFromKeras } from '../keras_config/from_graph';
import { namesOfNodes, nodeOf, type WeightNode } from '../keras_config/weights';
import { readManifest, readWeights, type TfjsArray } from './weights';
import type { Described } from '../keras_config/objects';
import type { ModelDocument, NamedArray } from '../document';

/** No description of layers is longer. */
const LONGEST_JSON = 16 * 1024 * 1024;
/** Slashes in the name of a layer. */
const MOST_SLASHES = 8;

/**
 * Reads a model. Layers and options that this library lacks are refused before any file of weights is opened.
 *
 * @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA`; ConfigError `ERR_CONFIG`, `ERR_UNKNOWN_NAME`,
 *   `ERR_UNKNOWN_OPTION`
 */
export async function readTfjs<T>(
  where: string,
  file: string,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  const place = `${where}, ${file}`;
  const json = readTopology(place, await readWholeFile(where, file, LONGEST_JSON));
  const model = modelFromKeras(place, modernModel(place, json.topology));
  const groups = readManifest(place, json.manifest);
  const arrays = await readWeights(place, path.dirname(file), groups);
  const weights = named(place, nodeOf(model, layersInOrder), arrays);
  return use({ model, weights, compile: null, training: null, assets: json.metadata, writtenBy: json.writtenBy });
}

/** The weights of a model, under the names of its own layers. Throws as {@link readTfjs}. */
export function readTfjsWeights<T>(
  where: string,
  file: string,
  _model: unknown,
  _choice: unknown,
  use: (document: ModelDocument) => Promise<T>,
): Promise<T> {
  return readTfjs(where, file, use);
}

/** Weights have names here, and their order says nothing. */
function layersInOrder(config: Readonly<Record<string, unknown>>): readonly Described[] {
  return config['layers'] as readonly Described[];
}

function readTopology(where: string, bytes: Uint8Array) {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('ERR_DATA', where, 'JSON in UTF-8', 'other bytes');
  }
  const json = readJson(where, text);
  const {
    format = 'layers-model',
    modelTopology: topology,
    weightsManifest: manifest,
    ...others
  } = isPlainObject(json) ? json : {};
  if (format !== 'layers-model') {
    const hint = 'A GraphModel holds operations and no layers: convert the Keras model it was made of.';
    throw refusal('ERR_DATA', where, 'a LayersModel of TensorFlow.js', `the format ${describe(format)}`, hint);
  }
  if (!isPlainObject(topology))
    throw refusal('ERR_DATA', where, 'a modelTopology', describe(topology), 'Is it a model.json of TensorFlow.js?');
  const { generatedBy, userDefinedMetadata: metadata } = others;
  return {
    // The converter of Python puts the model beside what it was trained with.
    topology: topology['model_config'] ?? topology,
    manifest,
    metadata: isPlainObject(metadata) ? metadata : {},
    writtenBy: typeof generatedBy === 'string' ? generatedBy : null,
  };
}

/**
 * Arrays of the files under the names that weights have here. There they begin with the name of the layer, within models
 * too, and end in the name of the weight; between both stands what differs by who wrote them.
 */
function named(where: string, root: WeightNode, arrays: readonly TfjsArray[]): NamedArray[] {
  const names = namesOfNodes(root);
  const known = new Set<WeightNode>();
  const left = new Set(arrays);
  const ofLayers = byLayer(arrays);
  const weights: NamedArray[] = [];
  for (const layer of layersOf(root)) {
    const own = ofLayers.get(layer.name) ?? [];
    for (const node of leavesOf(layer)) {
      if (known.has(node)) continue;
      known.add(node);
      node.own.forEach((weight, index) => {
        const array = own.find((each) => left.has(each) && each.name.endsWith(`/${weight}`));
        if (array === undefined) {
          const given =
            own.length === 0
              ? 'none'
              : own
                  .slice(0, 8)
                  .map(({ name }) => describe(name))
                  .join(', ');
          throw refusal('ERR_DATA', where, `a weight ${describe(`${layer.name}/${weight}`)}`, given);
        }
        left.delete(array);
        weights.push({ ...array, name: names.get(node)![index]! });
      });
    }
  }
  if (left.size === 0) return weights;
  throw refusal('ERR_DATA', where, 'weights of the layers alone', describe([...left][0]!.name));
}

/** Arrays by all that can be the name of their layer: what stands before a slash. */
function byLayer(arrays: readonly TfjsArray[]): Map<string, TfjsArray[]> {
  const found = new Map<string, TfjsArray[]>();
  for (const array of arrays) {
    let at = array.name.indexOf('/');
    for (let slashes = 0; at >= 0 && slashes <= MOST_SLASHES; slashes++, at = array.name.indexOf('/', at + 1)) {
      const name = array.name.slice(0, at);
      const own = found.get(name);
      if (own === undefined) found.set(name, [array]);
      else own.push(array);
    }
  }
  return found;
}

/** The layers of a model, and of the models within it, where weights have names of their own. */
function layersOf(model: WeightNode): WeightNode[] {
  return model.parts.flatMap(({ node }) => (isModel(node) ? layersOf(node) : [node]));
}

/** What holds the weights of a layer, in their order. */
function leavesOf(node: WeightNode): WeightNode[] {
  return node.parts.length === 0 ? [node] : node.parts.flatMap((part) => leavesOf(part.node));
}

function isModel({ className }: WeightNode): boolean {
  return className === 'Model' || className === 'Sequential';
}
