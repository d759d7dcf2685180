// SPDX-License-Identifier: MIT
// What all public classes promise, seen to in one place once they are all there: they have their public names, methods refuse
// arguments that they do not take, and families of classes that the engine computes are closed. A class that its room exports
// is known here. Callbacks have names alone: users write their methods, and this library calls them.
import * as callbacks from './callbacks';
import * as constraints from './constraints';
import * as initializers from './initializers';
import * as layers from './layers';
import { HeadAttention } from './layers/attention/multi_head_attention';
import { Projection } from './layers/attention/projection';
import { RecurrentCell } from './layers/cells';
import { Recurrent } from './layers/recurrent';
import { UnitForgetBias } from './layers/unit_forget_bias';
import * as losses from './losses';
import * as metrics from './metrics';
import * as models from './models';
import { NdArray } from './ndarray';
import * as optimizers from './optimizers';
import { TextDataset } from './preprocessing/text_dataset';
import { TimeseriesDataset } from './preprocessing/timeseries';
import * as regularizers from './regularizers';
import * as schedules from './schedules';
import * as streams from './streams';
import * as text from './text';
import { IndexLookup } from './text/index_lookup';
import { limitArguments, type AnyClass } from './util/arguments';
import { closeFamily } from './util/families';

const ROOMS = [
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  models,
  optimizers,
  regularizers,
  schedules,
  streams,
  text,
];
const OTHERS = { HeadAttention, NdArray, Projection, TextDataset, TimeseriesDataset, UnitForgetBias };

/** The prototype of a class, unlike that of a function, cannot be replaced. */
const isClass = (value: unknown): value is AnyClass =>
  typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;

const classesOf = (rooms: readonly object[]): [string, AnyClass][] =>
  rooms.flatMap((room) => Object.entries(room)).filter((entry): entry is [string, AnyClass] => isClass(entry[1]));

const CLASSES = classesOf([...ROOMS, OTHERS]);

// Bundlers rename classes; what a log or a stack trace shows is what the documents have.
for (const [value, Class] of [...CLASSES, ...classesOf([callbacks])])
  Object.defineProperty(Class, 'name', { value, configurable: true });

interface Limits {
  readonly of: AnyClass;
  /** How many arguments each method takes. */
  readonly methods: Readonly<Record<string, number>>;
  readonly statics?: Readonly<Record<string, number>>;
}

