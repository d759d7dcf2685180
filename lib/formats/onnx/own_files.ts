// SPDX-License-Identifier: MIT
// Files that this library wrote. A text beside the graph says of which model it is, and is believed where writing that model
// again, with the file's arrays, gives the file's graph; so it is of no use to whoever changes one of the two.
import { isPlainObject, readJson } from '../../serialization';
import { GRU, type Conv1D, type Layer, type Recurrent } from '../../layers';
import { fromOnnxBias, fromOnnxKernel, gatesOf, type CellClass } from './cell_weights';
import { expectedWeights, MODEL_TEXT, onnxGraph, PRODUCER } from './export';
import { graphMessage, readGraph, type OnnxGraph, type OnnxModel, type Tensor } from './schema';
import type { DescribedModel, LoadedDocument, LoadedArray } from '../document';

/** The document that a file was written of; undefined where it is of somebody else, or was changed. */
export function readOwn(where: string, { producer, texts, graph }: OnnxModel): LoadedDocument | undefined {
  const text = texts.get(MODEL_TEXT);
  if (producer !== PRODUCER || text === undefined) return undefined;
  try {
    const model = readJson(where, text);
    if (!isPlainObject(model)) return undefined;
    const document = {
      model: model as unknown as DescribedModel,
      weights: [],
      compile: null,
      training: null,
      assets: {},
    };
    const arrays = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
    const weights = expectedWeights(where, document).map((expected) => weightOf(expected, arrays));
    if (weights.includes(undefined)) return undefined;
    const whole = { ...document, weights: weights as LoadedArray[] };
    const idType = graph.inputs.some(({ type }) => type === 'int64') ? 'int64' : 'int32';
    const written = readGraph(where, Buffer.concat(graphMessage(onnxGraph(where, whole, idType)).joined()));
    return isSame(written, graph) ? whole : undefined;
  } catch {
    // Whatever the text is, it is not of this graph.
    return undefined;
  }
}

/** A weight as it lies here. One number that no operator reads may be missing: the `count` of a `Normalization`. */
function weightOf(
  { layer, name, shape }: { readonly layer: Layer; readonly name: string; readonly shape: readonly number[] },
  arrays: ReadonlyMap<string, Tensor>,
): LoadedArray | undefined {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const data = arrays.get(name)?.data;
  if (data === undefined) return size === 1 ? { name, shape, data: new Float32Array(1) } : undefined;
  if (!(data instanceof Float32Array)) return undefined;
  const own = name.slice(name.lastIndexOf('/') + 1);
  const laidOut = own === 'bias' ? biasOf(layer, data) : kernelOf(layer, own, data);
  return laidOut.length === size ? { name, shape, data: laidOut } : undefined;
}

const isCell = ({ className }: Layer): boolean => ['SimpleRNN', 'LSTM', 'GRU'].includes(className);

function biasOf(layer: Layer, data: Float32Array): Float32Array {
  if (!isCell(layer)) return data;
  const cell = layer.className as CellClass;
  const { units } = layer as Recurrent;
  const columns = units * gatesOf(cell);
  const halves = layer instanceof GRU && layer.resetAfter ? [0, columns] : [0];
  const own = new Float32Array(halves.length * columns);
  for (const at of halves) own.set(fromOnnxBias(cell, units, data.subarray(at, at + columns)), at);
  return own;
}

function kernelOf(layer: Layer, own: string, data: Float32Array): Float32Array {
  if (isCell(layer)) return fromOnnxKernel(layer.className as CellClass, (layer as Recurrent).units, data);
  if (layer.className !== 'Conv1D' || own !== 'kernel') return data;
  const { filters, kernelSize } = layer as Conv1D;
  const depth = data.length / filters / kernelSize;
  return data.map((_, at) => {
    const [filter, channel, tap] = [at % filters, Math.floor(at / filters) % depth, Math.floor(at / (filters * depth))];
    return data[(filter * depth + channel) * kernelSize + tap]!;
  });
}

function isSame(a: OnnxGraph, b: OnnxGraph): boolean {
  const plain = ({ nodes, inputs, outputs, initializers }: OnnxGraph): string =>
    JSON.stringify([nodes, inputs, outputs, initializers.map(({ name, shape }) => [name, shape])]);
  const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return (
    plain(a) === plain(b) &&
    a.initializers.every((tensor, index) => bytesOf(tensor).equals(bytesOf(b.initializers[index]!)))
  );
}
