// SPDX-License-Identifier: MIT
// Objects of configs, `{ className, config }` here and `{ module, class_name, config, registered_name }` in Keras, and back.
// What a file names is sought in the table of classes.ts; nothing else that it says is believed, and nothing is run.
import { isPlainObject } from '../../serialization';
import { nearest } from '../../util/did_you_mean';
import { normalizeName } from '../../util/identifiers';
import { describe, refusal } from '../../util/validate';
import { floats } from './python_json';
import { LAYER_OWN, MODULES, namesOf, spellingOf, toSnake, type Config, type Kind, type Spelling } from './classes';

/** An object as this library describes it. */
export interface Described {
  readonly className: string;
  readonly config: Config;
}

/** An object as Keras describes it. */
export interface KerasObject {
  readonly module: string | null;
  readonly class_name: string;
  readonly config: Config;
  readonly registered_name: string | null;
  readonly [key: string]: unknown;
}

/** Translates values of configs that are layers, models or cells. */
export interface Nested {
  layer(value: unknown): unknown;
}

/** What an option's value is, where it is an object. */
function kindOfOption(kind: Kind, option: string): Kind | 'activation' | 'layers' | 'plain' {
  if (option.endsWith('Initializer')) return 'initializer';
  if (option.endsWith('Regularizer')) return 'regularizer';
  if (option.endsWith('Constraint')) return 'constraint';
  if (option === 'activation' || option === 'recurrentActivation') return 'activation';
  if (option === 'layer' || option === 'backwardLayer') return 'layers';
  if (option === 'cell' || option === 'cells') return 'cell';
  if (option === 'learningRate' && kind === 'optimizer') return 'schedule';
  return 'plain';
}

/** Options whose values are lists of one number in Keras. */
const SINGLE = new Set(['kernelSize', 'strides', 'dilationRate', 'poolSize', 'size']);

/** Activations whose spelling is another. */
const ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ['swish', 'silu'],
  ['hard_swish', 'hard_silu'],
]);

// To Keras

export function toKeras(where: string, kind: Kind, { className, config }: Described, nested: Nested): KerasObject {
  const spelling = spellingOf(kind, className);
  if (spelling === undefined)
    throw refusal(
      'ERR_CONFIG',
      where,
      `a ${kind} that Keras has`,
      describe(className),
      'Files that end in .safetensors hold every class of this library.',
    );
  return {
    module: MODULES[kind],
    class_name: spelling.kerasName ?? className,
    config: toKerasConfig(where, spelling, config, nested),
    registered_name: null,
  };
}

function toKerasConfig(where: string, spelling: Spelling, config: Config, nested: Nested): Config {
  const { kind, renamed = {}, optional = [] } = spelling;
  const entries = Object.entries(config).flatMap(([option, value]): [string, unknown][] => {
    if (spelling.own?.includes(option) || LAYER_OWN.includes(option)) return [];
    if (optional.includes(option) && (value === null || value === true)) return [];
    if (option === 'activityRegularizer' && value === null) return [];
    if (kind === 'metric' && option === 'name') return [['name', metricNameToKeras(spelling, value)]];
    // What Keras cannot be told must be what it does anyway.
    if (!spelling.options.includes(option)) throw unsaid(where, spelling, option, value);
    const key = Object.hasOwn(renamed, option) ? renamed[option]! : toSnake(option);
    return [[key, toKerasValue(where, kind, option, value, nested)]];
  });
  return Object.fromEntries(entries);
}

function unsaid(where: string, { className }: Spelling, option: string, value: unknown): Error {
  return refusal('ERR_CONFIG', where, `options of ${className} that Keras has`, `${option}: ${describe(value)}`);
}

function toKerasValue(where: string, kind: Kind, option: string, value: unknown, nested: Nested): unknown {
  const inner = kindOfOption(kind, option);
  if (inner === 'activation') return value;
  if (inner === 'layers') return value === null ? null : nested.layer(value);
  if (Array.isArray(value) && inner === 'cell')
    return value.map((each) => toKerasValue(where, kind, option, each, nested));
  if (inner !== 'plain' && isDescribed(value)) return toKeras(where, inner, value, nested);
  const isFloat = (kind === 'optimizer' || kind === 'schedule') && !WHOLE.has(option);
  return isFloat ? floats(value) : plainValue(value);
}

/** Options of optimizers and schedules that are whole numbers. All others must be floats to Keras. */
const WHOLE = new Set([
  'emaOverwriteFrequency',
  'gradientAccumulationSteps',
  'decaySteps',
  'firstDecaySteps',
  'warmupSteps',
  'boundaries',
]);

/** Arrays with a shape become nested lists. */
function plainValue(value: unknown): unknown {
  if (!isPlainObject(value) || !Array.isArray(value['shape'])) return value;
  const { shape, data } = value as { readonly shape: readonly number[]; readonly data: ArrayLike<number> };
  return nestedList(shape, Array.from(data));
}

