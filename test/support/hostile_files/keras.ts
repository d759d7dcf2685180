// SPDX-License-Identifier: MIT
// Hostile `.keras` archives: configs that name what they must not, graphs that make no sense, archives and weights that are
// damaged or lead elsewhere.
import type { ErrorCode } from '../../../lib';
import { zip, type Member } from '../npz_writer';
import { cutsOf, MADE_WEIGHTS, VALID_WEIGHTS } from './hdf5';
import type { HostileFile } from './hostile_file';

type Json = Record<string, unknown>;
type Layer = Json & { config: Json };

const layer = (className: string, config: Json): Layer => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
});
const input = (config: Json = {}): Layer =>
  layer('InputLayer', { batch_shape: [null, 2], dtype: 'float32', sparse: false, name: 'x', ...config });
const dense = (config: Json = {}): Layer => layer('Dense', { name: 'd', units: 1, ...config });
const model = (layers: unknown, more: Json = {}): Json => ({
  module: 'keras',
  class_name: 'Sequential',
  config: { name: 's', trainable: true, layers, build_input_shape: [null, 2] },
  registered_name: null,
  ...more,
});

const text = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const metadata: Member = { name: 'metadata.json', bytes: text({ keras_version: '3.15.1' }) };
const config = (value: unknown): Member => ({ name: 'config.json', bytes: text(value) });
const weights = (bytes: Buffer): Member => ({ name: 'model.weights.h5', bytes, store: true });
const archive = (value: unknown, bytes = VALID_WEIGHTS): Buffer => zip([metadata, config(value), weights(bytes)]);
const sound = model([input(), dense()]);

/** A file whose model is not read: `ERR_DATA` unless told. */
const refused = (title: string, value: unknown, message: RegExp, code?: ErrorCode): HostileFile =>
  code === undefined ? [title, archive(value), message] : [title, archive(value), message, code];
/** One whose second layer has these changes. */
const changed = (title: string, changes: Json, message: RegExp, code: ErrorCode): HostileFile =>
  refused(title, model([input(), { ...dense(), ...changes }]), message, code);
const option = (title: string, changes: Json, message: RegExp, code: ErrorCode): HostileFile =>
  refused(title, model([input(), dense(changes)]), message, code);

const LAYERS: readonly HostileFile[] = [
  changed(
    'a Lambda',
    { class_name: 'Lambda', config: { function: 'x', name: 'd' } },
    /Code in files/,
    'ERR_UNKNOWN_NAME',
  ),
  changed('a class of another module', { module: 'os', class_name: 'system' }, /system/, 'ERR_UNKNOWN_NAME'),
  changed('a module that begins like Keras', { module: 'keras_evil.layers' }, /keras_evil/, 'ERR_UNKNOWN_NAME'),
  changed('a registered class', { registered_name: 'mine>Dense' }, /mine>Dense/, 'ERR_UNKNOWN_NAME'),
  changed('a class that does not exist', { class_name: 'Densee' }, /Densee/, 'ERR_UNKNOWN_NAME'),
  changed('an inherited name as class', { class_name: 'constructor' }, /constructor/, 'ERR_UNKNOWN_NAME'),
  option(
    'a lambda as activation',
    { activation: { class_name: '__lambda__', config: { value: 'A' } } },
    /lambda/,
    'ERR_UNKNOWN_NAME',
  ),
  option(
    'a function of another module',
    { activation: { class_name: 'function', module: 'os', config: 'system' } },
    /system/,
    'ERR_UNKNOWN_NAME',
  ),
  option('an inherited name as activation', { activation: 'constructor' }, /constructor/, 'ERR_UNKNOWN_NAME'),
  option(
    'an initializer of another module',
    { kernel_initializer: { module: 'builtins', class_name: 'eval', config: {} } },
    /eval/,
    'ERR_UNKNOWN_NAME',
  ),
  option('an option that does not exist', { constructor: 1 }, /constructor/, 'ERR_UNKNOWN_OPTION'),
  option('an option that is lacking', { lora_rank: 4 }, /lora_rank/, 'ERR_CONFIG'),
  option('another dtype', { dtype: 'float16' }, /float16/, 'ERR_CONFIG'),
  option('no units', { units: undefined }, /units/, 'ERR_TYPE'),
  option('units that are a text', { units: '1' }, /units/, 'ERR_TYPE'),
  option('units without end', { units: 1e300 }, /units/, 'ERR_CONFIG'),
  option('two billion units', { units: 2147483647 }, /./, 'ERR_CONFIG'),
  option('a name with a path', { name: '../../etc' }, /etc/, 'ERR_CONFIG'),
  refused('one name twice', model([input(), dense(), dense()]), /dense_1/),
  refused('a shape of no axis', model([input({ batch_shape: [null] }), dense()]), /./),
  refused('a shape of texts', model([input({ batch_shape: [null, 'x'] }), dense()]), /./, 'ERR_SHAPE'),
  refused('a sparse input', model([input({ sparse: true }), dense()]), /sparse/, 'ERR_CONFIG'),
];

