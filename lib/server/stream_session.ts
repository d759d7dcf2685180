// SPDX-License-Identifier: MIT
// One stream and its messages. Each message is one JSON value: a timestep, or an object that says what to do; each has one
// answer, in order.
import { internal, type Stream, type Timesteps } from '../index';
import { failureOf } from './failure';
import type { setTimeout } from '../util/timers';
import type { ServedModel } from './served_model';

const { describe, isPlainObject, refusal } = internal;

const WHERE = 'stream';
/** What a message may hold; `id` comes back in its answer. */
const KEYS = ['id', 'inputs', 'constants', 'reset', 'save', 'restore', 'step'];

/** What a connection can do. */
export interface SessionSocket {
  close(code: number, reason: string): void;
}

export class StreamSession<S extends SessionSocket> {
  /** The connection that has it, if any. */
  socket: S | undefined;
  /** Ends it, where no connection has it. */
  waiting: ReturnType<typeof setTimeout> | undefined;
  /** Whether a connection has had it. */
  wasUsed = false;
  readonly #release: () => void;
  #stream: Stream<Record<string, Float32Array>> | undefined;
  #steps = 0;

  /** @throws as `Model.openStream` */
  constructor(
    readonly served: ServedModel,
    readonly token: string,
    private readonly onStep: (model: string) => void,
  ) {
    // What a stream needs from the beginning comes with its first message.
    if (served.constants.length === 0) this.#stream = served.openStream(null);
    this.#release = served.acquire();
  }

  /** The first message of a connection. */
  greeting(): object {
    this.wasUsed = true;
    const { name, version, constants } = this.served;
    const needs = this.#stream === undefined ? { needs: constants } : {};
    return { model: name, version, token: this.token, step: this.#steps, ...needs };
  }

  /** The last message where the server ends: another one takes the state by `restore`. */
  farewell(): object {
    return { closing: true, ...(this.#stream === undefined ? {} : this.#saved(this.#stream)) };
  }

  /** The answer to a message. Where it is an error, the stream has not gone on. */
  answer(text: string, isBinary: boolean): object {
    let id: unknown;
    try {
      if (isBinary) throw refusal('ERR_TYPE', WHERE, 'messages of text', 'one of bytes');
      const message = parse(text);
      ({ id } = message);
      return { ...(id === undefined ? {} : { id }), ...this.#do(message) };
    } catch (error) {
      return { ...(id === undefined ? {} : { id }), ...failureOf(error).body };
    }
  }

  #do(message: Record<string, unknown>): object {
    const { inputs, constants, reset, save, restore, step } = message;
    if (reset === true || constants !== undefined) this.#begin(constants);
    const stream = this.#stream;
    if (stream === undefined)
      throw refusal('ERR_STATE', WHERE, `constants first: ${this.served.constants.join(', ')}`, 'none');
    if (restore !== undefined) this.#restore(stream, restore, step);
    if (inputs !== undefined) return this.#push(stream, inputs);
    return save === true ? this.#saved(stream) : { step: this.#steps };
  }

  #begin(constants: unknown): void {
    if (this.#stream === undefined) this.#stream = this.served.openStream(constants);
    else this.#stream.reset(constants === undefined ? {} : { constants: constants as never });
    this.#steps = 0;
  }

  #push(stream: Stream<Record<string, Float32Array>>, inputs: unknown): object {
    const answer = stream.push(inputs as Timesteps);
    this.#steps++;
    this.onStep(this.served.name);
    const values = Object.entries(answer).map(([name, array]) => [name, Array.from(array)] as const);
    return { step: this.#steps, outputs: values.length === 1 ? values[0]![1] : Object.fromEntries(values) };
  }

  #saved(stream: Stream<Record<string, Float32Array>>): object {
    return { step: this.#steps, state: Buffer.from(stream.save()).toString('base64') };
  }

  #restore(stream: Stream<Record<string, Float32Array>>, state: unknown, step: unknown): void {
    if (typeof state !== 'string') throw refusal('ERR_TYPE', WHERE, 'restore to be a state in base64', describe(state));
    const steps = step === undefined ? 0 : step;
    if (typeof steps !== 'number' || !Number.isSafeInteger(steps) || steps < 0)
      throw refusal('ERR_TYPE', WHERE, 'step to be an integer from 0', describe(step));
    stream.restore(Buffer.from(state, 'base64'));
    this.#steps = steps;
  }

  close(): void {
    this.#stream?.close();
    this.#release();
  }
}

/** A message as an object: any other value is a timestep. */
function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal('ERR_DATA', WHERE, 'messages of JSON', describe(text));
  }
  if (!isPlainObject(value)) return { inputs: value };
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw refusal('ERR_UNKNOWN_OPTION', WHERE, `messages of ${KEYS.join(', ')}`, describe(unknown));
  return value;
}
