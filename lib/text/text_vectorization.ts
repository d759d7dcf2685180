// SPDX-License-Identifier: MIT
// Texts to ids or to counts over a vocabulary that is learnt from texts, with Keras' exact semantics.
// Source: keras/src/layers/preprocessing/{text_vectorization,string_lookup,index_lookup}.py.
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { checkText } from '../util/code_points';
import { resolveName } from '../util/identifiers';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, checkOptions, describe, refusal } from '../util/validate';
import type { ArrayInput } from '../types';
import { joinNgrams, ngramOption, splitOption, splitter, type SplitName, type Splitter } from './split';
import { standardizeOption, standardizer, type StandardizeName, type Standardizer } from './standardize';
import { STRINGS } from './token_kinds';
import { countTokens, Vocabulary } from './vocabulary';

/** What {@link TextVectorization.call} makes of a text. */
export type TextOutputMode = 'int' | 'multi_hot' | 'count' | 'tf_idf';

/** Texts, or with `split: null` tokens: one, a row, or rows of them. */
export type TextInput = string | readonly string[] | readonly (readonly string[])[];

/** What {@link TextVectorization.adapt} takes: an array of texts, or anything that yields texts or batches of them. */
export type TextSource = Iterable<TextInput> | AsyncIterable<TextInput>;

/** Options of {@link TextVectorization}. `null` where Keras takes None. */
export interface TextVectorizationOptions {
  /** Most words of the vocabulary, special tokens included. Default null: no limit. */
  maxTokens?: number | null;
  /** What is done to a text first: a name, or a function of one text. Default 'lower_and_strip_punctuation'. */
  standardize?: StandardizeName | (string & {}) | Standardizer | null;
  /** How a text is split: a name, or a function of one text. Null: texts are tokens already. Default 'whitespace'. */
  split?: SplitName | (string & {}) | Splitter | null;
  /** Tokens joined by spaces: all n-grams up to a length, or of the lengths in a list. Default null: tokens alone. */
  ngrams?: number | readonly number[] | null;
  /** Ids, or one row over the vocabulary: presence, counts, or counts times inverse document frequency. Default 'int'. */
  outputMode?: TextOutputMode | (string & {});
  /** With 'int': every row is cut or filled up with 0, at its end, to this many ids. Default null: the longest row. */
  outputSequenceLength?: number | null;
  /** Not with 'int': rows have `maxTokens` columns, however few words there are. Default false. */
  padToMaxTokens?: boolean;
  /** Words in the order of their ids, or the path of a file with one per line; `adapt` is refused then. Default null. */
  vocabulary?: readonly string[] | string | null;
  /** With 'tf_idf' and `vocabulary`: a weight for each of its words. Default null. */
  idfWeights?: ArrayInput | null;
}

/** A {@link TextVectorization} as plain data for JSON. */
export interface TextVectorizationConfig {
  maxTokens: number | null;
  standardize: StandardizeName | 'function' | null;
  split: SplitName | 'function' | null;
  ngrams: number | readonly number[] | null;
  outputMode: TextOutputMode;
  outputSequenceLength: number | null;
  padToMaxTokens: boolean;
  vocabulary: string[] | null;
  idfWeights: number[] | null;
}

const WHERE = 'TextVectorization';
const MASK_TOKEN = '';
const OOV_TOKEN = '[UNK]';
const DEFAULTS = Object.freeze({
  maxTokens: null,
  standardize: 'lower_and_strip_punctuation',
  split: 'whitespace',
  ngrams: null,
  outputMode: 'int',
  outputSequenceLength: null,
  padToMaxTokens: false,
  vocabulary: null,
  idfWeights: null,
});
const NOT_YET = Object.freeze({ sparse: false, ragged: false, encoding: 'utf-8' });
const MODES: ReadonlyMap<string, TextOutputMode> = new Map(
  (['int', 'multi_hot', 'count', 'tf_idf'] as const).map((mode) => [mode, mode]),
);

