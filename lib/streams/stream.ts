// SPDX-License-Identifier: MIT
// One stream of a model: push a timestep, read the prediction. Synchronous, for a step takes microseconds, less than
// handing it to another thread would.
import { readConstantOptions, readStreamOptions, type ConstantOptions, type StreamOptions } from './options';
import { answer, readConstants, spread, type StreamAnswer } from './ports';
import { StreamEngine } from './stream_engine';
import { TimestepReader } from './timestep_reader';
import { refusal } from '../util/validate';
import type { ByName } from './options';
import type { StreamHost } from './stream_plan';

/** One timestep of an input: a number where it has one feature, or a token id; else its C numbers. */
export type Timestep = number | ArrayLike<number>;

/** One timestep of all inputs that are sequences: of the only one, in order, or by name. */
export type Timesteps = ByName<Timestep>;

/**
 * A sequence that comes one timestep at a time: made by `model.openStream()`.
 *
 * It keeps the states of the model's recurrent layers. What `push` gives is what `predict` gives at the last timestep of
 * the sequence so far, within the rounding of float32; nothing before it is computed again. Weights are the model's: a
 * stream that is open while the model is trained goes on with the new ones, but for what follows from constants alone,
 * which {@link reset} computes anew.
 *
 * @typeParam R what `push` gives: `Float32Array`, `Float32Array[]` for several outputs, an object with `returnDict`
 * @example
 * const stream = model.openStream();
 * for (const reading of readings) {
 *   const [score] = stream.push(reading);
 *   if (score! > 0.9) alarm();
 * }
 */
export class Stream<R extends StreamAnswer = Float32Array> {
  readonly #engine: StreamEngine;
  readonly #inputs: (Float32Array | Int32Array)[];
  readonly #outputs: Float32Array[];
  readonly #readers: TimestepReader[];
  /** Where there is one input, its reader; where there is one output, and no name is asked for, its values. */
  readonly #reader: TimestepReader | undefined;
  readonly #output: Float32Array | undefined;
  readonly #returnDict: boolean;
  readonly #step: () => void;

  /** @internal See `Model.openStream`. */
  constructor(where: string, host: StreamHost, options?: StreamOptions) {
    const { constants, returnDict } = readStreamOptions(where, options);
    this.#engine = new StreamEngine(where, host);
    const { plan, native } = this.#engine;
    const { inputs, outputs } = plan;
    this.#inputs = inputs.map(({ vocabularySize, features }) =>
      vocabularySize === undefined ? new Float32Array(features) : new Int32Array(1),
    );
    this.#outputs = outputs.map(({ units }) => new Float32Array(units));
    this.#readers = inputs.map((input, index) => new TimestepReader(input, this.#inputs[index]!, inputs.length === 1));
    this.#reader = inputs.length === 1 ? this.#readers[0] : undefined;
    this.#output = outputs.length === 1 && !returnDict ? this.#outputs[0] : undefined;
    this.#returnDict = returnDict;
    this.#engine.open(where, readConstants(where, plan.constants, constants, 1));
    this.#step = this.#engine.step(where, () => native.pin(this.#inputs, this.#outputs));
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
   * @param x a number where a timestep is one; [C] numbers, NaN among them as in `predict`; a token id for an input that an
   *   `Embedding` reads. For several inputs a list in their order, or an object by their names
   * @returns the prediction at this timestep [units], an array of the caller's own; for several outputs a list, or with
   *   `returnDict` an object by their names
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where an input is missing, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE`;
   *   DataError `ERR_DATA`, `ERR_RANGE` for a token outside the vocabulary; StateError `ERR_STATE` after {@link close},
   *   `ERR_BUSY` while the model computes (`fit`, `predict`), `ERR_DISPOSED`. The stream has not gone on then.
   */
  push(x: Timesteps): R {
    const where = 'Stream.push';
    this.#engine.assertOpen(where);
    if (this.#reader !== undefined) this.#reader.read(where, x);
    else this.#readAll(where, x);
    this.#engine.step(where, this.#step);
    if (this.#output !== undefined) return this.#output.slice() as R;
    const values = this.#outputs.map((output) => output.slice());
    return answer(this.#engine.plan.outputs, values, this.#returnDict) as R;
  }

  #readAll(where: string, x: unknown): void {
    const given = spread(where, 'inputs', this.#engine.plan.inputs, x);
    this.#readers.forEach((reader, index) => reader.read(where, given[index]));
  }

  /**
   * The stream begins anew, as if nothing had been pushed: with the constants that it has, or with others.
   *
   * @throws StateError `ERR_STATE` after {@link close}; where the model has constants also as `model.openStream`
   */
  reset(options?: ConstantOptions): void {
    const where = 'Stream.reset';
    this.#engine.assertOpen(where);
    const constants = readConstantOptions(where, options);
    const { plan } = this.#engine;
    this.#engine.reset(where, 0, constants === null ? null : readConstants(where, plan.constants, constants, 1));
  }

  /**
   * The states as bytes, constants among them, for {@link restore}: of this stream, of another of this model, or of one with
   * the same layers.
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
