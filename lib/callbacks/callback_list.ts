// SPDX-License-Identifier: MIT
// Calls the hooks of several callbacks in order. Stays synchronous as long as every hook does, so that batches without
// async hooks cost no turn of the microtask queue.
import { describe, refusal } from '../util/validate';
import { BackupAndRestore } from './backup_and_restore';
import { Callback, type CallbackModel, type CallbackParams, type Logs } from './callback';
import { History } from './history';
import { ProgbarLogger } from './progbar_logger';

/** Kinds of pass that have hooks of their own. */
export type PassKind = 'Train' | 'Test' | 'Predict';

type HookName = Extract<keyof Callback, `on${string}`>;

/** What a hook returns: a promise is awaited. */
export type MaybePromise = void | Promise<void>;

/** Runs a hook while the engine rests, so that it may call the model. */
export type RunHook = (hook: () => MaybePromise) => MaybePromise;

/** The callbacks of one call of a model. */
export class CallbackList {
  readonly callbacks: readonly Callback[];
  readonly history: History | undefined;
  readonly #runHook: RunHook;

  /**
   * @param callbacks the user's; a {@link History} and a {@link ProgbarLogger} are added unless one is among them
   * @param add which of the two to add
   * @param runHook runs each hook; all are called while the engine rests but those of {@link showBatchEnd}
   * @throws ConfigError `ERR_TYPE` where one is no callback
   */
  constructor(
    where: string,
    callbacks: unknown,
    add: { history: boolean; progbar: boolean },
    runHook: RunHook = (hook) => hook(),
  ) {
    this.#runHook = runHook;
    if (!Array.isArray(callbacks))
      throw refusal('ERR_TYPE', where, 'callbacks to be an array of callbacks', describe(callbacks));
    const all = Array.from(callbacks, (callback: unknown, index) => {
      if (callback instanceof Callback) return callback;
      const hint = typeof callback === 'function' ? 'Pass an instance, not the class.' : '';
      throw refusal('ERR_TYPE', where, `callbacks[${index}] to extend Callback`, describe(callback), hint);
    });
    let history = all.find((callback) => callback instanceof History);
    if (history === undefined && add.history) all.push((history = new History()));
    if (add.progbar && !all.some((callback) => callback instanceof ProgbarLogger)) all.push(new ProgbarLogger());
    // What is backed up is what the others have made of a moment.
    this.callbacks = [...all.filter((callback) => !isBackup(callback)), ...all.filter(isBackup)];
    this.history = history;
  }

  /** Gives model and parameters to every callback. */
  begin(model: CallbackModel, params: CallbackParams): void {
    for (const callback of this.callbacks) {
      callback.setModel(model);
      callback.setCallbacks(this.callbacks);
      callback.setParams(params);
    }
  }

  /** Whether a callback other than the progress bar wants to see each batch of such a pass. */
  watchesBatches(kind: PassKind): boolean {
    return this.callbacks.some(
      (callback) =>
        !(callback instanceof ProgbarLogger) &&
        (overrides(callback, `on${kind}BatchBegin`) || overrides(callback, `on${kind}BatchEnd`)),
    );
  }

  onBegin(kind: PassKind): MaybePromise {
    return this.#each(`on${kind}Begin`, (callback) => callback[`on${kind}Begin`]());
  }
  onEnd(kind: PassKind, logs: Logs): MaybePromise {
    return this.#each(`on${kind}End`, (callback) => callback[`on${kind}End`](logs));
  }
  onBatchBegin(kind: PassKind, batch: number): MaybePromise {
    return this.#each(`on${kind}BatchBegin`, (callback) => callback[`on${kind}BatchBegin`](batch));
  }
  onBatchEnd(kind: PassKind, batch: number, logs: Logs): MaybePromise {
    return this.#each(`on${kind}BatchEnd`, (callback) => callback[`on${kind}BatchEnd`](batch, logs));
  }
  /** The same for the progress bar alone, which is shown while the engine is at work. */
  showBatchEnd(kind: PassKind, batch: number, logs: Logs): MaybePromise {
    for (const callback of this.callbacks)
      if (callback instanceof ProgbarLogger) {
        const pending: MaybePromise = callback[`on${kind}BatchEnd`](batch, logs);
        if (isThenable(pending)) return pending;
      }
  }
  onEpochBegin(epoch: number): MaybePromise {
    return this.#each('onEpochBegin', (callback) => callback.onEpochBegin(epoch));
  }
  onEpochEnd(epoch: number, logs: Logs): MaybePromise {
    return this.#each('onEpochEnd', (callback) => callback.onEpochEnd(epoch, logs));
  }

  /** Calls every `onTrainEnd`, even where one before it throws, so that each can put the model right; the first error counts. */
  async onTrainEnd(logs: Logs): Promise<void> {
    const errors: unknown[] = [];
    for (const callback of this.callbacks) {
      try {
        await this.#runHook(() => callback.onTrainEnd(logs));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #each(hook: HookName, call: (callback: Callback) => MaybePromise, from = 0): MaybePromise {
    for (let index = from; index < this.callbacks.length; index++) {
      const callback = this.callbacks[index]!;
      if (!overrides(callback, hook)) continue;
      const pending = this.#runHook(() => call(callback));
      if (isThenable(pending)) return pending.then(() => this.#each(hook, call, index + 1));
    }
  }
}

function overrides(callback: Callback, hook: HookName): boolean {
  return callback[hook] !== Callback.prototype[hook];
}

/** Whether a hook returned something to wait for. */
export function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function';
}

function isBackup(callback: Callback): boolean {
  return callback instanceof BackupAndRestore;
}
