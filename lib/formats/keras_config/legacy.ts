// SPDX-License-Identifier: MIT
// Configs in the layout of Keras 2, which tf.keras and TensorFlow.js write too, as configs of Keras 3: options that were
// renamed or that say nothing, defaults that were others, and functions that Keras 3 has replaced under their names.
// Sources: keras/engine/network.py and keras/layers of Keras 2.3; tfjs-layers/src/layers of TensorFlow.js 4.22.
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';

type Config = Readonly<Record<string, unknown>>;

/** A layer or model as Keras describes it. */
export interface KerasLayer {
  readonly class_name: string;
  readonly config: Config;
  readonly [key: string]: unknown;
}

/** What a class of Keras 2 is now. */
interface Rule {
  /** The class in Keras 3, where its name is another. */
  readonly className?: string;
  /** Names of options that are others now. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Options that change nothing that is computed. */
  readonly silent?: readonly string[];
  /** Options that may have these values alone, and are left out then. */
  readonly fixed?: Readonly<Record<string, readonly unknown[]>>;
  /** Values of options that a config leaves out. */
  readonly missing?: Config;
  /** The options that are read, where others are copies of those of a part. */
  readonly only?: readonly string[];
}

const RECURRENT: Rule = {
  silent: ['implementation', 'input_dim', 'input_length', 'unroll'],
  fixed: { time_major: [false], num_constants: [null] },
};
const GATES = { recurrent_activation: 'hard_sigmoid' };
/** Keras 2 adds one bias to both products of a GRU unless it is told otherwise. */
const GRU = { ...GATES, reset_after: false };
/** Layers of CuDNN, which has these functions alone. Their weights lie otherwise: lib/formats/keras/cudnn.ts. */
const CUDNN = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true };
const POOLING: Rule = { fixed: { data_format: ['channels_last', null] } };

const RULES: Readonly<Record<string, Rule>> = {
  BatchNormalization: {
    fixed: {
      renorm: [false],
      renorm_clipping: [null],
      renorm_momentum: [0.99],
      fused: [null, true, false],
      virtual_batch_size: [null],
      adjustment: [null],
    },
  },
  CuDNNGRU: { ...RECURRENT, className: 'GRU', missing: { ...CUDNN, reset_after: true } },
  CuDNNLSTM: { ...RECURRENT, className: 'LSTM', missing: CUDNN },
  Embedding: { silent: ['input_length'], missing: { mask_zero: false } },
  GRU: { ...RECURRENT, missing: GRU },
  GRUCell: { ...RECURRENT, missing: GRU },
  GlobalAveragePooling1D: POOLING,
  GlobalMaxPooling1D: POOLING,
  LeakyReLU: { renamed: { alpha: 'negative_slope' }, missing: { alpha: 0.3 } },
  LSTM: { ...RECURRENT, missing: { ...GATES, unit_forget_bias: false } },
  LSTMCell: { ...RECURRENT, missing: { ...GATES, unit_forget_bias: false } },
  ReLU: { missing: { negative_slope: 0, threshold: 0 } },
  RNN: {
    ...RECURRENT,
    only: ['name', 'trainable', 'dtype', 'cell', 'return_sequences', 'return_state', 'go_backwards', 'stateful'],
  },
  SimpleRNN: RECURRENT,
  SimpleRNNCell: RECURRENT,
  SpatialDropout1D: { fixed: { noise_shape: [null] } },
  StackedRNNCells: { only: ['name', 'cells'] },
  ThresholdedReLU: { className: 'ReLU', renamed: { theta: 'threshold' }, missing: { theta: 1 } },
};

/** Options of any layer that change nothing that is computed, or are said elsewhere. */
const SILENT = new Set(['batch_input_shape', 'batch_size', 'consume_less', 'experimental_autocast', 'input_dtype']);