function nestedList(shape: readonly number[], data: readonly number[]): unknown {
  if (shape.length === 0) return data[0];
  if (shape.length === 1) return data;
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, row) =>
    nestedList(shape.slice(1), data.slice(row * size, (row + 1) * size)),
  );
}

function isDescribed(value: unknown): value is Described {
  return isPlainObject(value) && typeof value['className'] === 'string' && isPlainObject(value['config']);
}

/** Default keys are in camelCase here; those that a user gave stay. */
function metricNameToKeras({ className }: Spelling, name: unknown): unknown {
  const usual = usualMetricName(className);
  return name === usual.ours ? usual.keras : name;
}

/** The key of a metric that was given none. */
function usualMetricName(className: string): { readonly ours: string; readonly keras: string } {
  const special: Readonly<Record<string, string>> = {
    BinaryIoU: 'binaryIou',
    IoU: 'iou',
    MeanIoU: 'meanIou',
    LogCoshError: 'logcosh',
    TopKCategoricalAccuracy: 'topKCategoricalAccuracy',
    SparseTopKCategoricalAccuracy: 'sparseTopKCategoricalAccuracy',
  };
  const inKeras: Readonly<Record<string, string>> = {
    BinaryIoU: 'binary_io_u',
    IoU: 'io_u',
    MeanIoU: 'mean_io_u',
    LogCoshError: 'logcosh',
    TopKCategoricalAccuracy: 'top_k_categorical_accuracy',
    SparseTopKCategoricalAccuracy: 'sparse_top_k_categorical_accuracy',
    FBetaScore: 'fbeta_score',
    KLDivergence: 'kl_divergence',
  };
  const keras = inKeras[className] ?? normalizeName(className);
  const camel = keras.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return { ours: special[className] ?? camel, keras };
}

// From Keras

/** Where an object of Keras stands, and what it is called. */
export function fromKeras(where: string, kind: Kind, value: unknown, nested: Nested): Described {
  const { className, config } = readObject(where, kind, value);
  const spelling = findSpelling(where, kind, className);
  return { className: spelling.className, config: fromKerasConfig(where, spelling, config, nested) };
}

/** The class and the config of an object that is one of Keras. */
export function readObject(
  where: string,
  kind: Kind,
  value: unknown,
): { readonly className: string; readonly config: Config } {
  const { module, class_name: className, config, registered_name: registered } = isPlainObject(value) ? value : {};
  if (typeof className !== 'string' || !isPlainObject(config))
    throw refusal('ERR_DATA', where, `a ${kind} as { class_name, config }`, describe(className ?? value));
  checkOrigin(where, kind, className, module, registered);
  return { className, config };
}

/** Modules of Keras itself, of all its generations. */
const KERAS = /^(keras|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(\.|$)/;

/** Classes of other packages cannot be here, whatever their names. */
function checkOrigin(where: string, kind: Kind, className: string, module: unknown, registered: unknown): void {
  const hint = 'Only classes of Keras itself can be read: rebuild the model of these, or export its weights.';
  if (module !== undefined && (typeof module !== 'string' || !KERAS.test(module)))
    throw refusal(
      'ERR_UNKNOWN_NAME',
      where,
      `a ${kind} of Keras`,
      `${describe(className)} of ${describe(module)}`,
      hint,
    );
  if (registered === undefined || registered === null || registered === className) return;
  throw refusal(
    'ERR_UNKNOWN_NAME',
    where,
    `a ${kind} of Keras`,
    `${describe(className)}, registered as ${describe(registered)}`,
    hint,
  );
}

function findSpelling(where: string, kind: Kind, className: string): Spelling {
  const found = spellingOf(kind, className);
  if (found !== undefined && className !== 'EinsumDense' && className !== 'Slice') return found;
  if (className === 'Lambda' || className === '__lambda__')
    throw refusal(
      'ERR_UNKNOWN_NAME',
      where,
      `a ${kind} that is no code`,
      describe(className),
      'Code in files is never run: put a layer in its place in Keras, and save the model again.',
    );
  const hint = nearest(className, namesOf(kind));
  throw refusal(
    'ERR_UNKNOWN_NAME',
    where,
    `a ${kind} that this library has`,
    describe(className),
    `It is not there yet${hint === undefined ? '' : `; the nearest is ${hint}`}. Put another in its place in Keras, and save the model again.`,
  );
}

function fromKerasConfig(where: string, spelling: Spelling, config: Config, nested: Nested): Config {
  const { kind, className, renamed = {}, fixed = {} } = spelling;
  const back = new Map([
    ...[...spelling.options, ...(spelling.own ?? [])].map((option) => [toSnake(option), option] as const),
    ...Object.entries(renamed).map(([option, key]) => [key, option] as const),
  ]);
  const place = `${where}, ${className}`;
  const entries = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'dtype') return checkDtype(place, kind, value);
    if (Object.hasOwn(fixed, key)) return checkFixed(place, key, value, fixed[key]!);
    const option = back.get(key);
    if (option === undefined) return unknownOption(place, kind, key, value);
    if (kind === 'metric' && option === 'name') return metricNameFromKeras(spelling, value);
    return [[option, fromKerasValue(place, kind, option, value, nested)]];
  });
  return Object.fromEntries(entries);
}

