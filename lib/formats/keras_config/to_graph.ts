// SPDX-License-Identifier: MIT
// Models as Keras describes them. Keras has an order of its own for the layers of a graph, which paths of weights follow:
// it is worked out here as Keras works it out when it opens the file (keras/src/ops/function.py, map_graph).
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import { spellingOf, toSnake, type Config } from './classes';
import { toKeras, type Described, type KerasObject } from './objects';

/** A layer or an input of a graph here. */
interface Entry extends Described {
  readonly shared?: number;
  readonly calls?: readonly Call[];
}

interface Call {
  readonly inputs: readonly Place[];
  readonly initialState?: readonly Place[];
  readonly mask?: Place;
  readonly tensors?: Readonly<Record<string, Place>>;
  readonly [option: string]: unknown;
}

/** Which output of which call of which layer. */
type Place = readonly [layer: string, call: number, output: number];

/** What a graph's file needs to know besides its config. */
export interface Surroundings {
  /** Rows of a batch, where stateful layers hold states. */
  readonly rows: number | null;
  /** Whether some layer carries states from batch to batch. */
  readonly isStateful: boolean;
}

/** Classes whose call takes a mask of its first input, and says so. */
const TAKES_MASK = new Set([
  'SimpleRNN',
  'LSTM',
  'GRU',
  'RNN',
  'Bidirectional',
  'TimeDistributed',
  'GlobalAveragePooling1D',
  'BatchNormalization',
  'Softmax',
]);

/** @throws ConfigError `ERR_CONFIG` where Keras has no such layer or option */
export function modelToKeras(where: string, model: Described, surroundings: Surroundings): KerasObject {
  if (MAY_MASK.test(JSON.stringify(model))) checkMasked(where, model);
  return layerToKeras(where, model, surroundings);
}

/** In configs that have none of these, no layer has a mask. */
const MAY_MASK = /"maskZero":true|"className":"Masking"|"mask":\[/;

/** Masked timesteps of a Bidirectional are zero in Keras 3, whatever its directions say. */
function checkMasked(where: string, value: unknown): void {
  if (Array.isArray(value)) return value.forEach((each) => checkMasked(where, each));
  if (!isPlainObject(value)) return;
  const { className, config } = value;
  const { layer, name } = isPlainObject(config) ? config : {};
  const direction = className === 'Bidirectional' && isPlainObject(layer) ? layer['config'] : undefined;
  if (isPlainObject(direction) && direction['returnSequences'] === true && direction['zeroOutputForMask'] === false)
    throw refusal(
      'ERR_CONFIG',
      where,
      'a Bidirectional whose masked timesteps are zero, as in Keras 3',
      `${describe(name)}, which repeats the last output`,
      'Files that end in .safetensors hold it as it is.',
    );
  Object.values(value).forEach((each) => checkMasked(where, each));
}

function layerToKeras(where: string, entry: Entry, around: Surroundings): KerasObject {
  const made = describedLayer(where, entry, around);
  return entry.shared === undefined ? made : { ...made, shared_object_id: entry.shared };
}

function describedLayer(where: string, entry: Entry, around: Surroundings): KerasObject {
  const { className, config } = entry;
  if (className === 'Model') return functional(where, config, around);
  if (className === 'Sequential') return sequential(where, config, around);
  if (className === 'Slice') {
    const module = 'keras.src.ops.numpy';
    return { module, class_name: 'GetItem', config: { name: config['name'] }, registered_name: 'GetItem' };
  }
  const nested = { layer: (value: unknown) => layerToKeras(where, value as Entry, around) };
  return toKeras(where, 'layer', entry, nested);
}

function inputLayer(
  { rows, isStateful }: Surroundings,
  where: string,
  name: unknown,
  shape: unknown,
  dtype: unknown,
): KerasObject {
  if (isStateful && rows === null)
    throw refusal(
      'ERR_STATE',
      where,
      'stateful layers that hold states, for Keras has a fixed number of rows for them',
      'layers that begin at zero',
      'Predict a batch before, of the rows that it shall have in Keras.',
    );
  const batch = isStateful ? rows : null;
  const config = {
    batch_shape: [batch, ...(shape as unknown[])],
    dtype: dtype ?? 'float32',
    sparse: false,
    ragged: false,
    name,
  };
  return { module: 'keras.layers', class_name: 'InputLayer', config, registered_name: null };
}

function sequential(where: string, config: Config, around: Surroundings): KerasObject {
  const layers = config['layers'] as readonly Entry[];
  const slice = layers.find(({ className }) => className === 'Slice');
  if (slice !== undefined)
    throw refusal(
      'ERR_CONFIG',
      where,
      'layers of a Sequential that Keras has',
      `Slice ${describe(slice.config['name'])}, which is an operation in Keras`,
      'A Model may have it: new Model(model.inputs, model.outputs).',
    );
  const [first] = layers;
  const made = layers
    .filter(({ className }) => className !== 'Input')
    .map((entry) => layerToKeras(where, entry, around));
  const input = first === undefined ? undefined : inputOf(where, first, config, around);
  return {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name: config['name'],
      trainable: config['trainable'],
      dtype: 'float32',
      layers: input === undefined ? made : [input, ...made],
    },
    registered_name: null,
  };
}

