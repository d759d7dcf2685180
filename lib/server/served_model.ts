// SPDX-License-Identifier: MIT
// One version of a model in service: what it takes and gives, predictions, streams, and who still needs it.
import {
  internal,
  loadAssets,
  loadModel,
  Model,
  TextVectorization,
  type AbortSignalLike,
  type ArrayInput,
  type NdArray,
} from '../index';
import { setTimeout } from '../util/timers';
import { Turnstile } from './turnstile';
import type { Stream } from '../index';
import type { ModelSource } from './types';

const { describe, isPlainObject, refusal } = internal;

/** A tensor of a model as the protocol describes it; -1 where a size is any. */
export interface TensorDescription {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** Arrays or texts by the names of the inputs. */
export type InputsByName = Readonly<Record<string, unknown>>;

/** Requests are small: what waits is gathered into batches of that many rows. */
const BATCH_SIZE = 1024;
/** Requests that are computed at a time. More give no larger batches that pay, and arrays that live long are dear to collect. */
const AT_A_TIME = 64;

export class ServedModel {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  readonly #turns = new Turnstile(AT_A_TIME);
  #users = 0;
  #onIdle: (() => void) | undefined;
  #streaming: Model | undefined;

  private constructor(
    readonly name: string,
    readonly version: string,
    readonly model: Model,
    /** By the names of the inputs that take texts. */
    readonly vectorizers: ReadonlyMap<string, TextVectorization>,
    /** It came from a file and belongs to nobody else. */
    private readonly isOwn: boolean,
  ) {
    const { inputs, outputs, inputNames, outputNames } = model;
    this.inputs = inputs.map(({ shape }, index) => ({
      name: inputNames[index]!,
      datatype: model.readsTokens(index) ? 'INT32' : 'FP32',
      shape: openShape(shape),
    }));
    this.outputs = outputs.map(({ shape }, index) => ({
      name: outputNames[index]!,
      datatype: 'FP32',
      shape: openShape(shape),
    }));
  }

  /**
   * A model made ready.
   *
   * @throws (rejects) as `loadModel`; ConfigError `ERR_TYPE`, `ERR_CONFIG` where a layer is stateful; StateError `ERR_STATE`
   *   where it is not built, `ERR_DISPOSED`
   */
  static async load(where: string, name: string, version: string, source: ModelSource): Promise<ServedModel> {
    const isOwn = typeof source === 'string';
    const { model, vectorizers } = isOwn ? await fromFile(source) : fromMemory(where, source);
    try {
      if (model.isStateful)
        throw refusal('ERR_CONFIG', where, 'a model without stateful layers', `${describe(model)} with some`);
      await model.prepare();
      return new ServedModel(name, version, model, byInput(where, model, vectorizers), isOwn);
    } catch (error) {
      if (isOwn) model.dispose();
      throw error;
    }
  }

  /** Calls that use it have it until they give it back, once. */
  acquire(): () => void {
    this.#users++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#users === 0) this.#onIdle?.();
    };
  }

  /**
   * Waits for the turn of a call, and has the model meanwhile and until the call gives both back, once.
   *
   * @throws (rejects) Error where the signal ends the wait
   */
  async enter(signal: AbortSignalLike): Promise<() => void> {
    const release = this.acquire();
    try {
      await this.#turns.enter(signal);
    } catch (error) {
      release();
      throw error;
    }
    return () => {
      this.#turns.leave();
      release();
    };
  }

  /** Resolves when nobody needs it any more; its memory is given back then. */
  async retire(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#streaming?.dispose();
    if (!this.isOwn) return;
    // A call that was ended has its batch in work still.
    while (this.model.isBusy) await pause();
    this.model.dispose();
  }

  /**
   * The outputs, in order. Texts are vectorized where an input takes them.
   *
   * @throws (rejects) as `Model.predict`, `TextVectorization.call`
   */
  async predict(inputs: unknown, signal: AbortSignalLike): Promise<NdArray[]> {
    const options = { batchSize: BATCH_SIZE, signal };
    // Checked by `predict` itself, whatever it is.
    const given = this.#vectorized(inputs) as ArrayInput;
    const answer = await this.model.predict<NdArray | NdArray[]>(given, options);
    return Array.isArray(answer) ? answer : [answer];
  }

