// SPDX-License-Identifier: MIT
// Many streams of one model that advance together: one product per matrix for all of them, and no object per stream.
import { checkVocabulary, toTokens, toValues } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { checkInteger, describe, refusal } from '../util/validate';
import { StreamEngine } from './stream_engine';
import type { ArrayInput } from '../types';
import type { StreamHost } from './stream_plan';

/**
 * Streams by number: made by `model.openStreams(count)`. See {@link Stream} for what a stream is.
 *
 * Large steps are shared with the compute threads where these are free. A stream's prediction does not depend on those
 * beside it, but for the rounding of float32.
 *
 * @example
 * const group = model.openStreams(1000); // numbers 0 to 999
 * const scores = group.step(readings); // readings [1000, C]: scores [1000, units], flat
 * const late = group.open(); // 1000
 * group.step(more, undefined, [3, late]); // two of them alone
 */
export class StreamGroup {
  readonly #engine: StreamEngine;

  /** @internal See `Sequential.openStreams`. */
  constructor(where: string, host: StreamHost, count: unknown) {
    const checked = checkInteger(where, 'count', count, 0);
    this.#engine = new StreamEngine(where, host);
    for (let i = 0; i < checked; i++) this.#engine.native.open();
  }

  /** Number of streams that are open. */
  get count(): number {
    return this.#engine.native.count;
  }

  /** Whether {@link dispose} was called. */
  get isClosed(): boolean {
    return this.#engine.isClosed;
  }

  /** Bytes that the engine holds for these streams. */
  get memoryBytes(): number {
    return this.#engine.native.memoryBytes;
  }

  /** Numbers of the streams that are open, ascending: the order of the rows where {@link step} takes all. */
  numbers(): Int32Array {
    const { native } = this.#engine;
    const out = new Int32Array(native.count);
    if (out.length > 0) native.places(out);
    return out;
  }

  /** Whether a stream of this number is open. */
  isOpen(stream: number): boolean {
    return Number.isSafeInteger(stream) && stream >= 0 && this.#engine.native.isOpen(stream);
  }

  /** Opens one more stream; returns its number, the lowest that is free. @throws StateError `ERR_STATE` */
  open(): number {
    this.#engine.assertOpen('StreamGroup.open');
    return this.#engine.native.open();
  }

  /** Ends one stream. @throws ConfigError `ERR_TYPE`; DataError `ERR_RANGE`; StateError `ERR_STATE` */
  close(stream: number): void {
    this.#engine.native.close(this.#engine.checkPlace('StreamGroup.close', stream));
  }

  /** Lets one stream begin anew, or all. @throws as {@link close} */
  reset(stream?: number): void {
    const where = 'StreamGroup.reset';
    this.#engine.assertOpen(where);
    const { native } = this.#engine;
    if (stream !== undefined) native.reset(this.#engine.checkPlace(where, stream));
    else for (const place of this.numbers()) native.reset(place);
  }

  /**
   * Goes one timestep on with all streams, or with some.
   *
   * @param x [N,C], or token ids [N]: row i belongs to the i-th stream of {@link numbers}, or of `which`
   * @param out where the predictions go, N * units numbers; default: a new array
   * @param which numbers of the streams that go on, each once; default: all that are open
   * @returns `out`: predictions [N,units], row after row
   * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`, `ERR_RANGE` for a token outside the
   *   vocabulary or a stream that is not open or comes twice; StateError `ERR_STATE` after {@link dispose}, `ERR_BUSY`
   *   while the model computes, `ERR_DISPOSED`. No stream has gone on then.
   */
  step(x: ArrayInput, out?: Float32Array, which?: ArrayLike<number>): Float32Array {
    const where = 'StreamGroup.step';
    this.#engine.assertOpen(where);
    const { native, plan } = this.#engine;
    const places = which === undefined ? null : readPlaces(where, which);
    const rows = places === null ? native.count : places.length;
    const inputs = this.#readRows(where, x, rows);
    const size = rows * plan.units;
    const outputs = out === undefined ? allocate(where, () => new Float32Array(size)) : readOut(where, out, size);
    if (rows === 0) return outputs;
    // A row may be written before another is read.
    const safe = out !== undefined && out.buffer === inputs.buffer ? inputs.slice() : inputs;
    const refused = this.#engine.step(where, () => native.step(safe, outputs, places));
    if (refused < 0) throw unfitPlace(where, places!, -1 - refused);
    if (refused > 0)
      checkVocabulary(
        where,
        'x',
        { data: inputs as Int32Array, shape: [rows] },
        { minToken: -1, maxToken: -1 },
        plan.vocabularySize!,
      );
    return outputs;
  }

  #readRows(where: string, x: ArrayInput, rows: number): Float32Array | Int32Array {
    const { vocabularySize, features } = this.#engine.plan;
    if (rows === 0 && (x as { readonly length?: number } | null)?.length === 0) return new Float32Array(0);
    const { data, shape } = vocabularySize === undefined ? toValues(where, 'x', x) : toTokens(where, 'x', x);
    const isFlat = ArrayBuffer.isView(x) || features === 1;
    const fits = (isFlat && shape.length === 1) || (shape.length === 2 && shape[1] === features);
    if (fits && data.length === rows * features) return data;
    const wanted = vocabularySize === undefined ? `[N,C] = [${rows}, ${features}]` : `[N] = [${rows}]`;
    throw refusal('ERR_SHAPE', where, `x of shape ${wanted}`, `[${shape.join(', ')}]`);
  }

