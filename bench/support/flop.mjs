// SPDX-License-Identifier: MIT
// Necessary work of a training step in floating-point operations, two per multiply-add. Products only: activations,
// optimizer and loss come on top and count for nothing, so shares of the peak look lower than the machine's business.

/**
 * What a padded batch of tokens comes to: different tokens, real positions (what is not leading padding), and the
 * longest run of leading padding, which needs walking once for all rows.
 *
 * @param tokens int32 [N, steps], flat
 */
export function countTokens(tokens, firstRow, rows, steps) {
  const seen = new Set();
  let real = 0;
  let prefix = 0;
  for (let row = firstRow; row < firstRow + rows; row++) {
    const end = (row + 1) * steps;
    let i = row * steps;
    while (i < end && tokens[i] === 0) i++;
    prefix = Math.max(prefix, i - row * steps);
    real += end - i;
    for (; i < end; i++) seen.add(tokens[i]);
  }
  return { unique: seen.size, real, prefix };
}

/** Products of a cell as wide as one gate: matrices are so many times wider than the state. */
export const GATES = Object.freeze({ rnn: 1, lstm: 4, gru: 3 });

/**
 * Embedding of `features` into one layer of `units`: per gate U D H + (R + P) H^2 multiply-adds forward, and backward
 * twice that.
 */
export function tokenStepFlop({ unique, real, prefix }, features, units, cell = 'rnn') {
  return 3 * 2 * GATES[cell] * (unique * features * units + (real + prefix) * units * units);
}

/** The mean of {@link tokenStepFlop} over the full batches of a data set in its own order. */
export function meanTokenStepFlop({ tokens, rows, steps }, batchSize, features, units, cell = 'rnn') {
  const batches = Math.floor(rows / batchSize);
  let sum = 0;
  for (let b = 0; b < batches; b++)
    sum += tokenStepFlop(countTokens(tokens, b * batchSize, batchSize, steps), features, units, cell);
  return sum / batches;
}

/**
 * One recurrent layer on floats that nobody asks the gradient of: inputs and states forward, states backward, and the
 * gradients of both matrices.
 */
export function floatStepFlop({ batch, steps, features, units, cell = 'rnn' }) {
  const rows = batch * steps;
  const both = 2 * rows * (features * units + units * units);
  return GATES[cell] * (both + 2 * rows * units * units + both);
}
