// SPDX-License-Identifier: MIT
// Models of what Keras describes. Calls of layers are read in all of Keras' forms; masks that Keras writes down though
// nobody gave them, as chains of operations on ids, are left out where they are those that layers pass on anyway.
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import { checkDtype, fromKeras, readObject, type Described } from './objects';
import { spellingOf, type Config } from './classes';

type Place = readonly [layer: string, call: number, output: number];

interface Call {
  inputs: Place[];
  [option: string]: unknown;
}

type Entry = Described & { readonly shared?: number; readonly calls?: readonly Call[] };

/** What is known of a file besides the config: ids of layers that stand at several places. */
export interface Reading {
  readonly where: string;
  readonly shared: ReadonlyMap<unknown, number>;
}

/** Layers and options that are lacking are refused here, before anything else of the file is read. */
export function modelFromKeras(where: string, value: unknown): Described {
  const { className, config } = readObject(where, 'layer', value);
  if (className !== 'Functional' && className !== 'Sequential' && className !== 'Model')
    throw refusal(
      'ERR_UNKNOWN_NAME',
      where,
      'a Functional or Sequential model',
      `one of the class ${describe(className)}`,
      'A class of your own is code, which no file holds: describe its layers as a Functional model in Keras.',
    );
  return readModel({ where, shared: sharedLayers(value) }, className, config);
}

/** Ids that several layers have. */
function sharedLayers(value: unknown): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  countIds(value, counts);
  const several = [...counts].filter(([, count]) => count > 1);
  return new Map(several.map(([id], index) => [id, index + 1]));
}

function countIds(value: unknown, counts: Map<unknown, number>): void {
  if (Array.isArray(value)) for (const each of value) countIds(each, counts);
  else if (isPlainObject(value)) {
    const { shared_object_id: id, config, module } = value;
    if (id !== undefined && (module === 'keras.layers' || module === 'keras' || 'inbound_nodes' in value))
      counts.set(id, (counts.get(id) ?? 0) + 1);
    if (isPlainObject(config)) for (const each of Object.values(config)) countIds(each, counts);
  }
}

/** A name of another kind would be a text later, or fail where it is none. */
function checkName(where: string, name: unknown): void {
  if (name !== undefined && name !== null && typeof name !== 'string')
    throw refusal('ERR_DATA', where, 'a name that is a text', describe(name));
}

function readModel(reading: Reading, className: string, config: Config): Described {
  checkName(reading.where, config['name']);
  const isSequential = className === 'Sequential';
  return isSequential ? readSequential(reading, config) : readFunctional(reading, config);
}

/** A layer, or a model as a layer. */
function readLayer(reading: Reading, value: unknown): Entry {
  const { where, shared } = reading;
  const { className, config } = readObject(where, 'layer', value);
  const isModel = className === 'Functional' || className === 'Sequential' || className === 'Model';
  const nested = { layer: (inner: unknown) => readLayer(reading, inner) };
  const described = isModel ? readModel(reading, className, config) : fromKeras(where, 'layer', value, nested);
  const number = shared.get((value as Config)['shared_object_id']);
  const made = adjusted(described, value);
  return number === undefined ? made : { ...made, shared: number };
}

/** Keras' values that are said otherwise here. */
function adjusted({ className, config }: Described, entry: unknown): Described {
  const axis = config['axis'];
  if (Array.isArray(axis) && axis.length === 1 && typeof axis[0] === 'number')
    return { className, config: { ...config, axis: lastAxis(axis[0], entry) } };
  if (LAST_AXIS.has(className) && typeof axis === 'number')
    return { className, config: { ...config, axis: lastAxis(axis, entry) } };
  return typeof config['name'] === 'string' ? { className, config } : { className, config: { ...config, name: null } };
}

/** Layers that have the last axis alone. */
const LAST_AXIS = new Set(['BatchNormalization', 'LayerNormalization']);

