// SPDX-License-Identifier: MIT
// Hostile models in the layout of TensorFlow.js: model.json and what it says of other files.
import type { HostileFile } from './hostile_file';

type Json = Record<string, unknown>;

const layer = (className: string, config: Json, more: Json = {}): Json => ({ class_name: className, config, ...more });
const dense = (more: Json = {}): Json => layer('Dense', { name: 'd', units: 2, batch_input_shape: [null, 3], ...more });
const sequential = (...layers: unknown[]): Json => layer('Sequential', { name: 's', layers });

const KERNEL = { name: 'd/kernel', shape: [3, 2], dtype: 'float32' };
const BIAS = { name: 'd/bias', shape: [2], dtype: 'float32' };
const manifest = (weights: unknown[], paths: unknown = ['w.bin']): Json[] => [{ paths, weights } as Json];
const GOOD = manifest([KERNEL, BIAS]);

/** A model.json, and a file of weights beside it. */
function files(json: unknown, weights = 32): Record<string, Uint8Array | string> {
  return { 'model.json': typeof json === 'string' ? json : JSON.stringify(json), 'w.bin': new Uint8Array(weights) };
}

const model = (modelTopology: unknown, weightsManifest: unknown = GOOD): Record<string, Uint8Array | string> =>
  files({ format: 'layers-model', modelTopology, weightsManifest });
const weights = (weightsManifest: unknown, size?: number): Record<string, Uint8Array | string> =>
  files({ modelTopology: sequential(dense()), weightsManifest }, size);
const paths = (...names: unknown[]): Record<string, Uint8Array | string> => weights(manifest([KERNEL, BIAS], names));

/** A functional model of one layer that reads these places. */
const graph = (nodes: unknown, output: unknown = ['d', 0, 0]): Record<string, Uint8Array | string> =>
  model({
    class_name: 'Model',
    config: {
      name: 'm',
      layers: [
        { ...layer('InputLayer', { name: 'x', batch_input_shape: [null, 3] }), name: 'x', inbound_nodes: [] },
        { ...layer('Dense', { name: 'd', units: 2 }), name: 'd', inbound_nodes: nodes },
      ],
      input_layers: [['x', 0, 0]],
      output_layers: [output],
    },
  });

const nestedModels = (depth: number): Json => (depth === 0 ? dense() : sequential(nestedModels(depth - 1)));
const quantized = (quantization: Json): Json[] => manifest([{ ...KERNEL, quantization }, BIAS]);

