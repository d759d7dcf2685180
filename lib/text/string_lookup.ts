// SPDX-License-Identifier: MIT
// Strings to ids, and back.
// Source: keras/src/layers/preprocessing/string_lookup.py.
import { farmhash64, siphash64 } from '../util/string_hashes';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { describe, refusal } from '../util/validate';
import { IndexLookup, lookupDefaults, type LookupConfig, type LookupInput, type LookupOptions } from './index_lookup';
import { keyOf, readSalt, type Salt } from './lookup_salt';
import { STRINGS } from './token_kinds';
import type { NdArray } from '../ndarray';
import type { ArrayInput } from '../types';

/** Options of {@link StringLookup}. */
export interface StringLookupOptions extends LookupOptions<string> {
  /** With several `numOovIndices`: the key of SipHash, two integers or one for both, in the place of FarmHash. Default null. */
  salt?: Salt | null;
}

/** A {@link StringLookup} as plain data for JSON. */
export type StringLookupConfig = LookupConfig<string> & { salt: Salt | null };

/** Texts nested like the ids that they stand for. */
export type NestedStrings = string | NestedStrings[];

const WHERE = 'StringLookup';
const DEFAULTS = Object.freeze({ ...lookupDefaults, oovToken: '[UNK]', salt: null });
const NOT_YET = Object.freeze({ sparse: false, encoding: 'utf-8' });

/**
 * Turns strings as they are into ids, or into rows over a vocabulary: labels, categories, characters.
 *
 * Ids begin with that of the mask token, if there is one, then those of unknown strings, then the vocabulary's; in the
 * other modes there is no mask. Unknown strings are dealt to several ids by the hash that Keras has.
 *
 * Differs from Keras: no layer of a model; ids are int32 and the other modes float32; what an option would be ignored for
 * is refused; a vocabulary file may begin with the special tokens.
 *
 * @see keras/src/layers/preprocessing/string_lookup.py
 * @example
 * const lookup = new StringLookup();
 * await lookup.adapt(['a', 'b', 'b']);
 * lookup.call(['b', 'a', 'c']).toArray(); // [1, 2, 0]
 * const back = new StringLookup({ vocabulary: lookup.getVocabulary(), invert: true });
 * back.call([1, 2, 0]); // ['b', 'a', '[UNK]']
 */
export class StringLookup extends IndexLookup<string> {
  static readonly className = WHERE;
  readonly className = StringLookup.className;
  readonly salt: Salt | null;

  /**
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; DataError `ERR_NOT_FOUND` where
   *   `vocabulary` names no file; as {@link setVocabulary}
   */
  constructor(options?: StringLookupOptions, ...rest: []) {
    refuseMore(WHERE, rest);
    const { salt, ...o } = withDefaults(WHERE, options, DEFAULTS, Object.keys(NOT_YET));
    refuseNotYet(WHERE, options, NOT_YET);
    super(WHERE, STRINGS, o);
    this.salt = readSalt(WHERE, salt, this.numOovIndices);
  }

  /**
   * Looks strings up.
   *
   * @param inputs one string, or strings nested to any depth; with `invert` ids
   * @returns ids of the shape of the inputs (int32); with 'one_hot' a row for each string, [..., columns], where a last axis
   *   of 1 is left out; with the other modes a row for each sample: [N, columns] of [N, T], [columns] of [T] (float32). With
   *   `invert` strings, nested like the ids
   * @throws StateError `ERR_STATE` without a vocabulary; ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`;
   *   `ERR_RANGE` for an unknown string where `numOovIndices` is 0
   */
  call(inputs: LookupInput<string>): NdArray<Int32Array> | NdArray;
  call(ids: ArrayInput | number): NestedStrings;
  call(inputs: LookupInput<string> | ArrayInput | number): NdArray<Int32Array> | NdArray | NestedStrings {
    return this.lookUp(inputs) as NdArray<Int32Array> | NdArray | NestedStrings;
  }

  override getConfig(): StringLookupConfig {
    return { ...super.getConfig(), salt: this.salt };
  }

  /**
   * The lookup that {@link getConfig} or {@link toJSON} described; it has a vocabulary as if the constructor had been given
   * one.
   *
   * @throws as the constructor
   * @example
   * await model.save('model.safetensors', { assets: { labels: lookup } });
   * const { labels } = await loadAssets('model.safetensors');
   * const restored = StringLookup.fromConfig(labels);
   */
  static fromConfig(config: StringLookupConfig | { className: string; config: StringLookupConfig }): StringLookup {
    if (typeof config !== 'object' || config === null)
      throw refusal('ERR_TYPE', `${WHERE}.fromConfig`, 'a config', describe(config));
    return new StringLookup('className' in config ? config.config : config);
  }

  protected override bucket(token: string): number {
    const hash = this.salt === null ? farmhash64(token) : siphash64(token, keyOf(this.salt));
    return Number(hash % BigInt(this.numOovIndices));
  }

  protected override tokensOf(tokens: readonly string[], shape: readonly number[]): NestedStrings {
    const [size, ...rest] = shape;
    if (size === undefined) return tokens[0]!;
    const each = tokens.length / size;
    return Array.from({ length: size }, (_, i) => this.tokensOf(tokens.slice(i * each, (i + 1) * each), rest));
  }
}