/** -1 for the last axis, of which Keras writes the number once it is known. */
function lastAxis(axis: number, entry: unknown): number {
  if (axis < 0) return axis;
  const built = isPlainObject(entry) ? entry['build_config'] : undefined;
  const shape = isPlainObject(built) ? built['input_shape'] : undefined;
  // Where a file does not say the shape, those of the weights do.
  const isLast = Array.isArray(shape) ? axis === shape.length - 1 : true;
  return isLast ? -1 : axis;
}

function isInput(value: unknown): boolean {
  return isPlainObject(value) && value['class_name'] === 'InputLayer';
}

function readInput({ where }: Reading, value: unknown): Described {
  const { config } = readObject(where, 'layer', value);
  const { batch_shape: batchShape, batch_input_shape: older, name, dtype, ...others } = config;
  const place = `${where}, InputLayer`;
  for (const [key, each] of Object.entries(others))
    if (each !== false && each !== null && key !== 'input_shape' && key !== 'shape' && key !== 'trainable')
      throw refusal('ERR_CONFIG', place, `${key} to be false`, describe(each), `${key} is not supported.`);
  checkName(place, name);
  const shape = batchShape ?? older;
  if (!Array.isArray(shape) || shape.length < 2)
    throw refusal('ERR_DATA', place, 'batch_shape of a batch and at least one axis', describe(shape));
  return { className: 'Input', config: { shape: shape.slice(1), name: name ?? null, dtype: inputDtype(place, dtype) } };
}

/** Floats are left open: Keras takes ids as floats, too. */
function inputDtype(where: string, dtype: unknown): 'int32' | null {
  if (typeof dtype === 'string' && /^u?int(8|16|32|64)$/.test(dtype)) return 'int32';
  if (dtype === 'bool') return null;
  checkDtype(where, 'layer', dtype ?? null);
  return null;
}

function readSequential(reading: Reading, config: Config): Described {
  const { where } = reading;
  const { name, trainable, layers } = config;
  if (!Array.isArray(layers)) throw refusal('ERR_DATA', where, 'layers of a Sequential', describe(layers));
  checkDtype(where, 'layer', config['dtype'] ?? null);
  const made = layers.map((each) => (isInput(each) ? readInput(reading, each) : readLayer(reading, each)));
  const shape = config['build_input_shape'];
  const isTold = layers.some(isInput) || !Array.isArray(shape);
  return {
    className: 'Sequential',
    config: { name: name ?? null, trainable: trainable ?? true, layers: made, buildInputShape: isTold ? null : shape },
  };
}

// Functional models

/** What a Keras history names, as an expression: `t:lstm/0/0`, or an operation on such. */
type Expression = string;

/** A graph on its way from Keras. */
class GraphReading {
  readonly #entries: { readonly value: Config; readonly name: string; readonly className: string }[];
  readonly #made = new Map<string, Entry>();
  readonly #operations = new Map<string, Config>();

