// SPDX-License-Identifier: MIT
// The epochs of `fit`: training, validation, hooks. Everything it is given has been checked.
import { validationKey } from '../metrics';
import { applyEma } from '../native/copies';
import { refusal } from '../util/validate';
import { Pace, runPass, throwIfAborted, type RunContext } from './batch_runner';
import { warnNoData, type Feed } from './feed';
import type { Logs } from '../callbacks/callback';
import type { Compiled } from './compiled';
import type { ProgressTracker } from './progress';

/** When to validate, and on what. */
export interface Validation {
  readonly feed: Feed;
  /** Every so many epochs, or after these, counted from 1. */
  readonly frequency: number | readonly number[];
}

/** A `fit` about to begin. */
export interface FitPlan {
  readonly context: RunContext;
  readonly compiled: Compiled;
  readonly epochs: number;
  readonly train: Feed;
  readonly validation: Validation | undefined;
  readonly progress: ProgressTracker;
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
    plan.progress.isOpen = false;
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

async function runEpochs({ context, compiled, epochs, train, validation, progress }: FitPlan): Promise<Logs> {
  const { callbacks, signal, where, isStopped } = context;
  const { totals } = progress;
  const trainPace = new Pace();
  const testPace = new Pace();
  let logs: Logs = {};
  for (let { epoch } = progress; epoch < epochs; epoch++) {
    throwIfAborted(where, signal);
    const hasBatches = await train.begin(epoch, progress.batch);
    throwIfAborted(where, signal);
    if (!hasBatches && progress.batch === 0) {
      warnNoData(where, epoch);
      break;
    }
    // A fit that goes on in the middle of an epoch has called this hook before it was cut off.
    if (progress.batch === 0) await callbacks.onEpochBegin(epoch);
    await runPass(context, {
      mode: 'train',
      kind: 'Train',
      feed: train,
      firstBatch: progress.batch,
      totals,
      logs: () => compiled.logs(totals),
      pace: trainPace,
      onProgress: (batch) => (progress.batch = batch),
    });
    logs = compiled.logs(totals);
    progress.finishEpoch();
    if (validation !== undefined && isDue(validation.frequency, epoch))
      logs = { ...logs, ...(await validate(context, compiled, validation, epoch, testPace)) };
    await callbacks.onEpochEnd(epoch, logs);
    if (isStopped()) break;
  }
  if (compiled.optimizer.useEma) await applyEma(context.native());
  return logs;
}

function isDue(frequency: number | readonly number[], epoch: number): boolean {
  return typeof frequency === 'number' ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}

/** Keys of the logs of epochs from `begin` to before `end`; those of validation only where one of them has one. */
export function logKeys(
  metricNames: readonly string[],
  validation: Validation | undefined,
  begin: number,
  end: number,
): string[] {
  const keys = ['loss', ...metricNames];
  const validates =
    validation !== undefined &&
    validationsBefore(validation.frequency, end) > validationsBefore(validation.frequency, begin);
  return validates ? [...keys, ...keys.map(validationKey)] : keys;
}

/** How many validations come before that of an epoch: a generator goes on after them, and shuffled data is in another order. */
function validationsBefore(frequency: number | readonly number[], epoch: number): number {
  return typeof frequency === 'number'
    ? Math.floor(epoch / frequency)
    : new Set(frequency.filter((due) => due <= epoch)).size;
}

async function validate(
  context: RunContext,
  compiled: Compiled,
  { feed, frequency }: Validation,
  epoch: number,
  pace: Pace,
): Promise<Logs> {
  const round = validationsBefore(frequency, epoch);
  const totals = await runEvaluation({ ...context, isStopped: () => false }, compiled, feed, round, pace);
  const entries = Object.entries(compiled.logs(totals));
  return Object.fromEntries(entries.map(([name, value]) => [validationKey(name), value]));
}

/** One evaluation with its hooks; gives the sums of loss and metrics. */
export async function runEvaluation(
  context: RunContext,
  compiled: Compiled,
  feed: Feed,
  round: number,
  pace: Pace,
): Promise<Float64Array> {
  const { callbacks } = context;
  const totals = compiled.newTotals();
  const logs = () => compiled.logs(totals);
  await callbacks.onBegin('Test');
  await beginFilled(context, feed, round);
  await runPass(context, { mode: 'evaluate', kind: 'Test', feed, firstBatch: 0, totals, logs, pace });
  await callbacks.onEnd('Test', logs());
  return totals;
}

/**
 * Begins a feed that must have a batch.
 *
 * @throws (rejects) DataError `ERR_DATA`; StateError `ERR_ABORTED`, however long the source would take
 */
export async function beginFilled(
  { where, signal }: Pick<RunContext, 'where' | 'signal'>,
  feed: Feed,
  epoch: number,
): Promise<void> {
  const hasBatches = await feed.begin(epoch, 0);
  throwIfAborted(where, signal);
  if (!hasBatches)
    throw refusal(
      'ERR_DATA',
      where,
      `at least one batch from ${feed.role.data}`,
      'none',
      'A generator gives its batches only once; a function gives a new one each time.',
    );
}
