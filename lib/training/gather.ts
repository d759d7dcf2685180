// SPDX-License-Identifier: MIT
// Calls of `predict` that come at the same time, gathered into batches: a server that answers each request by a call of
// its own then computes at the speed of batches. Every call is checked, copied, answered and aborted by itself.
import { channel } from 'node:diagnostics_channel';
import { onAbort } from '../util/on_abort';
import { withDefaults } from '../util/options';
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from '../util/timers';
import { checkInteger, checkNumber } from '../util/validate';
import { abortError } from './batch_runner';
import { Group, isRoomFor, Request, type Room } from './gathered_calls';
import { fitInputs, makeDataset, readInputs, roomFor, type Inputs } from './inputs';
import type { NativeDataset } from '../native/binding';
import type { NdArray } from '../ndarray';
import type { ResolvedPass } from './options';
import type { TrainerHost, TrainingEngine } from './trainer_host';

/** How calls of `predict` are gathered. */
export interface GatherOptions {
  /** Rows that are computed together at most, from 1; a call of more rows is computed by itself. Default 1024. */
  maxRows?: number;
  /**
   * Milliseconds that a call to an idle model waits at most for others to join it, from 0. Default 0: until the end of the
   * present turn of the event loop. While the model computes, calls gather for the next batch anyway.
   */
  maxDelay?: number;
}

const MAX_TIMEOUT = 2147483647;

/** Defaults of {@link GatherOptions}. */
export const gatherDefaults: Required<Readonly<GatherOptions>> = Object.freeze({ maxRows: 1024, maxDelay: 0 });

/** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG` */
export function readGatherOptions(where: string, options: GatherOptions | undefined): typeof gatherDefaults {
  const { maxRows, maxDelay } = withDefaults(where, options, gatherDefaults);
  return {
    maxRows: checkInteger(where, 'maxRows', maxRows),
    maxDelay: checkNumber(where, 'maxDelay', maxDelay, { min: 0, max: MAX_TIMEOUT }),
  };
}

/** Tells of each batch that is begun for calls of `predict`: `{ model, calls, rows }`. Costs nothing where nobody listens. */
const BATCHES = channel('ostinato:predict');

/** Arrays that are kept for groups to come, one for that in work and one for the next, of 4 MB at most. */
const ROOMS = 2;
const MAX_ROOM = 1 << 20;

/** A batch, or several, to be computed. */
export interface GatheredWork extends Pick<ResolvedPass, 'batchSize' | 'signal' | 'priority' | 'maxWorkspace'> {
  readonly dataset: NativeDataset;
  readonly rows: number;
  /** Room for each output of the model. */
  readonly outputs: Float32Array[];
}

/** What the gathering needs of the one who lends it the model. */
export interface GatherOwner {
  readonly host: TrainerHost;
  engine(): TrainingEngine;
  options(): typeof gatherDefaults;
  /** The first call has come to an idle model. */
  begin(): void;
  /** All calls are answered. */
  end(): void;
  compute(where: string, work: GatheredWork): Promise<void>;
}

/** Gathers the calls of `predict` of one level of a model's calls. */
export class Gatherer {
  readonly #owner: GatherOwner;
  #queue: Group[] = [];
  #computing: Group | undefined;
  readonly #rooms: Room[] = [];
  #cancelFlush: (() => void) | undefined;

  constructor(owner: GatherOwner) {
    this.#owner = owner;
  }

  /** Whether calls wait or are computed. */
  get isActive(): boolean {
    return this.#computing !== undefined || this.#queue.length > 0;
  }

  /** Whether a call may wait for others: none that shows or tells of its batches, none whose rows have states. */
  takes({ verbose, callbacks }: ResolvedPass): boolean {
    return verbose === 0 && Array.isArray(callbacks) && callbacks.length === 0 && !this.#owner.host.isStateful;
  }