/**
 * Turns texts into ids of words, or into counts over a vocabulary.
 *
 * Id 0 is padding and 1 stands for unknown words; the other modes have no padding, and column 0 is that of unknown words.
 * Words have ids by how often they occur; among words as frequent, the last by code points is first.
 *
 * As in Keras, only the letters A to Z are made small, only the punctuation of ASCII is removed, and only the whitespace of
 * ASCII separates words. For other scripts pass a function: `standardize: (text) => text.toLowerCase()`.
 *
 * Differs from Keras: ids are int32 and the other modes float32; functions see one text each; `adapt` may be called again with
 * a vocabulary of another size; a vocabulary file may begin with the special tokens.
 *
 * @see keras/src/layers/preprocessing/text_vectorization.py
 * @example
 * const vectorize = new TextVectorization({ outputSequenceLength: 4 });
 * await vectorize.adapt(['the cat sat', 'the dog sat', 'the end']);
 * vectorize.getVocabulary(); // ['', '[UNK]', 'the', 'sat', 'end', 'dog', 'cat']
 * vectorize.call(['The cat!', 'a dog']).toArray(); // [[2, 6, 0, 0], [1, 5, 0, 0]]
 */
export class TextVectorization {
  readonly className = WHERE;
  readonly maxTokens: number | null;
  readonly standardize: StandardizeName | Standardizer | null;
  readonly split: SplitName | Splitter | null;
  readonly ngrams: number | readonly number[] | null;
  readonly outputMode: TextOutputMode;
  readonly outputSequenceLength: number | null;
  readonly padToMaxTokens: boolean;

  private readonly hasInputVocabulary: boolean;
  private readonly standardized: Standardizer;
  private readonly tokensOf: Splitter;
  private readonly vocabulary: Vocabulary<string>;

  /**
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; DataError `ERR_NOT_FOUND` where
   *   `vocabulary` names no file; as {@link setVocabulary}
   */
  constructor(options?: TextVectorizationOptions, ...rest: []) {
    refuseMore('TextVectorization', rest);
    const given = withDefaults(WHERE, options, DEFAULTS, Object.keys(NOT_YET));
    refuseNotYet(WHERE, options, NOT_YET);
    this.outputMode = resolveName(WHERE, 'outputMode', given.outputMode, MODES);
    this.standardize = standardizeOption(WHERE, given.standardize);
    this.split = splitOption(WHERE, given.split);
    this.ngrams = ngramOption(WHERE, given.ngrams);
    // One word at least beside the special tokens.
    this.maxTokens =
      given.maxTokens === null
        ? null
        : checkInteger(WHERE, 'maxTokens', given.maxTokens, this.specialTokens.length + 1);
    this.outputSequenceLength =
      given.outputSequenceLength === null
        ? null
        : checkInteger(WHERE, 'outputSequenceLength', given.outputSequenceLength);
    this.padToMaxTokens = checkBoolean(WHERE, 'padToMaxTokens', given.padToMaxTokens);
    if (this.outputSequenceLength !== null && this.outputMode !== 'int')
      throw refusal('ERR_CONFIG', WHERE, "outputSequenceLength only with outputMode 'int'", `'${this.outputMode}'`);
    if (this.padToMaxTokens && this.maxTokens === null)
      throw refusal('ERR_CONFIG', WHERE, 'maxTokens where padToMaxTokens is true', 'none');
    this.vocabulary = new Vocabulary<string>({
      kind: STRINGS,
      special: this.specialTokens,
      reserved: [MASK_TOKEN],
      unlearnt: [MASK_TOKEN, OOV_TOKEN],
      maxTokens: this.maxTokens,
      isWeighed: this.outputMode === 'tf_idf',
    });
    this.standardized = standardizer(WHERE, this.standardize);
    this.tokensOf = splitter(WHERE, this.split);

    this.hasInputVocabulary = given.vocabulary !== null;
    if (given.vocabulary !== null) this.setVocabulary(given.vocabulary, given.idfWeights);
    else if (given.idfWeights !== null)
      throw refusal('ERR_CONFIG', WHERE, 'idfWeights only together with vocabulary', 'idfWeights alone');
  }

  /**
   * Learns the vocabulary: all words of the texts, or the most frequent ones where `maxTokens` limits them.
   *
   * Looks at the event loop between texts; `call` knows the old vocabulary until the promise resolves.
   *
   * @param data texts: an array, or anything that yields texts or batches of texts
   * @param options `steps`: how many items of an iterable to take. Default: all
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`; StateError `ERR_STATE` where the constructor was given a vocabulary; DataError
   *   `ERR_DATA` where there is no word at all
   */
  async adapt(data: TextSource, options?: { steps?: number | null }): Promise<void> {
    const where = `${WHERE}.adapt`;
    if (this.hasInputVocabulary)
      throw refusal('ERR_STATE', where, 'no vocabulary from the constructor', 'one', 'Make a new TextVectorization.');
    this.vocabulary.learn(where, await countTokens(where, data, options, (batch) => this.rowsToLearn(where, batch)));
  }

