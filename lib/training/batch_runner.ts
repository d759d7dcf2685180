// SPDX-License-Identifier: MIT
// Drives the engine through the batches of one pass. The engine is asked for runs of several batches, long enough that
// asking costs nothing and short enough that the progress bar stays fresh and `stopTraining` is noticed. The next run is
// submitted from the `done` callback of the last one, before anything is shown, so that compute threads never wait.
import { AsyncResource } from 'node:async_hooks';
import { StateError } from '../errors';
import { isThenable, type CallbackList, type PassKind } from '../callbacks/callback_list';
import { callEngine, engineError } from '../native/engine';
import { keepTidy } from '../native/workspace';
import { onAbort } from '../util/on_abort';
import type { Logs } from '../callbacks/callback';
import { batchesIn, type Feed, type Portion } from './feed';
import type { NativeDone, NativeModel, NativeRun } from '../native/binding';
import type { AbortSignalLike } from '../types';

/** What lasts through all passes of one call. */
export interface RunContext {
  readonly where: string;
  readonly callbacks: CallbackList;
  readonly signal: AbortSignalLike | undefined;
  readonly priority: NativeRun['priority'];
  readonly maxWorkspace: number;
  /** The engine's model, ready for a run. */
  readonly native: () => NativeModel;
  /** Told of each run that the engine takes, how many rows its batches have. */
  readonly onRun: (batchSize: number) => void;
  /** Whether the pass shall end early. */
  readonly isStopped: () => boolean;
}

/** One pass over the batches of a feed, which was begun at batch `firstBatch`. */
export interface Pass extends Pick<NativeRun, 'mode' | 'totals'> {
  readonly kind: PassKind;
  readonly feed: Feed;
  readonly firstBatch: number;
  /** Where `predict` writes; undefined elsewhere. */
  readonly outputs?: (portion: Portion) => Float32Array[];
  /** Told how many batches are done, each time before the hooks are. */
  readonly onProgress?: (batch: number) => void;
  /** Means so far, for the hooks. */
  readonly logs: () => Logs;
  readonly pace: Pace;
}

/** How many batches fit in a run, learnt from the runs before. */
export class Pace {
  static readonly RUN_SECONDS = 0.05;
  /** A first batch can be far from the others either way: no run grows more than this over the last. */
  static readonly MAX_GROWTH = 16;
  batches = 1;

  learn(batches: number, seconds: number): void {
    if (batches < 1) return;
    const fitting = seconds > 0 ? Math.floor((Pace.RUN_SECONDS * batches) / seconds) : Infinity;
    this.batches = Math.max(1, Math.min(fitting, this.batches * Pace.MAX_GROWTH, 1 << 20));
  }
}

/** The rejection of a call that a signal ended. */
export function abortError(where: string, signal: AbortSignalLike): StateError {
  return new StateError('ERR_ABORTED', `${where}: expected to run to its end, received an abort.`, {
    cause: signal.reason,
  });
}

/** Throws where the signal says so. */
export function throwIfAborted(where: string, signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw abortError(where, signal);
}

/**
 * Runs a pass to its end, or until `isStopped()`.
 *
 * Where a callback watches batches, each is a run of its own between its hooks.
 *
 * @throws StateError `ERR_ABORTED`; what a hook throws; what the engine reports
 */
export function runPass(context: RunContext, pass: Pass): Promise<void> {
  return new Promise((resolve, reject) => new PassRunner(context, pass, resolve, reject).start());
}

class PassRunner {
  #batch: number;
  #running: NativeModel | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isWaiting = false;
  #isSettled = false;
  #forgetSignal: (() => void) | undefined;
  readonly #watched: boolean;

  constructor(
    private readonly context: RunContext,
    private readonly pass: Pass,
    private readonly resolve: () => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.#batch = pass.firstBatch;
    this.#watched = context.callbacks.watchesBatches(pass.kind);
  }

  start(): void {
    const { signal } = this.context;
    if (signal !== undefined) this.#forgetSignal = onAbort(signal, this.#stop);
    this.#advance();
  }