/** Functions that are others now under their old names. */
const FUNCTIONS: ReadonlyMap<unknown, string> = new Map([['hard_sigmoid', 'legacy_hard_sigmoid']]);
const MODELS = new Set(['Model', 'Functional', 'Sequential']);

/**
 * A model of Keras 2 as Keras 3 would describe it.
 *
 * @param where name of the file, for messages
 * @throws DataError `ERR_DATA` where the config is malformed; ConfigError `ERR_CONFIG` for an option that Keras 3 lacks
 */
export function modernModel(where: string, value: unknown): KerasLayer {
  const { class_name: className, config } = readLayer(where, value);
  if (!MODELS.has(className))
    throw refusal('ERR_DATA', where, 'a Sequential or functional model', `one of the class ${describe(className)}`);
  return className === 'Sequential' ? sequential(where, config) : functional(where, config);
}

function readLayer(where: string, value: unknown): KerasLayer & { readonly config: unknown } {
  const { class_name: className, config } = isPlainObject(value) ? value : {};
  // The layers of a Sequential of Keras 2.2.2 and older are its config.
  const isConfig = isPlainObject(config) || (Array.isArray(config) && className === 'Sequential');
  if (typeof className === 'string' && isConfig) return value as KerasLayer;
  throw refusal('ERR_DATA', where, 'a layer as { class_name, config }', describe(className ?? value));
}

function layer(where: string, value: unknown): KerasLayer {
  const { class_name: className, config } = readLayer(where, value);
  if (MODELS.has(className)) return modernModel(where, value);
  if (className === 'InputLayer') return inputLayer(where, config);
  return object(where, className, config);
}

function inputLayer(where: string, config: Config): KerasLayer {
  const { batch_input_shape: older, batch_shape: shape = older, ragged = false, ...others } = config;
  if (ragged !== false) throw refusal('ERR_CONFIG', where, 'inputs that are not ragged', describe(config['name']));
  return { class_name: 'InputLayer', config: { ...others, batch_shape: shapeOf(where, shape) } };
}

function shapeOf(where: string, shape: unknown): unknown {
  if (Array.isArray(shape) && shape.length >= 2) return shape as unknown[];
  throw refusal('ERR_DATA', where, 'batch_input_shape of a batch and at least one axis', describe(shape));
}

/** A layer or cell, option by option. */
function object(where: string, className: string, config: Config): KerasLayer {
  const rule = Object.hasOwn(RULES, className) ? RULES[className]! : {};
  const { renamed = {}, silent = [], fixed = {}, missing = {}, only } = rule;
  const place = `${where}, ${className}`;
  const told = Object.entries(config).filter(([key, value]) => value !== null || !Object.hasOwn(missing, key));
  const options = Object.entries({ ...missing, ...Object.fromEntries(told) }).flatMap(
    ([key, value]): [string, unknown][] => {
      if (SILENT.has(key) || silent.includes(key)) return [];
      if (Object.hasOwn(fixed, key)) return checkFixed(place, key, value, fixed[key]!);
      if (only !== undefined && !only.includes(key)) return [];
      return [[Object.hasOwn(renamed, key) ? renamed[key]! : key, valueOf(place, key, value)]];
    },
  );
  const modern = { class_name: rule.className ?? className, config: Object.fromEntries(options) };
  if (className === 'Bidirectional') return bidirectional(place, modern);
  if (className === 'RNN') checkCells(place, modern.config);
  return modern;
}

function checkFixed(where: string, key: string, value: unknown, allowed: readonly unknown[]): [] {
  if (allowed.includes(value)) return [];
  const expected = `${key} to be ${allowed.map((each) => describe(each)).join(' or ')}`;
  throw refusal('ERR_CONFIG', where, expected, describe(value), `Another ${key} is not supported.`);
}

