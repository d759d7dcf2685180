// SPDX-License-Identifier: MIT
// Labels from logits by the definitions, in double: every way to read a sample spelt out, and a beam search that keeps
// its paths as texts.

export interface Path {
  readonly labels: readonly number[];
  /** Logarithm of the probability. */
  readonly score: number;
}

const logAdd = (a: number, b: number): number => {
  const high = Math.max(a, b);
  return high === -Infinity ? -Infinity : high + Math.log(Math.exp(a - high) + Math.exp(b - high));
};

function logSoftmax(row: readonly number[]): number[] {
  const high = Math.max(...row);
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value - high), 0)) + high;
  return row.map((value) => value - total);
}

/** Higher scores first; of equal ones the lower label where they differ, then the longer path. */
function inOrder(a: Path, b: Path): number {
  if (a.score !== b.score) return b.score - a.score;
  for (let i = 0; i < Math.min(a.labels.length, b.labels.length); i++)
    if (a.labels[i] !== b.labels[i]) return a.labels[i]! - b.labels[i]!;
  return b.labels.length - a.labels.length;
}

/** All labels that there are, by the sum over all K^T ways to read them. */
export function allPaths(logits: readonly (readonly number[])[], blank: number): Path[] {
  const rows = logits.map(logSoftmax);
  const scores = new Map<string, number>();
  const walk = (step: number, alignment: readonly number[], score: number): void => {
    if (step === rows.length) {
      const labels = alignment.filter((label, t) => label !== blank && label !== alignment[t - 1]);
      scores.set(labels.join(), logAdd(scores.get(labels.join()) ?? -Infinity, score));
      return;
    }
    rows[step]!.forEach((value, label) => walk(step + 1, [...alignment, label], score + value));
  };
  walk(0, [], 0);
  return [...scores].map(([key, score]) => ({ labels: read(key), score })).sort(inOrder);
}

/** The best paths where only `width` are kept after each timestep. */
export function beamSearch(logits: readonly (readonly number[])[], blank: number, width: number): Path[] {
  let beams = new Map<string, { emit: number; blank: number }>([['', { emit: -Infinity, blank: 0 }]]);
  for (const row of logits.map(logSoftmax)) {
    const next = new Map<string, { emit: number; blank: number }>();
    const add = (key: string, emit: number, masked: number): void => {
      const before = next.get(key) ?? { emit: -Infinity, blank: -Infinity };
      next.set(key, { emit: logAdd(before.emit, emit), blank: logAdd(before.blank, masked) });
    };
    for (const [key, scores] of beams) {
      const labels = read(key);
      const total = logAdd(scores.emit, scores.blank);
      row.forEach((value, label) => {
        if (label === blank) return add(key, -Infinity, total + value);
        const isAgain = label === labels.at(-1);
        if (isAgain) add(key, scores.emit + value, -Infinity);
        add([...labels, label].join(), (isAgain ? scores.blank : total) + value, -Infinity);
      });
    }
    const ranked = [...next]
      .map(([key, scores]) => ({ key, scores, labels: read(key), score: logAdd(scores.emit, scores.blank) }))
      .filter(({ score }) => score > -Infinity)
      .sort(inOrder);
    beams = new Map(ranked.slice(0, width).map(({ key, scores }) => [key, scores]));
  }
  return [...beams]
    .map(([key, { emit, blank: masked }]) => ({ labels: read(key), score: logAdd(emit, masked) }))
    .sort(inOrder);
}

function read(key: string): number[] {
  return key === '' ? [] : key.split(',').map(Number);
}
