// SPDX-License-Identifier: MIT
// What of ONNX' messages is written and read here, and the numbers of its fields (onnx/onnx.proto3).
import { allocate } from '../../arrays/nested_arrays';
import { makeError } from '../../errors';
import { refusal } from '../../util/validate';
import { MessageReader, MessageWriter } from './protobuf';

/** Types of elements, by their numbers in files. */
export const ELEMENT = Object.freeze({ float: 1, int32: 6, int64: 7, bool: 9, float16: 10, double: 11 } as const);
export type ElementType = 'float' | 'int32' | 'int64' | 'bool';

/** An array of a file. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** A number says float or integer by its kind of attribute, not by its value. */
export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly text: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly tensor: Tensor }
  /** What is read and of no use here: graphs above all. They are not looked into. */
  | { readonly other: number };

/** One operator. An input of '' is left out. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output of a graph: null or a name for an axis that is open. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string | null)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Version 7 of the format has operators of set 14: ONNX Runtime from 1.8 (2021) on takes it. */
export const IR_VERSION = 7;
export const OPERATOR_SET = 14;

function attributeMessage(name: string, attribute: Attribute): MessageWriter {
  const message = new MessageWriter().text(1, name);
  if ('float' in attribute) return message.float(2, attribute.float).int(20, 1);
  if ('int' in attribute) return message.int(3, attribute.int).int(20, 2);
  if ('text' in attribute) return message.text(4, attribute.text).int(20, 3);
  if ('floats' in attribute) return message.floats(7, attribute.floats).int(20, 6);
  if ('ints' in attribute) return message.ints(8, attribute.ints).int(20, 7);
  if ('texts' in attribute) {
    for (const text of attribute.texts) message.text(9, text);
    return message.int(20, 8);
  }
  throw makeError('ERR_INTERNAL', `attribute "${name}": expected one that is written, received another.`);
}

function nodeMessage({ name, operator, inputs, outputs, attributes }: OnnxNode): MessageWriter {
  const message = new MessageWriter();
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(3, name).text(4, operator);
  for (const [key, attribute] of Object.entries(attributes)) message.message(5, attributeMessage(key, attribute));
  return message;
}

const typeOf = (data: Tensor['data']): number =>
  data instanceof Float32Array ? ELEMENT.float : data instanceof Int32Array ? ELEMENT.int32 : ELEMENT.int64;

function tensorMessage({ name, shape, data }: Tensor): MessageWriter {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new MessageWriter().ints(1, shape).int(2, typeOf(data)).text(8, name).bytes(9, bytes);
}

function valueMessage({ name, type, shape }: OnnxValue): MessageWriter {
  const axes = new MessageWriter();
  for (const axis of shape) {
    const message = new MessageWriter();
    if (typeof axis === 'number') message.int(1, axis);
    else if (axis !== null) message.text(2, axis);
    axes.message(1, message);
  }
  const tensor = new MessageWriter().int(1, ELEMENT[type]).message(2, axes);
  return new MessageWriter().text(1, name).message(2, new MessageWriter().message(1, tensor));
}

/** The message of a graph. */
export function graphMessage({ name, nodes, initializers, inputs, outputs }: OnnxGraph): MessageWriter {
  const message = new MessageWriter();
  for (const node of nodes) message.message(1, nodeMessage(node));
  message.text(2, name);
  for (const tensor of initializers) message.message(5, tensorMessage(tensor));
  for (const input of inputs) message.message(11, valueMessage(input));
  for (const output of outputs) message.message(12, valueMessage(output));
  return message;
}

/** A model: its graph, and texts by name beside it. */
export function modelMessage(
  graph: MessageWriter,
  producer: string,
  texts: Readonly<Record<string, string>>,
): MessageWriter {
  const operators = new MessageWriter().text(1, '').int(2, OPERATOR_SET);
  const message = new MessageWriter().int(1, IR_VERSION).text(2, producer).message(7, graph).message(8, operators);
  for (const [key, value] of Object.entries(texts))
    message.message(14, new MessageWriter().text(1, key).text(2, value));
  return message;
}

/** A model as it is read. */
export interface OnnxModel {
  readonly producer: string;
  /** Version of the standard set of operators. */
  readonly operators: number;
  readonly graph: OnnxGraph;
  readonly texts: ReadonlyMap<string, string>;
}

const MOST_AXES = 32;

