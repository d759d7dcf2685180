// SPDX-License-Identifier: MIT
// Options of fit, evaluate, predict and the batch calls: one place for their defaults and checks.
import { checkBoolean, checkInteger, checkNumber, checkOptions, describe, refusal } from '../util/validate';
import type { Callback } from '../callbacks/callback';
import type { LossIdentifier } from '../losses';
import type { MetricIdentifier } from '../metrics';
import type { OptimizerIdentifier } from '../optimizers';
import type { ArrayInput } from '../types';

/** 0 shows nothing, 1 (or 'auto') a progress bar, 2 one line an epoch. */
export type Verbosity = 0 | 1 | 2 | 'auto';

/** What {@link Trainer.compile} takes. */
export interface CompileOptions {
  /** Default 'rmsprop'. */
  optimizer?: OptimizerIdentifier;
  loss: LossIdentifier;
  /** Default none. */
  metrics?: readonly MetricIdentifier[];
  /** Metrics that sample weights count in, as they count in the loss. Default none. */
  weightedMetrics?: readonly MetricIdentifier[];
}

/** Options that every pass over data takes. */
export interface PassOptions {
  /** Rows per batch, from 1; the last batch may have fewer. Default 32. */
  batchSize?: number;
  /** Default 1; 0 for `predict`. */
  verbose?: Verbosity;
  /** Default none. */
  callbacks?: readonly Callback[];
  /** Ends the call within one batch: it rejects with `ERR_ABORTED`, and the model keeps its last whole step. */
  signal?: AbortSignal;
}

/** Options of {@link Trainer.fit}. */
export interface FitOptions extends PassOptions {
  /** Index of the final epoch, from 1. Default 1. */
  epochs?: number;
  /** Share of the rows, the last ones before shuffling, to validate on; from 0 to below 1. Default 0. */
  validationSplit?: number;
  /** Inputs and targets to validate on; goes before `validationSplit`. */
  validationData?: readonly [x: ArrayInput, y: ArrayInput];
  /** Takes the rows in a new order every epoch. Default true. */
  shuffle?: boolean;
  /** Epoch to begin with, from 0. Default 0. */
  initialEpoch?: number;
  /** Decides the order of rows; epoch by epoch the same for the same seed. Default: drawn from the global seed. */
  seed?: number;
}

/** Options of {@link Trainer.evaluate}. */
export interface EvaluateOptions extends PassOptions {
  /** Resolves to an object by name instead of an array. Default false. */
  returnDict?: boolean;
}

/** Options of {@link Trainer.predict}. */
export type PredictOptions = PassOptions;

/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  /** Resolves to an object by name instead of an array. Default false. */
  returnDict?: boolean;
}

/** Pass options with defaults in place. */
export interface ResolvedPass {
  readonly batchSize: number;
  readonly verbose: 0 | 1 | 2;
  readonly callbacks: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Fit options with defaults in place. */
export interface ResolvedFit extends ResolvedPass {
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly validationSplit: number;
  readonly validationData: readonly [unknown, unknown] | undefined;
  readonly shuffle: boolean;
  readonly seed: number | undefined;
}

const PASS_DEFAULTS = Object.freeze({
  batchSize: 32,
  verbose: 1,
  callbacks: Object.freeze([]),
  signal: undefined,
});
const FIT_DEFAULTS = Object.freeze({
  ...PASS_DEFAULTS,
  epochs: 1,
  initialEpoch: 0,
  validationSplit: 0,
  validationData: undefined,
  shuffle: true,
  seed: undefined,
});
const EVALUATE_DEFAULTS = Object.freeze({ ...PASS_DEFAULTS, returnDict: false });
const PREDICT_DEFAULTS = Object.freeze({ ...PASS_DEFAULTS, verbose: 0 });
const BATCH_DEFAULTS = Object.freeze({ returnDict: false });

export function resolveFitOptions(where: string, options: FitOptions | undefined): ResolvedFit {
  const o = withDefaults(where, options, FIT_DEFAULTS);
  return {
    ...resolvePass(where, o),
    epochs: checkInteger(where, 'epochs', o.epochs),
    initialEpoch: checkInteger(where, 'initialEpoch', o.initialEpoch, 0),
    validationSplit: checkNumber(where, 'validationSplit', o.validationSplit, { min: 0, max: 1, belowMax: true }),
    validationData: checkPair(where, o.validationData),
    shuffle: checkBoolean(where, 'shuffle', o.shuffle),
    seed: o.seed === undefined ? undefined : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER),
  };
}

export function resolveEvaluateOptions(where: string, options: EvaluateOptions | undefined) {
  const o = withDefaults(where, options, EVALUATE_DEFAULTS);
  return { ...resolvePass(where, o), returnDict: checkBoolean(where, 'returnDict', o.returnDict) };
}

export function resolvePredictOptions(where: string, options: PredictOptions | undefined): ResolvedPass {
  return resolvePass(where, withDefaults(where, options, PREDICT_DEFAULTS));
}

export function resolveBatchOptions(where: string, options: BatchOptions | undefined): { returnDict: boolean } {
  const o = withDefaults(where, options, BATCH_DEFAULTS);
  return { returnDict: checkBoolean(where, 'returnDict', o.returnDict) };
}

/** The options over the defaults; an explicit `undefined` means the default. */
function withDefaults<D extends object>(
  where: string,
  options: object | undefined,
  defaults: D,
): Record<keyof D, unknown> {
  const given = checkOptions(where, options, Object.keys(defaults));
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

function resolvePass(where: string, o: Record<keyof typeof PASS_DEFAULTS, unknown>): ResolvedPass {
  return {
    batchSize: checkInteger(where, 'batchSize', o.batchSize),
    verbose: checkVerbose(where, o.verbose),
    callbacks: o.callbacks,
    signal: checkSignal(where, o.signal),
  };
}

function checkVerbose(where: string, value: unknown): 0 | 1 | 2 {
  if (value === 'auto') return 1;
  if (value === 0 || value === 1 || value === 2) return value;
  const code = typeof value === 'number' || typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE';
  throw refusal(code, where, "verbose to be 0, 1, 2 or 'auto'", describe(value));
}

/** By shape rather than by class: signals come from other realms and from polyfills. */
function checkSignal(where: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const signal = value as AbortSignal | null;
  const isSignal =
    typeof signal === 'object' &&
    typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function';
  if (isSignal) return signal;
  throw refusal('ERR_TYPE', where, 'signal to be an AbortSignal', describe(value), 'Pass controller.signal.');
}

function checkPair(where: string, value: unknown): readonly [unknown, unknown] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]];
  throw refusal('ERR_TYPE', where, 'validationData to be [x, y]', describe(value));
}
