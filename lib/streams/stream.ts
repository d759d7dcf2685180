// SPDX-License-Identifier: MIT
// One stream of a model: push a timestep, read the prediction. Synchronous, for a step takes microseconds, less than
// handing it to another thread would.
import { checkVocabulary, toTokens, toValues } from '../arrays/arrays';
import { refusal } from '../util/validate';
import { StreamEngine } from './stream_engine';
import type { StreamHost } from './stream_plan';

/** One timestep: a number where it has one feature, or a token id; else its C numbers. */
export type Timestep = number | ArrayLike<number>;

/**
 * A sequence that comes one timestep at a time: made by `model.openStream()`.
 *
 * It keeps the states of the model's recurrent layers. What `push` gives is what `predict` gives at the last timestep of
 * the sequence so far, within the rounding of float32; nothing before it is computed again. Weights are the model's: a
 * stream that is open while the model is trained goes on with the new ones.
 *
 * @example
 * const stream = model.openStream();
 * for (const reading of readings) {
 *   const [score] = stream.push(reading);
 *   if (score! > 0.9) alarm();
 * }
 */
export class Stream {
  readonly #engine: StreamEngine;
  readonly #input: Float32Array | Int32Array;
  readonly #output: Float32Array;
  readonly #step: () => void;

  /** @internal See `Sequential.openStream`. */
  constructor(where: string, host: StreamHost) {
    this.#engine = new StreamEngine(where, host);
    const { plan, native } = this.#engine;
    this.#input = plan.vocabularySize === undefined ? new Float32Array(plan.features) : new Int32Array(1);
    this.#output = new Float32Array(plan.units);
    native.open([]);
    this.#engine.step(where, () => native.pin([this.#input], [this.#output]));
    this.#step = () => native.stepPinned();
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#engine.isClosed;
  }

  /** Bytes that the engine holds for this stream. */
  get memoryBytes(): number {
    return this.#engine.native.memoryBytes;
  }

  /**
   * Goes one timestep on.
   *
   * @param x a number where a timestep is one; [C] numbers, NaN among them as in `predict`; a token id for a model that
   *   begins with `Embedding`
   * @returns the prediction at this timestep [units], an array of the caller's own
   * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`, `ERR_RANGE` for a token outside the
   *   vocabulary; StateError `ERR_STATE` after {@link close}, `ERR_BUSY` while the model computes (`fit`, `predict`),
   *   `ERR_DISPOSED`. The stream has not gone on then.
   */
  push(x: Timestep): Float32Array {
    const where = 'Stream.push';
    this.#engine.assertOpen(where);
    this.#read(where, x);
    this.#engine.step(where, this.#step);
    return this.#output.slice();
  }

  #read(where: string, x: Timestep): void {
    const input = this.#input;
    const { vocabularySize, features } = this.#engine.plan;
    if (vocabularySize !== undefined) {
      const isId = typeof x === 'number' && Number.isInteger(x) && x >= 0 && x < vocabularySize;
      if (isId) input[0] = x;
      else input[0] = readToken(where, x, vocabularySize);
    } else if (typeof x === 'number' && features === 1) {
      input[0] = x;
    } else if (x instanceof Float32Array && x.length === features) {
      input.set(x);
    } else {
      const { data, shape } = toValues(where, 'x', typeof x === 'number' ? [x] : x);
      if (shape.length !== 1 || data.length !== features)
        throw refusal('ERR_SHAPE', where, `a timestep of shape [C] = [${features}]`, `[${shape.join(', ')}]`);
      input.set(data);
    }
  }

  /** The stream begins anew, as if nothing had been pushed. @throws StateError `ERR_STATE` after {@link close} */
  reset(): void {
    this.#engine.assertOpen('Stream.reset');
    this.#engine.step('Stream.reset', () => this.#engine.native.reset(0, []));
  }

  /**
   * The states as bytes, for {@link restore}: of this stream, of another of this model, or of one with the same layers.
   *
   * @throws StateError `ERR_STATE` after {@link close}
   * @example
   * const before = stream.save();
   * const guesses = candidates.map((x) => (stream.restore(before), stream.push(x)));
   */
  save(): Uint8Array {
    this.#engine.assertOpen('Stream.save');
    return this.#engine.save(Int32Array.of(0));
  }

  /**
   * Goes back to saved states, exactly.
   *
   * @throws ConfigError `ERR_TYPE`; DataError `ERR_DATA`; ShapeError `ERR_SHAPE` for states of a model with other layers,
   *   or of several streams; StateError `ERR_STATE` after {@link close}
   */
  restore(saved: Uint8Array): void {
    const where = 'Stream.restore';
    const snapshot = this.#engine.decode(where, saved);
    if (snapshot.places.length !== 1)
      throw refusal('ERR_SHAPE', where, 'the states of one stream', `those of ${snapshot.places.length}`);
    this.#engine.write(0, snapshot, 0);
  }

  /** Gives the memory back; a stream that is dropped is collected all the same. May be called again. */
  close(): void {
    this.#engine.close();
  }

  /** `using stream = model.openStream()`: see {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A token in another form, or the refusal of what is none. */
function readToken(where: string, x: Timestep, vocabularySize: number): number {
  const tokens = toTokens(where, 'x', typeof x === 'number' ? [x] : x);
  if (tokens.data.length !== 1) throw refusal('ERR_SHAPE', where, 'one token', `${tokens.data.length}`);
  const id = tokens.data[0]!;
  checkVocabulary(where, 'x', tokens, [id, id], vocabularySize);
  return id;
}