  /** An engine at work drops its batch, or ends its step with nobody waiting; a source may never give another. */
  readonly #stop = (): void => {
    const native = this.#running;
    if (native?.stop() === true) {
      this.#running = undefined;
      keepTidy(native);
      this.#settle();
    } else if (this.#isWaiting) {
      this.#settle();
    }
  };

  /**
   * Submits the next run, or settles.
   *
   * @param show what may be shown once the compute threads have work again
   */
  #advance(show?: () => void): void {
    let taken: Portion | undefined | Promise<Portion | undefined>;
    try {
      taken = this.#goesOn() ? this.pass.feed.take(this.#watched ? 1 : this.pass.pace.batches) : undefined;
    } catch (error) {
      this.#fail(error);
    }
    if (!isThenable(taken)) return this.#received(taken, show);
    this.#isWaiting = true;
    show?.();
    const received = (portion?: Portion): void => {
      this.#isWaiting = false;
      if (!this.#isSettled) this.#received(portion);
    };
    taken.then(received, (error: unknown) => {
      this.#failure ??= { error };
      received();
    });
  }

  #received(portion: Portion | undefined, show?: () => void): void {
    // A callback or a signal may have ended the pass while a source was waited for.
    if (portion === undefined || !this.#goesOn()) {
      show?.();
      return this.#settle();
    }
    if (this.#watched)
      return this.#afterHook(
        () => this.context.callbacks.onBatchBegin(this.pass.kind, this.#batch),
        () => this.#submit(portion),
      );
    this.#submit(portion);
    show?.();
  }

  #goesOn(): boolean {
    return this.#failure === undefined && this.context.signal?.aborted !== true && !this.context.isStopped();
  }

  #submit(portion: Portion): void {
    // A hook may have taken its time: what held before it need not hold any more.
    if (this.context.signal?.aborted === true) return this.#settle();
    const { mode, outputs, totals } = this.pass;
    try {
      const native = this.context.native();
      // The engine calls back from nowhere: hooks go on in the context (AsyncLocalStorage) of the call that they belong to.
      const scope = new AsyncResource('ostinato.run');
      const done: NativeDone = (code, message, rows, seconds) => {
        keepTidy(native);
        scope.runInAsyncScope(() => this.#done(code, message, portion, rows, seconds));
      };
      const { priority, maxWorkspace } = this.context;
      const run = {
        mode,
        priority,
        ...portion,
        outputs: outputs?.(portion) ?? null,
        totals,
        training: false,
        maxWorkspace,
      };
      callEngine(() => native.run(run, done));
      this.#running = native;
      this.context.onRun(portion.batchSize);
    } catch (error) {
      this.#fail(error);
      this.#settle();
    }
  }

  #done(code: string | null, message: string, portion: Portion, rows: number, seconds: number): void {
    this.#running = undefined;
    if (code !== null) {
      this.#fail(engineError(code, message));
      return this.#settle();
    }
    const batches = batchesIn(portion, rows);
    this.pass.feed.finish(portion);
    this.#batch += batches;
    this.pass.pace.learn(batches, seconds);
    this.pass.onProgress?.(this.#batch);
    // Stopped from outside: there is no going on from the middle of a run.
    if (rows < portion.end - portion.begin) return this.#settle();
    const { kind } = this.pass;
    const last = this.#batch - 1;
    const logs = this.pass.logs();
    const { callbacks } = this.context;
    if (this.#watched)
      this.#afterHook(
        () => callbacks.onBatchEnd(kind, last, logs),
        () => this.#advance(),
      );
    else this.#advance(() => this.#showMeanwhile(() => callbacks.showBatchEnd(kind, last, logs)));
  }

  /** The compute threads come first; what is shown may be late, never the work. */
  #showMeanwhile(show: () => void | Promise<void>): void {
    try {
      const pending = show();
      if (isThenable(pending)) pending.then(undefined, (error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on after a hook: at once where it is synchronous. */
  #afterHook(hook: () => void | Promise<void>, next: () => void): void {
    const fail = (error: unknown) => {
      this.#fail(error);
      this.#settle();
    };
    let pending: void | Promise<void>;
    try {
      pending = hook();
    } catch (error) {
      return fail(error);
    }
    if (isThenable(pending)) pending.then(next, fail);
    else next();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { signal, where } = this.context;
    this.#forgetSignal?.();
    if (this.#failure !== undefined) this.reject(this.#failure.error);
    else if (signal?.aborted === true) this.reject(abortError(where, signal));
    else this.resolve();
  }
}
