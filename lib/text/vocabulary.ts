// SPDX-License-Identifier: MIT
// What a TextVectorization knows of words: counts while it looks at texts, then an id and a weight for each word.
import { compareCodePoints } from '../util/code_points';

export const MASK_TOKEN = '';
export const OOV_TOKEN = '[UNK]';

/** Counts tokens, and the documents that each occurs in. */
export class TokenCounter {
  documents = 0;
  private readonly counts = new Map<string, { tokens: number; documents: number; last: number }>();

  /** Whether no token was counted. */
  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  add(tokens: readonly string[]): void {
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

  /** The most frequent tokens, special ones aside; among equals the last by code points is first, as in Keras. */
  mostFrequent(limit: number): string[] {
    return [...this.counts]
      .filter(([token]) => token !== MASK_TOKEN && token !== OOV_TOKEN)
      .sort(([a, { tokens: m }], [b, { tokens: n }]) => n - m || compareCodePoints(b, a))
      .slice(0, limit)
      .map(([token]) => token);
  }

  /** log(1 + documents / (1 + documents with the token)) of each token. */
  inverseDocumentFrequencies(tokens: readonly string[]): Float32Array {
    return Float32Array.from(tokens, (token) =>
      Math.log(1 + this.documents / (1 + (this.counts.get(token)?.documents ?? 0))),
    );
  }
}

/** Words with ids from `first` on; all others have the id before, that of unknown words. */
export class Vocabulary {
  private readonly ids = new Map<string, number>();

  /**
   * @param weights of the id of unknown words and of each word; null where nothing is weighed
   */
  constructor(
    readonly tokens: readonly string[],
    readonly first: number,
    readonly weights: Float32Array | null,
  ) {
    tokens.forEach((token, index) => this.ids.set(token, first + index));
  }

  get size(): number {
    return this.first + this.tokens.length;
  }

  id(token: string): number {
    return this.ids.get(token) ?? this.first - 1;
  }
}

/** A weight for unknown words before those of the words: their mean. */
export function withMeanFirst(weights: Float32Array): Float32Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return Float32Array.from([mean, ...weights]);
}