  /**
   * Turns texts into ids or counts.
   *
   * @param texts N texts, each alone or in an array of one; one text gives one row without the axis of rows. With `split: null` a
   *   flat array is one row of tokens, and nested arrays are rows
   * @returns ids [N, T] (int32), or with the other modes [N, columns] (float32)
   * @throws StateError `ERR_STATE` without a vocabulary; ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` where there are several
   *   texts in one row; DataError `ERR_DATA` where there is no text, or half a character in one
   */
  call(texts: TextInput): NdArray<Int32Array> | NdArray<Float32Array> {
    const where = `${WHERE}.call`;
    const { vocabulary } = this;
    vocabulary.assertKnown(where);
    const { rows, rank } = this.rowsOf(where, texts);
    const { data, width } =
      this.outputMode === 'int' ? this.ids(where, rows, vocabulary) : this.counts(where, rows, vocabulary);
    const isScalar = rank === 0 && this.outputMode === 'int' && this.split === null && width === 1;
    const isRow = rank === 0 || (rank === 1 && this.split === null);
    const shape = isScalar ? [] : isRow ? [width] : [rows.length, width];
    return new NdArray(data, shape) as NdArray<Int32Array> | NdArray<Float32Array>;
  }

  /**
   * The words in the order of their ids.
   *
   * @param includeSpecialTokens also what stands for padding ('', with 'int' only) and for unknown words ('[UNK]')
   */
  getVocabulary(includeSpecialTokens = true): string[] {
    const { tokens } = this.vocabulary;
    return checkBoolean(`${WHERE}.getVocabulary`, 'includeSpecialTokens', includeSpecialTokens)
      ? [...this.specialTokens, ...tokens]
      : [...tokens];
  }

  /** Number of ids, special tokens included. */
  vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** With 'tf_idf': the weight of each id; null before there is a vocabulary and in the other modes. */
  get idfWeights(): Float32Array | null {
    return this.vocabulary.weights?.slice() ?? null;
  }

  /**
   * Sets the vocabulary in place of one that is learnt.
   *
   * @param vocabulary words in the order of their ids, with or without the special tokens at their beginning; or the path of a
   *   file with one per line
   * @param idfWeights with 'tf_idf': one for each element of `vocabulary`. Without special tokens, unknown words weigh the mean
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where words are repeated, reserved or more than `maxTokens`; ShapeError
   *   `ERR_SHAPE` for another number of weights; DataError `ERR_DATA` where it is empty, `ERR_NOT_FOUND` where there is no file
   */
  setVocabulary(vocabulary: readonly string[] | string, idfWeights: ArrayInput | null = null): void {
    this.vocabulary.set(`${WHERE}.setVocabulary`, vocabulary, idfWeights);
  }

  /** All options with the vocabulary at present; a function is written as `'function'`. */
  getConfig(): TextVectorizationConfig {
    return {
      maxTokens: this.maxTokens,
      standardize: nameOf<StandardizeName>(this.standardize),
      split: nameOf<SplitName>(this.split),
      ngrams: this.ngrams,
      outputMode: this.outputMode,
      outputSequenceLength: this.outputSequenceLength,
      padToMaxTokens: this.padToMaxTokens,
      vocabulary: this.vocabulary.isKnown ? this.getVocabulary() : null,
      idfWeights: this.vocabulary.weights ? Array.from(this.vocabulary.weights) : null,
    };
  }

  /** `{ className, config }`, which {@link fromConfig} takes as well. */
  toJSON(): { className: string; config: TextVectorizationConfig } {
    return { className: WHERE, config: this.getConfig() };
  }

  /**
   * The layer that {@link getConfig} or {@link toJSON} described; it has a vocabulary as if the constructor had been given one.
   *
   * @param functions those that stand in the config as `'function'`, under the names of their options
   * @throws as the constructor; ConfigError `ERR_CONFIG` where a function is missing
   *
   * @example
   * const saved = JSON.stringify(vectorize);
   * const restored = TextVectorization.fromConfig(JSON.parse(saved));
   */
  static fromConfig(
    config: TextVectorizationConfig | { className: string; config: TextVectorizationConfig },
    functions?: { standardize?: Standardizer; split?: Splitter },
  ): TextVectorization {
    const where = `${WHERE}.fromConfig`;
    const given = checkOptions(where, functions, ['standardize', 'split']);
    if (typeof config !== 'object' || config === null) throw refusal('ERR_TYPE', where, 'a config', describe(config));
    const options: TextVectorizationOptions = { ...('className' in config ? config.config : config) };
    for (const name of ['standardize', 'split'] as const) {
      if (options[name] !== 'function') {
        if (given[name] === undefined) continue;
        throw refusal('ERR_CONFIG', where, `no function ${name} where the config has none`, describe(given[name]));
      }
      if (typeof given[name] !== 'function')
        throw refusal('ERR_CONFIG', where, `the function ${name}, which a config cannot hold`, describe(given[name]));
      Object.assign(options, { [name]: given[name] });
    }
    return new TextVectorization(options);
  }

