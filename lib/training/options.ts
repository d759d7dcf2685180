// SPDX-License-Identifier: MIT
// Options of fit, evaluate, predict and the batch calls: one place for their defaults and checks.
import { withDefaults } from '../util/options';
import { checkBoolean, checkInteger, checkNumber, describe, refusal } from '../util/validate';
import type { Callback } from '../callbacks/callback';
import type { BatchSource } from './source_feed';
import type { Structure } from './structure';
import type { LossIdentifier } from '../losses';
import type { MetricIdentifier } from '../metrics';
import type { OptimizerIdentifier } from '../optimizers';
import { MAX_WORKSPACE } from '../native/workspace';
import type { NativePriority } from '../native/binding';
import type { AbortSignalLike, ArrayInput } from '../types';

/** 0 shows nothing, 1 (or 'auto') a progress bar, 2 one line an epoch. */
export type Verbosity = 0 | 1 | 2 | 'auto';

/**
 * Which call the compute threads turn to first: `'serving'` before `'training'`. A thread that is at work for training
 * interrupts it for a call that serves, within milliseconds and without a change to its result.
 */
export type Priority = NativePriority;

/** What {@link Model.compile} takes. */
export interface CompileOptions {
  /** Default 'rmsprop'. */
  optimizer?: OptimizerIdentifier;
  /**
   * A name or a loss; `'crossentropy'` (`'ce'`) is the binary one of outputs [N,...,1], else that of class ids or of one-hot
   * targets, whichever the first targets are. For several outputs: one for all, a list, or by output name; an output whose
   * loss is null or left out is for `predict` alone.
   */
  loss: Structure<LossIdentifier>;
  /** What the loss of each output counts in the total: a list, or by output name; a number for all. Default 1 each. */
  lossWeights?: Structure<number>;
  /** Default none. For several outputs: one for all, a list with one or a list for each, or by output name. */
  metrics?: OutputMetrics;
  /** Metrics that sample weights count in, as they count in the loss. Default none. */
  weightedMetrics?: OutputMetrics;
}

/** Metrics of a model: those of its output, or of each of its outputs. */
export type OutputMetrics = Structure<MetricIdentifier | readonly MetricIdentifier[]>;

/** Arrays of a model: one, or for several inputs or outputs a list in their order, or an object by name. */
export type ModelArrays = Structure<ArrayInput>;

/** Options that every pass over data takes. */
export interface PassOptions {
  /** Rows per batch, from 1; the last batch may have fewer. Default 32. */
  batchSize?: number;
  /** Default 1; 0 for `predict`. */
  verbose?: Verbosity;
  /** Default none. */
  callbacks?: readonly Callback[];
  /** Ends the call within milliseconds: it rejects with `ERR_ABORTED`, and the model keeps its last whole step. */
  signal?: AbortSignalLike;
  /** Default `'training'`; `'serving'` for `predict`. */
  priority?: Priority;
}

/** Inputs, targets and, where rows do not count alike, their weights. */
export type Batch =
  readonly [x: ModelArrays, y: ModelArrays] | readonly [x: ModelArrays, y: ModelArrays, sampleWeight: ModelArrays];

/**
 * What a class counts: by its id, for targets that are class ids or one-hot, of samples or of timesteps. Classes that are
 * not named count 1.
 */
export type ClassWeight = Readonly<Record<number, number>> | ReadonlyMap<number, number>;

/** Options of {@link Model.fit}. */
export interface FitOptions extends PassOptions {
  /** Index of the final epoch, from 1. Default 1. */
  epochs?: number;
  /**
   * What each row counts in the loss and in `weightedMetrics`: [N], or [N,T] for outputs [N,T,...]. For several outputs: one
   * for all, a list, or by output name, null for none. Default 1 each.
   */
  sampleWeight?: ModelArrays;
  /**
   * What each class counts in training; validation is without it. Not together with `sampleWeight`; the weights of a source's
   * batches are multiplied by it. Default 1 each.
   */
  classWeight?: ClassWeight;
  /** Batches of an epoch, from 1; the next epoch goes on where this one ended. Default: all. */
  stepsPerEpoch?: number;
  /** Share of the rows, the last ones before shuffling, to validate on; from 0 to below 1. Default 0. */
  validationSplit?: number;
  /** Inputs, targets and weights to validate on, or a source of such batches; goes before `validationSplit`. */
  validationData?: Batch | BatchSource<Batch>;
  /** Rows per batch of validation. Default `batchSize`. */
  validationBatchSize?: number;
  /** Batches of a validation, from 1: the first ones each time; a generator or a stream goes on. Default: all. */
  validationSteps?: number;
  /** Validates every so many epochs, from 1, or after the epochs listed, counted from 1. Default 1. */
  validationFreq?: number | readonly number[];
  /** Takes the rows in a new order every epoch. Default true. */
  shuffle?: boolean;
  /** Epoch to begin with, from 0. Default 0. */
  initialEpoch?: number;
  /** Decides the order of rows; epoch by epoch the same for the same seed. Default: drawn from the global seed. */
  seed?: number;
}