  /**
   * The states of all streams with their numbers, or of one stream, as bytes for {@link restore}.
   *
   * @throws as {@link close}
   */
  save(stream?: number): Uint8Array {
    const where = 'StreamGroup.save';
    this.#engine.assertOpen(where);
    return this.#engine.save(
      stream === undefined ? this.numbers() : Int32Array.of(this.#engine.checkPlace(where, stream)),
    );
  }

  /**
   * Goes back to saved streams, exactly: all of them with their numbers, whatever is open now; or sets one open stream to
   * the states of one that was saved, here, in another group or by {@link Stream.save}.
   *
   * @throws ConfigError `ERR_TYPE`; DataError `ERR_DATA`, `ERR_RANGE`; ShapeError `ERR_SHAPE` for states of a model with
   *   other layers, or of several streams where one is named; StateError `ERR_STATE`
   */
  restore(saved: Uint8Array, stream?: number): void {
    const where = 'StreamGroup.restore';
    const snapshot = this.#engine.decode(where, saved);
    const { places } = snapshot;
    if (stream !== undefined) {
      const place = this.#engine.checkPlace(where, stream);
      if (places.length !== 1)
        throw refusal('ERR_SHAPE', where, 'the states of one stream', `those of ${places.length}`);
      return this.#engine.write(place, snapshot, 0);
    }
    const { native } = this.#engine;
    for (const place of this.numbers()) native.close(place);
    // The lowest free number is opened first: all up to the last, and those that were not there closed again.
    const last = places.at(-1) ?? -1;
    for (let place = 0; place <= last; place++) native.open();
    let row = 0;
    for (let place = 0; place <= last; place++) {
      if (places[row] === place) this.#engine.write(place, snapshot, row++);
      else native.close(place);
    }
  }

  /** Ends all streams and gives the memory back; a group that is dropped is collected all the same. May be called again. */
  dispose(): void {
    this.#engine.close();
  }

  /** `using group = model.openStreams(10)`: see {@link dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function readPlaces(where: string, which: unknown): Int32Array {
  if (which instanceof Int32Array) return which.slice();
  if (Array.isArray(which) && which.length === 0) return new Int32Array(0);
  const { data, shape } = toTokens(where, 'which', which);
  if (shape.length !== 1) throw refusal('ERR_SHAPE', where, 'which of shape [N]', `[${shape.join(', ')}]`);
  return data;
}

function readOut(where: string, out: unknown, size: number): Float32Array {
  if (!(out instanceof Float32Array)) throw refusal('ERR_TYPE', where, 'out to be a Float32Array', describe(out));
  if (out.length !== size || size > 0) toValues(where, 'out', out);
  if (out.length !== size) throw refusal('ERR_SHAPE', where, `out of ${size} numbers`, `${out.length}`);
  return out;
}

function unfitPlace(where: string, places: Int32Array, row: number): Error {
  const place = places[row]!;
  const received = places.indexOf(place) < row ? `${place} twice` : `${place} at which[${row}]`;
  return refusal('ERR_RANGE', where, 'which to hold numbers of open streams, each once', received);
}
