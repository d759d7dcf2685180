// SPDX-License-Identifier: MIT
// native/kernels/walk-inl.h: the time loop backward. Each step is checked from the kernel's own gradient behind it.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa, type WalkArguments } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, sumTolerance } from '../support/tolerances';
import { allBlocks, WALKED, walkLayout } from '../support/walk_layout';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, sqrt } = Math;

/** Slopes in terms of the value, as the engine keeps nothing else. */
const SLOPE_AT: Record<(typeof WALKED)[number], (y: number) => number> = {
  linear: () => 1,
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  relu: (y) => Number(y > 0),
  elu: (y) => (y < 0 ? y + 1 : 1),
  hard_sigmoid: (y) => (y > 0 && y < 1 ? 1 / 6 : 0),
  softsign: (y) => (1 - abs(y)) ** 2,
};

/** The transpose of W, packed. */
const packedTranspose = (isa: Isa, w: Float64Array, units: number): Float32Array => {
  const out = new Float32Array(units * paddedColumns(units));
  testingAddon.pack(isa, Float32Array.from(w), units, units, units, true, out);
  return out;
};

function checkBackward(isa: Isa, active: readonly number[], units: number, turn: number): void {
  const seed = 17000 + turn;
  const kind = WALKED[turn % WALKED.length]!;
  const [withOutputs, withLast] = [turn % 4 !== 1, turn % 4 !== 2];
  const context = `walk back ${isa} ${kind} active [${active.join(', ')}] units ${units} seed ${seed}`;
  const draw = drawFrom(seed);
  const layout = walkLayout(active);
  const { steps, rows, stepCount, stateCount, offsets } = layout;
  const memory = new GuardedMemory(sideOf(turn >> 1));
  const padded = paddedColumns(units);
  const stride = padded + 16 * (turn % 3 === 0 ? 1 : 0);
  const w = rounded(draw.normal(units * units, 1 / sqrt(units)));
  const y = rounded(draw.uniform(stateCount * units, kind === 'sigmoid' || kind === 'hard_sigmoid' ? 0 : -1, 1));
  const doutputs = withOutputs ? rounded(draw.normal(stepCount * units)) : new Float64Array(stepCount * units);
  const dlast = withLast ? rounded(draw.normal(rows * units)) : new Float64Array(rows * units);
  const blockRows = [8, 16, 64, 24][turn % 4]!;
  const shape = { columns: units, padded, stride };
  const deltas = memory.output('deltas', { rows: stepCount, ...shape });
  testingAddon.walkBackward(isa, {
    tBegin: 0,
    tEnd: steps,
    steps,
    active: memory.integers('active', layout.active),
    offsets: memory.integers('offsets', offsets),
    blocks: memory.integers('blocks', allBlocks(rows, blockRows)),
    blockRows,
    units,
    stride,
    activation: ACTIVATIONS.indexOf(kind),
    packed: memory.input('packed', { rows: 1, columns: units * padded }, packedTranspose(isa, w, units)),
    states: memory.input('states', { rows: stateCount, ...shape }, y),
    inputs: null,
    inputIndex: null,
    doutputs: withOutputs ? memory.input('doutputs', { rows: stepCount, ...shape }, doutputs) : null,
    dlast: withLast ? memory.input('dlast', { rows, ...shape }, dlast) : null,
    deltas,
  });
  memory.expectIntact(context);

  const [expected, tolerance] = [new Float64Array(units), new Float64Array(units)];
  for (let t = 0; t < steps; t++) {
    for (let r = 0; r < layout.active[t]!; r++) {
      const [now, next] = [offsets[t]! + r, offsets[t + 1]! + r];
      for (let j = 0; j < units; j++) {
        let sum = doutputs[now * units + j]!;
        let magnitude = abs(sum);
        const add = (value: number): void => {
          sum += value;
          magnitude += abs(value);
        };
        if (t === steps - 1) add(dlast[r * units + j]!);
        else for (let k = 0; k < units; k++) add(deltas[next * stride + k]! * w[j * units + k]!);
        const value = y[next * units + j]!;
        const slope = SLOPE_AT[kind](value);
        expected[j] = slope * sum;
        // The sum's error times a slope of at most 1; the slope is a polynomial of numbers up to 1 in at most 4 roundings.
        tolerance[j] = sumTolerance(units + 4, magnitude) + 5 * ROUNDOFF * abs(sum);
      }
      const row = deltas.subarray(now * stride, now * stride + units);
      expectWithin(row, expected, tolerance, `${context}, step ${t} row ${r}`);
    }
  }
}