/** Options of other generations of Keras that say nothing here. */
const SILENT: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['autocast', [true]],
  ['activity_regularizer', [null]],
  ['seed', [null]],
  ['sparse', [false]],
  ['ragged', [false]],
  ['optional', [false]],
  ['fn', []],
]);

function unknownOption(where: string, kind: Kind, key: string, value: unknown): [] {
  if (SILENT.get(key)?.includes(value) === true) return [];
  throw refusal(
    'ERR_UNKNOWN_OPTION',
    where,
    `options of a ${kind} that this library has`,
    `${describe(key)}: ${describe(value)}`,
    'Leave it out in Keras, and save the model again.',
  );
}

function checkFixed(where: string, key: string, value: unknown, allowed: readonly unknown[]): [] {
  const text = JSON.stringify(value);
  if (allowed.some((each) => JSON.stringify(each) === text)) return [];
  const expected = `${key} to be ${allowed.map((each) => JSON.stringify(each)).join(' or ')}`;
  throw refusal('ERR_CONFIG', where, expected, describe(value), `Another ${key} is not supported yet.`);
}

/** A dtype by its name, or the policy of one. */
export function checkDtype(where: string, kind: Kind, value: unknown): [] {
  if (kind === 'metric') return [];
  const name = isPlainObject(value) ? (value['config'] as Config | undefined)?.['name'] : value;
  if (name === null || name === 'float32') return [];
  const hint = 'Save the model in float32: keras.config.set_dtype_policy("float32").';
  throw refusal('ERR_CONFIG', where, 'dtype float32', describe(name), hint);
}

function metricNameFromKeras({ className }: Spelling, value: unknown): [string, unknown][] {
  const { keras } = usualMetricName(className);
  const isUsual = typeof value === 'string' && value.replace(/_\d+$/, '') === keras;
  return isUsual || value === keras ? [] : [['name', value]];
}

function fromKerasValue(where: string, kind: Kind, option: string, value: unknown, nested: Nested): unknown {
  const inner = kindOfOption(kind, option);
  if (value === null) return null;
  if (inner === 'activation') return functionName(where, option, value);
  if (inner === 'layers') return nested.layer(value);
  if (inner === 'cell' && Array.isArray(value)) return value.map((each) => fromKeras(where, 'cell', each, nested));
  if (inner === 'cell') return fromKeras(where, 'cell', value, nested);
  if (inner === 'plain')
    return SINGLE.has(option) && Array.isArray(value) && value.length === 1 ? value[0] : plainOf(where, option, value);
  if (isPlainObject(value)) return fromKeras(where, inner, value, nested);
  return typeof value === 'string' ? nameOf(where, inner, value) : value;
}

/** Initializers and their kin by name; the library knows them in any spelling. */
function nameOf(where: string, kind: Kind, name: string): string {
  const known = namesOf(kind).some((each) => normalizeName(each) === normalizeName(name) || each === name);
  const aliases = ['l1', 'l2', 'l1_l2', 'zero', 'one', 'normal', 'uniform', 'unit_norm', 'non_neg', 'max_norm'];
  if (known || aliases.includes(name)) return name;
  throw refusal('ERR_UNKNOWN_NAME', where, `a ${kind} that this library has`, describe(name));
}

/** Numbers, texts, booleans, and lists of these; arrays of numpy are lists. */
function plainOf(where: string, option: string, value: unknown): unknown {
  if (isPlainObject(value)) {
    const { class_name: className, config } = value;
    const isArray = className === '__numpy__' || className === '__tensor__';
    if (isArray && isPlainObject(config)) return plainOf(where, option, config['value']);
    throw refusal('ERR_DATA', where, `${option} of numbers or texts`, describe(className ?? value));
  }
  return Array.isArray(value) ? value.map((each) => plainOf(where, option, each)) : value;
}

/** The name of a function of Keras: an activation, a loss, a metric. */
export function functionName(where: string, what: string, value: unknown): string {
  if (typeof value === 'string') return ACTIVATIONS.get(value) ?? value;
  const { module, class_name: className, config, registered_name: registered } = isPlainObject(value) ? value : {};
  if (className === 'function' && typeof config === 'string') {
    const isKnown = module === 'builtins' || (typeof module === 'string' && KERAS.test(module));
    if (isKnown && (registered === undefined || registered === null || registered === config)) return config;
    throw refusal('ERR_UNKNOWN_NAME', where, `${what} of Keras`, `${describe(config)} of ${describe(module)}`);
  }
  const hint = 'Code in files is never run.';
  throw refusal('ERR_UNKNOWN_NAME', where, `${what} by its name`, describe(className ?? value), hint);
}
