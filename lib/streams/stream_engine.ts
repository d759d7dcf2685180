// SPDX-License-Identifier: MIT
// The engine's half of streams: made for a model, and carried over where the model got a new engine (compile after a
// change of `trainable`, for instance), so that streams outlive that.
import { allocate } from '../arrays/nested_arrays';
import { callEngine, loadBinding } from '../native/engine';
import { OstinatoError } from '../errors';
import { describe, refusal } from '../util/validate';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot';
import { planStreams, type StreamHost, type StreamPlan } from './stream_plan';
import type { NativeStreams } from '../native/binding';

export class StreamEngine {
  readonly plan: StreamPlan;
  readonly native: NativeStreams;
  #isClosed = false;

  constructor(
    where: string,
    private readonly host: StreamHost,
  ) {
    this.plan = planStreams(where, host);
    const model = host.native();
    this.native = guard(where, () => new (loadBinding().NativeStreams)(model));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws StateError `ERR_STATE` */
  assertOpen(where: string): void {
    if (this.#isClosed) throw refusal('ERR_STATE', where, 'open streams', 'closed ones', 'Open new ones.');
  }

  /** Calls what steps. */
  step<T>(where: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      // The model has another engine, or none any more: the latter is for it to say.
      if ((error as { code?: unknown }).code === 'ERR_DISPOSED') {
        this.#attach(where);
        return guard(where, call);
      }
      return guard(where, () => {
        throw error;
      });
    }
  }

  #attach(where: string): void {
    const { signature } = planStreams(where, this.host);
    if (signature.some((byte, i) => byte !== this.plan.signature[i]))
      throw refusal('ERR_STATE', where, 'the layers that the streams were opened with', 'others', 'Open new streams.');
    guard(where, () => this.native.attach(this.host.native()));
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
      throw refusal('ERR_BUSY', where, 'a model at rest', 'a call while it computes', 'Await that first.');
    throw error;
  }
}
