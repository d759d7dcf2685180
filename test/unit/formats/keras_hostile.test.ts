// SPDX-License-Identifier: MIT
// Files of Keras that are damaged, or made to do harm: each is a typed error, and none is followed, run or believed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { Dense, Input, loadModel, LSTM, OstinatoError, Sequential } from '../../../lib';
import { loadLibrary } from '../../../lib/formats/h5/library';
import { zipChunks, ZipArchive } from '../../../lib/formats/zip';

const folder = mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Json = Record<string, unknown>;

/** A valid file, taken apart. */
interface Parts {
  config: Json;
  metadata: string;
  weights: Uint8Array;
}

let valid: Parts;
let whole: Buffer;
let legacy: Buffer;

beforeAll(async () => {
  const model = new Sequential([new Input([4, 3]), new LSTM(2, { name: 'a' }), new Dense(1, { name: 'b' })]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  const file = path.join(folder, 'valid.keras');
  await model.save(file);
  await model.save(path.join(folder, 'valid.h5'));
  whole = readFileSync(file);
  legacy = readFileSync(path.join(folder, 'valid.h5'));
  const archive = new ZipArchive('test', whole);
  const text = (name: string): string => Buffer.from(archive.read(name)).toString('utf8');
  valid = {
    config: JSON.parse(text('config.json')) as Json,
    metadata: text('metadata.json'),
    weights: Uint8Array.from(archive.read('model.weights.h5')),
  };
});

function archiveOf(config: string, weights: Uint8Array = valid.weights, metadata = valid.metadata): Buffer {
  const member = (name: string, data: Uint8Array): { name: string; data: Uint8Array } => ({ name, data });
  return Buffer.concat(
    zipChunks('test', [
      member('metadata.json', Buffer.from(metadata)),
      member('config.json', Buffer.from(config)),
      member('model.weights.h5', weights),
    ]),
  );
}

let count = 0;

/** What `loadModel` makes of bytes. */
async function refusalOf(bytes: Uint8Array, end = '.keras'): Promise<OstinatoError> {
  const file = path.join(folder, `${++count}${end}`);
  writeFileSync(file, bytes);
  const error: unknown = await loadModel(file).then(
    () => new Error('it was loaded'),
    (reason: unknown) => reason,
  );
  rmSync(file);
  expect(error).toBeInstanceOf(OstinatoError);
  return error as OstinatoError;
}

/** The config of the valid file, with a change of the layer of a number. */
function changed(index: number, change: (layer: Json & { config: Json }) => void): string {
  const config = structuredClone(valid.config);
  const layers = (config['config'] as Json)['layers'] as (Json & { config: Json })[];
  change(layers[index]!);
  return JSON.stringify(config);
}

/** A group of h5wasm, with the links that this library never writes. */
interface AnyGroup {
  create_group(name: string): AnyGroup;
  create_dataset(array: object): unknown;
  create_attribute(name: string, value: string): void;
  create_soft_link(target: string, name: string): unknown;
  create_external_link(file: string, target: string, name: string): unknown;
}

/** HDF5 with what `make` does to the groups of a small file. */
async function h5Of(make: (file: AnyGroup) => void): Promise<Uint8Array> {
  const { library, module } = await loadLibrary('test');
  const name = `/hostile-${++count}.h5`;
  const file = new library.File(name, 'w');
  make(file as unknown as AnyGroup);
  file.close();
  const { contents, usedBytes } = module.FS.lookupPath(name).node;
  const bytes = contents.slice(0, usedBytes);
  module.FS.unlink(name);
  return bytes;
}

describe('loadModel of a .keras that names what it must not', () => {
  const ATTACKS: [string, number, (layer: Json & { config: Json }) => void, string][] = [
    [
      'a Lambda',
      2,
      (l) => Object.assign(l, { class_name: 'Lambda', config: { function: 'x', name: 'b' } }),
      'ERR_UNKNOWN_NAME',
    ],
    [
      'a class of another module',
      2,
      (l) => Object.assign(l, { module: 'os', class_name: 'system' }),
      'ERR_UNKNOWN_NAME',
    ],
    [
      'a module that begins like Keras',
      2,
      (l) => Object.assign(l, { module: 'keras_evil.layers' }),
      'ERR_UNKNOWN_NAME',
    ],
    ['a registered class', 2, (l) => Object.assign(l, { registered_name: 'mine>Dense' }), 'ERR_UNKNOWN_NAME'],
    ['a class that does not exist', 2, (l) => Object.assign(l, { class_name: 'Densee' }), 'ERR_UNKNOWN_NAME'],
    ['Conv2D', 2, (l) => Object.assign(l, { class_name: 'Conv2D' }), 'ERR_UNKNOWN_NAME'],
    [
      'a lambda as an activation',
      2,
      (l) => (l.config['activation'] = { class_name: '__lambda__', config: { value: 'AAAA' } }),
      'ERR_UNKNOWN_NAME',
    ],
    [
      'a function of another module',
      2,
      (l) => (l.config['activation'] = { class_name: 'function', module: 'os', config: 'system' }),
      'ERR_UNKNOWN_NAME',
    ],
    ['an activation that does not exist', 2, (l) => (l.config['activation'] = 'constructor'), 'ERR_UNKNOWN_NAME'],
    [
      'an initializer of another module',
      2,
      (l) => (l.config['kernel_initializer'] = { module: 'builtins', class_name: 'eval', config: {} }),
      'ERR_UNKNOWN_NAME',
    ],
    ['an option that does not exist', 2, (l) => (l.config['constructor'] = 1), 'ERR_UNKNOWN_OPTION'],
    ['an option that is lacking', 2, (l) => (l.config['lora_rank'] = 4), 'ERR_CONFIG'],
    ['another dtype', 2, (l) => (l.config['dtype'] = 'float16'), 'ERR_CONFIG'],
    [
      'a policy of mixed types',
      2,
      (l) => (l.config['dtype'] = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'mixed_float16' } }),
      'ERR_CONFIG',
    ],
    ['no units', 2, (l) => delete l.config['units'], 'ERR_TYPE'],
    ['units that are a text', 2, (l) => (l.config['units'] = '1'), 'ERR_TYPE'],
    ['units that are an object', 2, (l) => (l.config['units'] = { valueOf: 1 }), 'ERR_DATA'],
    ['units without end', 2, (l) => (l.config['units'] = 1e300), 'ERR_CONFIG'],
    ['two billion units', 2, (l) => (l.config['units'] = 2147483647), 'ERR_CONFIG'],
    ['a name with a path', 2, (l) => (l.config['name'] = '../../etc'), 'ERR_CONFIG'],
    ['one name twice', 2, (l) => (l.config['name'] = 'a'), 'ERR_CONFIG'],
    ['a layer that is no object', 2, (l) => Object.assign(l, { config: 7 }), 'ERR_DATA'],
    ['a shape of no axis', 0, (l) => (l.config['batch_shape'] = [null]), 'ERR_DATA'],
    ['a shape of texts', 0, (l) => (l.config['batch_shape'] = [null, 'x', 3]), 'ERR_SHAPE'],
    ['a sparse input', 0, (l) => (l.config['sparse'] = true), 'ERR_CONFIG'],
  ];

  it.each(ATTACKS)('refuses %s', async (_, index, change, code) => {
    expect((await refusalOf(archiveOf(changed(index, change)))).code).toBe(code);
  });

  it('names the layer, and says what to do', async () => {
    const { message } = await refusalOf(
      archiveOf(changed(2, (l) => Object.assign(l, { class_name: 'Lambda', config: {} }))),
    );
    expect(message).toMatch(/"Lambda"\. Code in files is never run: put a layer in its place in Keras/);
  });

  it('refuses before it reads weights', async () => {
    const bytes = archiveOf(
      changed(2, (l) => Object.assign(l, { class_name: 'Conv2D' })),
      Buffer.from('no HDF5'),
    );
    expect((await refusalOf(bytes)).message).toMatch(/Conv2D/);
  });

  const TEXTS: [string, string, string][] = [
    ['no JSON', '{', 'ERR_DATA'],
    ['a list', '[]', 'ERR_DATA'],
    ['null', 'null', 'ERR_DATA'],
    ['__proto__', '{"class_name": "Sequential", "config": {"__proto__": {"layers": []}}}', 'ERR_DATA'],
    ['a deep nest', `${'['.repeat(100000)}${']'.repeat(100000)}`, 'ERR_DATA'],
    [
      'a model of a class of its own',
      '{"class_name": "MyModel", "module": "__main__", "config": {}}',
      'ERR_UNKNOWN_NAME',
    ],
    [
      'a layer for a model',
      '{"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}',
      'ERR_UNKNOWN_NAME',
    ],
    ['no layers', '{"class_name": "Sequential", "config": {}}', 'ERR_DATA'],
  ];

  it.each(TEXTS)('refuses %s', async (_, text, code) => {
    expect((await refusalOf(archiveOf(text))).code).toBe(code);
  });

  it.each([
    ['an optimizer of another module', 'optimizer', { module: 'os', class_name: 'Adam', config: {} }],
    ['a loss that is code', 'loss', { class_name: '__lambda__', config: { value: 'x' } }],
    ['a metric that does not exist', 'metrics', [{ module: 'keras.metrics', class_name: 'Nothing', config: {} }]],
  ])('refuses %s', async (_, key, value) => {
    const config = structuredClone(valid.config);
    (config['compile_config'] as Json)[key] = value;
    expect((await refusalOf(archiveOf(JSON.stringify(config)))).code).toBe('ERR_UNKNOWN_NAME');
  });
});