function valueOf(where: string, key: string, value: unknown): unknown {
  if (key === 'activation' || key === 'recurrent_activation') return FUNCTIONS.get(value) ?? value;
  if (key === 'layer' || key === 'backward_layer') return value === null ? null : layer(where, value);
  if (key === 'cell') return layer(where, value);
  if (key === 'cells') return Array.isArray(value) ? value.map((cell) => layer(where, cell)) : value;
  if (key.endsWith('_initializer')) return initializer(value);
  if (key === 'axis' && Array.isArray(value) && value.length === 1) return (value as unknown[])[0];
  return value;
}

/** The normal distribution of Keras 2 is cut off at two deviations, and is called so now. */
function initializer(value: unknown): unknown {
  const { config, ...named } = isPlainObject(value) ? value : {};
  if (!isPlainObject(config)) return value;
  const options = Object.entries(config).filter(([key]) => key !== 'dtype');
  const isCutOff = config['distribution'] === 'normal';
  return {
    ...named,
    config: { ...Object.fromEntries(options), ...(isCutOff ? { distribution: 'truncated_normal' } : {}) },
  };
}

/** The layer that both directions are made of; Keras 3 sets outputs of masked steps to zero, Keras 2 repeats the last. */
function bidirectional(where: string, { class_name: className, config }: KerasLayer): KerasLayer {
  const { layer: given, backward_layer: other, ...others } = config;
  const { class_name: inner, config: forward } = readLayer(where, given);
  const backward = isPlainObject(other)
    ? readLayer(where, other)
    : { class_name: inner, config: { ...forward, go_backwards: forward['go_backwards'] !== true } };
  const direction = (prefix: string, of: KerasLayer): KerasLayer => {
    const name = String(of.config['name']);
    const called = name.startsWith(prefix) ? name : prefix + name.replace(/^(forward|backward)_/, '');
    return { class_name: of.class_name, config: { ...of.config, name: called, zero_output_for_mask: false } };
  };
  const layers = {
    layer: direction('forward_', { class_name: inner, config: forward }),
    backward_layer: direction('backward_', backward),
  };
  return { class_name: className, config: { ...others, ...layers } };
}

/** Keras 2 counts the states of a stack from its last cell on, tf.keras from its first, and files do not say who wrote them. */
function checkCells(where: string, { cell, return_state: returnState }: Config): void {
  const isStack = isPlainObject(cell) && cell['class_name'] === 'StackedRNNCells';
  if (isStack && returnState === true)
    throw refusal(
      'ERR_CONFIG',
      where,
      'return_state: false for a stack of cells',
      'true',
      'The order of states is not known.',
    );
}

// Models

function sequential(where: string, config: unknown): KerasLayer {
  const { layers, name, trainable, build_input_shape: built } = isPlainObject(config) ? config : { layers: config };
  if (!Array.isArray(layers)) throw refusal('ERR_DATA', where, 'layers of a Sequential', describe(layers));
  const [first] = layers as unknown[];
  const made = layers.map((each) => layer(where, each));
  const input = first === undefined || made[0]!.class_name === 'InputLayer' ? undefined : inputOf(where, first, built);
  return {
    class_name: 'Sequential',
    config: {
      name,
      ...(trainable === undefined ? {} : { trainable }),
      layers: input === undefined ? made : [input, ...made],
    },
  };
}

/** What the first layer of a Sequential reads, where it says so; that of a model within is known by itself. */
function inputOf(where: string, first: unknown, built: unknown): KerasLayer | undefined {
  const { class_name: className, config } = readLayer(where, first);
  const shape = toldShape(config) ?? built;
  if (shape === undefined || shape === null || MODELS.has(className)) return undefined;
  return {
    class_name: 'InputLayer',
    config: { batch_shape: shapeOf(where, shape), name: `${String(config['name'])}_input` },
  };
}

/** A wrapper leaves it to its layer. */
function toldShape(config: unknown): unknown {
  const { batch_input_shape: shape, layer: inner } = isPlainObject(config) ? config : {};
  return shape ?? (isPlainObject(inner) ? toldShape(inner['config']) : undefined);
}