/** The input of a Sequential; undefined where it is not known. */
function inputOf(where: string, first: Entry, config: Config, around: Surroundings): KerasObject | undefined {
  if (first.className === 'Input')
    return inputLayer(around, where, first.config['name'], first.config['shape'], first.config['dtype']);
  const shape = (config['buildInputShape'] as readonly unknown[] | null)?.slice(1) ?? givenShape(first);
  return shape === undefined
    ? undefined
    : inputLayer(around, where, `${String(first.config['name'])}_input`, shape, null);
}

/** The shape that a first layer was told. */
function givenShape({ className, config }: Entry): readonly unknown[] | undefined {
  const given = config['inputShape'] as readonly unknown[] | null | undefined;
  if (given !== null && given !== undefined) return given;
  if (className === 'Embedding') return [config['inputLength'] ?? null];
  const inner = config['layer'] as Entry | undefined;
  return inner === undefined ? undefined : givenShape(inner);
}

// Functional models

function functional(where: string, config: Config, around: Surroundings): KerasObject {
  const layers = orderedLayers(config);
  const classes = new Map(layers.map(({ className, config: { name } }) => [name, className]));
  const outputs = config['outputs'] as readonly Place[] | Readonly<Record<string, Place>>;
  const inputs = config['inputs'] as readonly Place[];
  /** Keras counts a call of a functional model from 1 here, and here alone. */
  const counted = ([name, call, output]: Place): unknown[] => [
    name,
    classes.get(name) === 'Model' ? call + 1 : call,
    output,
  ];
  const listed = (places: readonly Place[]): unknown =>
    places.length === 1 ? counted(places[0]!) : places.map(counted);
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: config['name'],
      trainable: config['trainable'],
      layers: layers.map((entry) => withCalls(where, entry, around)),
      input_layers: listed(inputs),
      output_layers: isList(outputs)
        ? listed(outputs)
        : Object.fromEntries(Object.entries(outputs).map(([key, place]) => [key, counted(place)])),
    },
    registered_name: 'Functional',
  };
}

function withCalls(where: string, entry: Entry, around: Surroundings): KerasObject {
  const { name } = entry.config;
  if (entry.className === 'Input') {
    const { shape, dtype } = entry.config;
    return { ...inputLayer(around, where, name, shape, dtype), name, inbound_nodes: [] };
  }
  return {
    ...layerToKeras(where, entry, around),
    name,
    inbound_nodes: entry.calls!.map((call) => callToKeras(entry, call)),
  };
}

/** Keras finds the tensor by its history; shape and dtype are what it computes. */
function tensor([name, call, output]: Place): unknown {
  return {
    class_name: '__keras_tensor__',
    config: { shape: [], dtype: 'float32', keras_history: [name, call, output] },
  };
}

