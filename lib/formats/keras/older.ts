// SPDX-License-Identifier: MIT
// What older Keras spells otherwise, in Keras 3's words: so that one reader reads all. Where older layers compute otherwise,
// weights make up for it: a hard sigmoid of Keras 2, clip(0.2 x + 0.5), is that of Keras 3, clip(x / 6 + 0.5), of 1.2 x.
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import type { Config } from '../keras_config/classes';

/** What becomes of an array of a file. */
export interface Reshaping {
  readonly shape: (shape: readonly number[]) => readonly number[];
  readonly apply: (values: Float32Array, shape: readonly number[]) => Float32Array;
}

/** A config in Keras 3's words, and what becomes of weights by the names that files of this library have for them. */
export interface Older {
  readonly config: unknown;
  readonly reshapings: ReadonlyMap<string, Reshaping>;
}

/** @param generation of Keras: 1, 2 or 3 */
export function olderConfig(where: string, config: unknown, generation: number): Older {
  const reader = new OlderConfig(where, generation);
  return { config: reader.model(config), reshapings: reader.reshapings };
}

/** Factor of what a hard sigmoid reads. */
const SLOPE = 1.2;

/** Layers whose gates are a hard sigmoid where nothing is said, and have other defaults. */
const GATED = new Set(['LSTM', 'GRU', 'LSTMCell', 'GRUCell']);
/** Options of older layers that change nothing that is computed, or are said elsewhere. */
const LEFT_OUT = [
  'implementation',
  'consume_less',
  'batch_input_shape',
  'batch_size',
  'input_dtype',
  'time_major',
  'ragged',
  'sparse',
  'experimental_autocast',
  'gamma_quantizer',
];

class OlderConfig {
  readonly reshapings = new Map<string, Reshaping>();

  constructor(
    private readonly where: string,
    private readonly generation: number,
  ) {}

  model(value: unknown): unknown {
    if (!isPlainObject(value)) return value;
    return this.#layer(value, '');
  }