describe('loadModel of a graph that makes no sense', () => {
  const input = {
    module: 'keras.layers',
    class_name: 'InputLayer',
    config: { batch_shape: [null, 3], name: 'x' },
    name: 'x',
    inbound_nodes: [],
  };
  const tensor = (name: unknown, call: unknown = 0): Json => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [name, call, 0] },
  });
  const dense = (name: string, args: unknown, kwargs: unknown = {}): Json => ({
    module: 'keras.layers',
    class_name: 'Dense',
    config: { name, units: 3 },
    name,
    inbound_nodes: [{ args, kwargs }],
  });
  const graph = (layers: unknown, outputs: unknown = ['a', 0, 0]): string =>
    JSON.stringify({
      module: 'keras',
      class_name: 'Functional',
      config: { name: 'm', layers, input_layers: ['x', 0, 0], output_layers: outputs },
    });

  it.each<[string, string]>([
    ['a circle', graph([input, dense('a', [tensor('b')]), dense('b', [tensor('a')])])],
    ['a layer that reads itself', graph([input, dense('a', [tensor('a')])])],
    ['a tensor of nobody', graph([input, dense('a', [tensor('nobody')])])],
    ['a call that was not made', graph([input, dense('a', [tensor('x', 7)])])],
    ['a call of a negative number', graph([input, dense('a', [tensor('x', -1)])])],
    [
      'a history that is no list',
      graph([input, dense('a', [{ class_name: '__keras_tensor__', config: { keras_history: 'x' } }])]),
    ],
    ['a constant in the graph', graph([input, dense('a', [3])])],
    ['no inputs', graph([input, dense('a', [])])],
    ['two layers of one name', graph([input, dense('a', [tensor('x')]), dense('a', [tensor('x')])])],
    ['layers that are no list', graph({ length: 1e9 })],
    ['an output of nobody', graph([input, dense('a', [tensor('x')])], ['q', 0, 0])],
    ['an output that is no place', graph([input, dense('a', [tensor('x')])], [1, 2, 3])],
    ['training that a call chooses', graph([input, dense('a', [tensor('x')], { training: true })])],
    ['an option of a call that is lacking', graph([input, dense('a', [tensor('x')], { evil: 1 })])],
    [
      'an operation',
      graph([
        input,
        {
          module: 'keras.src.ops.numpy',
          class_name: 'Exp',
          config: { name: 'e' },
          name: 'e',
          inbound_nodes: [{ args: [tensor('x')], kwargs: {} }],
        },
        dense('a', [tensor('e')]),
      ]),
    ],
  ])('refuses %s', async (_, config) => {
    await refusalOf(archiveOf(config));
  });
});