  constructor(
    private readonly reading: Reading,
    private readonly config: Config,
  ) {
    const { layers } = config;
    if (!Array.isArray(layers)) throw this.bad('layers of a Functional model', describe(layers));
    this.#entries = layers.map((value) => {
      const { class_name: className, name, config: own } = isPlainObject(value) ? value : {};
      const called = name ?? (isPlainObject(own) ? own['name'] : undefined);
      if (typeof className !== 'string' || typeof called !== 'string')
        throw this.bad('a layer as { class_name, name, config }', describe(className ?? value));
      return { value: value as Config, name: called, className };
    });
  }

  bad(expected: string, received: string, hint = ''): Error {
    return refusal('ERR_DATA', this.reading.where, expected, received, hint);
  }

  read(): Described {
    for (const entry of this.#entries) this.#addLayer(entry);
    const layers = [...this.#made.values()].map((entry, index) => this.#withCalls(entry, index));
    const { name, trainable } = this.config;
    const inputs = this.#places(this.config['input_layers']);
    const outputs = this.config['output_layers'];
    return this.#withKeys({
      className: 'Model',
      config: {
        name: name ?? null,
        trainable: trainable ?? true,
        layers,
        inputs,
        outputs: isPlainObject(outputs)
          ? Object.fromEntries(Object.entries(outputs).map(([key, place]) => [key, this.#end(place)]))
          : this.#places(outputs),
      },
    });
  }

  /** Keys of the inputs are their names here, whatever the tensors are called. */
  #withKeys({ className, config }: Described): Described {
    const keys = this.config['input_layers'];
    if (!isPlainObject(keys)) return { className, config };
    const names = new Map(Object.entries(keys).map(([key, place]) => [this.#place(place)[0], key]));
    const replaced = (value: unknown): unknown => {
      if (isPlainObject(value)) return mapped(value, replaced);
      if (!Array.isArray(value)) return value;
      const isPlace = value.length === 3 && typeof value[0] === 'string' && typeof value[1] === 'number';
      return isPlace ? [names.get(value[0] as string) ?? value[0], value[1], value[2]] : value.map(replaced);
    };
    const layers = (config['layers'] as readonly Entry[]).map((entry) =>
      entry.className === 'Input'
        ? renamed(entry, names.get(String(entry.config['name'])) ?? String(entry.config['name']))
        : { ...entry, calls: replaced(entry.calls) as readonly Call[] },
    );
    const [inputs, outputs] = [replaced(config['inputs']), replaced(config['outputs'])];
    return { className, config: { ...config, layers, inputs, outputs } };
  }

  #addLayer({ value, name, className }: { value: Config; name: string; className: string }): void {
    const { where } = this.reading;
    if (this.#made.has(name) || this.#operations.has(name))
      throw this.bad('layers of different names', `${describe(name)} twice`);
    if (isOperation(value, className)) {
      this.#operations.set(name, value);
      return;
    }
    if (className === 'GetItem') this.#made.set(name, this.#sliceOf(value, name));
    else if (isInput(value)) this.#made.set(name, renamed(readInput(this.reading, value), name));
    else this.#made.set(name, renamed(readLayer({ ...this.reading, where }, value), name));
  }

  // Places

  /** Ends of the graph: one, or a list, or by name. */
  #places(value: unknown): Place[] {
    if (isPlainObject(value)) return Object.values(value).map((each) => this.#end(each));
    if (!Array.isArray(value)) throw this.bad('ends of a graph', describe(value));
    if (value.length === 3 && typeof value[0] === 'string') return [this.#end(value)];
    return value.flatMap((each) => this.#places(each));
  }

  /** Keras counts a call of a functional model from 1 here. */
  #end(value: unknown): Place {
    const [name, call, output] = this.#place(value);
    this.#checkMade([name, call, output], 'an output');
    const className = this.#entries.find((entry) => entry.name === name)?.className;
    const isModel = className === 'Functional' || className === 'Model';
    return [name, isModel ? Math.max(0, call - 1) : call, output];
  }

  #place(value: unknown): Place {
    const isIndex = (each: unknown): boolean => Number.isSafeInteger(each) && (each as number) >= 0;
    if (Array.isArray(value) && typeof value[0] === 'string' && isIndex(value[1]) && isIndex(value[2]))
      return [value[0], value[1] as number, value[2] as number];
    throw this.bad('a tensor as [layer, call, output]', describe(value));
  }

  #isTensor(value: unknown): value is { config: Config } {
    return isPlainObject(value) && value['class_name'] === '__keras_tensor__' && isPlainObject(value['config']);
  }

  #placeOf(value: { config: Config }): Place {
    return this.#place(value.config['keras_history']);
  }

  /** Tensors in a structure of lists and objects, in their order. */
  #tensors(value: unknown, keys?: readonly string[]): Place[] {
    if (value === null || value === undefined) return [];
    if (this.#isTensor(value)) return [this.#placeOf(value)];
    if (Array.isArray(value)) return value.flatMap((each) => this.#tensors(each));
    if (isPlainObject(value) && !('class_name' in value))
      return (keys ?? Object.keys(value)).flatMap((key) => this.#tensors(value[key]));
    throw this.bad('tensors of the graph', describe(value), 'Constants in a graph are not supported yet.');
  }

  // Calls

  #withCalls(entry: Entry, index: number): Entry {
    if (entry.className === 'Input') return entry;
    const { value } = this.#entries.find(({ name }) => name === entry.config['name'])!;
    const nodes = value['inbound_nodes'];
    if (!Array.isArray(nodes)) throw this.bad(`inbound_nodes of layer ${index}`, describe(nodes));
    const calls = nodes.map((node) => this.#call(entry, node, value));
    for (const { inputs, initialState = [] } of calls)
      for (const place of [...inputs, ...(initialState as readonly Place[])])
        this.#checkMade(place, describe(entry.config['name']));
    return { ...entry, calls };
  }

  /** Operations make masks, and nothing else. */
  #checkMade([name]: Place, reader: string): void {
    const operation = this.#operations.get(name);
    if (operation === undefined) return;
    throw refusal(
      'ERR_UNKNOWN_NAME',
      this.reading.where,
      `${reader} to read layers`,
      `the operation ${describe(operation['class_name'])}`,
      'Put a layer in its place in Keras, and save the model again.',
    );
  }

  #call(entry: Entry, node: unknown, value: Config): Call {
    const { args, kwargs } = isPlainObject(node) ? node : {};
    if (!Array.isArray(args) || !isPlainObject(kwargs)) throw this.bad('a call as { args, kwargs }', describe(node));
    if (entry.className === 'Slice') return { inputs: this.#tensors(args[0]) };
    return this.#callOf(entry, args, kwargs, value);
  }

  #callOf(entry: Entry, args: readonly unknown[], kwargs: Config, value: Config): Call {
    const { className } = entry;
    const [first, ...others] = this.#inputs(entry, args, kwargs, value);
    if (first === undefined) throw this.bad(`inputs of ${describe(entry.config['name'])}`, 'none');
    const call: Call = { inputs: [first, ...others] };
    if (RECURRENT.has(className) && others.length > 0) {
      call.inputs = [first];
      call['initialState'] = others;
    }
    const tensors: Record<string, Place> = {};
    for (const [key, given] of Object.entries(kwargs)) {
      if (given === null || POSITIONAL.has(key)) continue;
      if (key === 'training') this.#checkTraining(entry, given);
      else if (key === 'initial_state') call['initialState'] = this.#tensors(given);
      else if (key === 'mask') this.#readMask(entry, call, tensors, given);
      else if (MASKS.has(key)) this.#addTensor(entry, call, tensors, MASKS.get(key)!, given);
      else if (FLAGS.has(key) && typeof given === 'boolean') {
        if (given) call[FLAGS.get(key)!] = true;
      } else {
        const called = `${describe(key)}: ${describe(given)} of ${describe(entry.config['name'])}`;
        const hint = 'Leave it out in Keras, and save the model again.';
        throw refusal('ERR_UNKNOWN_OPTION', this.reading.where, 'options of calls that this library has', called, hint);
      }
    }
    if (Object.keys(tensors).length > 0) call['tensors'] = tensors;
    return call;
  }

  #inputs(entry: Entry, args: readonly unknown[], kwargs: Config, value: Config): Place[] {
    const keys = entry.className === 'Model' ? inputKeys(value) : undefined;
    const named = [...POSITIONAL].map((key) => kwargs[key]).filter((each) => each !== undefined);
    return [...args, ...named].flatMap((each) => this.#tensors(each, keys));
  }

  #checkTraining({ className, config }: Entry, given: unknown): void {
    // A recurrent layer says false where nobody did.
    if (given === false && !DRAWS.has(className)) return;
    throw refusal(
      'ERR_CONFIG',
      this.reading.where,
      'calls whose mode the model chooses',
      `${describe(config['name'])} with training=${String(given)}`,
      'Leave training out in Keras, and save the model again.',
    );
  }

  // Masks

  #readMask(entry: Entry, call: Call, tensors: Record<string, Place>, given: unknown): void {
    const { className } = entry;
    if (className === 'Attention' || className === 'AdditiveAttention') {
      const [query, value] = Array.isArray(given) ? (given as unknown[]) : [];
      if (query !== null && query !== undefined) this.#addTensor(entry, call, tensors, 'queryMask', query, 0);
      if (value !== null && value !== undefined) this.#addTensor(entry, call, tensors, 'valueMask', value, 1);
      return;
    }
    const list = Array.isArray(given) ? (given as unknown[]) : [given];
    list.forEach((mask, index) => {
      if (mask === null) return;
      const place = this.#explicit(entry, call, mask, index);
      if (place === undefined) return;
      if (index === 0 && READS_MASK.has(className)) call['mask'] = place;
      else throw this.#masked(entry);
    });
  }

  #masked(entry: Entry): Error {
    return refusal(
      'ERR_CONFIG',
      this.reading.where,
      'masks for layers that read one',
      `one for ${entry.className} ${describe(entry.config['name'])}`,
    );
  }

  #addTensor(
    entry: Entry,
    call: Call,
    tensors: Record<string, Place>,
    name: string,
    given: unknown,
    input = name === 'queryMask' ? 0 : name === 'valueMask' ? 1 : 2,
  ): void {
    const place = this.#explicit(entry, call, given, name === 'attentionMask' ? -1 : input);
    if (place !== undefined) tensors[name] = place;
  }

  /** The tensor that was given as a mask; undefined where it is what input `index` passes on by itself. */
  #explicit(entry: Entry, call: Call, given: unknown, index: number): Place | undefined {
    if (!this.#isTensor(given)) throw this.bad('a mask of the graph', describe(given));
    const place = this.#maskPlace(given);
    const passed = call.inputs[index] === undefined ? null : this.#passed(call.inputs[index]);
    if (!this.#operations.has(place[0])) {
      const isPassed = passed === `t:${place.join('/')}`;
      return isPassed ? undefined : place;
    }
    const expression = this.#expression(place);
    // A layer that goes backwards hands its mask on in reverse.
    if (passed !== null && [DERIVED, expression].includes(passed)) return undefined;
    if (passed !== null && expression === `Flip(${passed})`) return undefined;
    const operation = this.#operations.get(place[0])!['class_name'];
    throw refusal(
      'ERR_UNKNOWN_NAME',
      this.reading.where,
      'masks of Embedding and Masking, or inputs',
      `the operation ${describe(operation)} for ${describe(entry.config['name'])}`,
      'Make the mask an input of the model in Keras.',
    );
  }

  /** The place of a mask. Attention converts the one that it hands on to a tensor, which it is. */
  #maskPlace(given: { config: Config }, depth = 0): Place {
    const place = this.#placeOf(given);
    const operation = this.#operations.get(place[0]);
    if (operation?.['class_name'] !== 'ConvertToTensor') return place;
    if (depth > 32) throw this.bad('masks of at most 32 operations', 'a longer chain');
    const [node] = (operation['inbound_nodes'] ?? []) as unknown[];
    const { args } = isPlainObject(node) ? node : {};
    const [converted] = Array.isArray(args) ? (args as unknown[]) : [];
    if (!this.#isTensor(converted)) throw this.bad('a mask of the graph', describe(converted));
    return this.#maskPlace(converted, depth + 1);
  }

  #expression(place: Place, depth = 0): Expression {
    const operation = this.#operations.get(place[0]);
    if (operation === undefined) return `t:${place.join('/')}`;
    if (depth > 32) throw this.bad('masks of at most 32 operations', 'a longer chain');
    const [node] = (operation['inbound_nodes'] ?? []) as unknown[];
    const { args = [] } = (isPlainObject(node) ? node : {}) as { readonly args?: readonly unknown[] };
    const parts = args.map((each) =>
      this.#isTensor(each) ? this.#expression(this.#maskPlace(each), depth + 1) : JSON.stringify(each),
    );
    return `${String(operation['class_name'])}(${parts.join(',')})`;
  }

  /** The mask that a tensor has by itself. */
  #passed(place: Place, depth = 0): Expression | null {
    const entry = this.#made.get(place[0]);
    if (entry === undefined || depth > 1000) return null;
    const { className, config } = entry;
    const node = this.#node(place);
    const read = node === undefined ? [] : this.#read(entry, node);
    const source = read[0] === undefined ? 'nothing' : `t:${read[0].join('/')}`;
    if (className === 'Embedding') return config['maskZero'] === true ? `NotEqual(${source},0)` : null;
    if (className === 'Masking') return `Any(NotEqual(${source},${pythonNumber(config['maskValue'])}))`;
    if (spellingOf('layer', className)?.handsMaskOn === true)
      return read[0] === undefined ? null : this.#passed(read[0], depth + 1);
    if (RECURRENT.has(className)) {
      const inner = className === 'Bidirectional' ? (config['layer'] as Described).config : config;
      if (inner['returnSequences'] !== true || place[2] !== 0) return null;
      const given = isPlainObject(node) && isPlainObject(node['kwargs']) ? node['kwargs']['mask'] : null;
      const passed = this.#isTensor(given)
        ? this.#expression(this.#maskPlace(given))
        : read[0] === undefined
          ? null
          : this.#passed(read[0], depth + 1);
      // Other programs turn it round.
      return passed !== null && inner['goBackwards'] === true && passed.includes('(') ? DERIVED : passed;
    }
    if (!JOINS.has(className)) return null;
    return read.some((each) => this.#passed(each, depth + 1) !== null) ? DERIVED : null;
  }

  #node([name, call]: Place): unknown {
    const nodes = this.#entries.find((entry) => entry.name === name)?.value['inbound_nodes'];
    return Array.isArray(nodes) ? nodes[call] : undefined;
  }

  #read(entry: Entry, node: unknown): Place[] {
    const { args = [], kwargs = {} } = (isPlainObject(node) ? node : {}) as { args?: unknown[]; kwargs?: Config };
    return this.#inputs(entry, args, kwargs, {});
  }

  // Slices

  /** `x[:, 1:]`, which is an operation in Keras. */
  #sliceOf(value: Config, name: string): Entry {
    const [node, ...others] = (Array.isArray(value['inbound_nodes']) ? value['inbound_nodes'] : []) as unknown[];
    const { args } = isPlainObject(node) ? node : {};
    const [tensor, index] = Array.isArray(args) ? (args as unknown[]) : [];
    if (others.length > 0 || !this.#isTensor(tensor)) throw this.#unlike(name);
    const { shape, dtype } = tensor.config;
    const rank = Array.isArray(shape) ? shape.length : 0;
    const items = Array.isArray(index) ? (index as unknown[]) : [index];
    const axes = this.#axesOf(name, items, rank);
    if (axes[0] !== undefined && !isWhole(axes[0])) throw this.#unlike(name);
    const isIds = typeof dtype === 'string' && dtype.startsWith('int');
    const [steps, features] = rank === 2 ? (isIds ? [axes[1], undefined] : [undefined, axes[1]]) : [axes[1], axes[2]];
    if (typeof features === 'number') throw this.#unlike(name);
    const config = { name, steps: rangeOf(steps), features: rangeOf(features) };
    if (config.steps === null && config.features === null) throw this.#unlike(name);
    return { className: 'Slice', config };
  }

  /** What is taken of each axis; undefined where nothing is said. */
  #axesOf(name: string, items: readonly unknown[], rank: number): (Range | number | undefined)[] {
    const parts = items.map((item) => {
      if (typeof item === 'number') return item;
      const { class_name: className, config } = isPlainObject(item) ? item : {};
      if (className === '__ellipsis__') return 'rest' as const;
      if (className !== '__slice__' || !isPlainObject(config)) throw this.#unlike(name);
      return [config['start'] ?? null, config['stop'] ?? null, config['step'] ?? null] as Range;
    });
    const at = parts.indexOf('rest');
    const full: (Range | number | undefined)[] =
      at < 0
        ? (parts as (Range | number)[])
        : ([
            ...parts.slice(0, at),
            ...Array.from({ length: Math.max(0, rank - parts.length + 1) }, () => undefined),
            ...parts.slice(at + 1),
          ] as (Range | number | undefined)[]);
    if (rank < 2 || rank > 3 || full.length > rank) throw this.#unlike(name);
    return full;
  }

  #unlike(name: string): Error {
    const expected = 'slices of timesteps and features, x[:, a:b, c:d]';
    return refusal('ERR_CONFIG', this.reading.where, expected, `${describe(name)}, another`);
  }
}