const TEXTS: readonly HostileFile[] = [
  refused('a config that is no JSON', '{', /JSON/),
  refused('a config that is a list', '[]', /./),
  refused('a config that is null', 'null', /./),
  refused('a prototype', '{"class_name": "Sequential", "config": {"__proto__": {"layers": []}}}', /__proto__/),
  refused('a deep nest', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /./),
  refused('a number that JSON lacks', '{"class_name": "Sequential", "config": NaN}', /JSON/),
  refused(
    'a model of a class of its own',
    { module: '__main__', class_name: 'Mine', config: {} },
    /Mine/,
    'ERR_UNKNOWN_NAME',
  ),
  refused('a layer for a model', dense(), /Dense/, 'ERR_UNKNOWN_NAME'),
  refused('no layers', { ...sound, config: {} }, /./),
  refused('layers that are no list', model({ length: 1e9 }), /./),
];

const compiled = (changes: Json): Json => ({
  ...sound,
  compile_config: {
    optimizer: { module: 'keras.optimizers', class_name: 'SGD', config: { name: 'SGD', learning_rate: 0.1 } },
    loss: 'mse',
    ...changes,
  },
});

const COMPILED: readonly HostileFile[] = [
  refused(
    'an optimizer of another module',
    compiled({ optimizer: { module: 'os', class_name: 'Adam', config: {} } }),
    /Adam|os/,
    'ERR_UNKNOWN_NAME',
  ),
  refused(
    'a loss that is code',
    compiled({ loss: { class_name: '__lambda__', config: { value: 'x' } } }),
    /lambda/,
    'ERR_UNKNOWN_NAME',
  ),
  refused(
    'a metric that does not exist',
    compiled({ metrics: [{ module: 'keras.metrics', class_name: 'Nothing', config: {} }] }),
    /Nothing/,
    'ERR_UNKNOWN_NAME',
  ),
];

const tensor = (name: unknown, call: unknown = 0): Json => ({
  class_name: '__keras_tensor__',
  config: { keras_history: [name, call, 0] },
});
const node = (name: string, args: unknown, kwargs: Json = {}): Json => ({
  ...layer('Dense', { name, units: 2 }),
  name,
  inbound_nodes: [{ args, kwargs }],
});
const x = { ...input(), name: 'x', inbound_nodes: [] };
const graph = (layers: unknown, outputs: unknown = ['a', 0, 0]): Json => ({
  module: 'keras',
  class_name: 'Functional',
  config: { name: 'm', layers, input_layers: ['x', 0, 0], output_layers: outputs },
});
const operation = {
  module: 'keras.src.ops.numpy',
  class_name: 'Exp',
  config: { name: 'e' },
  name: 'e',
  inbound_nodes: [{ args: [tensor('x')], kwargs: {} }],
};

