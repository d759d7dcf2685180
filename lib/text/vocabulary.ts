// SPDX-License-Identifier: MIT
// What a TextVectorization and the lookups know of tokens: counts while they look at data, then an id and, where they
// weigh, a weight for each token. Special tokens (masked, unknown) come before the others.
import { readFileSync } from 'node:fs';
import { toValues } from '../arrays/arrays';
import { withDefaults } from '../util/options';
import { nextTurn } from '../util/timers';
import { checkInteger, describe, refusal } from '../util/validate';
import type { ArrayInput } from '../types';

/** How elements are read. */
export interface Reader<T> {
  /** A value as an element; undefined where it is none. */
  of(value: unknown): T | undefined;
  /** The same; throws ConfigError `ERR_TYPE` or DataError `ERR_DATA` where it is none. */
  read(where: string, what: string, value: unknown): T;
}

/** What tokens are. */
export interface TokenKind<T> extends Reader<T> {
  /** How messages call one. */
  readonly noun: string;
  /** A line of a file as a token. */
  parse(where: string, line: string, index: number): T;
  /** Of tokens that are as frequent the larger has the lower id. */
  compare(a: T, b: T): number;
}

/** Documents that are looked at between two looks at the event loop. */
const DOCUMENTS_PER_TURN = 256;

/** Counts tokens, and the documents that each occurs in. */
export class TokenCounter<T> {
  documents = 0;
  private readonly counts = new Map<T, { tokens: number; documents: number; last: number }>();

  /** Whether no token was counted. */
  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  add(tokens: readonly T[]): void {
    this.documents++;
    for (const token of tokens) {
      const count = this.counts.get(token);
      if (count === undefined) {
        this.counts.set(token, { tokens: 1, documents: 1, last: this.documents });
        continue;
      }
      count.tokens++;
      if (count.last !== this.documents) count.documents++;
      count.last = this.documents;
    }
  }

  /** The most frequent tokens, some aside; among equals the largest is first, as in Keras. */
  mostFrequent(limit: number, aside: ReadonlySet<T>, compare: (a: T, b: T) => number): T[] {
    return [...this.counts]
      .filter(([token]) => !aside.has(token))
      .sort(([a, { tokens: m }], [b, { tokens: n }]) => n - m || compare(b, a))
      .slice(0, limit)
      .map(([token]) => token);
  }

  /** log(1 + documents / (1 + documents with the token)) of each token. */
  inverseDocumentFrequencies(tokens: readonly T[]): Float32Array {
    return Float32Array.from(tokens, (token) =>
      Math.log(1 + this.documents / (1 + (this.counts.get(token)?.documents ?? 0))),
    );
  }
}

/** Settings of a {@link Vocabulary}. */
export interface VocabularySettings<T> {
  readonly kind: TokenKind<T>;
  /** What the first ids stand for, in order. */
  readonly special: readonly T[];
  /** Tokens that stand nowhere but at the beginning. */
  readonly reserved: readonly T[];
  /** Tokens that are not learnt, however frequent. */
  readonly unlearnt: readonly T[];
  /** Most tokens, special ones included. */
  readonly maxTokens: number | null;
  /** Whether each token has a weight. */
  readonly isWeighed: boolean;
}

/** Tokens with ids from `special.length` on, and their weights. */
export class Vocabulary<T> {
  #tokens: readonly T[] | undefined;
  #ids = new Map<T, number>();
  #weights: Float32Array | null = null;

  constructor(private readonly settings: VocabularySettings<T>) {}

  /** Whether it was set or learnt. */
  get isKnown(): boolean {
    return this.#tokens !== undefined;
  }

  /** Without the special ones. */
  get tokens(): readonly T[] {
    return this.#tokens ?? [];
  }

  /** Of each id; null where tokens have none. */
  get weights(): Float32Array | null {
    return this.#weights;
  }

  get size(): number {
    return this.settings.special.length + this.tokens.length;
  }

  /** The id of a token; undefined for one that is unknown. */
  find(token: T): number | undefined {
    return this.#ids.get(token);
  }

  /** @throws StateError `ERR_STATE` where there is none yet */
  assertKnown(where: string): void {
    if (this.isKnown) return;
    throw refusal('ERR_STATE', where, 'a vocabulary', 'none yet', 'Call adapt(data) or setVocabulary(tokens) first.');
  }

  /**
   * Sets tokens in place of learning them.
   *
   * @param given tokens in the order of their ids, with or without the special ones at their beginning; or the path of a file
   * @param idfWeights one for each element of `given`; without special tokens, those weigh the mean
   */
  set(where: string, given: unknown, idfWeights: ArrayInput | null): void {
    const { special, isWeighed } = this.settings;
    if (isWeighed !== (idfWeights !== null))
      throw refusal(
        'ERR_CONFIG',
        where,
        `idfWeights ${isWeighed ? 'together with a vocabulary' : 'only'} with outputMode 'tf_idf'`,
        isWeighed ? 'none' : 'idfWeights with another',
      );
    const all = typeof given === 'string' ? this.#readFile(where, given) : this.#readArray(where, given);
    const hasSpecial = special.every((token, index) => all[index] === token);
    const tokens = hasSpecial ? all.slice(special.length) : all;
    if (tokens.length === 0) throw refusal('ERR_DATA', where, `at least one ${this.settings.kind.noun}`, 'none');
    this.#checkTokens(where, tokens);
    const weights = idfWeights === null ? null : readWeights(where, idfWeights, all.length);
    this.#take(tokens, weights === null || hasSpecial ? weights : withMeanFirst(weights, special.length));
  }