/** Options of {@link Model.evaluate}. */
export interface EvaluateOptions extends PassOptions {
  /** As in {@link FitOptions}. */
  sampleWeight?: ModelArrays;
  /** Batches to evaluate, from 1. Default: all. */
  steps?: number;
  /** Resolves to an object by name instead of an array. Default false. */
  returnDict?: boolean;
  /** As in {@link PredictOptions}, where the loss and the metrics are sums over rows. */
  maxWorkspace?: number;
}

/** Options of {@link Model.predict}. */
export interface PredictOptions extends PassOptions {
  /**
   * Bytes from 1: a batch that would need more memory than that to be computed, arguments and results aside, is computed
   * part by part; of models with a stateful layer it is not. A row that needs more alone has it. Default 268435456.
   */
  maxWorkspace?: number;
  /** Batches to predict, from 1. Default: all. */
  steps?: number;
  /** Resolves to an object by output name. Default false. */
  returnDict?: boolean;
}

/** Options of `testOnBatch`. */
export interface BatchOptions {
  /** As in {@link FitOptions}. */
  sampleWeight?: ModelArrays;
  /** Resolves to an object by name instead of an array. Default false. */
  returnDict?: boolean;
}

/** Options of `trainOnBatch`. */
export interface TrainBatchOptions extends BatchOptions {
  /** What each class counts. Not together with `sampleWeight`. Default 1 each. */
  classWeight?: ClassWeight;
}

/** Pass options with defaults in place. */
export interface ResolvedPass {
  readonly batchSize: number;
  readonly verbose: 0 | 1 | 2;
  readonly callbacks: unknown;
  readonly signal: AbortSignalLike | undefined;
  readonly priority: Priority;
  readonly maxWorkspace: number;
}

/** Fit options with defaults in place. */
export interface ResolvedFit extends ResolvedPass {
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly sampleWeight: unknown;
  readonly classWeight: unknown;
  readonly stepsPerEpoch: number | undefined;
  readonly validationSplit: number;
  readonly validationData: unknown;
  readonly validationBatchSize: number;
  readonly validationSteps: number | undefined;
  readonly validationFreq: number | readonly number[];
  readonly shuffle: boolean;
  readonly seed: number | undefined;
}

const PASS_DEFAULTS = Object.freeze({
  batchSize: 32,
  verbose: 1,
  callbacks: Object.freeze([]),
  signal: undefined,
  priority: 'training',
});
const FIT_DEFAULTS = Object.freeze({
  ...PASS_DEFAULTS,
  epochs: 1,
  initialEpoch: 0,
  sampleWeight: undefined,
  classWeight: undefined,
  stepsPerEpoch: undefined,
  validationSplit: 0,
  validationData: undefined,
  validationBatchSize: undefined,
  validationSteps: undefined,
  validationFreq: 1,
  shuffle: true,
  seed: undefined,
});
const EVALUATE_DEFAULTS = Object.freeze({
  ...PASS_DEFAULTS,
  sampleWeight: undefined,
  steps: undefined,
  returnDict: false,
  maxWorkspace: MAX_WORKSPACE,
});
const PREDICT_DEFAULTS = Object.freeze({
  ...PASS_DEFAULTS,
  steps: undefined,
  verbose: 0,
  priority: 'serving',
  maxWorkspace: MAX_WORKSPACE,
  returnDict: false,
});
const BATCH_DEFAULTS = Object.freeze({ sampleWeight: undefined, returnDict: false });
const TRAIN_BATCH_DEFAULTS = Object.freeze({ ...BATCH_DEFAULTS, classWeight: undefined });

