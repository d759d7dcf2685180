// SPDX-License-Identifier: MIT
// native/kernels/attention-inl.h: weights of attention under masks, and scores that are sums of tanh.
import { drawFrom, type Draw } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { NO_KEYS, testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST, sumTolerance, ulpOf, ULPS } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, exp, max, tanh } = Math;

const ROWS = [1, 2, 3, 7, 8, 9] as const;
const FEATURES = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65] as const;

interface Masks {
  queries: Uint8Array | null;
  /** [rows or 1, columns], 0 or -infinity. */
  keys: Float64Array | null;
  perQuery: boolean;
  causal: boolean;
}

/** Some of each kind of mask, by the bits of `turn`. */
function drawMasks(draw: Draw, rows: number, columns: number, turn: number): Masks {
  const perQuery = turn % 3 === 1;
  const hides = draw.integers((perQuery ? rows : 1) * columns, 0, 3);
  return {
    queries: turn % 4 === 2 ? Uint8Array.from(draw.integers(2 * rows, 0, 3)) : null,
    keys: turn % 3 === 2 ? null : Float64Array.from(hides, (hidden) => (hidden === 0 ? -Infinity : 0)),
    perQuery,
    causal: turn % 5 === 3,
  };
}

function attendsOf({ queries, keys, perQuery, causal }: Masks, columns: number, i: number, j: number): boolean {
  if (queries !== null && queries[2 * i] === 0) return false;
  return !(causal && j > i) && !(keys !== null && keys[(perQuery ? i * columns : 0) + j]! < 0);
}