describe('loadModel of an archive that is damaged', () => {
  it('refuses an archive of Keras 2, whose hard_sigmoid is another, and says what to do', async () => {
    const metadata = JSON.stringify({ keras_version: '2.13.1' });
    const error = await refusalOf(archiveOf(JSON.stringify(valid.config), valid.weights, metadata));
    expect(error.code).toBe('ERR_DATA');
    expect(error.message).toMatch(/an archive of Keras 3, received one of Keras 2\.13\.1\. Save the model as \.h5/);
  });

  it('refuses it wherever it is cut off', async () => {
    for (let index = 0; index < 40; index++)
      await refusalOf(whole.subarray(0, Math.floor((whole.length * index) / 40)));
  });

  it('refuses weights wherever they are cut off', async () => {
    for (let index = 0; index < 20; index++)
      await refusalOf(
        archiveOf(
          JSON.stringify(valid.config),
          valid.weights.subarray(0, Math.floor((valid.weights.length * index) / 20)),
        ),
      );
  });

  it('refuses an .h5 wherever it is cut off', async () => {
    for (let index = 0; index < 20; index++)
      await refusalOf(legacy.subarray(0, Math.floor((legacy.length * index) / 20)), '.h5');
  });

  it('refuses a member that inflates without end', async () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    const local = Buffer.alloc(30 + 11);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(11, 26);
    local.write('config.json', 30);
    const central = Buffer.alloc(46 + 11);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(bomb.length, 20);
    central.writeUInt32LE(64 * 1024 * 1024, 24);
    central.writeUInt16LE(11, 28);
    central.write('config.json', 46);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50);
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length + bomb.length, 16);
    expect((await refusalOf(Buffer.concat([local, bomb, central, end]))).code).toBe('ERR_DATA');
  });

  it.each([
    ['a text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100000)],
    ['a signature alone', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
  ])('refuses weights that are %s', async (_, weights) => {
    expect((await refusalOf(archiveOf(JSON.stringify(valid.config), weights))).code).toBe('ERR_DATA');
  });
});

