// SPDX-License-Identifier: MIT
// What StringLookup and IntegerLookup share: tokens to ids or to rows over a vocabulary, and ids back to tokens, with
// Keras' exact semantics.
// Source: keras/src/layers/preprocessing/index_lookup.py.
import { isNumericTypedArray } from '../arrays/arrays';
import { allocate, positionText } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { resolveName } from '../util/identifiers';
import { checkBoolean, checkInteger, describe, refusal } from '../util/validate';
import type { ArrayInput, NumericTypedArray } from '../types';
import { INTEGERS } from './token_kinds';
import { countTokens, Vocabulary, type Reader, type TokenKind } from './vocabulary';

/** What a lookup makes of tokens. */
export type LookupOutputMode = 'int' | 'one_hot' | 'multi_hot' | 'count' | 'tf_idf';

/** Options of lookups. `null` where Keras takes None. */
export interface LookupOptions<T> {
  /** Most tokens of the vocabulary, special ones included. Default null: no limit. */
  maxTokens?: number | null;
  /** Ids for unknown tokens, from 0: with none they are refused, with several they are dealt by a hash. Default 1. */
  numOovIndices?: number;
  /** The token of padding: id 0 with 'int', left out with the other modes. Default null: none. */
  maskToken?: T | null;
  /** With `invert`: what ids of unknown tokens stand for. */
  oovToken?: T;
  /** Tokens in the order of their ids, or the path of a file with one per line; `adapt` is refused then. Default null. */
  vocabulary?: readonly T[] | string | null;
  /** With 'tf_idf' and `vocabulary`: a weight for each of its tokens. Default null. */
  idfWeights?: ArrayInput | null;
  /** Whether ids become tokens. Default false. */
  invert?: boolean;
  /**
   * Ids; or rows over the vocabulary: one for each token ('one_hot'), or one for the tokens of a sample: presence, counts,
   * or counts times inverse document frequency. Default 'int'.
   */
  outputMode?: LookupOutputMode | (string & {});
  /** Not with 'int': rows have `maxTokens` columns, however few tokens there are. Default false. */
  padToMaxTokens?: boolean;
}

/** A lookup as plain data for JSON. */
export interface LookupConfig<T> {
  maxTokens: number | null;
  numOovIndices: number;
  maskToken: T | null;
  oovToken: T;
  vocabulary: T[] | null;
  idfWeights: number[] | null;
  invert: boolean;
  outputMode: LookupOutputMode;
  padToMaxTokens: boolean;
}

/** Tokens, one or nested to any depth; numbers may come as typed arrays and NdArrays. */
export type LookupInput<T> =
  | T
  | readonly LookupInput<T>[]
  | (T extends number
      ? NumericTypedArray | { readonly data: NumericTypedArray; readonly shape: readonly number[] }
      : never);

/** What `adapt` takes: an array of samples, or anything that yields samples or batches of them. */
export type LookupSource<T> = Iterable<LookupInput<T>> | AsyncIterable<LookupInput<T>>;

/** Defaults of {@link LookupOptions} that all lookups have. */
export const lookupDefaults = Object.freeze({
  maxTokens: null,
  numOovIndices: 1,
  maskToken: null,
  vocabulary: null,
  idfWeights: null,
  invert: false,
  outputMode: 'int',
  padToMaxTokens: false,
});

const MODES: ReadonlyMap<string, LookupOutputMode> = new Map(
  (['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'] as const).map((mode) => [mode, mode]),
);

/** Deeper nesting is taken for an array that contains itself. */
const MAX_RANK = 16;

/** Tokens, row after row. */
interface Tokens<T> {
  readonly data: readonly T[];
  readonly shape: readonly number[];
}

/** Base class of {@link StringLookup} and {@link IntegerLookup}. */
export abstract class IndexLookup<T extends string | number> {
  abstract readonly className: string;
  readonly maxTokens: number | null;
  readonly numOovIndices: number;
  readonly maskToken: T | null;
  readonly oovToken: T;
  readonly invert: boolean;
  readonly outputMode: LookupOutputMode;
  readonly padToMaxTokens: boolean;
  readonly #where: string;
  readonly #kind: TokenKind<T>;
  readonly #hasInputVocabulary: boolean;
  readonly #vocabulary: Vocabulary<T>;