function readTensor(where: string, message: MessageReader): Tensor {
  const name = message.text(8);
  const place = `${where}, tensor "${name}"`;
  if (message.int(14) !== 0 || message.has(13))
    throw refusal(
      'ERR_CONFIG',
      place,
      'an array in the file itself',
      'one in another file',
      'No other file is opened.',
    );
  const shape = message.ints(1);
  if (shape.length > MOST_AXES || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw message.malformed(`"${name}" to have at most ${MOST_AXES} sizes`, `[${shape.slice(0, 8).join(', ')}]`);
  const count = shape.reduce((product, size) => product * size, 1);
  const data = readElements(place, message);
  if (data.length === count) return { name, shape, data };
  throw message.malformed(`"${name}" of ${count} elements for [${shape.join(', ')}]`, `${data.length}`);
}

/** The elements that the file holds, which are never more than its bytes. */
function readElements(where: string, message: MessageReader): Tensor['data'] {
  const raw = message.bytes(9);
  const type = message.int(2);
  /** A copy: arrays may begin anywhere in a file. */
  const copied = (size: number): ArrayBuffer => {
    if (raw!.length % size === 0) return allocate(where, () => Uint8Array.from(raw!)).buffer;
    throw message.malformed(`a multiple of ${size} bytes`, `${raw!.length}`);
  };
  switch (type) {
    case ELEMENT.float:
      return raw === undefined ? Float32Array.from(message.floats(4)) : new Float32Array(copied(4));
    case ELEMENT.double:
      if (raw !== undefined) return Float32Array.from(new Float64Array(copied(8)));
      break;
    case ELEMENT.int32:
    case ELEMENT.bool:
      if (raw === undefined) return Int32Array.from(message.ints(5));
      return type === ELEMENT.bool ? Int32Array.from(raw) : new Int32Array(copied(4));
    case ELEMENT.int64:
      if (raw === undefined) return BigInt64Array.from(message.ints(7).map(bounded));
      return new BigInt64Array(copied(8));
  }
  throw refusal('ERR_CONFIG', where, 'floats or integers', `elements of ONNX' type ${type}`, 'Export as float32.');
}

const bounded = (value: number): bigint =>
  Number.isFinite(value) ? BigInt(value) : value < 0 ? -(2n ** 63n) : 2n ** 63n - 1n;

function readAttribute(where: string, message: MessageReader): [string, Attribute] {
  const name = message.text(1);
  // Files of early versions say no type: what is there tells.
  const kind = message.int(20) || [2, 3, 4, 5, 6, 7, 8, 9].findIndex((field) => message.has(field)) + 1;
  switch (kind) {
    case 1:
      return [name, { float: message.float(2) }];
    case 2:
      return [name, { int: message.int(3) }];
    case 3:
      return [name, { text: message.text(4) }];
    case 6:
      return [name, { floats: message.floats(7) }];
    case 7:
      return [name, { ints: message.ints(8) }];
    case 8:
      return [name, { texts: message.texts(9) }];
    case 4: {
      const tensor = message.message(5);
      if (tensor !== undefined) return [name, { tensor: readTensor(where, tensor) }];
    }
  }
  return [name, { other: kind }];
}

function readNode(where: string, message: MessageReader): OnnxNode {
  const operator = message.text(4);
  const name = message.text(3);
  const domain = message.text(7);
  const attributes = message.messages(5).map((attribute) => readAttribute(`${where}, node "${name}"`, attribute));
  return {
    name,
    operator: domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`,
    inputs: message.texts(1),
    outputs: message.texts(2),
    attributes: Object.fromEntries(attributes),
  };
}

function readValue(message: MessageReader): OnnxValue {
  const tensor = message.message(2)?.message(1);
  const type = (Object.keys(ELEMENT) as ElementType[]).find((key) => ELEMENT[key] === tensor?.int(1));
  const axes = tensor?.message(2)?.messages(1) ?? [];
  return {
    name: message.text(1),
    type: type ?? 'float',
    shape: axes.map((axis) => (axis.has(1) ? axis.int(1) : axis.has(2) ? axis.text(2) : null)),
  };
}

/**
 * A model file. Sizes are checked against the file before anything is allocated; what is not asked for is not looked at.
 *
 * @throws DataError `ERR_DATA` where the file is damaged or no ONNX model; ConfigError `ERR_CONFIG` where arrays lie in other
 *   files or are of other types than floats and integers
 */
export function readModel(where: string, bytes: Uint8Array): OnnxModel {
  const model = new MessageReader(where, bytes);
  const graphBytes = model.bytes(7);
  const operators = model.messages(8).find((set) => ['', 'ai.onnx'].includes(set.text(1)));
  if (graphBytes === undefined || operators === undefined)
    throw model.malformed('a model with a graph and a set of operators', 'a message without them');
  return {
    producer: model.text(2),
    operators: operators.int(2),
    graph: readGraph(where, graphBytes),
    texts: new Map(model.messages(14).map((entry) => [entry.text(1), entry.text(2)])),
  };
}

/** A graph by itself. Throws as {@link readModel}. */
export function readGraph(where: string, bytes: Uint8Array): OnnxGraph {
  const graph = new MessageReader(`${where}, graph`, bytes);
  return {
    name: graph.text(2),
    nodes: graph.messages(1).map((node) => readNode(where, node)),
    initializers: graph.messages(5).map((tensor) => readTensor(where, tensor)),
    inputs: graph.messages(11).map(readValue),
    outputs: graph.messages(12).map(readValue),
  };
}