type Range = readonly [begin: unknown, end: unknown, stride: unknown];

/** Masks that merges and joins make of those that they read. */
const DERIVED = '*';

const RECURRENT = new Set(['SimpleRNN', 'LSTM', 'GRU', 'RNN', 'Bidirectional']);
const READS_MASK = new Set([...RECURRENT, 'Softmax']);
const DRAWS = new Set([
  'Dropout',
  'SpatialDropout1D',
  'GaussianDropout',
  'GaussianNoise',
  'BatchNormalization',
  'Attention',
  'AdditiveAttention',
  'MultiHeadAttention',
]);
const JOINS = new Set([
  'Add',
  'Subtract',
  'Multiply',
  'Average',
  'Maximum',
  'Minimum',
  'Concatenate',
  'Model',
  'Sequential',
]);
/** Operations that masks are made with; the older `.h5` does not say where they are from. */
const OPERATIONS = new Set([
  'NotEqual',
  'Any',
  'LogicalOr',
  'LogicalAnd',
  'ExpandDims',
  'OnesLike',
  'ZerosLike',
  'Flip',
]);

function isOperation({ module }: Config, className: string): boolean {
  if (className === 'GetItem') return false;
  if (module === undefined) return OPERATIONS.has(className);
  return typeof module === 'string' && /^keras\.(src\.)?ops(\.|$)/.test(module);
}

