// SPDX-License-Identifier: MIT
// Integers of any range to ids, and back.
// Source: keras/src/layers/preprocessing/integer_lookup.py.
import { NdArray } from '../ndarray';
import { resolveName } from '../util/identifiers';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { farmhash64, siphash64 } from '../util/string_hashes';
import { describe, refusal } from '../util/validate';
import { IndexLookup, lookupDefaults, type LookupConfig, type LookupInput, type LookupOptions } from './index_lookup';
import { keyOf, readSalt, type Salt } from './lookup_salt';
import { INTEGERS } from './token_kinds';

/** How unknown integers are dealt to several ids: by their remainder, or by a hash of their digits. */
export type OovMethod = 'floormod' | 'farmhash';

/** Options of {@link IntegerLookup}. */
export interface IntegerLookupOptions extends LookupOptions<number> {
  /** With several `numOovIndices`. Default 'floormod'. */
  oovMethod?: OovMethod | (string & {});
  /** With 'farmhash': the key of SipHash, two integers or one for both, in the place of FarmHash. Default null. */
  salt?: Salt | null;
}

/** An {@link IntegerLookup} as plain data for JSON. */
export type IntegerLookupConfig = LookupConfig<number> & { oovMethod: OovMethod; salt: Salt | null };

const WHERE = 'IntegerLookup';
const DEFAULTS = Object.freeze({ ...lookupDefaults, oovToken: -1, oovMethod: 'floormod', salt: null });
const NOT_YET = Object.freeze({ sparse: false, vocabularyDtype: 'int64' });
const METHODS: ReadonlyMap<string, OovMethod> = new Map([
  ['floormod', 'floormod'],
  ['farmhash', 'farmhash'],
]);

/**
 * Turns integers of any range into ids, or into rows over a vocabulary: user numbers, codes, categories.
 *
 * Ids are as those of {@link StringLookup}. Unknown integers are dealt to several ids by their remainder, or by a hash.
 *
 * Differs from Keras: no layer of a model; integers have up to 53 bits; ids are int32, the other modes float32 and inverted
 * integers float64, which holds them all; what an option would be ignored for is refused; a vocabulary file may begin with
 * the special tokens.
 *
 * @see keras/src/layers/preprocessing/integer_lookup.py
 * @example
 * const lookup = new IntegerLookup({ vocabulary: [12, 36, 1138, 42] });
 * lookup.call([[12, 1138, 42], [42, 1000, 36]]).toArray(); // [[1, 3, 4], [4, 0, 2]]
 */
export class IntegerLookup extends IndexLookup<number> {
  static readonly className = WHERE;
  readonly className = IntegerLookup.className;
  readonly oovMethod: OovMethod;
  readonly salt: Salt | null;

  /**
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; DataError `ERR_NOT_FOUND` where
   *   `vocabulary` names no file; as {@link setVocabulary}
   */
  constructor(options?: IntegerLookupOptions, ...rest: []) {
    refuseMore(WHERE, rest);
    const { salt, oovMethod, ...o } = withDefaults(WHERE, options, DEFAULTS, Object.keys(NOT_YET));
    refuseNotYet(WHERE, options, NOT_YET);
    super(WHERE, INTEGERS, o);
    this.oovMethod = resolveName(WHERE, 'oovMethod', oovMethod, METHODS);
    this.salt = readSalt(WHERE, salt, this.numOovIndices);
    if (this.salt !== null && this.oovMethod !== 'farmhash')
      throw refusal('ERR_CONFIG', WHERE, "salt only with oovMethod 'farmhash'", `'${this.oovMethod}'`);
  }

  /**
   * Looks integers up.
   *
   * @param inputs one integer, integers nested to any depth, a typed array or an NdArray; with `invert` ids
   * @returns as {@link StringLookup.call}; with `invert` integers of the shape of the ids (float64)
   * @throws as {@link StringLookup.call}
   */
  call(inputs: LookupInput<number>): NdArray<Int32Array> | NdArray | NdArray<Float64Array> {
    return this.lookUp(inputs) as NdArray<Int32Array> | NdArray | NdArray<Float64Array>;
  }

  override getConfig(): IntegerLookupConfig {
    return { ...super.getConfig(), oovMethod: this.oovMethod, salt: this.salt };
  }

  /**
   * The lookup that {@link getConfig} or {@link toJSON} described; it has a vocabulary as if the constructor had been given
   * one.
   *
   * @throws as the constructor
   * @example
   * const restored = IntegerLookup.fromConfig(JSON.parse(JSON.stringify(lookup)));
   */
  static fromConfig(config: IntegerLookupConfig | { className: string; config: IntegerLookupConfig }): IntegerLookup {
    if (typeof config !== 'object' || config === null)
      throw refusal('ERR_TYPE', `${WHERE}.fromConfig`, 'a config', describe(config));
    return new IntegerLookup('className' in config ? config.config : config);
  }

  protected override bucket(token: number): number {
    const count = this.numOovIndices;
    if (this.oovMethod === 'floormod') return ((token % count) + count) % count;
    const digits = String(token);
    const hash = this.salt === null ? farmhash64(digits) : siphash64(digits, keyOf(this.salt));
    return Number(hash % BigInt(count));
  }

  protected override tokensOf(tokens: readonly number[], shape: readonly number[]): NdArray<Float64Array> {
    return new NdArray(Float64Array.from(tokens), shape);
  }
}
