// SPDX-License-Identifier: MIT
// Hostile ONNX files: broken messages, arrays that the file does not hold or that lie elsewhere, graphs that make no sense.
import type { ErrorCode } from '../../../lib';
import { MessageWriter } from '../../../lib/formats/onnx/protobuf';
import { graphMessage, modelMessage, type OnnxGraph } from '../../../lib/formats/onnx/schema';
import type { HostileFile } from './hostile_file';

export const bytesOf = (message: MessageWriter): Buffer => Buffer.concat(message.joined());

/** A chain of one Tanh, with changes. */
export function graph(changes: Partial<OnnxGraph> = {}): OnnxGraph {
  return {
    name: 'graph',
    nodes: [{ name: 'tanh', operator: 'Tanh', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', type: 'float', shape: ['n', 3] }],
    outputs: [{ name: 'y', type: 'float', shape: ['n', 3] }],
    ...changes,
  };
}
export const model = (made: OnnxGraph, texts = {}): Buffer => bytesOf(modelMessage(graphMessage(made), 'test', texts));

/** A model whose graph has one more tensor of these fields. */
function withTensor(tensor: MessageWriter): Buffer {
  const whole = graphMessage(graph()).message(5, tensor);
  return bytesOf(modelMessage(whole, 'test', {}));
}
const tensor = (): MessageWriter => new MessageWriter().text(8, 'W');
const varint = (...bytes: number[]): Buffer => Buffer.from(bytes);
const node = (inputs: string[], outputs: string[]) => ({
  name: 'n',
  operator: 'Tanh',
  inputs,
  outputs,
  attributes: {},
});

type Made = readonly [title: string, bytes: () => Buffer, code: ErrorCode];

const MADE: readonly Made[] = [
  ['an empty file', () => Buffer.alloc(0), 'ERR_DATA'],
  ['zeros', () => Buffer.alloc(1000), 'ERR_DATA'],
  ['text', () => Buffer.from('{"model": 1}'), 'ERR_DATA'],
  ['a zip', () => Buffer.from('PK\x03\x04 and more of it', 'latin1'), 'ERR_DATA'],
  ['a message without a graph', () => bytesOf(new MessageWriter().int(1, 7)), 'ERR_DATA'],
  ['a number of eleven bytes', () => varint(0x08, ...Array<number>(10).fill(0xff), 1), 'ERR_DATA'],
  ['a number that does not end', () => varint(0x08, 0xff, 0xff), 'ERR_DATA'],
  ['a field that is longer than the file', () => varint(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), 'ERR_DATA'],
  ['a field of 2^63 bytes', () => varint(0x3a, ...Array<number>(9).fill(0xff), 1), 'ERR_DATA'],
  ['groups, which nobody writes any more', () => varint(0x3b, 0x3c), 'ERR_DATA'],
  ['field 0', () => varint(0x00, 0x01), 'ERR_DATA'],
  ['a graph that is a number', () => varint(0x38, 0x01), 'ERR_DATA'],
  ['a million empty parts', () => Buffer.from('0a00'.repeat(1_000_000), 'hex'), 'ERR_DATA'],
  [
    'operators of a later set',
    () => bytesOf(new MessageWriter().message(7, graphMessage(graph())).message(8, new MessageWriter().int(2, 99))),
    'ERR_CONFIG',
  ],
  [
    'an array of negative size',
    () => withTensor(tensor().ints(1, [-1]).int(2, 1).bytes(9, new Uint8Array(4))),
    'ERR_DATA',
  ],
  [
    'an array of 2^40 floats',
    () =>
      withTensor(
        tensor()
          .ints(1, [2 ** 40])
          .int(2, 1)
          .bytes(9, new Uint8Array(4)),
      ),
    'ERR_DATA',
  ],
  [
    'sizes whose product overflows',
    () =>
      withTensor(
        tensor()
          .ints(1, [2 ** 31, 2 ** 31, 2 ** 31])
          .int(2, 1),
      ),
    'ERR_DATA',
  ],
  [
    'an array of 100 axes',
    () => withTensor(tensor().ints(1, Array<number>(100).fill(1)).int(2, 1).bytes(9, new Uint8Array(4))),
    'ERR_DATA',
  ],
  ['floats of three bytes', () => withTensor(tensor().ints(1, [1]).int(2, 1).bytes(9, new Uint8Array(3))), 'ERR_DATA'],
  ['too few elements', () => withTensor(tensor().ints(1, [5]).int(2, 1).bytes(9, new Uint8Array(8))), 'ERR_DATA'],
  ['texts as an array', () => withTensor(tensor().ints(1, [1]).int(2, 8).text(6, 'a')), 'ERR_CONFIG'],
  ['half floats', () => withTensor(tensor().ints(1, [1]).int(2, 10).bytes(9, new Uint8Array(2))), 'ERR_CONFIG'],
  ['an array in another file', () => withTensor(tensor().ints(1, [1]).int(2, 1).int(14, 1)), 'ERR_CONFIG'],
  [
    'a path to a file of the system',
    () => {
      const location = new MessageWriter().text(1, 'location').text(2, '/etc/passwd');
      return withTensor(tensor().ints(1, [1]).int(2, 1).message(13, location));
    },
    'ERR_CONFIG',
  ],
  ['two values of one name', () => model(graph({ nodes: [node(['x'], ['y']), node(['x'], ['y'])] })), 'ERR_DATA'],
  [
    'an array that is named like the output',
    () => model(graph({ initializers: [{ name: 'y', shape: [1], data: Float32Array.of(1) }] })),
    'ERR_DATA',
  ],
  [
    'operators in a circle',
    () => model(graph({ nodes: [node(['b'], ['a']), node(['a'], ['b']), node(['a'], ['y'])] })),
    'ERR_DATA',
  ],
  ['an operator that reads itself', () => model(graph({ nodes: [node(['y'], ['y'])] })), 'ERR_DATA'],
  ['an operator that reads what is not there', () => model(graph({ nodes: [node(['z'], ['y'])] })), 'ERR_DATA'],
  [
    'an output that is not there',
    () => model(graph({ outputs: [{ name: 'z', type: 'float', shape: [] }] })),
    'ERR_DATA',
  ],
  ['no output', () => model(graph({ outputs: [] })), 'ERR_DATA'],
  ['no operator', () => model(graph({ nodes: [] })), 'ERR_DATA'],
  [
    'an input of 2^53 features',
    () => model(graph({ inputs: [{ name: 'x', type: 'float', shape: [1, 2 ** 53 - 1] }] })),
    'ERR_CONFIG',
  ],
  [
    'an input of -3 features',
    () => model(graph({ inputs: [{ name: 'x', type: 'float', shape: [1, -3] }] })),
    'ERR_CONFIG',
  ],
  [
    'two thousand layers',
    () => {
      const nodes = Array.from({ length: 2000 }, (_, i) => ({
        ...node([i === 0 ? 'x' : `v${i}`], [`v${i + 1}`]),
        name: '',
      }));
      return model(graph({ nodes, outputs: [{ name: 'v2000', type: 'float', shape: [] }] }));
    },
    'ERR_CONFIG',
  ],
  ['a graph within an attribute', () => nested(1), 'ERR_CONFIG'],
  ['graphs within each other, ten thousand deep', () => nested(10_000), 'ERR_CONFIG'],
];

/** An `If` whose branch is a graph, and so on. */
function nested(depth: number): Buffer {
  let inner = new MessageWriter();
  for (let level = 0; level < depth; level++) {
    const attribute = new MessageWriter().text(1, 'then_branch').bytes(6, bytesOf(inner)).int(20, 5);
    inner = new MessageWriter().message(1, new MessageWriter().text(4, 'If').message(5, attribute));
  }
  const attribute = new MessageWriter().text(1, 'then_branch').bytes(6, bytesOf(inner)).int(20, 5);
  const made = new MessageWriter().text(1, 'x').text(2, 'z').text(3, 'if').text(4, 'If').message(5, attribute);
  return bytesOf(modelMessage(graphMessage(graph()).message(1, made), 'test', {}));
}

const chain = model(graph());

export const HOSTILE_ONNX: readonly HostileFile[] = [
  ...MADE.map(([title, bytes, code]): HostileFile => [title, bytes(), /./, code]),
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((part): HostileFile => {
    const length = Math.floor(part * chain.length);
    return [`the first ${length} bytes`, chain.subarray(0, length), /./];
  }),
];

/** A file without harm in it. */
export const VALID_ONNX = chain;