  #layer(value: unknown, prefix: string): unknown {
    if (!isPlainObject(value) || !isPlainObject(value['config'])) {
      // Keras 2.1 and before: the config of a Sequential is its list of layers.
      const layers = isPlainObject(value) ? value['config'] : undefined;
      if (!Array.isArray(layers) || !isPlainObject(value)) return value;
      return this.#layer({ ...value, config: { name: 'sequential', layers } }, prefix);
    }
    const className = value['class_name'];
    const { config } = value;
    if (typeof className !== 'string') return value;
    if (className === 'Model' || className === 'Functional' || className === 'Sequential')
      return { ...value, config: this.#modelConfig(className, config, prefix) };
    const named = this.#named(className, config, prefix);
    return { ...value, ...named, config: this.#config(named.class_name, named.config, prefix) };
  }

  #modelConfig(className: string, config: Config, prefix: string): Config {
    const { layers } = config;
    const path = prefix === '' ? '/' : prefix;
    if (!Array.isArray(layers)) return config;
    const [first] = layers as unknown[];
    const made = (layers as unknown[]).map((each) => this.#layer(each, path));
    const shape = className === 'Sequential' ? inputShapeOf(first) : undefined;
    if (shape === undefined) return { ...config, layers: made };
    const dtype = isEmbedding(first) ? 'int32' : 'float32';
    const name = `${String((first as { config: Config }).config['name'])}_input`;
    return { ...config, layers: [{ class_name: 'InputLayer', config: { batch_shape: shape, dtype, name } }, ...made] };
  }

  /** Layers for one kind of hardware are those of all. */
  #named(className: string, config: Config, prefix: string): { readonly class_name: string; readonly config: Config } {
    if (className !== 'CuDNNLSTM' && className !== 'CuDNNGRU') return { class_name: className, config };
    const isLstm = className === 'CuDNNLSTM';
    const gates = isLstm ? 4 : 3;
    const at = `${weightPrefix(prefix, config)}/`;
    this.reshapings.set(`${at}kernel`, kernelOfCudnn(gates));
    this.reshapings.set(`${at}recurrent_kernel`, transposedGates(gates));
    this.reshapings.set(`${at}bias`, isLstm ? summedBias : splitBias);
    const same = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true };
    return {
      class_name: isLstm ? 'LSTM' : 'GRU',
      config: { ...config, ...same, ...(isLstm ? {} : { reset_after: true }) },
    };
  }

  #config(className: string, given: Config, prefix: string): Config {
    const config: Record<string, unknown> = className === 'InputLayer' ? { ...given } : without(given, ...LEFT_OUT);
    if (given['time_major'] === true)
      throw refusal('ERR_CONFIG', this.where, 'time_major to be false', 'true', 'time_major is not supported.');
    if (className === 'InputLayer' && config['batch_input_shape'] !== undefined) {
      config['batch_shape'] = config['batch_input_shape'];
      delete config['batch_input_shape'];
    }
    if (className === 'LeakyReLU' && config['alpha'] !== undefined) {
      config['negative_slope'] = config['alpha'];
      delete config['alpha'];
    }
    if (this.generation < 3) {
      if (GATED.has(className)) {
        config['recurrent_activation'] ??= 'hard_sigmoid';
        if (className.startsWith('GRU')) config['reset_after'] ??= false;
      }
      this.#hardSigmoid(className, config, prefix);
    }
    if (className === 'Bidirectional') config['backward_layer'] ??= backwardOf(config['layer']);
    const inner = `${weightPrefix(prefix, config)}/`;
    for (const key of ['layer', 'backward_layer'])
      if (config[key] !== undefined && config[key] !== null)
        config[key] = this.#layer(this.#called(className, key, config[key]), inner);
    if (config['cell'] !== undefined) config['cell'] = this.#layer(config['cell'], inner);
    if (Array.isArray(config['cells'])) config['cells'] = config['cells'].map((each) => this.#layer(each, inner));
    return config;
  }

  /** Directions have names of their own, which older files leave to the layer. */
  #called(className: string, key: string, value: unknown): unknown {
    if (className !== 'Bidirectional' || key !== 'layer' || !isPlainObject(value) || !isPlainObject(value['config']))
      return value;
    const name = String(value['config']['name']);
    const called = name.startsWith('forward_') ? name : `forward_${name}`;
    return { ...value, config: { ...value['config'], name: called } };
  }

  #hardSigmoid(className: string, config: Record<string, unknown>, prefix: string): void {
    const [gates, state] = [config['recurrent_activation'], config['activation']].map(
      (each) => each === 'hard_sigmoid',
    );
    if (!gates && !state) return;
    const at = `${weightPrefix(prefix, config)}/`;
    const scale = (factors: readonly number[]): void => {
      for (const weight of ['kernel', 'recurrent_kernel', 'bias'])
        this.reshapings.set(at + weight, timesFactors(factors));
    };
    const inside = SLOPE;
    if (className === 'Dense' || className === 'Conv1D' || className.startsWith('SimpleRNN')) return scale([inside]);
    const [gate, candidate] = [gates ? inside : 1, state ? inside : 1];
    if (className.startsWith('GRU')) return scale([gate, gate, candidate]);
    if (className.startsWith('LSTM') && !state) return scale([gate, gate, 1, gate]);
    throw refusal(
      'ERR_CONFIG',
      this.where,
      'hard_sigmoid of Keras 2 before weights that can make up for it',
      `that of ${className} ${describe(config['name'])}`,
      'That of Keras 3 is another function: put sigmoid in its place, and train the model again.',
    );
  }
}

/** The direction that older configs leave out: it is as the other, in reverse. */
function backwardOf(layer: unknown): unknown {
  if (!isPlainObject(layer) || !isPlainObject(layer['config'])) return null;
  const { name, go_backwards: isBackwards, ...rest } = layer['config'];
  const called = String(name).replace(/^forward_/, '');
  return { ...layer, config: { ...rest, name: `backward_${called}`, go_backwards: isBackwards !== true } };
}

/** Names as files of this library have them: those of the layers on the way. */
function weightPrefix(prefix: string, config: Config): string {
  return `${prefix === '/' ? '' : prefix}${String(config['name'])}`;
}

function isEmbedding(value: unknown): boolean {
  return isPlainObject(value) && value['class_name'] === 'Embedding';
}

/** The input that the first layer of an older Sequential tells. */
function inputShapeOf(first: unknown): unknown {
  if (!isPlainObject(first) || first['class_name'] === 'InputLayer' || !isPlainObject(first['config']))
    return undefined;
  const { batch_input_shape: shape, layer } = first['config'];
  return Array.isArray(shape) ? shape : layer === undefined ? undefined : inputShapeOf(layer);
}

// Weights

const same = (shape: readonly number[]): readonly number[] => shape;

