// SPDX-License-Identifier: MIT
// Who has a model. One call at a time has it. While that call runs a hook of a callback, between two of its batches, the
// engine rests, and calls that the hook makes have the model: they are a level above the call and end before it goes on.
// Calls of a level may run hooks too, which open further levels.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isThenable, type MaybePromise } from '../callbacks/callback_list';
import { refusal } from '../util/validate';
import type { CarriedStates, TrainerHost } from './trainer_host';
import type { Gatherer } from './gather';

type LevelHost = Pick<TrainerHost, 'name' | 'isStateful' | 'exchangeStates'>;

/** Calls that change what another call goes on from: they begin in no hook. */
const TRAINING_CALLS: ReadonlySet<string> = new Set(['fit', 'trainOnBatch']);

/** The innermost hook that runs in an asynchronous context, of whichever model. */
const HOOKS = new AsyncLocalStorage<CallLevel>();

/** All levels of one model. */
export class CallLevels {
  readonly #program: CallLevel;

  constructor(readonly host: LevelHost) {
    this.#program = new CallLevel(this, undefined, undefined);
  }

  /** The level of the code that asks: that of the innermost hook of this model around it, else the program's. */
  get current(): CallLevel {
    for (let level = HOOKS.getStore(); level !== undefined; level = level.outer)
      if (level.levels === this && level.isOpen) return level;
    return this.#program;
  }

  /** The program's call that has the model; undefined where it is idle. */
  get running(): string | undefined {
    return this.#program.running;
  }

  /** @throws StateError `ERR_BUSY` while any call has the model, in its hooks too */
  assertIdle(method: string): void {
    this.#program.assertFree(method);
  }

  /** Rejects the program's calls of `predict` that wait to be computed, where none is under way. */
  dropWaiting(error: unknown): void {
    this.#program.gatherer?.drop(error);
  }

  /** Whether the asking code was begun by a hook of this model that has ended. */
  get isLeftover(): boolean {
    for (let level = HOOKS.getStore(); level !== undefined; level = level.outer)
      if (level.levels === this && !level.isOpen) return true;
    return false;
  }
}

/** Where calls are made: by the program, or by one hook. One of them at a time has the model. */
export class CallLevel {
  /** Gathers the calls of `predict` of this level. */
  gatherer: Gatherer | undefined;
  #call: Call | undefined;
  #isOpen = true;
  #onFree: (() => void) | undefined;
  /** What stateful layers carry from call to call of this hook. */
  #states: CarriedStates | undefined;

  /**
   * @param parent the call whose hook it is; undefined for the program's level
   * @param outer the hook around that one, of whichever model
   */
  constructor(
    readonly levels: CallLevels,
    readonly parent: Call | undefined,
    readonly outer: CallLevel | undefined,
  ) {}

  /** Whether the hook runs: calls may begin. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The call that has the model at this level. */
  get running(): string | undefined {
    return this.#call?.method;
  }

  /** @throws StateError `ERR_BUSY` while a call of this level has the model */
  assertFree(method: string): void {
    if (this.#call === undefined) return;
    // Should its timer be lost, calls that wait for others wait no longer than until someone else wants the model.
    this.gatherer?.hurry();
    const hint = this.levels.isLeftover
      ? 'The callback that made this call has ended: callbacks await their calls.'
      : 'Await the first call; different models work at the same time.';
    throw refusal('ERR_BUSY', this.#where(method), 'an idle model', `a call during ${this.#call.method}`, hint);
  }

  /** Gives the model to a call. @throws StateError `ERR_BUSY` */
  begin(method: string): Call {
    this.assertFree(method);
    const { host } = this.levels;
    if (this.parent !== undefined && TRAINING_CALLS.has(method))
      throw refusal(
        'ERR_BUSY',
        this.#where(method),
        'a model that no other call is in the middle of',
        `a training inside a callback of ${this.parent.method}`,
        'Callbacks predict, evaluate and save; train when the call has ended.',
      );
    const isGuest = this.parent !== undefined && host.isStateful;
    const states = isGuest ? host.exchangeStates(this.#states) : undefined;
    this.#call = new Call(this, method, this.#where(method), () => {
      if (states !== undefined) this.#states = host.exchangeStates(states);
      this.#call = undefined;
      this.#onFree?.();
    });
    return this.#call;
  }

  /** The states that this hook's calls carry begin at zero again. */
  forgetStates(): void {
    this.#states = undefined;
  }

  /** The hook is over: no call begins any more. Gives what to wait for where one has the model still. */
  close(): MaybePromise {
    this.#isOpen = false;
    if (this.#call !== undefined) return new Promise((resolve) => (this.#onFree = resolve));
  }

  #where(method: string): string {
    return `${this.levels.host.name}.${method}`;
  }
}

/** A call that has the model. */
export class Call {
  constructor(
    readonly level: CallLevel,
    readonly method: string,
    /** How messages name it. */
    readonly where: string,
    /** Gives the model back. */
    readonly end: () => void,
  ) {}

  /**
   * Runs a hook between two batches: the calls that it makes have the model. Over when the hook is, and the calls that it
   * has not waited for. Stays synchronous where both do.
   */
  hook(run: () => MaybePromise): MaybePromise {
    const level = new CallLevel(this.level.levels, this, HOOKS.getStore());
    let pending: MaybePromise;
    try {
      pending = HOOKS.run(level, run);
    } catch (error) {
      return closeAndThrow(level, error);
    }
    if (!isThenable(pending)) return level.close();
    return pending.then(
      () => level.close(),
      (error: unknown) => closeAndThrow(level, error),
    );
  }
}

function closeAndThrow(level: CallLevel, error: unknown): MaybePromise {
  const pending = level.close();
  if (!isThenable(pending)) throw error;
  return pending.then(() => {
    throw error;
  });
}