  /** Takes the most frequent tokens. @throws DataError `ERR_DATA` where there is none */
  learn(where: string, counter: TokenCounter<T>): void {
    const { special, unlearnt, maxTokens, isWeighed, kind } = this.settings;
    const limit = maxTokens === null ? Infinity : maxTokens - special.length;
    const tokens = counter.mostFrequent(limit, new Set(unlearnt), kind.compare);
    if (tokens.length === 0)
      throw refusal('ERR_DATA', where, `data that holds at least one ${kind.noun}`, `${counter.documents} without any`);
    const weights = isWeighed ? withMeanFirst(counter.inverseDocumentFrequencies(tokens), special.length) : null;
    this.#take(tokens, weights);
  }

  #take(tokens: readonly T[], weights: Float32Array | null): void {
    this.#tokens = tokens;
    this.#weights = weights;
    this.#ids = new Map(tokens.map((token, index) => [token, this.settings.special.length + index]));
  }

  #readArray(where: string, given: unknown): T[] {
    const { kind } = this.settings;
    if (!Array.isArray(given))
      throw refusal('ERR_TYPE', where, `vocabulary to be an array of ${kind.noun}s or a path`, describe(given));
    return Array.from(given, (token: unknown, index) => kind.read(where, `${kind.noun} ${index}`, token));
  }

  #readFile(where: string, path: string): T[] {
    const { kind } = this.settings;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw refusal('ERR_NOT_FOUND', where, `vocabulary to name a file with one ${kind.noun} per line`, reason);
    }
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return lines.map((line, index) => kind.parse(where, line, index));
  }

  #checkTokens(where: string, tokens: readonly T[]): void {
    const { kind, special, reserved, maxTokens } = this.settings;
    const seen = new Set<T>();
    for (const token of tokens) {
      if (reserved.includes(token))
        throw refusal(
          'ERR_CONFIG',
          where,
          `no ${describe(token)} among the ${kind.noun}s, unless they begin with ${JSON.stringify(special)}`,
          'one',
        );
      if (seen.has(token)) throw refusal('ERR_CONFIG', where, `each ${kind.noun} once`, `${describe(token)} twice`);
      seen.add(token);
    }
    const size = special.length + tokens.length;
    if (maxTokens !== null && size > maxTokens)
      throw refusal(
        'ERR_CONFIG',
        where,
        `at most maxTokens = ${maxTokens} ${kind.noun}s, special ones included`,
        `${size}`,
      );
  }
}

/**
 * Counts the tokens of data, item by item, and looks at the event loop between documents.
 *
 * @param options `steps`: how many items of an iterable to take. Default: all
 * @param documentsOf the documents of an item
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, and what `documentsOf` throws
 */
export async function countTokens<T>(
  where: string,
  data: unknown,
  options: { steps?: number | null } | undefined,
  documentsOf: (item: unknown) => readonly (readonly T[])[],
): Promise<TokenCounter<T>> {
  const { steps } = withDefaults(where, options, { steps: null as number | null });
  if (steps !== null) checkInteger(where, 'steps', steps);
  if (steps !== null && Array.isArray(data))
    throw refusal('ERR_CONFIG', where, 'steps only with an iterable', 'an array', 'Pass a slice of it.');
  const counter = new TokenCounter<T>();
  let step = 0;
  for await (const item of itemsOf(where, data)) {
    for (const document of documentsOf(item)) {
      counter.add(document);
      if (counter.documents % DOCUMENTS_PER_TURN === 0) await nextTurn();
    }
    if (++step === steps) break;
  }
  return counter;
}

function itemsOf(where: string, data: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof data === 'object' && data !== null) {
    if (Symbol.iterator in data) return data as Iterable<unknown>;
    if (Symbol.asyncIterator in data) return data as AsyncIterable<unknown>;
  }
  const hint = typeof data === 'string' ? 'Put it into an array.' : '';
  throw refusal('ERR_TYPE', where, 'an array or iterable', describe(data), hint);
}

function readWeights(where: string, given: ArrayInput, size: number): Float32Array {
  const { data, shape } = toValues(where, 'idfWeights', given);
  if (shape.length !== 1 || data.length !== size)
    throw refusal('ERR_SHAPE', where, `idfWeights of shape [${size}]`, `[${shape.join(', ')}]`);
  if (!data.every(Number.isFinite)) throw refusal('ERR_DATA', where, 'finite idfWeights', 'others');
  return data.slice();
}

/** Special tokens weigh the mean of the others. */
function withMeanFirst(weights: Float32Array, count: number): Float32Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return Float32Array.from([...new Array<number>(count).fill(mean), ...weights]);
}