describe('loadModel of HDF5 that leads elsewhere', () => {
  const numbers = {
    kernel: [new Float32Array(24), [3, 8]],
    recurrent: [new Float32Array(16), [2, 8]],
    bias: [new Float32Array(8), [8]],
  } as const;
  const file = async (bias: (vars: AnyGroup) => void): Promise<Buffer> => {
    const weights = await h5Of((f) => {
      const layers = f.create_group('layers');
      const dense = layers.create_group('dense').create_group('vars');
      dense.create_dataset({ name: '0', data: new Float32Array(2), shape: [2, 1], dtype: '<f' });
      dense.create_dataset({ name: '1', data: new Float32Array(1), shape: [1], dtype: '<f' });
      const vars = layers.create_group('lstm').create_group('cell').create_group('vars');
      vars.create_dataset({ name: '0', data: numbers.kernel[0], shape: [...numbers.kernel[1]], dtype: '<f' });
      vars.create_dataset({ name: '1', data: numbers.recurrent[0], shape: [...numbers.recurrent[1]], dtype: '<f' });
      bias(vars);
    });
    return archiveOf(JSON.stringify(valid.config), weights);
  };

  it.each<[string, (vars: AnyGroup) => void, string]>([
    ['a soft link', (vars) => vars.create_soft_link('/layers/lstm/cell/vars/0', '2'), 'ERR_DATA'],
    ['a soft link to nowhere', (vars) => vars.create_soft_link('/nowhere', '2'), 'ERR_DATA'],
    ['a link to itself', (vars) => vars.create_soft_link('/layers/lstm/cell/vars/2', '2'), 'ERR_DATA'],
    ['a link to another file', (vars) => vars.create_external_link('/etc/passwd', '/', '2'), 'ERR_DATA'],
    ['a group', (vars) => vars.create_group('2'), 'ERR_DATA'],
    ['nothing', () => undefined, 'ERR_DATA'],
    [
      'whole numbers',
      (vars) => vars.create_dataset({ name: '2', data: new Int32Array(8), shape: [8], dtype: '<i' }),
      'ERR_DATA',
    ],
    ['texts', (vars) => vars.create_dataset({ name: '2', data: ['a'], shape: [1], dtype: 'S4' }), 'ERR_DATA'],
    [
      'another shape',
      (vars) => vars.create_dataset({ name: '2', data: new Float32Array(9), shape: [9], dtype: '<f' }),
      'ERR_SHAPE',
    ],
    [
      'another rank',
      (vars) => vars.create_dataset({ name: '2', data: new Float32Array(8), shape: [1, 8], dtype: '<f' }),
      'ERR_SHAPE',
    ],
  ])('refuses %s in place of a weight', async (_, bias, code) => {
    expect((await refusalOf(await file(bias))).code).toBe(code);
  });

  it('refuses an array that is larger than the file can hold', async () => {
    const bytes = await file((vars) =>
      vars.create_dataset({
        name: '2',
        data: new Float32Array(4_000_000),
        shape: [4_000_000],
        dtype: '<f',
        chunks: [1_000_000],
        compression: 9,
      }),
    );
    expect((await refusalOf(bytes)).code).toMatch(/ERR_(DATA|SHAPE)/);
  });
});

describe('loadModel of an .h5', () => {
  const h5 = (attributes: Record<string, string>): Promise<Uint8Array> =>
    h5Of((f) => {
      for (const [name, value] of Object.entries(attributes)) f.create_attribute(name, value);
    });

  it.each<[string, Record<string, string>, string]>([
    ['without a model', {}, 'ERR_DATA'],
    ['whose model is no JSON', { model_config: '{' }, 'ERR_DATA'],
    [
      'with code',
      {
        model_config:
          '{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Lambda","config":{"name":"l","function":["x"]}}]}}',
      },
      'ERR_UNKNOWN_NAME',
    ],
    [
      'without weights',
      {
        model_config:
          '{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Dense","config":{"name":"d","units":1,"batch_input_shape":[null,2]}}]}}',
      },
      'ERR_DATA',
    ],
    [
      'whose time comes first',
      {
        model_config:
          '{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"LSTM","config":{"name":"d","units":1,"time_major":true,"batch_input_shape":[null,2,2]}}]}}',
      },
      'ERR_CONFIG',
    ],
    [
      'whose hard sigmoid no weights make up for',
      {
        keras_version: '2.2.4',
        model_config:
          '{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Activation","config":{"name":"d","activation":"hard_sigmoid","batch_input_shape":[null,2]}}]}}',
      },
      'ERR_CONFIG',
    ],
  ])('refuses one %s', async (_, attributes, code) => {
    expect((await refusalOf(await h5(attributes), '.h5')).code).toBe(code);
  });
});