/** A call of a layer: what it reads, as `[layer, call, output, options]`. */
type Place = readonly [layer: string, call: number, output: number, ...rest: readonly unknown[]];

function functional(where: string, config: Config): KerasLayer {
  const { layers, input_layers: inputs, output_layers: outputs, ...others } = config;
  if (!Array.isArray(layers)) throw refusal('ERR_DATA', where, 'layers of a functional model', describe(layers));
  const made = layers.map((value) => {
    const modern = layer(where, value);
    const { name, inbound_nodes: nodes } = value as Config;
    return { ...modern, name: name ?? modern.config['name'], inbound_nodes: nodes };
  });
  const models = new Set(made.filter((each) => MODELS.has(each.class_name)).map(({ name }) => name));
  const graphs = new Set(made.filter((each) => each.class_name === 'Functional').map(({ name }) => name));
  /** Keras 2 counts calls of a model within from 1, for its own graph is call 0. */
  const place = (value: unknown): Place => {
    const [name, call, output, ...rest] = readPlace(where, value);
    return [name, models.has(name) ? Math.max(0, call - 1) : call, output, ...rest];
  };
  return {
    class_name: 'Functional',
    config: {
      ...others,
      layers: made.map((each) => ({ ...each, inbound_nodes: nodesOf(where, each, place) })),
      input_layers: listOf(where, inputs).map((each) => place(each)),
      output_layers: listOf(where, outputs).map((each) => {
        const [name, call, output] = place(each);
        // Keras 3 counts so here, and here alone, where the model within is a graph.
        return [name, graphs.has(name) ? call + 1 : call, output];
      }),
    },
  };
}

function readPlace(where: string, value: unknown): Place {
  const isIndex = (each: unknown): boolean => Number.isSafeInteger(each) && (each as number) >= 0;
  if (Array.isArray(value) && typeof value[0] === 'string' && isIndex(value[1]) && isIndex(value[2]))
    return value as unknown as Place;
  throw refusal('ERR_DATA', where, 'a tensor as [layer, call, output]', describe(value));
}

/** One place, or a list of them. */
function listOf(where: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw refusal('ERR_DATA', where, 'a list of tensors', describe(value));
  return typeof value[0] === 'string' ? [value] : (value as unknown[]);
}

interface Called extends KerasLayer {
  readonly name: unknown;
  readonly inbound_nodes: unknown;
}

const STEPS = new Set(['SimpleRNN', 'LSTM', 'GRU', 'RNN', 'Bidirectional']);

function nodesOf(
  where: string,
  { class_name: className, name, inbound_nodes: nodes }: Called,
  place: (value: unknown) => Place,
): unknown[] {
  if (!Array.isArray(nodes)) throw refusal('ERR_DATA', where, `inbound_nodes of ${describe(name)}`, describe(nodes));
  const tensor = (value: unknown): unknown => {
    const [from, call, output] = place(value);
    const config = { shape: [], dtype: 'float32', keras_history: [from, call, output] };
    return { class_name: '__keras_tensor__', config };
  };
  /** Options of a call may be tensors, too. */
  const optionOf = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    return typeof value[0] === 'string' ? tensor(value) : value.map(optionOf);
  };
  return nodes.map((node) => {
    const read = listOf(where, node);
    const options = read.flatMap((each) => {
      const [, , , given] = readPlace(where, each);
      return isPlainObject(given) ? Object.entries(given) : [];
    });
    const kwargs = Object.fromEntries(options.map(([key, value]) => [key, optionOf(value)]));
    const tensors = read.map(tensor);
    // States of recurrent layers stand among the inputs.
    const [first, ...states] = tensors;
    if (STEPS.has(className) && states.length > 0)
      return { args: [first], kwargs: { ...kwargs, initial_state: states } };
    return { args: [tensors.length === 1 ? first : tensors], kwargs };
  });
}
