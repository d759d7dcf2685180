// SPDX-License-Identifier: MIT
// Oracle: attention and dot products in double, from keras/src/layers/attention and keras/src/layers/merging/dot.py. A row
// of the batch at a time, an element at a time.
import { transpose } from './matrices';

/** What a query does that may attend to no key: see native/kernels/kernel_list.h. */
export type NoKeys = 'lower' | 'alike' | 'none';

export interface AttentionProblem {
  rows: number;
  queries: number;
  keys: number;
  heads: number;
  /** Columns of a head of query and key, and of value. */
  keyDim: number;
  valueDim: number;
  score: 'dot' | 'tanh';
  /** [rows, queries, heads * keyDim] */
  query: Float64Array;
  /** [rows, keys, heads * keyDim] */
  key: Float64Array;
  /** [rows, keys, heads * valueDim] */
  value: Float64Array;
  /** [1]: dot: scale q k; tanh: sum of sumWeights tanh(scale (q + k)). */
  scale: Float64Array;
  /** tanh alone: [keyDim]. */
  sumWeights: Float64Array;
  /** Whether query i of a row may attend to key j. */
  attends: (row: number, i: number, j: number) => boolean;
  noKeys: NoKeys;
  /** Queries whose output is zero [rows, queries]: 0 there; null for none. */
  queryMask: ArrayLike<number> | null;
  /** What dropout multiplies weights with [rows, heads, queries, keys]; null for nothing. */
  factors: Float64Array | null;
}

export interface AttentionResult {
  /** [rows, queries, heads * valueDim] */
  output: Float64Array;
  /** [rows, heads, queries, keys], before dropout and after it. */
  weights: Float64Array;
  dropped: Float64Array;
}

export interface AttentionGradients {
  query: Float64Array;
  key: Float64Array;
  value: Float64Array;
  scale: Float64Array;
  sumWeights: Float64Array;
}

/** Places of elements. */
function places(p: AttentionProblem) {
  const { queries, keys, heads, keyDim, valueDim } = p;
  return {
    query: (r: number, h: number, i: number, c: number) => ((r * queries + i) * heads + h) * keyDim + c,
    key: (r: number, h: number, j: number, c: number) => ((r * keys + j) * heads + h) * keyDim + c,
    value: (r: number, h: number, j: number, c: number) => ((r * keys + j) * heads + h) * valueDim + c,
    output: (r: number, h: number, i: number, c: number) => ((r * queries + i) * heads + h) * valueDim + c,
    weight: (r: number, h: number, i: number, j: number) => ((r * heads + h) * queries + i) * keys + j,
  };
}

function forEachQuery(p: AttentionProblem, body: (r: number, h: number, i: number) => void): void {
  for (let r = 0; r < p.rows; r++) for (let h = 0; h < p.heads; h++) for (let i = 0; i < p.queries; i++) body(r, h, i);
}

function scoreOf(p: AttentionProblem, r: number, h: number, i: number, j: number): number {
  const at = places(p);
  let sum = 0;
  for (let c = 0; c < p.keyDim; c++) {
    const [q, k] = [p.query[at.query(r, h, i, c)]!, p.key[at.key(r, h, j, c)]!];
    sum += p.score === 'dot' ? p.scale[0]! * q * k : p.sumWeights[c]! * Math.tanh(p.scale[0]! * (q + k));
  }
  return sum;
}