/** Of base classes first: what a class says holds for its subclasses, unless they say otherwise. */
const LIMITS: readonly Limits[] = [
  {
    of: layers.Layer,
    methods: {
      apply: 2,
      build: 1,
      call: 2,
      computeOutputShape: 1,
      countParams: 0,
      getConfig: 0,
      getWeights: 0,
      resetStates: 0,
      setWeights: 1,
    },
    statics: { fromConfig: 1 },
  },
  { of: Recurrent, methods: { copyWith: 1 } },
  { of: layers.Input, methods: { getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: losses.Loss, methods: { call: 3, getConfig: 0 }, statics: { fromConfig: 1 } },
  {
    of: metrics.Metric,
    methods: { getConfig: 0, resetState: 0, result: 1, updateState: 3 },
    statics: { fromConfig: 1 },
  },
  { of: metrics.Mean, methods: { updateState: 2 } },
  { of: metrics.Sum, methods: { updateState: 2 } },
  { of: optimizers.Optimizer, methods: { excludeFromWeightDecay: 1, getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: schedules.LearningRateSchedule, methods: { call: 1, getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: initializers.Initializer, methods: { getConfig: 0, initialize: 2 } },
  { of: regularizers.Regularizer, methods: { getConfig: 0 } },
  { of: constraints.Constraint, methods: { getConfig: 0 } },
  {
    of: models.Model,
    methods: {
      build: 1,
      compile: 1,
      computeOutputShape: 1,
      countParams: 0,
      dispose: 0,
      evaluate: 3,
      fit: 3,
      gather: 1,
      getAveragedWeights: 0,
      getAveragedWeightsAsync: 0,
      getConfig: 0,
      getLayer: 1,
      getWeights: 0,
      getWeightsAsync: 0,
      loadWeights: 2,
      openStream: 1,
      openStreams: 2,
      predict: 2,
      predictOnBatch: 1,
      prepare: 0,
      resetStates: 0,
      save: 2,
      saveWeights: 2,
      setWeights: 1,
      setWeightsAsync: 1,
      summary: 1,
      testOnBatch: 3,
      toJson: 0,
      toOnnx: 2,
      trainOnBatch: 3,
      trim: 0,
    },
    statics: { fromConfig: 1 },
  },
  { of: models.Sequential, methods: { add: 1, pop: 0 } },
  { of: RecurrentCell, methods: { getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: layers.StackedRNNCells, methods: { getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: layers.Normalization, methods: { adapt: 2 } },
  { of: streams.Stream, methods: { close: 0, push: 1, reset: 1, restore: 1, save: 0 } },
  {
    of: streams.StreamGroup,
    methods: { close: 1, dispose: 0, isOpen: 1, numbers: 0, open: 1, reset: 2, restore: 2, save: 1, step: 3 },
  },
  { of: NdArray, methods: { argmax: 1, max: 1, mean: 1, reshape: 1, row: 1, slice: 2, sum: 1, take: 1, toArray: 0 } },
  { of: TextDataset, methods: { map: 1 } },
  { of: TimeseriesDataset, methods: { toArrays: 0 } },
  {
    of: IndexLookup,
    methods: { adapt: 2, call: 1, getConfig: 0, getVocabulary: 1, setVocabulary: 2, vocabularySize: 0 },
  },
  { of: text.IntegerLookup, methods: { call: 1, getConfig: 0 }, statics: { fromConfig: 1 } },
  { of: text.StringLookup, methods: { call: 1, getConfig: 0 }, statics: { fromConfig: 1 } },
  {
    of: text.TextVectorization,
    methods: { adapt: 2, call: 1, getConfig: 0, getVocabulary: 1, setVocabulary: 2, vocabularySize: 0 },
    statics: { fromConfig: 2 },
  },
  {
    of: text.Tokenizer,
    methods: {
      fitOnSequences: 1,
      fitOnTexts: 1,
      sequencesToMatrix: 2,
      sequencesToTexts: 1,
      textsToMatrix: 2,
      textsToSequences: 1,
      toJson: 0,
      toOnnx: 2,
    },
    statics: { fromJson: 2 },
  },
];
const PROMISING = new Set(['predict']);

const isOrDerives = (Class: AnyClass, base: AnyClass): boolean =>
  Class === base || Object.prototype.isPrototypeOf.call(base.prototype, Class.prototype);

for (const [name, Class] of CLASSES) {
  const limits = LIMITS.filter(({ of }) => isOrDerives(Class, of));
  const methods = new Map(limits.flatMap((limit) => Object.entries(limit.methods)));
  const statics = new Map(limits.flatMap((limit) => Object.entries(limit.statics ?? {})));
  for (let base: unknown = Class; base !== Function.prototype; base = Object.getPrototypeOf(base)) {
    limitArguments(name, (base as AnyClass).prototype, methods, PROMISING);
    limitArguments(name, base as object, statics, PROMISING);
  }
}

const FAMILIES: readonly (readonly [what: string, base: AnyClass])[] = [
  ['layer', layers.Layer],
  ['loss', losses.Loss],
  ['metric', metrics.Metric],
  ['optimizer', optimizers.Optimizer],
  ['schedule', schedules.LearningRateSchedule],
  ['initializer', initializers.Initializer],
  ['regularizer', regularizers.Regularizer],
  ['constraint', constraints.Constraint],
];
for (const [what, base] of FAMILIES) {
  const known = CLASSES.flatMap(([, Class]) => (Class !== base && isOrDerives(Class, base) ? [Class] : []));
  closeFamily(what, base, known);
}