  protected constructor(where: string, kind: TokenKind<T>, o: Required<LookupOptions<T>>) {
    this.#where = where;
    this.#kind = kind;
    this.outputMode = resolveName(where, 'outputMode', o.outputMode, MODES);
    this.invert = checkBoolean(where, 'invert', o.invert);
    if (this.invert && this.outputMode !== 'int')
      throw refusal('ERR_CONFIG', where, "outputMode 'int' with invert", `'${this.outputMode}'`);
    this.numOovIndices = checkInteger(where, 'numOovIndices', o.numOovIndices, 0);
    this.maskToken = o.maskToken === null ? null : kind.read(where, 'maskToken', o.maskToken);
    this.oovToken = kind.read(where, 'oovToken', o.oovToken);
    if (this.maskToken === this.oovToken)
      throw refusal('ERR_CONFIG', where, 'maskToken and oovToken to differ', `${describe(this.oovToken)} for both`);
    const special = this.#specialTokens();
    // Room for one token besides the special ones.
    this.maxTokens =
      o.maxTokens === null ? null : checkInteger(where, 'maxTokens', o.maxTokens, Math.max(2, special.length + 1));
    this.padToMaxTokens = checkBoolean(where, 'padToMaxTokens', o.padToMaxTokens);
    if (this.padToMaxTokens && (this.maxTokens === null || this.outputMode === 'int'))
      throw refusal(
        'ERR_CONFIG',
        where,
        "maxTokens, and another outputMode than 'int', where padToMaxTokens is true",
        `maxTokens ${describe(this.maxTokens)} and outputMode '${this.outputMode}'`,
      );
    const masked = this.maskToken === null ? [] : [this.maskToken];
    this.#vocabulary = new Vocabulary<T>({
      kind,
      special,
      reserved: this.invert ? [...masked, this.oovToken] : masked,
      unlearnt: [...masked, this.oovToken],
      maxTokens: this.maxTokens,
      isWeighed: this.outputMode === 'tf_idf',
    });
    this.#hasInputVocabulary = o.vocabulary !== null;
    if (o.vocabulary !== null) this.setVocabulary(o.vocabulary, o.idfWeights);
    else if (o.idfWeights !== null)
      throw refusal('ERR_CONFIG', where, 'idfWeights only together with vocabulary', 'idfWeights alone');
  }

  /** Which of the ids of unknown tokens, from 0, an unknown token has. */
  protected abstract bucket(token: T): number;

  /** Tokens that ids stand for, as {@link call} gives them. */
  protected abstract tokensOf(tokens: readonly T[], shape: readonly number[]): unknown;

  /**
   * Learns the vocabulary: all tokens, or the most frequent ones where `maxTokens` limits them; among tokens as frequent the
   * largest (the last by code points) is first. With 'tf_idf' each sample is a document.
   *
   * Looks at the event loop meanwhile; `call` knows the old vocabulary until the promise resolves.
   *
   * @param data samples, each a token or an array of tokens: an array of them, or anything that yields samples or batches
   * @param options `steps`: how many items of an iterable to take. Default: all
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`; ShapeError `ERR_SHAPE`; StateError `ERR_STATE` where the constructor was
   *   given a vocabulary; DataError `ERR_DATA` where there is no token at all
   */
  async adapt(data: LookupSource<T>, options?: { steps?: number | null }): Promise<void> {
    const where = `${this.#where}.adapt`;
    if (this.#hasInputVocabulary)
      throw refusal('ERR_STATE', where, 'no vocabulary from the constructor', 'one', `Make a new ${this.#where}.`);
    this.#vocabulary.learn(where, await countTokens(where, data, options, (item) => this.#documents(where, item)));
  }

  /** See the classes. */
  protected lookUp(inputs: unknown): unknown {
    const where = `${this.#where}.call`;
    this.#vocabulary.assertKnown(where);
    if (this.invert) return this.#invert(flatten(where, 'an id', inputs, INTEGERS));
    const tokens = flatten(where, `a ${this.#kind.noun}`, inputs, this.#kind);
    const ids = tokens.data.map((token, index) => this.#idOf(where, token, index, tokens.shape));
    if (this.outputMode === 'int') return new NdArray(Int32Array.from(ids), tokens.shape);
    return this.outputMode === 'one_hot' ? this.#oneHot(where, ids, tokens) : this.#rows(where, ids, tokens);
  }

  /**
   * The tokens in the order of their ids.
   *
   * @param includeSpecialTokens also what stands for padding and for unknown tokens
   */
  getVocabulary(includeSpecialTokens = true): T[] {
    const { tokens } = this.#vocabulary;
    return checkBoolean(`${this.#where}.getVocabulary`, 'includeSpecialTokens', includeSpecialTokens)
      ? [...this.#specialTokens(), ...tokens]
      : [...tokens];
  }

  /** Number of ids, special tokens included. */
  vocabularySize(): number {
    return this.#vocabulary.size;
  }

  /** With 'tf_idf': the weight of each id; null before there is a vocabulary and in the other modes. */
  get idfWeights(): Float32Array | null {
    return this.#vocabulary.weights?.slice() ?? null;
  }

  /**
   * Sets the vocabulary in place of one that is learnt.
   *
   * @param vocabulary tokens in the order of their ids, with or without the special ones at their beginning; or the path of a
   *   file with one per line
   * @param idfWeights with 'tf_idf': one for each element of `vocabulary`. Without special tokens, those weigh the mean
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where tokens are repeated, reserved or more than `maxTokens`; ShapeError
   *   `ERR_SHAPE` for another number of weights; DataError `ERR_DATA` where it is empty, `ERR_NOT_FOUND` where there is no file
   */
  setVocabulary(vocabulary: readonly T[] | string, idfWeights: ArrayInput | null = null): void {
    this.#vocabulary.set(`${this.#where}.setVocabulary`, vocabulary, idfWeights);
  }

  /** All options with the vocabulary at present. */
  getConfig(): LookupConfig<T> {
    const { maxTokens, numOovIndices, maskToken, oovToken, invert, outputMode, padToMaxTokens } = this;
    const { isKnown, weights } = this.#vocabulary;
    return {
      maxTokens,
      numOovIndices,
      maskToken,
      oovToken,
      vocabulary: isKnown ? this.getVocabulary() : null,
      idfWeights: weights === null ? null : Array.from(weights),
      invert,
      outputMode,
      padToMaxTokens,
    };
  }

  /** `{ className, config }`, which `fromConfig` takes as well. */
  toJSON(): { className: string; config: LookupConfig<T> } {
    return { className: this.className, config: this.getConfig() };
  }

  /** What the first ids stand for. */
  #specialTokens(): T[] {
    const unknown = new Array<T>(this.numOovIndices).fill(this.oovToken);
    return this.maskToken !== null && this.outputMode === 'int' ? [this.maskToken, ...unknown] : unknown;
  }

  get #firstOov(): number {
    return this.maskToken !== null && this.outputMode === 'int' ? 1 : 0;
  }

  /** An id; -1 for what is left out. */
  #idOf(where: string, token: T, index: number, shape: readonly number[]): number {
    if (token === this.maskToken) return this.outputMode === 'int' ? 0 : -1;
    const known = this.#vocabulary.find(token);
    if (known !== undefined) return known;
    if (this.numOovIndices === 0)
      throw refusal(
        'ERR_RANGE',
        where,
        `${this.#kind.noun}s of the vocabulary`,
        `${describe(token)} at ${positionText(index, shape)}`,
        'With numOovIndices: 1 unknown ones have an id.',
      );
    return this.#firstOov + (this.numOovIndices === 1 ? 0 : this.bucket(token));
  }

  #invert({ data, shape }: Tokens<number>): unknown {
    const { tokens } = this.#vocabulary;
    const { maskToken, oovToken } = this;
    const first = this.#specialTokens().length;
    const found = data.map((id) => (id === 0 && maskToken !== null ? maskToken : (tokens[id - first] ?? oovToken)));
    return this.tokensOf(found, shape);
  }

  get #columns(): number {
    return this.padToMaxTokens ? this.maxTokens! : this.#vocabulary.size;
  }

  /** A row for each token; a last axis of 1 is left out where there are others. */
  #oneHot(where: string, ids: readonly number[], { shape }: Tokens<T>): NdArray {
    const columns = this.#columns;
    const out = allocate(where, () => new Float32Array(ids.length * columns));
    ids.forEach((id, index) => {
      if (id >= 0) out[index * columns + id] = 1;
    });
    const axes = shape.length === 0 ? [1] : shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
    return new NdArray(out, [...axes, columns]);
  }

  /** A row for each sample. */
  #rows(where: string, ids: readonly number[], { shape }: Tokens<T>): NdArray {
    if (shape.length > 2)
      throw refusal('ERR_SHAPE', where, `samples [N,T] with outputMode '${this.outputMode}'`, `[${shape.join(', ')}]`);
    const columns = this.#columns;
    const [rows, each] = shape.length === 2 ? (shape as [number, number]) : [1, ids.length];
    const out = allocate(where, () => new Float32Array(rows * columns));
    ids.forEach((id, index) => {
      if (id < 0) return;
      const place = Math.floor(index / each) * columns + id;
      out[place] = this.outputMode === 'multi_hot' ? 1 : out[place]! + 1;
    });
    const { weights } = this.#vocabulary;
    if (weights !== null)
      for (let row = 0; row < rows; row++)
        weights.forEach((weight, id) => (out[row * columns + id] = out[row * columns + id]! * weight));
    return new NdArray(out, shape.length === 2 ? [rows, columns] : [columns]);
  }

  /** The samples of one item of a source: a token or a row of them is one, of a batch each row is. */
  #documents(where: string, item: unknown): readonly (readonly T[])[] {
    const { data, shape } = flatten(where, `a ${this.#kind.noun}`, item, this.#kind);
    const rows = shape.length > 1 ? shape[0]! : 1;
    const each = data.length / rows;
    return Array.from({ length: rows }, (_, row) => data.slice(row * each, (row + 1) * each));
  }
}

