// SPDX-License-Identifier: MIT
// native/kernels/math-inl.h and the passes over rows of elementwise-inl.h.
import { CORNERS, CURVES } from '../reference/activations';
import { drawFrom } from '../reference/random';
import { describeEachIsa, ISAS } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa } from '../support/testing_addon';
import {
  activationTolerance,
  expectWithin,
  FUSED_TANH_ULPS,
  geluSquareUlps,
  ROUNDOFF,
  SMALLEST,
  ULPS,
  ulpOf,
} from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, floor, fround } = Math;
const { is } = Object;
const { isNaN } = Number;

type Curve = keyof typeof CURVES;
const KINDS = Object.keys(CURVES) as Curve[];
/** ActivationNeedsInput of native/kernels/kernel_list.h, of the curves. */
const NEED_INPUT: readonly string[] = ['gelu', 'silu', 'tanh_shrink', 'hard_silu', 'mish'];

/** f of every argument. */
function valuesAt(isa: Isa, kind: Curve, x: Float32Array): Float32Array {
  const padded = new Float32Array(paddedColumns(x.length));
  padded.set(x);
  testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), padded, null, padded, 1, x.length, padded.length);
  return padded.subarray(0, x.length);
}

/** Over a million arguments: every exponent, log-uniform, uniform where the curves bend, and around the clamps. */
function manyArguments(): Float32Array {
  const draw = drawFrom(5);
  const parts: Float64Array[] = [];
  const both = (values: Float64Array): void => void parts.push(values, values.map((value) => -value));
  both(Float64Array.from({ length: 277 * 16 }, (_, i) => 2 ** (floor(i / 16) - 149) * (1 + (i % 16) / 16)));
  both(draw.uniform(200000, -149, 8).map((exponent) => 2 ** exponent));
  both(draw.uniform(200000, -12, 4).map((exponent) => 2 ** exponent));
  both(draw.uniform(200000, 0, 10));
  both(draw.uniform(100000, 0, 100));
  // Every float around the clamps, the thresholds of the other curves, and where a scan of every float found tanh worst
  // (5.33 ulp fused, 6.59 not).
  for (const clamp of [6.166821, 7.3302808, 8, 9, 87, 87.33654475, 88.37, 88.72283935, 1, 2, 3, 0.5, Math.LN2 / 2]) {
    both(Float64Array.from({ length: 2001 }, (_, i) => fround(clamp) + (i - 1000) * ulpOf(clamp)));
  }
  parts.push(Float64Array.of(0, -0));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

const MANY = manyArguments();

const exactValues = new Map<Curve, Float64Array>();

/** f in double at every one of MANY, computed once for all ISAs. */
function exactAt(kind: Curve): Float64Array {
  let exact = exactValues.get(kind);
  if (!exact) exactValues.set(kind, (exact = Float64Array.from(MANY, CURVES[kind][0])));
  return exact;
}

/** The largest error in ulp over the arguments in [from, to]. */
function worstUlp(isa: Isa, kind: Curve, from: number, to: number): { ulp: number; report: string } {
  const y = valuesAt(isa, kind, MANY);
  const exact = exactAt(kind);
  let ulp = 0;
  let where = 0;
  for (let i = 0; i < y.length; i++) {
    const x = MANY[i]!;
    if (x < from || x > to) continue;
    const error = abs(y[i]! - exact[i]!) / ulpOf(exact[i]!);
    if (!(error <= ulp)) [ulp, where] = [error, i];
    if (isNaN(error)) break;
  }
  const report = `${kind} ${isa}: ${ulp} ulp at ${MANY[where]}: expected ${exact[where]}, received ${y[where]}`;
  return { ulp, report };
}

test('a million arguments and more are tried', () => {
  expect(MANY.length).toBeGreaterThan(1e6);
});

describeEachIsa('tanh', (isa) => {
  const bound = isa === 'baseline' || isa === 'scalar' ? ULPS.tanh : FUSED_TANH_ULPS;
  test(`is within ${bound} ulp everywhere`, () => {
    const { ulp, report } = worstUlp(isa, 'tanh', -Infinity, Infinity);
    if (!(ulp <= bound)) throw new Error(report);
  });

  test('is odd to the bit and never beyond 1', () => {
    const y = valuesAt(isa, 'tanh', MANY);
    const mirrored = valuesAt(
      isa,
      'tanh',
      MANY.map((x) => -x),
    );
    for (let i = 0; i < y.length; i++) {
      if (!is(mirrored[i], -y[i]!) || abs(y[i]!) > 1) {
        throw new Error(`tanh ${isa}: ${y[i]} at ${MANY[i]}, ${mirrored[i]} at ${-MANY[i]!}`);
      }
    }
  });

  test('takes zeros, infinities, NaN and the smallest numbers', () => {
    const [plus, minus, low, high, nan, tiny] = valuesAt(
      isa,
      'tanh',
      Float32Array.of(0, -0, -Infinity, Infinity, NaN, SMALLEST),
    );
    expect([plus, minus, nan, tiny]).toEqual([0, -0, NaN, SMALLEST]);
    expect(high).toBe(-low!);
    expect(abs(1 - high!)).toBeLessThan(ULPS.tanh * ROUNDOFF);
  });
});

describeEachIsa('exponential', (isa) => {
  test(`is within ${ULPS.exp} ulp between its clamps`, () => {
    const { ulp, report } = worstUlp(isa, 'exponential', -87, fround(88.37));
    if (!(ulp <= ULPS.exp)) throw new Error(report);
  });

  test('is 0 below -87, infinite above 88.37, 1 at both zeros, NaN at NaN', () => {
    const x = Float32Array.of(-87.001, -1000, -Infinity, 88.38, 1000, Infinity, 0, -0, NaN, SMALLEST);
    const y = Array.from(valuesAt(isa, 'exponential', x));
    expect(y).toEqual([0, 0, 0, Infinity, Infinity, Infinity, 1, 1, NaN, 1]);
  });
});

describeEachIsa('sigmoid', (isa) => {
  test(`is within ${ULPS.sigmoid} ulp down to e^-87`, () => {
    const { ulp, report } = worstUlp(isa, 'sigmoid', -87, Infinity);
    if (!(ulp <= ULPS.sigmoid)) throw new Error(report);
  });

  test('stays within [0, 1], and below -87 is less than the smallest normal number', () => {
    valuesAt(isa, 'sigmoid', MANY).forEach((y, i) => {
      if (!(y >= 0 && y <= 1 && (MANY[i]! >= -87 || y < 2 ** -125))) throw new Error(`sigmoid ${isa}: ${y} at ${MANY[i]}`);
    });
  });

  test('takes zeros, infinities, NaN and the smallest numbers', () => {
    const x = Float32Array.of(0, -0, -Infinity, Infinity, NaN, SMALLEST, -SMALLEST);
    expect(Array.from(valuesAt(isa, 'sigmoid', x))).toEqual([0.5, 0.5, 0, 1, NaN, 0.5, 0.5]);
  });
});

/** The largest error, in units of the stated bound, over every seventh of MANY in [from, to]. */
function worstShare(isa: Isa, kind: Curve, from: number, to: number, bound: (x: number) => number): string {
  const x = MANY.filter((value, i) => i % 7 === 0 && value >= from && value <= to);
  const y = valuesAt(isa, kind, x);
  let [share, report] = [1, ''];
  y.forEach((value, i) => {
    const exact = CURVES[kind][0](x[i]!);
    const error = abs(value - exact) / ulpOf(exact) / bound(x[i]!);
    if (error <= share) return;
    [share, report] = [error, `${kind} ${isa}: ${error} times the bound at ${x[i]}: expected ${exact}, received ${value}`];
  });
  return report;
}

describeEachIsa('further activations', (isa) => {
  const isFused = isa !== 'baseline' && isa !== 'scalar';
  const bounds: [Curve, number, number, (x: number) => number][] = [
    ['softplus', -87, Infinity, () => ULPS.softplus],
    ['log_sigmoid', -Infinity, 87, () => ULPS.log_sigmoid],
    ['silu', -87, Infinity, () => ULPS.silu],
    ['mish', -87, Infinity, () => ULPS.mish],
    ['gelu', -13, Infinity, (x) => ULPS.gelu + (isFused ? 0 : geluSquareUlps(x))],
    ['squareplus', -1e37, Infinity, () => ULPS.squareplus],
  ];

  test.each(bounds)('%s is within its bound from %d to %d', (kind, from, to, bound) => {
    expect(worstShare(isa, kind, from, to, bound)).toBe('');
  });

  test('gelu, silu, mish and softplus vanish far below', () => {
    for (const kind of ['gelu', 'silu', 'mish', 'softplus'] as const)
      valuesAt(isa, kind, Float32Array.of(-100, -1000, -3e38)).forEach((y) => expect(abs(y)).toBeLessThan(2 ** -110));
  });

  test('they are nearly the argument far above, up to the largest floats', () => {
    const x = Float32Array.of(40, 1000, 3e38);
    for (const kind of ['gelu', 'silu', 'mish', 'softplus', 'squareplus'] as const)
      valuesAt(isa, kind, x).forEach((y, i) => expect(abs(y / x[i]! - 1)).toBeLessThan(kind === 'squareplus' ? 1e-3 : 1e-6));
  });

  test('infinity stays infinity, and minus infinity what each tends to there', () => {
    const limits: Partial<Record<Curve, [number, number]>> = {
      softplus: [0, Infinity],
      log_sigmoid: [-Infinity, 0],
      squareplus: [0, Infinity],
      leaky_relu: [-Infinity, Infinity],
      relu6: [0, 6],
      celu: [-1, Infinity],
      hard_tanh: [-1, 1],
      soft_shrink: [-Infinity, Infinity],
      hard_shrink: [-Infinity, Infinity],
      tanh_shrink: [-Infinity, Infinity],
      sparse_plus: [0, Infinity],
      sparse_sigmoid: [0, 1],
    };
    for (const [kind, ends] of Object.entries(limits)) {
      const y = valuesAt(isa, kind as Curve, Float32Array.of(-Infinity, Infinity));
      expect([kind, y[0]! + 0, y[1]! + 0]).toEqual([kind, ...ends]);
    }
  });

  test('the slopes of softplus and log_sigmoid keep their digits where they are small', () => {
    for (const [kind, side] of [['softplus', -1], ['log_sigmoid', 1]] as const) {
      const x = Float64Array.from({ length: 80 }, (_, i) => side * (i + 1));
      const y = Float32Array.from(x, CURVES[kind][0]);
      const out = new Float32Array(80);
      testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), new Float32Array(80).fill(1), y, out, 1, 80, 80);
      // The value is rounded, as is the slope; the polynomial below 1/4 and the difference above it add a few roundings.
      x.forEach((value, i) => expect(abs(out[i]! / CURVES[kind][1](value) - 1)).toBeLessThan(24 * ROUNDOFF));
    }
  });
});