export function resolveFitOptions(where: string, options: FitOptions | undefined): ResolvedFit {
  const o = withDefaults(where, options, FIT_DEFAULTS);
  const pass = resolvePass(where, o);
  return {
    ...pass,
    ...eitherWeight(where, o),
    epochs: checkInteger(where, 'epochs', o.epochs),
    initialEpoch: checkInteger(where, 'initialEpoch', o.initialEpoch, 0),
    stepsPerEpoch: checkSteps(where, 'stepsPerEpoch', o.stepsPerEpoch),
    validationSplit: checkNumber(where, 'validationSplit', o.validationSplit, { min: 0, max: 1, belowMax: true }),
    validationData: o.validationData ?? undefined,
    validationBatchSize:
      o.validationBatchSize === undefined
        ? pass.batchSize
        : checkInteger(where, 'validationBatchSize', o.validationBatchSize),
    validationSteps: checkSteps(where, 'validationSteps', o.validationSteps),
    validationFreq: checkFrequency(where, o.validationFreq),
    shuffle: checkBoolean(where, 'shuffle', o.shuffle),
    seed: o.seed === undefined ? undefined : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER),
  };
}

export function resolveEvaluateOptions(where: string, options: EvaluateOptions | undefined) {
  const o = withDefaults(where, options, EVALUATE_DEFAULTS);
  return {
    ...resolvePass(where, o),
    sampleWeight: o.sampleWeight,
    steps: checkSteps(where, 'steps', o.steps),
    returnDict: checkBoolean(where, 'returnDict', o.returnDict),
  };
}

export function resolvePredictOptions(where: string, options: PredictOptions | undefined) {
  const o = withDefaults(where, options, PREDICT_DEFAULTS);
  return {
    steps: checkSteps(where, 'steps', o.steps),
    returnDict: checkBoolean(where, 'returnDict', o.returnDict),
    // Last: V8 of Node 20 makes a hidden class for each object that goes on after a spread, and a server makes thousands.
    ...resolvePass(where, o),
  };
}

export function resolveBatchOptions(where: string, options: BatchOptions | undefined) {
  const o = withDefaults(where, options, BATCH_DEFAULTS);
  return {
    sampleWeight: o.sampleWeight,
    classWeight: undefined,
    returnDict: checkBoolean(where, 'returnDict', o.returnDict),
  };
}

export function resolveTrainBatchOptions(where: string, options: TrainBatchOptions | undefined) {
  const o = withDefaults(where, options, TRAIN_BATCH_DEFAULTS);
  return {
    ...eitherWeight(where, o),
    returnDict: checkBoolean(where, 'returnDict', o.returnDict),
  };
}

/** Weights of rows or of classes: as in Keras, not both at once. */
function eitherWeight(where: string, { sampleWeight, classWeight }: Record<'sampleWeight' | 'classWeight', unknown>) {
  if ((sampleWeight ?? undefined) !== undefined && (classWeight ?? undefined) !== undefined)
    throw refusal('ERR_CONFIG', where, 'sampleWeight or classWeight', 'both', 'Multiply them into sampleWeight.');
  return { sampleWeight, classWeight };
}

/** Training knows no bound of its workspace; validation is held to the default. */
function resolvePass(
  where: string,
  o: Record<keyof typeof PASS_DEFAULTS, unknown> & { readonly maxWorkspace?: unknown },
): ResolvedPass {
  return {
    batchSize: checkInteger(where, 'batchSize', o.batchSize),
    verbose: checkVerbose(where, o.verbose),
    callbacks: o.callbacks,
    signal: checkSignal(where, o.signal),
    priority: checkPriority(where, o.priority),
    maxWorkspace: checkInteger(where, 'maxWorkspace', o.maxWorkspace ?? MAX_WORKSPACE, 1, Number.MAX_SAFE_INTEGER),
  };
}

function checkVerbose(where: string, value: unknown): 0 | 1 | 2 {
  if (value === 'auto') return 1;
  if (value === 0 || value === 1 || value === 2) return value;
  const code = typeof value === 'number' || typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE';
  throw refusal(code, where, "verbose to be 0, 1, 2 or 'auto'", describe(value));
}

function checkPriority(where: string, value: unknown): Priority {
  if (value === 'serving' || value === 'training') return value;
  const code = typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE';
  throw refusal(code, where, "priority to be 'serving' or 'training'", describe(value));
}

/** By shape rather than by class: signals come from other realms and from polyfills. */
function checkSignal(where: string, value: unknown): AbortSignalLike | undefined {
  if (value === undefined) return undefined;
  const signal = value as AbortSignalLike | null;
  const isSignal =
    typeof signal === 'object' &&
    typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function';
  if (isSignal) return signal;
  throw refusal('ERR_TYPE', where, 'signal to be an AbortSignal', describe(value), 'Pass controller.signal.');
}

function checkSteps(where: string, what: string, value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : checkInteger(where, what, value);
}

function checkFrequency(where: string, value: unknown): number | readonly number[] {
  if (!Array.isArray(value)) return checkInteger(where, 'validationFreq', value);
  return value.map((epoch: unknown, i) => checkInteger(where, `validationFreq[${i}]`, epoch));
}