  #vectorized(inputs: unknown): unknown {
    if (this.vectorizers.size === 0) return inputs;
    if (!isPlainObject(inputs)) {
      const [only] = this.inputs;
      return this.inputs.length === 1 ? this.#vectorize(only!.name, inputs) : inputs;
    }
    return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, this.#vectorize(name, value)]));
  }

  #vectorize(name: string, value: unknown): unknown {
    const vectorizer = this.vectorizers.get(name);
    if (vectorizer === undefined) return value;
    if (typeof value === 'string') return vectorizer.call([value]);
    return Array.isArray(value) && holdsText(value) ? vectorizer.call(value as string[]) : value;
  }

  /** Inputs that are vectors: a stream is opened with them. */
  get constants(): readonly string[] {
    return this.inputs
      .filter(({ datatype, shape }) => datatype === 'FP32' && shape.length === 2)
      .map(({ name }) => name);
  }

  /**
   * A stream. Its steps are computed by a model of its own that shares the layers: the first one may be predicting.
   *
   * @throws as `Model.openStream`
   */
  openStream(constants: unknown): Stream<Record<string, Float32Array>> {
    const { model } = this;
    this.#streaming ??= new Model(
      Object.fromEntries(model.inputs.map((tensor, index) => [model.inputNames[index]!, tensor])),
      Object.fromEntries(model.outputs.map((tensor, index) => [model.outputNames[index]!, tensor])),
    );
    return this.#streaming.openStream({ constants: constants as ArrayInput, returnDict: true });
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 10));
}

/** Text in the first place: a list with a text anywhere else fails in the vectorizer's or the model's words. */
function holdsText(value: readonly unknown[]): boolean {
  const [first] = value;
  return typeof first === 'string' || (Array.isArray(first) && typeof first[0] === 'string');
}

function openShape(shape: readonly (number | null)[]): number[] {
  return shape.map((size) => size ?? -1);
}

interface Parts {
  readonly model: Model;
  readonly vectorizers: ReadonlyMap<string | undefined, TextVectorization>;
}

function fromMemory(where: string, source: Exclude<ModelSource, string>): Parts {
  if (source instanceof Model) return { model: source, vectorizers: new Map() };
  const { model, vectorizer } = (isPlainObject(source) ? source : {}) as { model?: unknown; vectorizer?: unknown };
  if (model instanceof Model && vectorizer instanceof TextVectorization)
    return { model, vectorizers: new Map([[undefined, vectorizer]]) };
  throw refusal('ERR_TYPE', where, 'a Model, a path, or { model, vectorizer }', describe(source));
}

async function fromFile(path: string): Promise<Parts> {
  const vectorizers = new Map<string, TextVectorization>();
  for (const [key, asset] of Object.entries(await loadAssets(path)))
    if (isPlainObject(asset) && asset['className'] === 'TextVectorization')
      vectorizers.set(key, TextVectorization.fromConfig(asset as never));
  return { model: await loadModel(path, { compile: false }), vectorizers };
}

/**
 * Which input takes which texts: that of the vectorizer's name among the assets; one vectorizer alone belongs to the only
 * input, or to the only one of ids.
 */
function byInput(where: string, model: Model, vectorizers: Parts['vectorizers']): Map<string, TextVectorization> {
  const { inputNames } = model;
  const named = [...vectorizers].filter((entry): entry is [string, TextVectorization] =>
    inputNames.includes(entry[0]!),
  );
  if (named.length > 0 || vectorizers.size === 0) return new Map(named);
  const ids = inputNames.filter((_, index) => model.readsTokens(index));
  const [input, ...others] = inputNames.length === 1 ? inputNames : ids;
  const [vectorizer] = vectorizers.values();
  if (vectorizers.size === 1 && input !== undefined && others.length === 0) return new Map([[input, vectorizer!]]);
  const expected = `each vectorizer among the assets to have the name of its input: ${inputNames.join(', ')}`;
  throw refusal('ERR_CONFIG', where, expected, [...vectorizers.keys()].map((key) => key ?? 'one').join(', '));
}
