// SPDX-License-Identifier: MIT
// Many streams of one model that advance together: one product per matrix for all of them, and no object per stream.
import { checkVocabulary, toTokens, toValues } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { checkInteger, describe, refusal } from '../util/validate';
import {
  readConstantOptions,
  readStreamOptions,
  type ByName,
  type ConstantOptions,
  type StreamOptions,
} from './options';
import { answer, readConstants, readRows, spread, type StreamAnswer, type StreamOutput } from './ports';
import { StreamEngine } from './stream_engine';
import type { ArrayInput } from '../types';
import type { StreamHost } from './stream_plan';

/**
 * Streams by number: made by `model.openStreams(count)`. See {@link Stream} for what a stream is.
 *
 * Large steps are shared with the compute threads where these are free. A stream's prediction does not depend on those
 * beside it, but for the rounding of float32.
 *
 * @typeParam R what `step` gives: `Float32Array`, `Float32Array[]` for several outputs, an object with `returnDict`
 * @example
 * const group = model.openStreams(1000); // numbers 0 to 999
 * const scores = group.step(readings); // readings [1000, C]: scores [1000, units], flat
 * const late = group.open(); // 1000
 * group.step(more, undefined, [3, late]); // two of them alone
 */
export class StreamGroup<R extends StreamAnswer = Float32Array> {
  readonly #engine: StreamEngine;
  readonly #returnDict: boolean;

  /** @internal See `Model.openStreams`. */
  constructor(where: string, host: StreamHost, count: unknown, options?: StreamOptions) {
    const checked = checkInteger(where, 'count', count, 0);
    const { constants, returnDict } = readStreamOptions(where, options);
    this.#returnDict = returnDict;
    this.#engine = new StreamEngine(where, host);
    const { constants: ports } = this.#engine.plan;
    if (checked === 0 && constants === null) return;
    const rows = readConstants(where, ports, constants, checked);
    for (let i = 0; i < checked; i++)
      this.#engine.open(
        where,
        rows.map((all, port) => all.subarray(i * ports[port]!.features, (i + 1) * ports[port]!.features)),
      );
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

  /**
   * Opens one more stream; returns its number, the lowest that is free.
   *
   * @throws StateError `ERR_STATE`; where the model has constants also as `model.openStream`
   */
  open(options?: ConstantOptions): number {
    const where = 'StreamGroup.open';
    this.#engine.assertOpen(where);
    const constants = readConstantOptions(where, options);
    return this.#engine.open(where, readConstants(where, this.#engine.plan.constants, constants, 1));
  }

  /** Ends one stream. @throws ConfigError `ERR_TYPE`; DataError `ERR_RANGE`; StateError `ERR_STATE` */
  close(stream: number): void {
    this.#engine.native.close(this.#engine.checkPlace('StreamGroup.close', stream));
  }

  /**
   * Lets one stream begin anew, or all: with the constants that they have, or one with others.
   *
   * @throws as {@link close}; where the model has constants also as `model.openStream`
   */
  reset(stream?: number, options?: ConstantOptions): void {
    const where = 'StreamGroup.reset';
    this.#engine.assertOpen(where);
    const constants = readConstantOptions(where, options);
    if (stream === undefined) {
      if (constants !== null)
        throw refusal('ERR_CONFIG', where, 'constants for one stream', 'constants for all', 'Name the stream.');
      for (const place of this.numbers()) this.#engine.reset(where, place, null);
      return;
    }
    const place = this.#engine.checkPlace(where, stream);
    const { plan } = this.#engine;
    this.#engine.reset(where, place, constants === null ? null : readConstants(where, plan.constants, constants, 1));
  }

  /**
   * Goes one timestep on with all streams, or with some.
   *
   * @param x [N,C], or token ids [N]: row i belongs to the i-th stream of {@link numbers}, or of `which`. For several inputs a
   *   list in their order, or an object by their names
   * @param out where the predictions go, N * units numbers for each output, given as `x` is; default: new arrays
   * @param which numbers of the streams that go on, each once; default: all that are open
   * @returns predictions [N,units], row after row; for several outputs a list, or with `returnDict` an object
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where an input is missing, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`;
   *   DataError `ERR_DATA`, `ERR_RANGE` for a token outside the vocabulary or a stream that is not open or comes twice;
   *   StateError `ERR_STATE` after {@link dispose}, `ERR_BUSY` while the model computes, `ERR_DISPOSED`. No stream has gone
   *   on then.
   */
  step(x: ByName<ArrayInput>, out?: ByName<Float32Array>, which?: ArrayLike<number>): R {
    const where = 'StreamGroup.step';
    this.#engine.assertOpen(where);
    const { native, plan } = this.#engine;
    const places = which === undefined ? null : readPlaces(where, which);
    const rows = places === null ? native.count : places.length;
    const nameOf = (index: number): string => (plan.inputs.length === 1 ? 'x' : `"${plan.inputs[index]!.name}"`);
    const inputs = spread(where, 'inputs', plan.inputs, x).map((given, index) =>
      readRows(where, nameOf(index), plan.inputs[index]!, given, rows),
    );
    const outputs = readOutputs(where, plan.outputs, out, rows);
    if (rows > 0) {
      // A row may be written before another is read.
      const safe = inputs.map((data) => (outputs.some(({ buffer }) => buffer === data.buffer) ? data.slice() : data));
      const refused = this.#engine.step(where, () => native.step(safe, outputs, places));
      if (refused < 0) throw unfitPlace(where, places!, -1 - refused);
      if (refused > 0) {
        const index = Math.floor((refused - 1) / rows);
        const tokens = { data: inputs[index] as Int32Array, shape: [rows] };
        checkVocabulary(where, nameOf(index), tokens, [-1, -1], plan.inputs[index]!.vocabularySize!);
      }
    }
    return answer(plan.outputs, outputs, this.#returnDict) as R;
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
    for (let place = 0; place <= last; place++) this.#engine.openBlank(where);
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

  /** `using group = model.openStreams(10)`: see `dispose`. */
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

/** Where predictions go. */
function readOutputs(where: string, ports: readonly StreamOutput[], out: unknown, rows: number): Float32Array[] {
  if (out === undefined) return ports.map(({ units }) => allocate(where, () => new Float32Array(rows * units)));
  return spread(where, 'out for the outputs', ports, out).map((given, index) => {
    const { name, units } = ports[index]!;
    return readOut(where, ports.length === 1 ? 'out' : `out for "${name}"`, given, rows * units);
  });
}

function readOut(where: string, what: string, out: unknown, size: number): Float32Array {
  if (!(out instanceof Float32Array)) throw refusal('ERR_TYPE', where, `${what} to be a Float32Array`, describe(out));
  if (out.length !== size || size > 0) toValues(where, what, out);
  if (out.length !== size) throw refusal('ERR_SHAPE', where, `${what} of ${size} numbers`, `${out.length}`);
  return out;
}

function unfitPlace(where: string, places: Int32Array, row: number): Error {
  const place = places[row]!;
  const received = places.indexOf(place) < row ? `${place} twice` : `${place} at which[${row}]`;
  return refusal('ERR_RANGE', where, 'which to hold numbers of open streams, each once', received);
}