export const HOSTILE_TFJS: readonly HostileFile[] = [
  ['an empty file', files(''), /JSON/],
  ['a file that is no JSON', files('{"a"'), /JSON/],
  ['a file that is no UTF-8', { 'model.json': Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) }, /UTF-8/],
  ['a list', files([]), /modelTopology/],
  ['a model of this library', files({ className: 'Sequential', config: {} }), /modelTopology.*TensorFlow\.js/],
  ['a GraphModel', files({ format: 'graph-model', modelTopology: {} }), /LayersModel.*GraphModel/],
  ['JSON nested 100,000 deep', files('['.repeat(100_000)), /nested/],
  ['models within models, 40 deep', model(nestedModels(40)), /nested/],
  ['a key __proto__', files('{"modelTopology":{"__proto__":{}},"weightsManifest":[]}'), /__proto__/],
  ['a topology that is a text', model('eval("1")'), /modelTopology/],
  ['a topology without a class', model({ config: {} }), /class_name/],
  ['a layer as the model', model(dense()), /Sequential or functional/],
  ['layers that are no list', model(layer('Sequential', { layers: 7 })), /layers/],
  [
    'a model whose name is an object',
    model(layer('Sequential', { name: { toString: 's' }, layers: [dense()] })),
    /name/,
  ],
  ['a layer that is null', model(sequential(null)), /class_name/],
  [
    'code as a layer',
    model(sequential(layer('Lambda', { function: ['process.exit()'] }))),
    /Lambda/,
    'ERR_UNKNOWN_NAME',
  ],
  ['a layer that is not there', model(sequential(layer('Conv2D', { filters: 2 }))), /Conv2D/, 'ERR_UNKNOWN_NAME'],
  ['an inherited name as a class', model(sequential(layer('constructor', {}))), /constructor/, 'ERR_UNKNOWN_NAME'],
  ['an option that is not there', model(sequential(dense({ eval: 'x' }))), /eval/, 'ERR_UNKNOWN_OPTION'],
  [
    'an activation that is not there',
    model(sequential(dense({ activation: 'gelu_new' }))),
    /gelu_new/,
    'ERR_UNKNOWN_NAME',
  ],
  [
    'an activation that is code',
    model(sequential(dense({ activation: layer('f', {}) }))),
    /activation/,
    'ERR_UNKNOWN_NAME',
  ],
  ['units of 2^53', model(sequential(dense({ units: 2 ** 53 }))), /units/, 'ERR_CONFIG'],
  ['units of 5 * 10^8 and few weights', model(sequential(dense({ units: 5e8 }))), /d\/kernel/, 'ERR_SHAPE'],
  ['units that are a text', model(sequential(dense({ units: '2' }))), /units/, 'ERR_TYPE'],
  ['an input shape without a batch', model(sequential(dense({ batch_input_shape: [3] }))), /batch_input_shape/],
  [
    'an input of 2^31 timesteps',
    model(sequential(dense({ batch_input_shape: [null, 2 ** 31, 3] }))),
    /shape/,
    'ERR_SHAPE',
  ],
  ['an input shape of texts', model(sequential(dense({ batch_input_shape: [null, 'a'] }))), /shape/, 'ERR_SHAPE'],
  [
    'time before the batch',
    model(sequential(layer('LSTM', { units: 2, time_major: true }))),
    /time_major/,
    'ERR_CONFIG',
  ],
  ['an RNN without a cell', model(sequential(layer('RNN', { name: 'r', batch_input_shape: [null, 2, 3] }))), /./],
  ['a wrapper without a layer', model(sequential(layer('TimeDistributed', { name: 't' }))), /./],
  ['a stack without cells', model(sequential(layer('RNN', { cell: layer('StackedRNNCells', {}) }))), /./],
  ['a direction without a layer', model(sequential(layer('Bidirectional', { name: 'b' }))), /class_name/],
  ['a stack of cells that gives states', model(stack()), /order of states/, 'ERR_CONFIG'],
  ['inbound_nodes that are a number', graph(7), /inbound_nodes/],
  ['a layer of a graph that is null', model(layer('Model', { layers: [null] })), /class_name/],
  ['layers of a graph that are no list', model(layer('Model', { layers: {} })), /layers/],
  ['a place that is a text', graph([['x']]), /tensor/],
  ['a place of fractions', graph([[['x', 0.5, 0, {}]]]), /tensor/],
  ['a call of what is not there', graph([[['y', 0, 0, {}]]]), /y/, 'ERR_CONFIG'],
  ['a circle of calls', graph([[['d', 0, 0, {}]]]), /circle/, 'ERR_CONFIG'],
  ['an output that is not there', graph([[['x', 0, 0, {}]]], ['d', 7, 0]), /d/, 'ERR_CONFIG'],
  ['an option of a call', graph([[['x', 0, 0, { eval: 'x' }]]]), /eval/, 'ERR_UNKNOWN_OPTION'],
  ['a manifest that is no list', weights({}), /weightsManifest/],
  ['a group that is null', weights([null]), /groups/],
  ['a file above the folder', paths('../w.bin'), /without a path/],
  ['a file by its absolute path', paths('/etc/passwd'), /without a path/],
  ['a file by its address', paths('https://example.com/w.bin'), /without a path/],
  ['a file on a drive', paths('C:w.bin'), /without a path/],
  ['a file in a folder', paths('a/w.bin'), /without a path/],
  ['the folder itself', paths('.'), /without a path/],
  ['a file whose name is a number', paths(1), /without a path/],
  ['a file that is not there', paths('v.bin'), /v\.bin/, 'ERR_NOT_FOUND'],
  ['one file twice', paths('w.bin', 'w.bin'), /64/],
  ['a file that is too short', weights(GOOD, 31), /32 bytes.*31/],
  ['a file that is too long', weights(GOOD, 33), /32 bytes.*33/],
  ['a weight of 2^60 bytes', weights(manifest([{ ...KERNEL, shape: [2 ** 29, 2 ** 29] }])), /sensible/],
  ['a weight of 4 TB', weights(manifest([{ ...KERNEL, shape: [2 ** 20, 2 ** 20] }])), /4398046511104 bytes/],
  ['a weight of negative size', weights(manifest([{ ...KERNEL, shape: [-1, 2] }])), /shape/],
  ['a weight of nine axes', weights(manifest([{ ...KERNEL, shape: Array(9).fill(1) }])), /8 sizes/],
  ['a weight of texts', weights(manifest([{ ...KERNEL, dtype: 'string' }])), /string/],
  ['a weight of an inherited type', weights(manifest([{ ...KERNEL, dtype: 'toString' }])), /toString/],
  ['a weight of integers', weights(manifest([{ ...KERNEL, dtype: 'int32' }, BIAS])), /int32/],
  ['a weight twice', weights(manifest([KERNEL, KERNEL]), 48), /twice/],
  ['a weight that is missing', weights(manifest([KERNEL]), 24), /d\/bias/],
  ['a weight too many', weights(manifest([KERNEL, BIAS, { ...BIAS, name: 'e/bias' }]), 40), /e\/bias/],
  ['a weight of another shape', weights(manifest([{ ...KERNEL, shape: [2, 3] }, BIAS])), /shape/, 'ERR_SHAPE'],
  ['a weight without a name', weights(manifest([{ ...KERNEL, name: null }])), /names/],
  ['quantization to another type', weights(quantized({ dtype: 'uint4', scale: 1, min: 0 })), /uint4/],
  ['quantization by a text', weights(quantized({ dtype: 'uint8', scale: '1', min: 0 })), /scale/],
  ['quantized integers', weights(quantized({ dtype: 'uint8', original_dtype: 'int32' })), /uint8/],
];

function stack(): Json {
  const cells = [layer('LSTMCell', { units: 2 }), layer('GRUCell', { units: 2 })];
  return sequential(layer('RNN', { name: 'r', return_state: true, cell: layer('StackedRNNCells', { cells }) }));
}
