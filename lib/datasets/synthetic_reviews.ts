// SPDX-License-Identifier: MIT
// A generated stand-in for IMDB, for machines that cannot have the real file. Its reviews have Zipf-distributed words and
// IMDB's lengths, and their label lies in the order of the words alone: a bag of words sees nothing.
import { refuseMore } from '../util/arguments';
import { checkInteger, checkOptions } from '../util/validate';
import { labelledSequences, sequenceSplit, type LabelledSequences, type SequenceSplit } from './labelled_sequences';

/** Options of {@link syntheticReviews}. */
export interface SyntheticReviewsOptions {
  /** LabelledSequences to train on. Default 25000. */
  train?: number;
  /** LabelledSequences to test on. Default 25000. */
  test?: number;
  /** Size of the vocabulary: ids stay below it; at least 100. Default 10000. */
  numWords?: number;
  /** Seed: the same seed gives the same reviews. Default 113. */
  seed?: number;
}

const DEFAULTS = Object.freeze({ train: 25000, test: 25000, numWords: 10000, seed: 113 });
const WHERE = 'datasets.syntheticReviews';

/** Ids with a meaning. 0 is padding and 2 the unknown word, as in IMDB; neither is ever generated. */
export const SYNTHETIC_WORDS = Object.freeze({
  start: 1,
  /** Ends a clause, and with it the reach of a negation. */
  comma: 4,
  /** Ends a clause; what follows outweighs what came before. */
  but: 5,
  /** First id and number of the words that flip the sentiment words after them, up to the end of the clause. */
  negation: Object.freeze({ first: 6, count: 2 }),
  positive: Object.freeze({ first: 8, count: 6 }),
  negative: Object.freeze({ first: 14, count: 6 }),
  /** First of the words without sentiment; they run to the end of the vocabulary. */
  neutral: 20,
});

// Log-normal lengths with IMDB's median (177 words) and mean (238): sigma = sqrt(2 ln(mean / median)).
const LENGTH_MU = Math.log(177);
const LENGTH_SIGMA = Math.sqrt(2 * Math.log(238 / 177));
const SHORTEST = 40;
const LONGEST = 2494;
const NEGATED_SHARE = 0.25;
/** Per clause: with one alone, a net of 32 units remembers reviews before it finds the negation. */
const SENTIMENT_WORDS = 2;
const BUT_SHARE = 0.7;
const CLOSING = 48;
const COMMON = 16;
const ZIPF_TABLE_BITS = 18;

/**
 * Makes a corpus of review-like sequences in which the order of the words decides the label.
 *
 * Each review is one start mark, neutral words with a few clauses of sentiment among them, and two closing clauses. The last
 * clause decides: its sentiment words, flipped where a negation stands before them in the same clause. The clause before it,
 * set off by "but" or a comma, always holds words of the other polarity, so that every review has as many positive as
 * negative words there; negations fall on both clauses alike. The counts of words are therefore independent of the label.
 *
 * @param options sizes, vocabulary and seed
 * @returns both splits (N rows of word ids, labels [N]), with `source` equal to `synthetic`
 * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG` where an option is unknown or out of its range
 *
 * @example
 * const { train, source } = syntheticReviews({ train: 100, test: 100 });
 * console.log(source, train.x.length, train.y.length); // synthetic 100 100
 */
export function syntheticReviews(options?: SyntheticReviewsOptions, ...rest: []): LabelledSequences {
  refuseMore('syntheticReviews', rest);
  const given = checkOptions(WHERE, options, Object.keys(DEFAULTS));
  const train = checkInteger(WHERE, 'train', given.train ?? DEFAULTS.train, 1, 1000000);
  const test = checkInteger(WHERE, 'test', given.test ?? DEFAULTS.test, 1, 1000000);
  const numWords = checkInteger(WHERE, 'numWords', given.numWords ?? DEFAULTS.numWords, 100, 100000);
  const seed = checkInteger(WHERE, 'seed', given.seed ?? DEFAULTS.seed, 0, 4294967295);
  const neutral = zipfTable(numWords);
  return labelledSequences(
    makeSplit(train, neutral, new Generator(seed)),
    makeSplit(test, neutral, new Generator(seed ^ 0x5bd1e995)),
    'synthetic',
  );
}