function callToKeras(entry: Entry, call: Call): { args: unknown[]; kwargs: Record<string, unknown> } {
  const { inputs, initialState, mask, tensors = {}, ...options } = call;
  const read = inputs.map(tensor);
  if (entry.className === 'Slice') return { args: [read[0], slices(entry.config)], kwargs: {} };
  const kwargs: Record<string, unknown> = {
    ...(TAKES_MASK.has(entry.className) || entry.className === 'Sequential' ? { mask: null } : {}),
    ...(initialState === undefined ? {} : { initial_state: statesOf(entry, initialState) }),
    ...(mask === undefined ? {} : { mask: tensor(mask) }),
    ...Object.fromEntries(Object.entries(options).map(([option, value]) => [toSnake(option), value])),
    ...masksOf(entry, tensors),
  };
  if (entry.className === 'MultiHeadAttention') return { args: read, kwargs };
  return { args: [read.length === 1 ? read[0] : read], kwargs };
}

/** `Attention` and its kin take a list; others take each mask by its name. */
function masksOf({ className }: Entry, tensors: Readonly<Record<string, Place>>): Record<string, unknown> {
  const places = Object.entries(tensors);
  if (className === 'MultiHeadAttention')
    return Object.fromEntries(places.map(([name, place]) => [toSnake(name), tensor(place)]));
  if (places.length === 0) return {};
  const { queryMask, valueMask } = tensors;
  return { mask: [queryMask, valueMask].map((place) => (place === undefined ? null : tensor(place))) };
}

/** One state stands alone; those of a stack of cells are grouped by cell. */
function statesOf({ className, config }: Entry, states: readonly Place[]): unknown {
  const given = states.map(tensor);
  if (className !== 'RNN') return given.length === 1 ? given[0] : given;
  const { className: kind, config: inner } = config['cell'] as Described;
  if (kind !== 'StackedRNNCells') return given.length === 1 ? given[0] : given;
  const cells = inner['cells'] as readonly Described[];
  return cells.map((cell) => {
    const own = given.splice(0, cell.className === 'LSTMCell' ? 2 : 1);
    return own.length === 1 ? own[0] : own;
  });
}

function slices({ steps, features }: Config): unknown[] {
  const whole = sliceOf([null, null, null]);
  const ellipsis = { class_name: '__ellipsis__', config: {} };
  const ofSteps = typeof steps === 'number' ? steps : isList(steps) ? sliceOf(steps) : undefined;
  const ofFeatures = isList(features) ? sliceOf(features) : undefined;
  if (ofSteps === undefined) return [ellipsis, ofFeatures];
  return ofFeatures === undefined ? [whole, ofSteps] : [whole, ofSteps, ofFeatures];
}

function sliceOf([start = null, stop = null, step = null]: readonly unknown[]): unknown {
  return { class_name: '__slice__', config: { start, stop, step } };
}

function isList(value: unknown): value is readonly Place[] {
  return Array.isArray(value);
}

// The order

/** One call in Keras' walk through the graph. */
interface Node {
  readonly operation: string;
  readonly parents: readonly Node[];
}

/** The layers and inputs of a graph in the order that Keras gives them: by their depth, then as a walk from the outputs meets them. */
export function orderedLayers(config: Config): readonly Entry[] {
  const layers = config['layers'] as readonly Entry[];
  const nodes = new GraphNodes(layers);
  const outputs = config['outputs'] as readonly Place[] | Readonly<Record<string, Place>>;
  const ends = isList(outputs)
    ? outputs
    : Object.keys(outputs)
        .sort()
        .map((key) => outputs[key]!);
  const indices = new Map<string, number>();
  const finished = walk(
    ends.map((place) => nodes.of(place)),
    indices,
  );
  const depths = depthsOf(finished);
  const depthOf = ({ config: { name } }: Entry): number => depths.get(name as string) ?? 0;
  const indexOf = ({ config: { name } }: Entry): number => indices.get(name as string) ?? -1;
  return [...layers].sort((a, b) => depthOf(b) - depthOf(a) || indexOf(a) - indexOf(b));
}

/**
 * Calls as Keras sees them. To a model that is a layer it hands the masks of what the model reads, and so the operations
 * that these are made with are calls of the graph too, which lead from layers to the model.
 */
class GraphNodes {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #nodes = new Map<string, Node>();
  readonly #masks = new Map<string, Node | null>();
  #operations = 0;

  constructor(layers: readonly Entry[]) {
    this.#entries = new Map(layers.map((entry) => [entry.config['name'] as string, entry]));
  }