/** Columns of gates times a factor each. */
function timesFactors(factors: readonly number[]): Reshaping {
  return {
    shape: same,
    apply: (values, shape) => {
      const columns = shape.at(-1)!;
      const units = columns / factors.length;
      return values.map((value, index) => value * factors[Math.floor((index % columns) / units)]!);
    },
  };
}

/** @param source where the element of a gate at [row, unit] is in the same gate's numbers */
function perGate(gates: number, source: (row: number, unit: number, rows: number, units: number) => number): Reshaping {
  return {
    shape: same,
    apply: (values, [rows = 0, columns = 0]) => {
      const units = columns / gates;
      return values.map((_, index) => {
        const [row, column] = [Math.floor(index / columns), index % columns];
        const gate = Math.floor(column / units);
        const at = source(row, column % units, rows, units);
        return values[Math.floor(at / units) * columns + gate * units + (at % units)]!;
      });
    },
  };
}

/** Rows of a gate, one after another, are its columns. */
function kernelOfCudnn(gates: number): Reshaping {
  return perGate(gates, (row, unit, rows) => unit * rows + row);
}

function transposedGates(gates: number): Reshaping {
  return perGate(gates, (row, unit, _rows, units) => unit * units + row);
}

/** Two biases, of inputs and of states, which are added up. */
const summedBias: Reshaping = {
  shape: ([length = 0]) => [length / 2],
  apply: (values) => {
    const half = values.length / 2;
    return values.slice(0, half).map((value, index) => value + values[half + index]!);
  },
};

const splitBias: Reshaping = { shape: ([length = 0]) => [2, length / 2], apply: (values) => values };

// What compile was given

/** In Keras 3's words: rates, metrics and losses as older Keras spelt them. */
export function olderCompile(where: string, value: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(value['optimizer_config'])) return value;
  const { optimizer_config: optimizer, metrics, weighted_metrics: weighted, loss, ...others } = value;
  return {
    ...others,
    optimizer: olderOptimizer(where, optimizer as Config),
    loss: olderLoss(loss),
    metrics: olderMetrics(metrics),
    weighted_metrics: olderMetrics(weighted),
  };
}

const OPTIMIZERS: ReadonlyMap<string, string> = new Map([
  ['rmsprop', 'RMSprop'],
  ['sgd', 'SGD'],
  ['adam', 'Adam'],
  ['adagrad', 'Adagrad'],
  ['adadelta', 'Adadelta'],
  ['adamax', 'Adamax'],
  ['nadam', 'Nadam'],
]);

function olderOptimizer(where: string, { class_name: className, config, ...others }: Config): Config {
  if (!isPlainObject(config)) return { class_name: className, config, ...others };
  const { lr, decay, learning_rate: given, epsilon, ...rest } = without(config, 'is_legacy_optimizer', 'jit_compile');
  const rate = given ?? lr;
  if (typeof decay === 'number' && decay > 0 && typeof rate !== 'number')
    throw refusal('ERR_CONFIG', where, 'decay of a rate that is a number', describe(rate));
  // lr / (1 + decay * iterations), as it always was.
  const schedule =
    typeof decay === 'number' && decay > 0
      ? {
          class_name: 'InverseTimeDecay',
          config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay, staircase: false },
        }
      : rate;
  return {
    class_name: OPTIMIZERS.get(String(className)) ?? className,
    config: {
      ...rest,
      ...(schedule === undefined ? {} : { learning_rate: schedule }),
      ...(epsilon === undefined || epsilon === null ? {} : { epsilon }),
    },
  };
}

function olderLoss(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(olderLoss);
  if (!isPlainObject(value)) return value;
  const { class_name: className, config } = value;
  if (typeof className !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, olderLoss(each)]));
  if (!isPlainObject(config)) return value;
  const { reduction, ...rest } = without(config, 'fn');
  return {
    ...value,
    config: { ...rest, reduction: reduction === 'auto' ? 'sum_over_batch_size' : (reduction ?? 'sum_over_batch_size') },
  };
}

/** A mean of a function is that function's metric. One list in a list is that of the one output. */
function olderMetrics(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const list = value.map(olderMetrics);
    return list.length === 1 && Array.isArray(list[0]) ? list[0] : list;
  }
  if (!isPlainObject(value)) return value;
  const { class_name: className, config } = value;
  if (className === 'MeanMetricWrapper' && isPlainObject(config)) return config['fn'] ?? config['name'];
  if (typeof className !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, olderMetrics(each)]));
  return isPlainObject(config) ? { ...value, config: without(config, 'fn') } : value;
}

function without(config: Config, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}