/** Tokens of any depth, in their order; the first that does not fit is named by its position. */
function flatten<T>(where: string, what: string, input: unknown, kind: Reader<T>): Tokens<T> {
  const data: T[] = [];
  if (typeof input === 'object' && input !== null && 'data' in input && 'shape' in input) {
    const { data: values, shape } = input;
    if (!isNumericTypedArray(values) || !Array.isArray(shape))
      throw refusal('ERR_TYPE', where, 'an NdArray or { data, shape } of numbers', describe(input));
    const array = new NdArray(values, shape);
    if (values.length === 0) throw emptyRefusal(where);
    values.forEach((value, i) =>
      data.push(kind.of(value) ?? kind.read(where, `${what} at ${positionText(i, array.shape)}`, value)),
    );
    return { data, shape: array.shape };
  }
  const shape = shapeOf(where, input);
  const path: number[] = [];
  const at = (): string => (path.length === 0 ? '' : ` at [${path.join(', ')}]`);
  const walk = (node: unknown): void => {
    const isRow = isList(node);
    const size = shape[path.length];
    if (size === undefined) {
      if (isRow)
        throw refusal('ERR_SHAPE', where, `${what}${at()}`, describe(node), 'Rows must be nested to one depth.');
      data.push(kind.of(node) ?? kind.read(where, `${what}${at()}`, node));
      return;
    }
    if (!isRow) throw refusal('ERR_SHAPE', where, `a row of ${size}${at()}`, describe(node));
    if (node.length !== size) throw refusal('ERR_SHAPE', where, `rows of one length, ${size}`, `${node.length}${at()}`);
    for (let index = 0; index < size; index++) {
      path.push(index);
      walk(node[index]);
      path.pop();
    }
  };
  walk(input);
  return { data, shape };
}

/** Sizes along the first element of each axis; the others are held to them. */
function shapeOf(where: string, input: unknown): number[] {
  const shape: number[] = [];
  for (let node = input; isList(node); node = node[0]) {
    if (node.length === 0) throw emptyRefusal(where);
    shape.push(node.length);
    if (shape.length > MAX_RANK)
      throw refusal('ERR_SHAPE', where, `at most ${MAX_RANK} axes`, 'more', 'Does it contain itself?');
  }
  return shape;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isNumericTypedArray(value);
}

function emptyRefusal(where: string): Error {
  return refusal('ERR_DATA', where, 'at least one element', 'an empty array');
}