  private get specialTokens(): readonly string[] {
    return this.outputMode === 'int' ? [MASK_TOKEN, OOV_TOKEN] : [OOV_TOKEN];
  }

  private tokens(text: string): readonly string[] {
    return joinNgrams(this.tokensOf(this.standardized(text)), this.ngrams);
  }

  /** Documents of one item of a source. */
  private rowsToLearn(where: string, batch: unknown): (readonly string[])[] {
    if (typeof batch === 'string') return [this.tokens(checkText(where, 'a text', batch))];
    if (!Array.isArray(batch)) throw refusal('ERR_TYPE', where, 'texts or arrays of texts', describe(batch));
    // As in Keras: what is split already is one document.
    if (this.split === null && typeof batch[0] === 'string') return [this.row(where, batch, 0)];
    return Array.from(batch, (text: unknown, index) =>
      Array.isArray(text) ? this.row(where, text, index) : this.tokens(checkText(where, `text ${index}`, text)),
    );
  }

  /** Rows of tokens, and how many axes the texts had. */
  private rowsOf(where: string, texts: unknown): { rows: (readonly string[])[]; rank: number } {
    if (typeof texts === 'string') return { rows: [this.tokens(checkText(where, 'the text', texts))], rank: 0 };
    if (!Array.isArray(texts)) throw refusal('ERR_TYPE', where, 'a text or an array of texts', describe(texts));
    if (texts.length === 0) throw refusal('ERR_DATA', where, 'at least one text', 'an empty array');
    if (Array.isArray(texts[0])) {
      const rows = Array.from(texts, (row: unknown, index) => {
        if (!Array.isArray(row)) throw refusal('ERR_TYPE', where, `row ${index} to be an array`, describe(row));
        return this.row(where, row, index);
      });
      return { rows, rank: 2 };
    }
    if (this.split === null) return { rows: [this.row(where, texts, 0)], rank: 1 };
    const rows = Array.from(texts, (text, index) => this.tokens(checkText(where, `text ${index}`, text)));
    return { rows, rank: 1 };
  }

  /** Tokens of an array within the texts: one text to be split, or a row of tokens. */
  private row(where: string, row: readonly unknown[], index: number): readonly string[] {
    const texts = Array.from(row, (text, place) => checkText(where, `text ${place} of row ${index}`, text));
    if (this.split === null) return joinNgrams(texts.map(this.standardized), this.ngrams);
    if (texts.length !== 1)
      throw refusal(
        'ERR_SHAPE',
        where,
        `one text in row ${index}`,
        `${texts.length}`,
        'Pass split: null where rows hold tokens already.',
      );
    return this.tokens(texts[0]!);
  }

  private ids(where: string, rows: readonly (readonly string[])[], vocabulary: Vocabulary<string>) {
    const width = this.outputSequenceLength ?? rows.reduce((most, row) => Math.max(most, row.length), 0);
    const data = allocate(where, () => new Int32Array(rows.length * width));
    rows.forEach((row, index) => {
      const count = Math.min(row.length, width);
      for (let t = 0; t < count; t++)
        data[index * width + t] = row[t] === MASK_TOKEN ? 0 : (vocabulary.find(row[t]!) ?? 1);
    });
    return { data, width };
  }

  private counts(where: string, rows: readonly (readonly string[])[], vocabulary: Vocabulary<string>) {
    const width = this.padToMaxTokens ? this.maxTokens! : vocabulary.size;
    const data = allocate(where, () => new Float32Array(rows.length * width));
    rows.forEach((row, index) => {
      const out = data.subarray(index * width, (index + 1) * width);
      for (const token of row) {
        if (token === MASK_TOKEN) continue;
        const id = vocabulary.find(token) ?? 0;
        out[id] = this.outputMode === 'multi_hot' ? 1 : out[id]! + 1;
      }
      vocabulary.weights?.forEach((weight, id) => (out[id] = out[id]! * weight));
    });
    return { data, width };
  }
}

function nameOf<N extends string>(option: N | ((text: string) => unknown) | null): N | 'function' | null {
  return typeof option === 'function' ? 'function' : option;
}