/** Softmax over the keys that a query may attend to. */
function weightsOf(p: AttentionProblem, r: number, h: number, i: number): number[] {
  const scores = Array.from({ length: p.keys }, (_, j) => scoreOf(p, r, h, i, j));
  const attends = scores.map((_, j) => p.attends(r, i, j));
  const hasKeys = attends.includes(true);
  if (!hasKeys && p.noKeys === 'none') return scores.map(() => 0);
  if (!hasKeys && p.noKeys === 'alike') return scores.map(() => 1 / p.keys);
  // Single precision leaves only multiples of 64 of a score that is 1e9 lower.
  const used = hasKeys
    ? scores.map((score, j) => (attends[j]! ? score : -Infinity))
    : scores.map((score) => Math.fround(Math.fround(score) - 1e9));
  const most = Math.max(...used);
  const powers = used.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export function attentionForward(p: AttentionProblem): AttentionResult {
  const at = places(p);
  const weights = new Float64Array(p.rows * p.heads * p.queries * p.keys);
  const output = new Float64Array(p.rows * p.queries * p.heads * p.valueDim);
  forEachQuery(p, (r, h, i) => weightsOf(p, r, h, i).forEach((weight, j) => (weights[at.weight(r, h, i, j)] = weight)));
  const dropped = weights.map((weight, place) => weight * (p.factors?.[place] ?? 1));
  forEachQuery(p, (r, h, i) => {
    if (p.queryMask !== null && p.queryMask[r * p.queries + i] === 0) return;
    for (let j = 0; j < p.keys; j++)
      for (let c = 0; c < p.valueDim; c++)
        output[at.output(r, h, i, c)]! += dropped[at.weight(r, h, i, j)]! * p.value[at.value(r, h, j, c)]!;
  });
  return { output, weights, dropped };
}

/** Gradients of sum(dy * output) + sum(dw * weights) + sum(dd * dropped). */
export function attentionBackward(
  p: AttentionProblem,
  dy: Float64Array,
  dw: Float64Array | null = null,
  dd: Float64Array | null = null,
): AttentionGradients {
  const at = places(p);
  const { weights, dropped } = attentionForward(p);
  const g = {
    query: new Float64Array(p.query.length),
    key: new Float64Array(p.key.length),
    value: new Float64Array(p.value.length),
    scale: new Float64Array(1),
    sumWeights: new Float64Array(p.sumWeights.length),
  };
  forEachQuery(p, (r, h, i) => {
    const isOut = p.queryMask !== null && p.queryMask[r * p.queries + i] === 0;
    const slopes = Array.from({ length: p.keys }, (_, j) => {
      const place = at.weight(r, h, i, j);
      let slope = dd?.[place] ?? 0;
      for (let c = 0; c < p.valueDim && !isOut; c++) {
        const d = dy[at.output(r, h, i, c)]!;
        slope += d * p.value[at.value(r, h, j, c)]!;
        g.value[at.value(r, h, j, c)]! += d * dropped[place]!;
      }
      return slope * (p.factors?.[place] ?? 1) + (dw?.[place] ?? 0);
    });
    const hasKeys = Array.from({ length: p.keys }, (_, j) => p.attends(r, i, j)).includes(true);
    if (!hasKeys && p.noKeys !== 'lower') return;
    const along = slopes.reduce((sum, slope, j) => sum + slope * weights[at.weight(r, h, i, j)]!, 0);
    slopes.forEach((slope, j) => {
      const d = weights[at.weight(r, h, i, j)]! * (slope - along);
      for (let c = 0; c < p.keyDim; c++) {
        const [qi, kj] = [at.query(r, h, i, c), at.key(r, h, j, c)];
        const [q, k, scale] = [p.query[qi]!, p.key[kj]!, p.scale[0]!];
        if (p.score === 'dot') {
          g.query[qi]! += d * scale * k;
          g.key[kj]! += d * scale * q;
          g.scale[0]! += d * q * k;
          continue;
        }
        const t = Math.tanh(scale * (q + k));
        const u = d * p.sumWeights[c]! * (1 - t * t);
        g.query[qi]! += u * scale;
        g.key[kj]! += u * scale;
        g.scale[0]! += u * (q + k);
        g.sumWeights[c]! += d * t;
      }
    });
  });
  return g;
}

export interface DotProblem {
  rows: number;
  /** Of each input: its axes after the batch, [C] or [T,C]; its values; the axis to sum over, 1 or 2. */
  shapes: [number[], number[]];
  x: [Float64Array, Float64Array];
  axes: [number, number];
  normalize: boolean;
}

/** The lines of a row of an input that are summed over, [kept, summed], lengths of 1 where they are normalized. */
function linesOf(p: DotProblem, input: 0 | 1, row: number): { lines: Float64Array; lengths: Float64Array } {
  const shape = p.shapes[input];
  const [steps, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  const own = p.x[input].slice(row * steps * columns, (row + 1) * steps * columns);
  const sumsColumns = shape.length === 1 || p.axes[input] === 2;
  const lines = sumsColumns ? own : transpose(own, steps, columns);
  const summed = sumsColumns ? columns : steps;
  const lengths = new Float64Array(lines.length / summed).fill(1);
  if (p.normalize) {
    lengths.forEach((_, line) => {
      let squares = 0;
      for (let k = 0; k < summed; k++) squares += lines[line * summed + k]! ** 2;
      lengths[line] = Math.max(Math.sqrt(squares), 1e-7);
    });
    lines.forEach((value, i) => (lines[i] = value / lengths[Math.floor(i / summed)]!));
  }
  return { lines, lengths };
}

function summedOf(p: DotProblem): number {
  return p.shapes[0][p.shapes[0].length === 1 ? 0 : p.axes[0] - 1]!;
}

/** [rows, what is left of the first input, what is left of the second] */
export function dotForward(p: DotProblem): Float64Array {
  const summed = summedOf(p);
  const parts = Array.from({ length: p.rows }, (_, row) => {
    const [a, b] = [linesOf(p, 0, row).lines, linesOf(p, 1, row).lines];
    const [m, n] = [a.length / summed, b.length / summed];
    return Array.from({ length: m * n }, (__, place) => {
      let sum = 0;
      for (let k = 0; k < summed; k++) sum += a[Math.floor(place / n) * summed + k]! * b[(place % n) * summed + k]!;
      return sum;
    });
  });
  return Float64Array.from(parts.flat());
}

/** Gradients of sum(dy * output) by both inputs. */
export function dotBackward(p: DotProblem, dy: Float64Array): [Float64Array, Float64Array] {
  const summed = summedOf(p);
  const size = dy.length / p.rows;
  const gradients = [0, 1].map((side) => {
    const input = side as 0 | 1;
    const parts = Array.from({ length: p.rows }, (_, row) => {
      const own = linesOf(p, input, row);
      const other = linesOf(p, input === 0 ? 1 : 0, row).lines;
      const [kept, others] = [own.lines.length / summed, other.length / summed];
      const d = new Float64Array(own.lines.length);
      for (let line = 0; line < kept; line++) {
        for (let k = 0; k < summed; k++)
          for (let o = 0; o < others; o++) {
            const place = input === 0 ? line * others + o : o * kept + line;
            d[line * summed + k]! += dy[row * size + place]! * other[o * summed + k]!;
          }
        if (!p.normalize) continue;
        let along = 0;
        for (let k = 0; k < summed; k++) along += d[line * summed + k]! * own.lines[line * summed + k]!;
        if (own.lengths[line]! <= 1e-7) along = 0;
        for (let k = 0; k < summed; k++)
          d[line * summed + k] = (d[line * summed + k]! - along * own.lines[line * summed + k]!) / own.lengths[line]!;
      }
      const isTurned = p.shapes[input].length === 2 && p.axes[input] === 1;
      return isTurned ? transpose(d, kept, summed) : d;
    });
    return Float64Array.from(parts.flatMap((part) => Array.from(part)));
  });
  return gradients as [Float64Array, Float64Array];
}