/** Keywords of what a layer reads first. */
const POSITIONAL = new Set(['inputs', 'sequences', 'sequence', 'input', 'query', 'value', 'key', 'x']);
const MASKS: ReadonlyMap<string, string> = new Map([
  ['query_mask', 'queryMask'],
  ['value_mask', 'valueMask'],
  ['key_mask', 'keyMask'],
  ['attention_mask', 'attentionMask'],
]);
const FLAGS: ReadonlyMap<string, string> = new Map([
  ['use_causal_mask', 'useCausalMask'],
  ['return_attention_scores', 'returnAttentionScores'],
]);

function mapped(value: Config, change: (each: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]));
}

function renamed(described: Entry, name: string): Entry {
  return { ...described, config: { ...described.config, name } };
}

/** Keys of the inputs of a model, where they go by name. */
function inputKeys(value: Config): readonly string[] | undefined {
  const inputs = isPlainObject(value['config']) ? value['config']['input_layers'] : undefined;
  return isPlainObject(inputs) ? Object.keys(inputs) : undefined;
}

/** As Python writes a float in a config: 0.0. */
function pythonNumber(value: unknown): string {
  return JSON.stringify(value);
}

function isWhole(range: Range | number): boolean {
  return typeof range !== 'number' && range.every((each) => each === null);
}

function rangeOf(range: Range | number | undefined): unknown {
  if (range === undefined || typeof range === 'number') return range ?? null;
  if (isWhole(range)) return null;
  return [range[0], range[1], ...(range[2] === null ? [] : [range[2]])];
}

function readFunctional(reading: Reading, config: Config): Described {
  return new GraphReading(reading, config).read();
}
