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