describeEachIsa('every activation', (isa) => {
  test.each(KINDS)('%s is as close as stated on arrays around each block and tail', (kind) => {
    const f = CURVES[kind][0];
    forEachPair(ROWS.slice(0, 12), UNITS, (rows, columns, turn) => {
      const seed = 6000 + turn;
      const context = `${kind} ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const values = rounded(drawFrom(seed).normal(rows * columns, 3));
      const x = memory.input('x', { rows, columns, padded, stride }, values);
      const out = memory.output('out', { rows, columns, padded, stride });
      testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), x, null, out, rows, columns, stride);
      memory.expectIntact(context);
      const expected = values.map(f);
      const tolerance = expected.map((y, i) => activationTolerance(kind, y, values[i]!));
      expectWithin(valuesOf(out, rows, columns, stride), expected, tolerance, context);
    });
  });

  test.each(KINDS)('%s has the slope that follows from its value, and from its argument where need be', (kind) => {
    const [f, slope] = CURVES[kind];
    forEachPair(ROWS.slice(0, 12), UNITS, (rows, columns, turn) => {
      const seed = 6500 + turn;
      const context = `slope of ${kind} ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const shape = { rows, columns, padded, stride };
      const x = rounded(draw.normal(rows * columns, 2));
      const y = rounded(x.map(f));
      const dy = rounded(draw.normal(rows * columns));
      const out = memory.output('dx', shape);
      const [dyIn, yIn] = [memory.input('dy', shape, dy), memory.input('y', shape, y)];
      const pre = NEED_INPUT.includes(kind) ? memory.input('x', shape, x) : null;
      testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), dyIn, yIn, out, rows, columns, stride, pre);
      memory.expectIntact(context);
      const expected = dy.map((value, i) => value * slope(x[i]!));
      // From the value: a polynomial of degree 2 in y or one division or root, and y is rounded: at most 8 roundings of
      // numbers up to 1 + |y|, where the exponential's slope is y itself. From the argument: two functions of up to 7 ulp
      // (14 roundings each), one of them times x, and their sum.
      const tolerance = dy.map((value, i) =>
        pre === null
          ? 8 * ROUNDOFF * abs(value) * (1 + abs(y[i]!)) + SMALLEST
          : 32 * ROUNDOFF * abs(value) * (1 + abs(x[i]!)) + SMALLEST,
      );
      expectWithin(valuesOf(out, rows, columns, stride), expected, tolerance, context);
    });
  });

  test.each(KINDS)('%s gives NaN for NaN and works in place', (kind) => {
    const values = Float32Array.from({ length: 48 }, (_, i) => (i % 5 === 2 ? NaN : i / 10 - 2));
    const y = valuesAt(isa, kind, values);
    values.forEach((x, i) => expect([i, isNaN(y[i])]).toEqual([i, isNaN(x)]));
  });
});

