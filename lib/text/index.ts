// SPDX-License-Identifier: MIT
// Text in: everything of this room that is public.
export {
  TextVectorization,
  type TextInput,
  type TextOutputMode,
  type TextSource,
  type TextVectorizationConfig,
  type TextVectorizationOptions,
} from './text_vectorization';
export {
  type LookupConfig,
  type LookupInput,
  type LookupOptions,
  type LookupOutputMode,
  type LookupSource,
} from './index_lookup';
export { IntegerLookup, type IntegerLookupConfig, type IntegerLookupOptions, type OovMethod } from './integer_lookup';
export { type Salt } from './lookup_salt';
export { StringLookup, type NestedStrings, type StringLookupConfig, type StringLookupOptions } from './string_lookup';
export type { SplitName, Splitter } from './split';
export type { StandardizeName, Standardizer } from './standardize';
export {
  Tokenizer,
  tokenizerFromJson,
  type IdSequence,
  type MatrixMode,
  type TokenizerOptions,
  type TokenizerText,
} from './tokenizer';
export { hashingTrick, oneHot, textToWordSequence, type HashingOptions, type WordOptions } from './words';
