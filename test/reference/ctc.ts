// SPDX-License-Identifier: MIT
// Oracle: CTC (Graves et al. 2006) by its definition: the sum over every path of classes through the timesteps that reads
// as the labels once repetitions are merged and blanks dropped. For a handful of timesteps and classes.
const BLANK = 0;

/** Minus the logarithm of the probability of `labels` under logits [steps, classes]; infinite where no path reads so. */
export function ctcLoss(logits: ArrayLike<number>, classes: number, labels: readonly number[]): number {
  const steps = logits.length / classes;
  const probabilities = Array.from({ length: steps }, (_, t) => {
    const exponentials = Array.from({ length: classes }, (__, j) => Math.exp(logits[t * classes + j]!));
    const total = exponentials.reduce((a, b) => a + b, 0);
    return exponentials.map((value) => value / total);
  });
  let sum = 0;
  for (let code = 0; code < classes ** steps; code++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(code / classes ** t) % classes);
    const read = path.filter((id, t) => id !== BLANK && id !== path[t - 1]);
    if (read.length !== labels.length || read.some((id, n) => id !== labels[n])) continue;
    sum += path.reduce((product, id, t) => product * probabilities[t]![id]!, 1);
  }
  return -Math.log(sum);
}