/** Words of the neutral vocabulary, each as often as Zipf's law has it: a uniform index draws one. */
function zipfTable(numWords: number): Int32Array {
  const first = SYNTHETIC_WORDS.neutral;
  const size = 1 << ZIPF_TABLE_BITS;
  const table = new Int32Array(size);
  let total = 0;
  for (let rank = 1; rank <= numWords - first; rank++) total += 1 / rank;
  let reached = 0;
  let filled = 0;
  for (let rank = 1; rank <= numWords - first; rank++) {
    reached += 1 / rank;
    const end = Math.round((reached / total) * size);
    while (filled < end) table[filled++] = first + rank - 1;
  }
  return table;
}

function makeSplit(count: number, neutral: Int32Array, random: Generator): SequenceSplit {
  const offsets = new Float64Array(count + 1);
  for (let row = 0; row < count; row++) offsets[row + 1] = offsets[row]! + drawLength(random);
  const words = new Int32Array(offsets[count]!);
  const labels = new Int32Array(count);
  const rows: Int32Array[] = [];
  for (let row = 0; row < count; row++) {
    const review = words.subarray(offsets[row]!, offsets[row + 1]!);
    labels[row] = writeReview(review, neutral, random);
    rows.push(review);
  }
  return sequenceSplit(rows, labels);
}

function drawLength(random: Generator): number {
  const length = Math.round(Math.exp(LENGTH_MU + LENGTH_SIGMA * random.normal()));
  return Math.min(LONGEST, Math.max(SHORTEST, length));
}

/** Fills one review and returns its label. */
function writeReview(review: Int32Array, neutral: Int32Array, random: Generator): number {
  const shift = 32 - ZIPF_TABLE_BITS;
  for (let t = 1; t < review.length; t++) review[t] = neutral[random.next() >>> shift]!;
  review[0] = SYNTHETIC_WORDS.start;

  // The closing words are common ones: rare words there would be remembered instead of the order.
  for (let t = Math.max(1, review.length - CLOSING); t < review.length; t++) {
    review[t] = SYNTHETIC_WORDS.neutral + random.below(COMMON);
  }
  // The closing clauses, from the end backwards.
  const label = random.next() >>> 31;
  const isNegated = random.chance(NEGATED_SHARE);
  const polarity = isNegated ? 1 - label : label;
  const begin = writeClause(review, review.length, polarity, isNegated, random);
  review[begin - 1] = random.chance(BUT_SHARE) ? SYNTHETIC_WORDS.but : SYNTHETIC_WORDS.comma;
  const before = writeClause(review, begin - 1, 1 - polarity, random.chance(NEGATED_SHARE), random);
  review[before - 1] = SYNTHETIC_WORDS.comma;

  // Sentiment elsewhere, in pairs of both polarities, about one pair for 60 words.
  const pairs = Math.floor((before - 2) / 60);
  for (let pair = 0; pair < pairs; pair++) {
    for (let side = 0; side < 2; side++) {
      const end = 16 + random.below(before - 17);
      writeClause(review, end, side, random.chance(NEGATED_SHARE), random);
      review[end] = SYNTHETIC_WORDS.comma;
    }
  }
  return label;
}

/** Writes the words of a clause that ends before `end` and returns where it begins; at most 8 words long. */
function writeClause(review: Int32Array, end: number, polarity: number, isNegated: boolean, random: Generator): number {
  const words = polarity === 1 ? SYNTHETIC_WORDS.positive : SYNTHETIC_WORDS.negative;
  let at = end - 1 - random.below(2);
  for (let word = 0; word < SENTIMENT_WORDS; word++) {
    review[at] = random.word(words);
    at -= 1 + random.below(2);
  }
  at -= random.below(2);
  if (isNegated) review[at] = random.word(SYNTHETIC_WORDS.negation);
  return at - random.below(2);
}

/** Mulberry32: a small, fast generator of 32-bit numbers, good enough for made-up text. */
class Generator {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let z = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  }

  /** A number from 0 (included) to 1 (left out). */
  uniform(): number {
    return this.next() / 4294967296;
  }

  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  chance(share: number): boolean {
    return this.uniform() < share;
  }

  word(range: { readonly first: number; readonly count: number }): number {
    return range.first + this.below(range.count);
  }

  /** A standard normal number (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}