/** A walk without guards, whose arguments a test varies. */
function plainWalk(isa: Isa, active: readonly number[], units: number, seed: number) {
  const draw = drawFrom(seed);
  const { steps, rows, stepCount, stateCount, ...layout } = walkLayout(active);
  const stride = paddedColumns(units);
  const common: Omit<WalkArguments, 'deltas' | 'blocks' | 'blockRows'> = {
    tBegin: 0,
    tEnd: steps,
    steps,
    active: layout.active,
    offsets: layout.offsets,
    units,
    stride,
    activation: ACTIVATIONS.indexOf('tanh'),
    packed: packedTranspose(isa, draw.normal(units * units, 1 / sqrt(units)), units),
    states: Float32Array.from(draw.uniform(stateCount * stride, -1, 1)),
    inputs: null,
    inputIndex: null,
    doutputs: Float32Array.from(draw.normal(stepCount * stride)),
    dlast: Float32Array.from(draw.normal(rows * stride)),
  };
  return (...calls: (Pick<WalkArguments, 'blocks' | 'blockRows'> & Partial<WalkArguments>)[]): Float32Array => {
    const deltas = new Float32Array(stepCount * stride);
    for (const call of calls) testingAddon.walkBackward(isa, { ...common, deltas, ...call });
    return deltas;
  };
}

describeEachIsa('walk_backward', (isa) => {
  test('takes every step of the equation for all rows and units around the tiles', () => {
    forEachPair(ROWS, UNITS, (rows, units, turn) => checkBackward(isa, rows > 20 ? [rows, rows] : [rows, rows, rows], units, turn));
  });

  test('lets rows go where they joined', () => {
    forEachPair(UNITS, [[0, 1, 1, 5], [3, 8, 9], [1, 2, 17, 17], [8, 16, 33], [0, 0, 2]], (units, active, turn) =>
      checkBackward(isa, active, units, turn),
    );
  });

  test('has the same bits walked whole or in parts of its steps', () => {
    forEachPair(UNITS, [[9, 9, 9, 9, 9], [1, 2, 8, 9, 20]], (units, active, turn) => {
      const walk = plainWalk(isa, active, units, 18000 + turn);
      const all = { blocks: allBlocks(active.at(-1)!, 16), blockRows: 16 };
      const parts = walk({ ...all, tBegin: 4 }, { ...all, tBegin: 1, tEnd: 4 }, { ...all, tEnd: 1 });
      expectSameBits(parts, walk(all), `walk back ${isa} units ${units} in parts, seed ${18000 + turn}`);
    });
  });

  test("gives a row's gradients the same bits in whatever block of two or more rows it walks", () => {
    forEachPair(UNITS, [[12, 24, 24], [24, 24, 24]], (units, active, turn) => {
      const walk = plainWalk(isa, active, units, 18500 + turn);
      const whole = walk({ blocks: allBlocks(24, 24), blockRows: 24 });
      for (const blockRows of [2, 3, 4, 6, 8, 12, 16, 64]) {
        const context = `walk back ${isa} units ${units} blocks of ${blockRows}, seed ${18500 + turn}`;
        const blocks = allBlocks(24, blockRows);
        expectSameBits(walk({ blocks, blockRows }), whole, context);
        const [even, odd] = [blocks.filter((b) => b % 2 === 0), blocks.filter((b) => b % 2 === 1)];
        expectSameBits(walk({ blocks: odd, blockRows }, { blocks: even, blockRows }), whole, `${context}, dealt`);
      }
    });
  });
});
