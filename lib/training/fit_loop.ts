// SPDX-License-Identifier: MIT
// The epochs of `fit`: order of rows, training, validation, hooks. Everything it is given has been checked.
import { validationKey } from '../metrics';
import { callEngine } from '../native/engine';
import type { TrainingEngine } from './trainer_host';
import { Pace, runPass, throwIfAborted, type RunContext } from './batch_runner';
import type { Logs } from '../callbacks/callback';
import type { NativeDataset } from '../native/binding';
import type { Compiled } from './compiled';
import type { ResolvedFit } from './options';

/** Rows of a data set, in their own order. */
export interface RowRange {
  readonly dataset: NativeDataset;
  readonly begin: number;
  readonly end: number;
}

/** A `fit` about to begin. */
export interface FitPlan {
  readonly context: RunContext;
  readonly compiled: Compiled;
  readonly engine: TrainingEngine;
  readonly options: ResolvedFit;
  readonly seed: number;
  /** Rows from 0 on. */
  readonly train: RowRange;
  readonly validation: RowRange | undefined;
}

/**
 * Runs the epochs between `onTrainBegin` and `onTrainEnd`. The latter is called whatever happens in between, so that
 * callbacks can put the best weights back; the first error is the one that counts.
 */
export async function runFit(plan: FitPlan): Promise<void> {
  const { callbacks } = plan.context;
  let failure: { readonly error: unknown } | undefined;
  let logs: Logs = {};
  try {
    await callbacks.onBegin('Train');
    logs = await runEpochs(plan);
  } catch (error) {
    failure = { error };
  }
  try {
    await callbacks.onTrainEnd(logs);
  } catch (error) {
    failure ??= { error };
  }
  if (failure !== undefined) throw failure.error;
}

async function runEpochs({ context, compiled, engine, options, seed, train, validation }: FitPlan): Promise<Logs> {
  const { callbacks, signal, where, isStopped } = context;
  const order = options.shuffle ? new Int32Array(train.end) : null;
  const totals = compiled.newTotals();
  const trainPace = new Pace();
  const testPace = new Pace();
  let logs: Logs = {};
  for (let epoch = options.initialEpoch; epoch < options.epochs; epoch++) {
    throwIfAborted(where, signal);
    await callbacks.onEpochBegin(epoch);
    if (order !== null) callEngine(() => engine.permutation(seed, epoch, order));
    totals.fill(0);
    await runPass(context, {
      mode: 'train',
      kind: 'Train',
      ...train,
      order,
      batchSize: options.batchSize,
      outputs: null,
      totals,
      logs: () => compiled.logs(totals),
      pace: trainPace,
    });
    logs = compiled.logs(totals);
    if (validation !== undefined)
      logs = { ...logs, ...(await validate(context, compiled, validation, options.batchSize, testPace)) };
    await callbacks.onEpochEnd(epoch, logs);
    if (isStopped()) break;
  }
  return logs;
}

async function validate(
  context: RunContext,
  compiled: Compiled,
  rows: RowRange,
  batchSize: number,
  pace: Pace,
): Promise<Logs> {
  const totals = await runEvaluation({ ...context, isStopped: () => false }, compiled, rows, batchSize, pace);
  const entries = Object.entries(compiled.logs(totals));
  return Object.fromEntries(entries.map(([name, value]) => [validationKey(name), value]));
}

/** One evaluation with its hooks; gives the sums of loss and metrics. */
export async function runEvaluation(
  context: RunContext,
  compiled: Compiled,
  rows: RowRange,
  batchSize: number,
  pace: Pace,
): Promise<Float64Array> {
  const { callbacks } = context;
  const totals = compiled.newTotals();
  const logs = () => compiled.logs(totals);
  await callbacks.onBegin('Test');
  await runPass(context, {
    mode: 'evaluate',
    kind: 'Test',
    ...rows,
    order: null,
    batchSize,
    outputs: null,
    totals,
    logs,
    pace,
  });
  await callbacks.onEnd('Test', logs());
  return totals;
}