  /**
   * @param form what a call is given of the outputs
   * @throws (rejects) as `predict`
   */
  predict<R>(where: string, x: unknown, pass: ResolvedPass, form: (outputs: NdArray[]) => R): Promise<R> {
    return new Promise((resolve, reject) => {
      const { host } = this.#owner;
      // While calls wait or are computed the model is ours, so what it took once it takes again.
      const known = this.#queue.at(-1) ?? this.#computing;
      const inputs = fitInputs(where, readInputs(where, 'x', x, host), host, known?.first);
      const answer = (outputs: NdArray[]): void => resolve(form(outputs));
      const request = new Request(where, inputs, pass, answer, reject);
      this.#enqueue(request);
      const { signal } = pass;
      if (signal !== undefined) request.onSettled = onAbort(signal, () => this.#abort(request));
    });
  }

  /** Rejects the calls that wait, where none is computed: the model is wanted for good. */
  drop(error: unknown): void {
    if (this.#computing !== undefined || this.#queue.length === 0) return;
    const requests = this.#queue.flatMap((group) => group.requests);
    this.#queue = [];
    this.#next();
    for (const request of requests) request.fail(error);
  }

  /** Lets calls that wait for others wait no longer. */
  hurry(): void {
    if (this.#computing === undefined && this.#queue.length > 0) this.#flush();
  }

  #enqueue(request: Request): void {
    const { inputs, pass } = request;
    const { maxRows, maxDelay } = this.#owner.options();
    const wasActive = this.isActive;
    const isAlone = inputs.rows > Math.min(pass.batchSize, maxRows);
    const joined = isAlone ? undefined : this.#queue.find((candidate) => candidate.takes(request, maxRows));
    const group = joined ?? new Group(inputs, pass, isAlone ? undefined : this.#takeRoom(inputs));
    // Large data is copied once, by the engine.
    if (isAlone) group.dataset = this.#dataset(request.where, inputs);
    group.add(request);
    if (joined === undefined) this.#queue.push(group);
    if (!wasActive) this.#owner.begin();
    if (this.#computing !== undefined) return;
    if (isAlone || group.rows >= maxRows) this.#flush();
    else this.#cancelFlush ??= later(() => this.#flush(), maxDelay);
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#computing === undefined) this.#next();
  }

  /** Begins with what waits longest, or gives the model back. */
  #next(): void {
    this.#computing = undefined;
    this.#queue = this.#queue.filter((group) => !group.isSettled);
    const group = this.#queue.shift();
    if (group !== undefined) return this.#start(group);
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#owner.end();
  }

  #start(group: Group): void {
    this.#computing = group;
    const { rows, requests, first } = group;
    const { where, pass } = requests[0]!;
    const { priority, maxWorkspace } = pass;
    const isOne = requests.length === 1;
    let outputs: Float32Array[];
    let computed: Promise<void>;
    try {
      const dataset = group.dataset ?? this.#dataset(where, group.inputs);
      outputs = roomFor(where, first, rows);
      const own = isOne ? pass : { batchSize: rows, signal: undefined, priority, maxWorkspace };
      computed = this.#owner.compute(where, { dataset, rows, outputs, ...own });
    } catch (error) {
      return this.#fail(group, error);
    }
    if (BATCHES.hasSubscribers) BATCHES.publish({ model: this.#owner.host, calls: requests.length, rows });
    computed.then(
      () => this.#answer(group, outputs),
      (error: unknown) => this.#fail(group, error),
    );
  }

  #takeRoom(inputs: Inputs): Room | undefined {
    const room = this.#rooms.pop();
    return room !== undefined && isRoomFor(room, inputs) ? room : undefined;
  }

  #keepRoom({ room, dataset }: Group): void {
    const size = room.reduce((sum, { length }) => sum + length, 0);
    if (dataset === undefined && size <= MAX_ROOM && this.#rooms.length < ROOMS) this.#rooms.push(room);
  }

  #dataset(where: string, inputs: Inputs): NativeDataset {
    return makeDataset(where, this.#owner.engine(), this.#owner.host, inputs, []);
  }

  /** The engine goes on first: answers may be late, never the work. */
  #answer(group: Group, outputs: readonly Float32Array[]): void {
    const { rows, requests } = group;
    this.#keepRoom(group);
    this.#next();
    if (requests.length === 1) return requests[0]!.answer(outputs);
    let row = 0;
    for (const request of requests) {
      const end = row + request.inputs.rows;
      request.answer(outputs.map((data) => data.slice((row * data.length) / rows, (end * data.length) / rows)));
      row = end;
    }
  }

  /** What fails together is tried again in halves, until the call that is to blame fails by itself. */
  #fail(group: Group, error: unknown): void {
    if (group.requests.length > 1) this.#queue.unshift(...group.halves());
    this.#keepRoom(group);
    this.#next();
    if (group.requests.length === 1) group.requests[0]!.fail(error);
  }

  #abort(request: Request): void {
    const { where, pass } = request;
    const computing = this.#computing?.requests;
    // Of a call that is computed by itself the run ends, and settles it.
    if (computing?.length === 1 && computing[0] === request) return;
    request.fail(abortError(where, pass.signal!));
    if (this.#computing === undefined && this.#queue.every((group) => group.isSettled)) this.#next();
  }
}

/** Calls back at the end of this turn of the event loop, or after some time; returns what calls it off. */
function later(call: () => void, delay: number): () => void {
  if (delay === 0) {
    const immediate = setImmediate(call);
    return () => clearImmediate(immediate);
  }
  const timeout = setTimeout(call, delay);
  return () => clearTimeout(timeout);
}