/** A row of weights, and whether the query attends to any key. */
function weightsOf(scores: Float64Array, attends: boolean[], noKeys: string): { row: number[]; any: boolean } {
  const any = attends.includes(true);
  if (!any && noKeys === 'none') return { row: attends.map(() => 0), any };
  if (!any && noKeys === 'alike') return { row: attends.map(() => 1 / attends.length), any };
  // What single precision leaves of a score that is 1e9 lower.
  const used = attends.map((counts, j) => (any ? (counts ? scores[j]! : -Infinity) : Math.fround(scores[j]! - 1e9)));
  const most = max(...used);
  const powers = used.map((score) => exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { row: powers.map((power) => power / sum), any };
}

function runWeights(isa: Isa, turn: number, rows: number, columns: number, factor: number, backward: boolean): void {
  const seed = 9000 + turn;
  const noKeys = NO_KEYS[turn % 3]!;
  const context = `attention ${isa} rows ${rows} columns ${columns} ${noKeys} seed ${seed}`;
  const draw = drawFrom(seed);
  const masks = drawMasks(draw, rows, columns, turn);
  const memory = new GuardedMemory(sideOf(turn));
  const padded = paddedColumns(columns);
  const stride = padded + 16 * (turn % 2);
  const x = rounded(draw.normal(rows * columns, 3));
  const dy = rounded(draw.normal(rows * columns));
  const scale = Math.fround(factor);
  const truth = Array.from({ length: rows }, (_, i) => {
    const scores = x.slice(i * columns, (i + 1) * columns).map((value) => value * scale);
    const attends = Array.from(scores, (_value, j) => attendsOf(masks, columns, i, j));
    return { scores, ...weightsOf(scores, attends, noKeys) };
  });
  const y = rounded(Float64Array.from(truth.flatMap(({ row }) => row)));
  const shape = { rows, columns, padded, stride };
  const weights = backward ? memory.input('y', shape, y) : memory.output('x', shape, x);
  const keyShape = { rows: masks.perQuery ? rows : 1, columns, padded };
  const gradient = backward ? memory.output('dy', shape, dy) : null;
  testingAddon.attentionWeights(isa, {
    ...{ rows, columns, stride, scale, queries: masks.queries, queryStride: 2, causal: masks.causal },
    keys: masks.keys === null ? null : memory.input('keys', keyShape, masks.keys),
    keyStride: masks.perQuery ? padded : 0,
    noKeys: turn % 3,
    weights,
    gradient,
  });
  memory.expectIntact(context);
  if (gradient !== null) {
    const [expected, tolerance] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
    for (let i = 0; i < rows * columns; i++) {
      const row = i - (i % columns);
      if (noKeys === 'alike' && !truth[row / columns]!.any) continue;
      let [along, magnitude] = [0, 0];
      for (let k = row; k < row + columns; k++) {
        along += dy[k]! * y[k]!;
        magnitude += abs(dy[k]! * y[k]!);
      }
      expected[i] = scale * y[i]! * (dy[i]! - along);
      // The dot product's error, then a difference and two products.
      const rest = sumTolerance(columns, magnitude) + 4 * ROUNDOFF * (abs(dy[i]!) + magnitude);
      tolerance[i] = abs(scale) * y[i]! * rest + SMALLEST;
    }
    return expectWithin(valuesOf(gradient, rows, columns, stride), expected, tolerance, context);
  }
  const expected = Float64Array.from(truth.flatMap(({ row }) => row));
  const tolerance = Float64Array.from(
    truth.flatMap(({ scores, row }) => {
      const largest = scores.reduce((most, score) => max(most, abs(score)), 0);
      // The score, its distance from the largest, the exponential's 2 ulp, the sum, the reciprocal and the product.
      const relative = 2 * (4 * largest + 2 * ULPS.exp + columns + 3) * ROUNDOFF;
      return row.map((weight) => relative * weight + SMALLEST);
    }),
  );
  expectWithin(valuesOf(weights, rows, columns, stride), expected, tolerance, context);
  for (let i = 0; i < rows; i++) {
    const rest = weights.subarray(i * stride + columns, i * stride + padded);
    expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
    truth[i]!.row.forEach((weight, j) => {
      // Exactly nothing of a key that does not count: values there may be anything.
      if (truth[i]!.any && weight === 0 && weights[i * stride + j] !== 0) throw new Error(`${context}: ${i} ${j}`);
    });
  }
}

describeEachIsa('attention weights', (isa) => {
  test('are the softmax of the scores over the keys that count', () => {
    forEachPair(ROWS, UNITS, (rows, columns, turn) => runWeights(isa, turn, rows, columns, 0.7, false));
  });

  test('have the gradient of the softmax', () => {
    forEachPair(ROWS, UNITS, (rows, columns, turn) => runWeights(isa, turn, rows, columns, -1.3, true));
  });

  const one = (row: number[], more: object): number[] => {
    const weights = new Float32Array(16);
    weights.set(row);
    testingAddon.attentionWeights(isa, {
      ...{ rows: 1, columns: row.length, stride: 16, scale: 1, queries: null, queryStride: 0, keys: null, keyStride: 0 },
      ...{ causal: false, noKeys: 0, weights, gradient: null, ...more },
    });
    return Array.from(weights.subarray(0, row.length));
  };
  const hide = (...hidden: boolean[]): Float32Array =>
    Float32Array.from({ length: 16 }, (_, j) => (hidden[j] === true ? -Infinity : 0));

  test('a NaN, and an infinite score, spread over the row', () => {
    expect(one([1, NaN, 2], {})).toEqual([NaN, NaN, NaN]);
    expect(one([1, Infinity, 2], {})).toEqual([NaN, NaN, NaN]);
  });

  test('a query without keys does as it is told, and passes a gradient only where its scores matter', () => {
    const keys = hide(true, true);
    expect(one([5, 1], { keys, noKeys: 0 })).toEqual([0.5, 0.5]);
    expect(one([500, 1], { keys, noKeys: 0 })).toEqual([1, 0]);
    expect(one([500, 1], { keys, noKeys: 1 })).toEqual([0.5, 0.5]);
    expect(one([500, 1], { keys, noKeys: 2 })).toEqual([0, 0]);
    const gradientOf = (noKeys: number): number[] => {
      const weights = new Float32Array(16).fill(0.5, 0, 2);
      const gradient = Float32Array.from({ length: 16 }, (_, j) => (j === 0 ? 2 : 0));
      one([0, 0], { keys, noKeys, weights, gradient });
      return Array.from(gradient.subarray(0, 2));
    };
    expect(gradientOf(0)).toEqual([0.5, -0.5]);
    expect(gradientOf(1)).toEqual([0, 0]);
  });
});

function runScores(isa: Isa, turn: number, rows: number, columns: number, features: number): void {
  const seed = 9700 + turn;
  const context = `additive ${isa} rows ${rows} columns ${columns} features ${features} seed ${seed}`;
  const draw = drawFrom(seed);
  const padded = paddedColumns(features);
  const [queryStride, keyStride] = [padded + 16 * (turn % 2), padded * (1 + (turn % 3))];
  const stride = paddedColumns(columns);
  const scale = Math.fround(0.3 + (turn % 4));
  const query = rounded(draw.normal(rows * features));
  const key = rounded(draw.normal(columns * features));
  const weights = rounded(draw.normal(features));
  const d = rounded(draw.normal(rows * columns)).map((value, i) => (i % 5 === 4 ? 0 : value));
  const before = rounded(draw.normal(columns * features));
  const accumulate = turn % 2 === 0;
  const make = (memory: GuardedMemory) => ({
    ...{ rows, columns, features, scale, queryStride, keyStride, stride, dqueryStride: queryStride, dkeyStride: keyStride },
    query: memory.input('query', { rows, columns: features, padded, stride: queryStride }, query),
    key: memory.input('key', { rows: columns, columns: features, padded, stride: keyStride }, key),
    weights: memory.input('weights', { rows: 1, columns: features, padded }, weights),
    accumulate,
  });
  const forward = new GuardedMemory(sideOf(turn));
  const scores = forward.output('scores', { rows, columns, padded: stride });
  testingAddon.additiveScores(isa, {
    ...make(forward),
    ...{ scores, dquery: null, dkey: null, dweights: null, dscale: null },
  });
  forward.expectIntact(context);
  const backward = new GuardedMemory(sideOf(turn + 1));
  const dquery = backward.output('dquery', { rows, columns: features, padded, stride: queryStride });
  const dkeyShape = { rows: columns, columns: features, padded, stride: keyStride };
  const dkey = backward.output('dkey', dkeyShape, accumulate ? before : null);
  const dweights = backward.output('dweights', { rows: 1, columns: features, padded });
  const dscale = backward.output('dscale', { rows: 1, columns: features, padded });
  testingAddon.additiveScores(isa, {
    ...make(backward),
    ...{ scores: backward.input('scores', { rows, columns, padded: stride }, d), dquery, dkey, dweights, dscale },
  });
  backward.expectIntact(context);

  const wanted = (length: number) => ({ value: new Float64Array(length), error: new Float64Array(length) });
  const [s, q, k] = [wanted(rows * columns), wanted(rows * features), wanted(columns * features)];
  const [w, c] = [wanted(features), wanted(features)];
  const add = ({ value, error }: typeof s, place: number, term: number, off: number): void => {
    value[place]! += term;
    // Each term's own error, and its share of that of the sum.
    error[place]! += off + sumTolerance(rows * columns + features, abs(term));
  };
  if (accumulate) before.forEach((value, place) => add(k, place, value, 0));
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let f = 0; f < features; f++) {
        const x = query[i * features + f]! + key[j * features + f]!;
        const t = tanh(scale * x);
        // The sum and the product in its argument, then its own units in the last place.
        const off = ULPS.tanh * ulpOf(t) + 2 * ROUNDOFF * abs(scale * x);
        const slope = d[i * columns + j]!;
        const u = slope * weights[f]! * (1 - t * t);
        const offU = abs(slope * weights[f]!) * (2 * off + 5 * ROUNDOFF);
        add(s, i * columns + j, weights[f]! * t, abs(weights[f]!) * off);
        add(q, i * features + f, scale * u, scale * offU);
        add(k, j * features + f, scale * u, scale * offU);
        add(w, f, slope * t, abs(slope) * off);
        add(c, f, u * x, offU * abs(x));
      }
  expectWithin(valuesOf(scores, rows, columns, stride), s.value, s.error, `${context}, scores`);
  expectWithin(valuesOf(dquery, rows, features, queryStride), q.value, q.error, `${context}, query`);
  expectWithin(valuesOf(dkey, columns, features, keyStride), k.value, k.error, `${context}, key`);
  expectWithin(valuesOf(dweights, 1, features, padded), w.value, w.error, `${context}, weights`);
  expectWithin(valuesOf(dscale, 1, features, padded), c.value, c.error, `${context}, scale`);
  for (let i = 0; i < rows; i++)
    expectSameBits(
      scores.subarray(i * stride + columns, (i + 1) * stride),
      new Float32Array(stride - columns),
      `${context}, padding`,
    );
}

describeEachIsa('additive scores', (isa) => {
  test('agree with the oracle, and so do their gradients', () => {
    forEachPair([1, 2, 5], FEATURES, (rows, features, turn) => runScores(isa, turn, rows, 1 + (turn % 7) * 3, features));
  });
});
