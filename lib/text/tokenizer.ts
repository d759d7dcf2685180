// SPDX-License-Identifier: MIT
// Keras' legacy Tokenizer, which many tutorials still use: words to ids by their frequency, and back.
// Source: keras/src/legacy/preprocessing/text.py.
import { types } from 'node:util';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { checkText } from '../util/code_points';
import { resolveName } from '../util/identifiers';
import { withDefaults } from '../util/options';
import { checkInteger, checkString, describe, refusal } from '../util/validate';
import { WORD_DEFAULTS, wordSplitter, wordsOf, type WordOptions } from './words';

/** Options of {@link Tokenizer}. `null` where Keras takes None. */
export interface TokenizerOptions extends WordOptions {
  /** Only ids below this are given to words; the others count as unknown. Default null: all are. */
  numWords?: number | null;
  /** Whether every character is a token. Default false. */
  charLevel?: boolean;
  /** Stands for unknown words, with id 1; null leaves them out. Default null. */
  oovToken?: string | null;
  /** Splits a text in place of `filters`, `lower` and `split`. Default null. */
  analyzer?: ((text: string) => readonly string[]) | null;
}

/** How {@link Tokenizer.sequencesToMatrix} fills a column: presence, count, share of the row, or weighed by rarity. */
export type MatrixMode = 'binary' | 'count' | 'freq' | 'tfidf';

/** A text, or one that is split already. */
export type TokenizerText = string | readonly string[];

/** Ids of one text. */
export type IdSequence = readonly number[] | Int32Array;

const WHERE = 'Tokenizer';
const DEFAULTS = Object.freeze({ ...WORD_DEFAULTS, numWords: null, charLevel: false, oovToken: null, analyzer: null });
const MODES: ReadonlyMap<string, MatrixMode> = new Map(
  (['binary', 'count', 'freq', 'tfidf'] as const).map((mode) => [mode, mode]),
);

/**
 * Gives words ids from 1 by how often they occur; of two as frequent, the one that was seen first is first. 0 is for padding.
 *
 * Letters are made small by Unicode's rules, as in Python.
 *
 * Differs from Keras: matrices are float32; no generators.
 *
 * @see keras/src/legacy/preprocessing/text.py
 * @example
 * const tokenizer = new Tokenizer({ numWords: 1000, oovToken: '<OOV>' });
 * tokenizer.fitOnTexts(['The cat sat.', 'The dog!']);
 * tokenizer.textsToSequences(['the dog ran']); // [[2, 5, 1]]
 */
export class Tokenizer {
  readonly numWords: number | null;
  readonly filters: string;
  readonly lower: boolean;
  readonly split: string;
  readonly charLevel: boolean;
  readonly oovToken: string | null;
  readonly analyzer: ((text: string) => readonly string[]) | null;

  /** Texts seen so far. */
  documentCount = 0;
  /** How often each word occurred, in the order in which they were seen. */
  readonly wordCounts = new Map<string, number>();
  /** In how many texts each word occurred. */
  readonly wordDocs = new Map<string, number>();
  /** The same by id. */
  readonly indexDocs = new Map<number, number>();
  /** Ids of the words. */
  readonly wordIndex = new Map<string, number>();
  /** Words of the ids. */
  readonly indexWord = new Map<number, string>();

