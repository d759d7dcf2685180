// SPDX-License-Identifier: MIT
// Oracle: the embedding layer in double: one row of the table per token, from keras/src/layers/core/embedding.py.

export function embeddingForward(tokens: ArrayLike<number>, embeddings: Float64Array, dim: number): Float64Array {
  const y = new Float64Array(tokens.length * dim);
  for (let p = 0; p < tokens.length; p++) {
    y.set(embeddings.subarray(tokens[p]! * dim, (tokens[p]! + 1) * dim), p * dim);
  }
  return y;
}

/** The gradient of sum(dy * y) with respect to the table [vocabulary, dim]. */
export function embeddingBackward(
  tokens: ArrayLike<number>,
  dy: Float64Array,
  vocabulary: number,
  dim: number,
): Float64Array {
  const gradient = new Float64Array(vocabulary * dim);
  dy.forEach((value, i) => (gradient[tokens[Math.floor(i / dim)]! * dim + (i % dim)]! += value));
  return gradient;
}