const GRAPHS: readonly HostileFile[] = [
  refused('a circle', graph([x, node('a', [tensor('b')]), node('b', [tensor('a')])]), /./),
  refused('a layer that reads itself', graph([x, node('a', [tensor('a')])]), /./, 'ERR_CONFIG'),
  refused('a tensor of nobody', graph([x, node('a', [tensor('nobody')])]), /nobody/, 'ERR_CONFIG'),
  refused('a call that was not made', graph([x, node('a', [tensor('x', 7)])]), /./, 'ERR_CONFIG'),
  refused('a call of a negative number', graph([x, node('a', [tensor('x', -1)])]), /./),
  refused('a constant in the graph', graph([x, node('a', [3])]), /./),
  refused('no inputs', graph([x, node('a', [])]), /./),
  refused('two layers of one name', graph([x, node('a', [tensor('x')]), node('a', [tensor('x')])]), /./),
  refused('an output of nobody', graph([x, node('a', [tensor('x')])], ['q', 0, 0]), /./, 'ERR_CONFIG'),
  refused('an output that is no place', graph([x, node('a', [tensor('x')])], [1, 2, 3]), /./),
  refused(
    'training that a call chooses',
    graph([x, node('a', [tensor('x')], { training: true })]),
    /training/,
    'ERR_CONFIG',
  ),
  refused(
    'an option of a call that is lacking',
    graph([x, node('a', [tensor('x')], { evil: 1 })]),
    /evil/,
    'ERR_UNKNOWN_OPTION',
  ),
  refused('an operation', graph([x, operation, node('a', [tensor('e')])]), /Exp/, 'ERR_UNKNOWN_NAME'),
  refused(
    'an operation as output',
    graph([x, node('a', [tensor('x')]), operation], ['e', 0, 0]),
    /Exp/,
    'ERR_UNKNOWN_NAME',
  ),
];

const old: Member = { ...metadata, bytes: text({ keras_version: '2.13.1' }) };
const whole = archive(sound);

const ARCHIVES: readonly HostileFile[] = [
  [
    'an archive of Keras 2',
    zip([old, config(sound), weights(VALID_WEIGHTS)]),
    /Keras 2\.13\.1\. Save the model as \.h5/,
  ],
  ['no config', zip([metadata, weights(VALID_WEIGHTS)]), /config\.json/],
  ['no weights', zip([metadata, config(sound)]), /model\.weights\.h5/],
  [
    'weights of numpy',
    zip([metadata, config(sound), { ...weights(VALID_WEIGHTS), name: 'model.weights.npz' }]),
    /HDF5/,
  ],
  ['a member that leads out', zip([metadata, config(sound), { ...metadata, name: '../x' }]), /relative path/],
  ['two configs', zip([metadata, config(sound), config(sound)]), /twice/],
  ['a config that is a bomb', zip([metadata, { name: 'config.json', bytes: Buffer.alloc(2 ** 26) }]), /when inflated/],
  ['a config with another checksum', zip([metadata, { ...config(sound), crc32: 1 }]), /CRC-32/],
  ['weights that are a text', archive(sound, Buffer.from('hello')), /cannot be read/],
  ['weights that are zeros', archive(sound, Buffer.alloc(100_000)), /cannot be read/],
  ['weights of nothing', archive(sound, Buffer.alloc(0)), /cannot be read/],
  ...cutsOf(whole, 12).map(([title, bytes]): HostileFile => [title, bytes, /zip archive/]),
  ...cutsOf(VALID_WEIGHTS, 12).map(([title, bytes]): HostileFile => [
    `weights that are ${title}`,
    archive(sound, bytes),
    /cannot be read|an array/,
  ]),
  ...MADE_WEIGHTS.map(([title, bytes, message, code]): HostileFile => [
    `weights: ${title}`,
    archive(sound, bytes),
    message,
    code,
  ]),
];

/** A file without harm in it. */
export const VALID_KERAS = whole;

export const HOSTILE_KERAS: readonly HostileFile[] = [...LAYERS, ...TEXTS, ...COMPILED, ...GRAPHS, ...ARCHIVES];