  private readonly splitWords: (text: string) => string[];

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options?: TokenizerOptions, ...rest: []) {
    refuseMore('Tokenizer', rest);
    const given = withDefaults(WHERE, options, DEFAULTS);
    const { numWords, oovToken, charLevel, analyzer } = given;
    this.splitWords = wordSplitter(WHERE, given);
    this.numWords = numWords === null ? null : checkInteger(WHERE, 'numWords', numWords);
    this.oovToken = oovToken === null ? null : checkString(WHERE, 'oovToken', oovToken);
    if (typeof charLevel !== 'boolean')
      throw refusal('ERR_TYPE', WHERE, 'charLevel to be true or false', describe(charLevel));
    if (analyzer !== null && typeof analyzer !== 'function')
      throw refusal('ERR_TYPE', WHERE, 'analyzer to be a function or null', describe(analyzer));
    this.filters = given.filters;
    this.lower = given.lower;
    this.split = given.split;
    this.charLevel = charLevel;
    this.analyzer = analyzer;
  }

  /**
   * Counts the words of texts, on top of what was counted before, and numbers them anew.
   *
   * @throws ConfigError `ERR_TYPE`; DataError `ERR_DATA` where a text holds half a character
   */
  fitOnTexts(texts: Iterable<TokenizerText>): void {
    for (const words of this.words('fitOnTexts', texts)) {
      this.documentCount++;
      for (const word of words) increase(this.wordCounts, word);
      for (const word of new Set(words)) increase(this.wordDocs, word);
    }
    // Sorting is stable: equals keep the order in which they were seen.
    const byCount = [...this.wordCounts].sort(([, m], [, n]) => n - m).map(([word]) => word);
    this.wordIndex.clear();
    this.indexWord.clear();
    (this.oovToken === null ? byCount : [this.oovToken, ...byCount]).forEach((word, i) =>
      this.wordIndex.set(word, i + 1),
    );
    for (const [word, id] of this.wordIndex) this.indexWord.set(id, word);
    for (const [word, documents] of this.wordDocs) this.indexDocs.set(this.wordIndex.get(word)!, documents);
  }

  /** Counts in how many sequences each id occurs, for texts that are ids already. */
  fitOnSequences(sequences: readonly IdSequence[]): void {
    const rows = this.checkSequences('fitOnSequences', sequences);
    this.documentCount += rows.length;
    for (const row of rows) for (const id of new Set(row)) increase(this.indexDocs, id);
  }

  /**
   * Ids of texts. Unknown words are left out, or where there is an `oovToken` have its id.
   *
   * @throws as {@link fitOnTexts}
   */
  textsToSequences(texts: Iterable<TokenizerText>): number[][] {
    const oov = this.oovId();
    return this.words('textsToSequences', texts).map((words) =>
      words.flatMap((word) => {
        const id = this.wordIndex.get(word);
        return id !== undefined && this.isWithin(id) ? [id] : oov;
      }),
    );
  }

  /** Texts of ids, words joined by spaces. Ids without a word are left out, or stand as the `oovToken`. */
  sequencesToTexts(sequences: readonly IdSequence[]): string[] {
    const oov = this.oovId().map((id) => this.indexWord.get(id) ?? '');
    return this.checkSequences('sequencesToTexts', sequences).map((row) =>
      Array.from(row)
        .flatMap((id) => {
          const word = this.indexWord.get(id);
          return word !== undefined && this.isWithin(id) ? [word] : oov;
        })
        .join(' '),
    );
  }

  /** {@link sequencesToMatrix} of {@link textsToSequences}. */
  textsToMatrix(texts: Iterable<TokenizerText>, mode: MatrixMode = 'binary'): NdArray {
    return this.matrix('textsToMatrix', this.textsToSequences(texts), mode);
  }

  /**
   * One row over all ids for each sequence.
   *
   * @param mode 'binary' for presence, 'count', 'freq' for count over length, 'tfidf' for
   *   `(1 + log(count)) * log(1 + documents / (1 + documents with the word))`. Default 'binary'
   * @returns [N, numWords], or without `numWords` one column more than there are words
   * @throws StateError `ERR_STATE` where nothing was fitted that the matrix needs; ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`
   */
  sequencesToMatrix(sequences: readonly IdSequence[], mode: MatrixMode = 'binary'): NdArray {
    return this.matrix('sequencesToMatrix', this.checkSequences('sequencesToMatrix', sequences), mode);
  }

  /** The JSON that Keras' `Tokenizer.to_json` writes, which its `tokenizer_from_json` reads. */
  toJson(): string {
    const text = (map: ReadonlyMap<string | number, unknown>): string => {
      // By hand: a word such as "7" or "__proto__" would not keep its place in an object, or not be kept at all.
      const entries = [...map].map(([key, value]) => `${JSON.stringify(String(key))}: ${JSON.stringify(value)}`);
      return `{${entries.join(', ')}}`;
    };
    return JSON.stringify({
      class_name: WHERE,
      config: {
        num_words: this.numWords,
        filters: this.filters,
        lower: this.lower,
        split: this.split,
        char_level: this.charLevel,
        oov_token: this.oovToken,
        document_count: this.documentCount,
        word_counts: text(this.wordCounts),
        word_docs: text(this.wordDocs),
        index_docs: text(this.indexDocs),
        index_word: text(this.indexWord),
        word_index: text(this.wordIndex),
      },
    });
  }

  /**
   * The tokenizer that {@link toJson} or Keras' `to_json` described. An `analyzer` is not in the JSON.
   *
   * @throws ConfigError `ERR_TYPE`; DataError `ERR_DATA` where it is no such JSON; as the constructor
   */
  static fromJson(json: string, options?: Pick<TokenizerOptions, 'analyzer'>): Tokenizer {
    const where = `${WHERE}.fromJson`;
    const { analyzer } = withDefaults(where, options, { analyzer: null });
    const config = record(where, record(where, parse(where, checkString(where, 'json', json)))['config']);
    const given = (name: string): never => config[name] as never;
    const tokenizer = new Tokenizer({
      numWords: given('num_words'),
      filters: given('filters'),
      lower: given('lower'),
      split: given('split'),
      charLevel: given('char_level'),
      oovToken: given('oov_token'),
      analyzer,
    });
    tokenizer.documentCount = checkInteger(where, 'document_count', config['document_count'] ?? 0, 0);
    const entries = (name: string) => orderedEntries(where, name, config[name]);
    const count = (name: string, value: unknown) => checkInteger(where, `the values of ${name}`, value, 0);
    for (const [name, map] of [
      ['word_counts', tokenizer.wordCounts],
      ['word_docs', tokenizer.wordDocs],
      ['word_index', tokenizer.wordIndex],
    ] as const)
      for (const [word, value] of entries(name)) map.set(word, count(name, value));
    for (const [id, value] of entries('index_docs'))
      tokenizer.indexDocs.set(count('index_docs', Number(id)), count('index_docs', value));
    for (const [id, word] of entries('index_word'))
      tokenizer.indexWord.set(count('index_word', Number(id)), checkString(where, 'the words of index_word', word));
    return tokenizer;
  }

  private words(method: string, texts: unknown): (readonly string[])[] {
    const where = `${WHERE}.${method}`;
    if (typeof texts !== 'object' || texts === null || !(Symbol.iterator in texts))
      throw refusal(
        'ERR_TYPE',
        where,
        'an array of texts',
        describe(texts),
        typeof texts === 'string' ? 'Put it into an array.' : '',
      );
    return Array.from(texts as Iterable<unknown>, (text, index) => {
      const lower = (part: string): string => (this.lower ? part.toLowerCase() : part);
      if (Array.isArray(text))
        return Array.from(text, (word, place) => lower(checkText(where, `word ${place} of text ${index}`, word)));
      const whole = checkText(where, `text ${index}`, text);
      return this.charLevel ? Array.from(lower(whole)) : wordsOf(where, whole, this.splitWords, this.analyzer);
    });
  }

  private matrix(method: string, sequences: readonly IdSequence[], mode: MatrixMode): NdArray {
    const where = `${WHERE}.${method}`;
    const kind = resolveName(where, 'mode', mode, MODES);
    if (this.numWords === null && this.wordIndex.size === 0)
      throw refusal('ERR_STATE', where, 'numWords or texts to fit on', 'neither', 'Call fitOnTexts(texts) first.');
    if (kind === 'tfidf' && this.documentCount === 0)
      throw refusal('ERR_STATE', where, 'texts to fit on', 'none', 'Call fitOnTexts(texts) first.');
    const width = this.numWords ?? this.wordIndex.size + 1;
    const data = allocate(where, () => new Float32Array(sequences.length * width));
    sequences.forEach((row, index) => {
      const counts = new Map<number, number>();
      for (const id of row) if (id < width) increase(counts, id);
      for (const [id, count] of counts) data[index * width + id] = this.cell(kind, id, count, row.length);
    });
    return new NdArray(data, [sequences.length, width]);
  }

  private cell(mode: MatrixMode, id: number, count: number, length: number): number {
    switch (mode) {
      case 'binary':
        return 1;
      case 'count':
        return count;
      case 'freq':
        return count / length;
      case 'tfidf':
        return (1 + Math.log(count)) * Math.log(1 + this.documentCount / (1 + (this.indexDocs.get(id) ?? 0)));
    }
  }

  private isWithin(id: number): boolean {
    return this.numWords === null || id < this.numWords;
  }

  /** The id of unknown words, or nothing. */
  private oovId(): number[] {
    const id = this.oovToken === null ? undefined : this.wordIndex.get(this.oovToken);
    return id === undefined ? [] : [id];
  }

  private checkSequences(method: string, sequences: unknown): readonly IdSequence[] {
    const where = `${WHERE}.${method}`;
    if (!Array.isArray(sequences)) throw refusal('ERR_TYPE', where, 'an array of sequences', describe(sequences));
    return Array.from(sequences, (row: unknown, index) => {
      if (!Array.isArray(row) && !types.isInt32Array(row))
        throw refusal('ERR_TYPE', where, `sequence ${index} to hold ids`, describe(row));
      return Array.from(row, (id: unknown, place) => checkInteger(where, `id ${place} of sequence ${index}`, id, 0));
    });
  }
}

/** {@link Tokenizer.fromJson} under Keras' name. */
export function tokenizerFromJson(json: string, ...rest: []): Tokenizer {
  refuseMore('tokenizerFromJson', rest);
  return Tokenizer.fromJson(json);
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function parse(where: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw refusal('ERR_DATA', where, 'JSON', error instanceof Error ? error.message : String(error));
  }
}

function record(where: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal('ERR_DATA', where, "an object as Keras' Tokenizer.to_json writes it", describe(value));
  return value as Record<string, unknown>;
}

/** The entries of an object in JSON in the order of the text: objects put keys such as "7" first. */
function orderedEntries(where: string, name: string, json: unknown): [string, unknown][] {
  const text = checkString(where, name, json);
  record(where, parse(where, text));
  const pairs = text.matchAll(/("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^,}\s]+)/g);
  return Array.from(pairs, ([, key, value]) => [parse(where, key!) as string, parse(where, value!)]);
}
