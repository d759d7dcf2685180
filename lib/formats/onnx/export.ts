// SPDX-License-Identifier: MIT
// A document as an ONNX file.
import { kindOf } from '../../graph/lowering';
import { partsOf, type Layer } from '../../layers/layer';
import { layerFromConfig } from '../../layers/registry';
import { writeAtomically, writeJson, type Append } from '../../serialization';
import { withoutDrawing } from '../../util/seeds';
import { refusal } from '../../util/validate';
import { weightNames } from '../../util/weight_names';
import { Exporter, type GraphLayer } from './exporter';
import { GraphWriter, type Value } from './graph_writer';
import { graphMessage, modelMessage, type OnnxGraph, type OnnxValue } from './schema';
import { loadedDocument, type LoadedArray, type LoadedDocument, type ModelDocument } from '../document';

/** Options of `model.toOnnx`. */
export interface OnnxOptions {
  /** Whether a file that is there gives way. Default true. */
  overwrite?: boolean;
  /** Type of inputs that are token ids. Default `'int32'`; what tokenizers in Python give is often `'int64'`. */
  idType?: 'int32' | 'int64';
}

/** Defaults of {@link OnnxOptions}. */
export const ONNX_DEFAULTS = Object.freeze({ overwrite: true, idType: 'int32' } as const);

/** Who wrote a file. */
export const PRODUCER = 'ostinato';
/** Under this name the file has what {@link LoadedDocument} says of the model, so that it can be read back as it was. */
export const MODEL_TEXT = 'ostinato.model';

/** Protocol buffers end here. */
const MOST_BYTES = 2 ** 31 - 1;

/** A model as a layer of layers. */
interface ModelLayer extends GraphLayer {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** The layers of a document, built. They are like those of the model, and none of them. */
function layersOf(where: string, { model }: LoadedDocument): ModelLayer {
  if (model === null) throw refusal('ERR_CONFIG', where, 'a model', 'weights alone');
  const made = withoutDrawing(() => layerFromConfig(where, model)) as ModelLayer;
  if (made.graph !== undefined) return made;
  const hint = 'Give the first layer an inputShape, add an Input, or call build.';
  throw refusal('ERR_STATE', where, 'a built model', 'one whose input shape is not known', hint);
}

/** Names and shapes of the weights that a document of this model has, and the layers that they are of. */
export function expectedWeights(
  where: string,
  document: LoadedDocument,
): { layer: Layer; name: string; shape: readonly number[] }[] {
  return weightsOf(layersOf(where, document));
}

function weightsOf(model: ModelLayer): { layer: Layer; name: string; shape: readonly number[] }[] {
  const { layers } = model.graph!;
  const names = weightNames(layers);
  return partsOf(layers)
    .flatMap(({ layer }) => layer.weightSpecs.map(({ shape }) => ({ layer, shape })))
    .map((entry, index) => ({ ...entry, name: names[index]! }));
}

/** The weights of each layer. @throws DataError `ERR_DATA` where one is missing */
function weightsByLayer(where: string, model: ModelLayer, { weights }: LoadedDocument): Map<Layer, LoadedArray[]> {
  const known = new Map(weights.map((array) => [array.name, array]));
  const byLayer = new Map<Layer, LoadedArray[]>();
  for (const { layer, name } of weightsOf(model)) {
    const array = known.get(name);
    if (array === undefined) throw refusal('ERR_DATA', where, `the weight "${name}"`, 'a document without it');
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), array]);
  }
  return byLayer;
}

/**
 * The graph of a document.
 *
 * @throws ConfigError `ERR_CONFIG` where ONNX cannot say a layer: the message has its name and the reason; StateError
 *   `ERR_STATE` where the model is not built
 */
export function onnxGraph(where: string, document: LoadedDocument, idType: 'int32' | 'int64'): OnnxGraph {
  const model = layersOf(where, document);
  const graph = model.graph!;
  const { inputNames, outputNames } = model;
  checkNames(where, [...inputNames, ...outputNames, ...weightsOf(model).map(({ name }) => name)]);
  const writer = new GraphWriter([...inputNames, ...outputNames]);
  const exporter = new Exporter(where, writer, weightsByLayer(where, model, document));
  const kinds = graph.inputs.map((tensor) => kindOf(graph, tensor));
  const values = graph.inputs.map(({ shape }, index): Value => {
    return { name: inputNames[index]!, shape, isIds: kinds[index] === 'tokens', mask: null };
  });
  const given = exporter.addGraph(graph, values);
  given.forEach(({ name }, index) => writer.output(outputNames[index]!, name));
  return writer.graph(
    'model',
    values.map(({ name, shape, isIds }): OnnxValue => ({
      name,
      type: isIds ? idType : 'float',
      shape: axesOf(name, shape),
    })),
    given.map(({ shape, isIds }, index): OnnxValue => {
      const name = outputNames[index]!;
      return { name, type: isIds ? idType : 'float', shape: axesOf(name, shape) };
    }),
  );
}

/** Names of values are unique in a graph of ONNX. */
function checkNames(where: string, names: readonly string[]): void {
  const known = new Set<string>();
  for (const name of names) {
    if (!known.has(name)) known.add(name);
    else {
      const hint = 'Give the model its inputs or outputs as an object: its keys are their names.';
      throw refusal('ERR_CONFIG', where, 'inputs, outputs and weights of different names', `"${name}" twice`, hint);
    }
  }
}

/** Open axes have names: batches are of one size, other axes by themselves. */
function axesOf(name: string, shape: readonly (number | null)[]): (number | string)[] {
  return shape.map((size, axis) => (axis === 0 ? 'batch' : (size ?? `${name}_axis${axis}`)));
}

/**
 * Writes a document as an ONNX file, whole or not at all.
 *
 * @throws as {@link onnxGraph}; ConfigError `ERR_CONFIG` beyond 2 GB; DataError `ERR_IO`, `ERR_NOT_FOUND`
 */
export async function writeOnnx(
  where: string,
  path: string,
  document: ModelDocument,
  { overwrite, idType }: Required<OnnxOptions>,
): Promise<void> {
  const graph = graphMessage(onnxGraph(where, await loadedDocument(where, document), idType));
  const message = modelMessage(graph, PRODUCER, { [MODEL_TEXT]: writeJson(where, document.model) });
  if (message.length > MOST_BYTES)
    throw refusal('ERR_CONFIG', where, 'a model of at most 2 GB, as ONNX files are', `${message.length} bytes`);
  const write = async (append: Append): Promise<void> => {
    for (const piece of message.joined()) await append(piece);
  };
  await writeAtomically(where, path, write, { overwrite });
}
