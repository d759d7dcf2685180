// SPDX-License-Identifier: MIT
// One timestep of one input, checked and copied to where the engine reads it. A step takes about a microsecond: what is
// usual comes first, and allocates nothing.
import { checkVocabulary, toTokens, toValues } from '../arrays/arrays';
import { refusal } from '../util/validate';
import { isNamed, spread, type StreamInput } from './ports';

export class TimestepReader {
  readonly #vocabularySize: number | undefined;
  readonly #features: number;
  /** The input, for messages. */
  readonly #what: string;

  /** @param isAlone whether the model has no other */
  constructor(
    private readonly input: StreamInput,
    private readonly into: Float32Array | Int32Array,
    private readonly isAlone: boolean,
  ) {
    this.#vocabularySize = input.vocabularySize;
    this.#features = input.features;
    this.#what = isAlone ? 'x' : `"${input.name}"`;
  }

  /** @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`, `ERR_RANGE` */
  read(where: string, x: unknown): void {
    const { into } = this;
    const size = this.#vocabularySize;
    if (size === undefined) {
      if (x instanceof Float32Array && x.length === this.#features) into.set(x);
      else if (typeof x === 'number' && this.#features === 1) into[0] = x;
      else into.set(this.#toValues(where, x));
    } else if (typeof x === 'number' && Number.isInteger(x) && x >= 0 && x < size) {
      into[0] = x;
    } else {
      into[0] = this.#toToken(where, x, size);
    }
  }

  #toValues(where: string, x: unknown): Float32Array {
    const features = this.#features;
    const given = this.#alone(where, x);
    const { data, shape } = toValues(where, this.#what, typeof given === 'number' ? [given] : given);
    if (shape.length === 1 && data.length === features) return data;
    const expected = `a timestep of ${this.#what} of shape [C] = [${features}]`;
    throw refusal('ERR_SHAPE', where, expected, `[${shape.join(', ')}]`);
  }

  /** A token in another form, or the refusal of what is none. */
  #toToken(where: string, x: unknown, vocabularySize: number): number {
    const given = this.#alone(where, x);
    const tokens = toTokens(where, this.#what, typeof given === 'number' ? [given] : given);
    if (tokens.data.length !== 1)
      throw refusal('ERR_SHAPE', where, `one token of ${this.#what}`, `${tokens.data.length}`);
    const id = tokens.data[0]!;
    checkVocabulary(where, this.#what, tokens, [id, id], vocabularySize);
    return id;
  }

  /** The only input may be given by name, too. */
  #alone(where: string, x: unknown): unknown {
    return this.isAlone && isNamed(x) ? spread(where, 'inputs', [this.input], x)[0] : x;
  }
}