  of(place: Place): Node {
    const key = `${place[1]}/${place[0]}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const entry = this.#entries.get(place[0])!;
    const call = entry.calls?.[place[1]];
    const parents = call === undefined ? [] : sourcesOf(call).map((each) => this.of(each));
    if (call !== undefined && entry.className === 'Model')
      parents.push(...call.inputs.map((each) => this.#mask(each)).filter((each) => each !== null));
    const made: Node = { operation: place[0], parents };
    this.#nodes.set(key, made);
    return made;
  }

  #operation(...parents: readonly Node[]): Node {
    this.#operations++;
    return { operation: `/${this.#operations}`, parents };
  }

  /** What makes the mask of a tensor; null where it has none. */
  #mask(place: Place): Node | null {
    const key = place.join('/');
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const made = this.#makeMask(place);
    this.#masks.set(key, made);
    return made;
  }

  #makeMask(place: Place): Node | null {
    const { className, config, calls } = this.#entries.get(place[0])!;
    const call = calls?.[place[1]];
    if (call === undefined) return null;
    const [first] = call.inputs as [Place];
    if (className === 'Embedding') return config['maskZero'] === true ? this.#operation(this.of(first)) : null;
    if (className === 'Masking') return this.#operation(this.#operation(this.of(first)));
    if (spellingOf('layer', className)?.handsMaskOn === true) return this.#mask(first);
    if (RECURRENT.has(className)) {
      const inner = className === 'Bidirectional' ? (config['layer'] as Described).config : config;
      if (inner['returnSequences'] !== true || place[2] !== 0) return null;
      return call.mask === undefined ? this.#mask(first) : this.of(call.mask);
    }
    if (className === 'Concatenate') return this.#joinedMask(call.inputs);
    if (!MERGES.has(className)) return null;
    const masks = call.inputs.map((each) => this.#mask(each));
    return masks.reduce((one, other) => (one === null || other === null ? null : this.#operation(one, other)));
  }

  /** Each mask beside its input, all of them side by side, and any of them. */
  #joinedMask(inputs: readonly Place[]): Node | null {
    const masks = inputs.map((each) => this.#mask(each));
    if (masks.every((each) => each === null)) return null;
    const beside = masks.map((mask, index) => {
      const like = this.#operation(this.of(inputs[index]!));
      return mask === null ? like : this.#operation(this.#operation(mask), like);
    });
    return this.#operation(this.#operation(...beside));
  }
}

const RECURRENT = new Set(['SimpleRNN', 'LSTM', 'GRU', 'RNN', 'Bidirectional']);
const MERGES = new Set(['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum']);
/** What a call reads: arguments, then others by their names in Keras. */
function sourcesOf({ inputs, initialState = [], mask, tensors = {} }: Call): readonly Place[] {
  const masks = Object.keys(tensors)
    .sort()
    .map((name) => tensors[name]!);
  return [...inputs, ...initialState, ...(mask === undefined ? [] : [mask]), ...masks];
}

/** All nodes behind some, each after those that it reads. Notes when each operation is met first. */
function walk(ends: readonly Node[], indices: Map<string, number>): Node[] {
  const finished = new Set<Node>();
  const visit = (node: Node): void => {
    if (finished.has(node)) return;
    if (!indices.has(node.operation)) indices.set(node.operation, indices.size);
    node.parents.forEach(visit);
    finished.add(node);
  };
  ends.forEach(visit);
  return [...finished];
}

/** How far each operation is from the outputs, at most. */
function depthsOf(nodes: readonly Node[]): Map<string, number> {
  const ofNodes = new Map<Node, number>();
  const depths = new Map<string, number>();
  for (const node of [...nodes].reverse()) {
    const depth = Math.max(ofNodes.get(node) ?? 0, depths.get(node.operation) ?? 0);
    depths.set(node.operation, depth);
    ofNodes.set(node, depth);
    for (const parent of node.parents) ofNodes.set(parent, Math.max(depth + 1, ofNodes.get(parent) ?? 0));
  }
  return depths;
}

/** Whether a described model has a layer that carries states on. */
export function isStateful({ config }: Described): boolean {
  if (config['stateful'] === true) return true;
  const inner = [config['layer'], config['backwardLayer'], ...((config['layers'] as unknown[] | undefined) ?? [])];
  return inner.some((each) => each !== undefined && each !== null && isStateful(each as Described));
}
