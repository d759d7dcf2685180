// SPDX-License-Identifier: MIT
// Copies of what a model holds that JavaScript has no arrays of: on their way to a file, or from one.
import { FloatSource } from '../arrays/float_source';
import { whenDone } from './copies';
import { callEngine, loadBinding } from './engine';
import type { NativeModel, NativePlace, NativeStore } from './binding';

/** Arrays of a model, each added before the store is first used. */
export class FloatStore {
  readonly #places: NativePlace[] = [];
  readonly #sizes: number[] = [];
  #native: NativeStore | undefined;
  #isReleased = false;

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /** Room for so many floats, which belong to a place of a model. */
  add(kind: NativePlace['kind'], index: number, length: number): StoredFloats {
    const at = this.#places.push({ kind, index }) - 1;
    this.#sizes.push(length);
    return new StoredFloats(() => this.#memory(), at, length);
  }

  /** @throws InternalError `ERR_OUT_OF_MEMORY` */
  #memory(): NativeStore {
    if (this.#isReleased) throw new Error('a store that was released');
    return (this.#native ??= callEngine(() => new (loadBinding().NativeStore)(this.#sizes)));
  }

  /** Fills all arrays with what the model holds at the call. */
  copyFrom(model: NativeModel): Promise<void> {
    return whenDone(model, (done) => model.copyOut(this.#places, this.#memory(), done));
  }

  /** Gives the model all arrays, and takes those that it had: all at once. */
  exchangeWith(model: NativeModel): Promise<void> {
    return whenDone(model, (done) => model.exchange(this.#places, this.#memory(), done));
  }

  /** Gives the memory back; nothing may be done with the store then. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#native?.release();
    this.#native = undefined;
  }
}

/** One array of a store. */
export class StoredFloats extends FloatSource {
  constructor(
    private readonly memory: () => NativeStore,
    private readonly index: number,
    readonly length: number,
  ) {
    super();
  }

  read(begin: number, out: Float32Array): Promise<void> {
    return whenDone(undefined, (done) => this.memory().read(this.index, begin, out, done));
  }

  /** Writes a part, which is to be left alone until it is done. */
  write(begin: number, values: Float32Array): Promise<void> {
    return whenDone(undefined, (done) => this.memory().write(this.index, begin, values, done));
  }
}
