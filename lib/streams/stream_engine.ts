// SPDX-License-Identifier: MIT
// The engine's half of streams.
import { allocate } from '../arrays/nested_arrays';
import { callEngine, loadBinding } from '../native/engine';
import { OstinatoError } from '../errors';
import { describe, refusal } from '../util/validate';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot';
import { planStreams, type StreamHost, type StreamPlan } from './stream_plan';
import type { NativeModel, NativeStreams } from '../native/binding';

export class StreamEngine {
  readonly plan: StreamPlan;
  readonly native: NativeStreams;
  readonly #model: NativeModel;
  #isClosed = false;

  constructor(
    where: string,
    private readonly host: StreamHost,
  ) {
    this.plan = planStreams(where, host);
    const model = (this.#model = host.nativeModel());
    this.native = guard(where, () => new (loadBinding().NativeStreams)(model));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws StateError `ERR_STATE` */
  assertOpen(where: string): void {
    if (this.#isClosed) throw refusal('ERR_STATE', where, 'open streams', 'closed ones', 'Open new ones.');
  }

  /** Opens a stream at the lowest place that is free. */
  open(where: string, constants: Float32Array[]): number {
    return this.#begin(where, () => this.native.open(constants));
  }

  /** Lets a stream begin anew, with other constants or, null, with those that it has. */
  reset(where: string, place: number, constants: Float32Array[] | null): void {
    this.#begin(where, () => this.native.reset(place, constants));
  }

  /** What follows from constants is computed: only then the model must be there, and at rest. */
  #begin<T>(where: string, call: () => T): T {
    return this.plan.constants.length === 0 ? callEngine(call) : this.step(where, call);
  }

  /** Opens a stream whose states will be written. */
  openBlank(where: string): number {
    return this.open(
      where,
      this.plan.constants.map(({ features }) => new Float32Array(features)),
    );
  }

  /** Calls what steps. */
  step<T>(where: string, call: () => T): T {
    return guard(where, () => {
      if (this.host.nativeModel() !== this.#model)
        throw refusal(
          'ERR_STATE',
          where,
          'the layers that the streams were opened with',
          'others',
          'Open new streams.',
        );
      return call();
    });
  }

  /** An index of a stream that is open. @throws ConfigError `ERR_TYPE`; DataError `ERR_RANGE` */
  checkPlace(where: string, place: unknown): number {
    this.assertOpen(where);
    if (typeof place !== 'number') throw refusal('ERR_TYPE', where, 'the number of a stream', describe(place));
    if (Number.isSafeInteger(place) && place >= 0 && this.native.isOpen(place)) return place;
    throw refusal('ERR_RANGE', where, 'the number of an open stream', describe(place));
  }

  save(places: Int32Array): Uint8Array {
    const { stateSize } = this.native;
    const states = allocate('StreamGroup.save', () => new Float32Array(places.length * stateSize));
    places.forEach((place, i) =>
      callEngine(() => this.native.readState(place, states.subarray(i * stateSize, (i + 1) * stateSize))),
    );
    return encodeSnapshot({ places, states }, this.plan.signature);
  }

  decode(where: string, saved: unknown): Snapshot {
    this.assertOpen(where);
    return decodeSnapshot(where, saved, this.plan.signature, this.native.stateSize);
  }

  /** Sets the states of one stream. */
  write(place: number, { states }: Snapshot, row: number): void {
    const { stateSize } = this.native;
    callEngine(() => this.native.writeState(place, states.subarray(row * stateSize, (row + 1) * stateSize)));
  }

  close(): void {
    this.#isClosed = true;
    callEngine(() => this.native.dispose());
  }
}

/** As callEngine; a model that computes is refused in the caller's terms. */
function guard<T>(where: string, call: () => T): T {
  try {
    return callEngine(call);
  } catch (error) {
    if (error instanceof OstinatoError && error.code === 'ERR_BUSY')
      throw refusal(
        'ERR_BUSY',
        where,
        'a model at rest',
        'a call while it computes, or another trains its layers',
        'Await that first.',
      );
    throw error;
  }
}