describeEachIsa('corners', (isa) => {
  test.each(Object.entries(CORNERS))('%s has the slope of one of its sides there', (kind, corners) => {
    const index = ACTIVATIONS.indexOf(kind as Curve);
    for (const corner of corners) {
      const x = new Float32Array(16).fill(corner);
      const [y, out] = [new Float32Array(16), new Float32Array(16)];
      testingAddon.activate(isa, index, x, null, y, 1, 16, 16);
      testingAddon.activate(isa, index, new Float32Array(16).fill(1), y, out, 1, 16, 16, x);
      const slope = CURVES[kind as Curve][1];
      const sides = [slope(corner - 1e-6), slope(corner + 1e-6)];
      expect(Math.min(...sides.map((side) => abs(side - out[0]!)))).toBeLessThan(1e-5);
    }
  });
});

test('all ISAs agree on tanh, sigmoid and exponential within twice the bound', () => {
  for (const kind of ['tanh', 'sigmoid', 'exponential'] as const) {
    const x = Float32Array.from(MANY.filter((value, i) => i % 7 === 0 && abs(value) < 87));
    const first = valuesAt(ISAS[0]!, kind, x);
    const tolerance = Float64Array.from(first, (y) => 2 * activationTolerance(kind, y));
    for (const isa of ISAS.slice(1)) expectWithin(valuesAt(isa, kind, x), first, tolerance, `${kind} ${isa}`);
  }
});
