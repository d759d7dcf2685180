// SPDX-License-Identifier: MIT
// native/kernels/walk-inl.h: the time loop forward. Each step is checked from the kernel's own state before it, so that
// the tolerance is that of one product and one activation.
import { CURVES } from '../reference/activations';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa, type WalkArguments } from '../support/testing_addon';
import { activationTolerance, expectSameBits, expectWithin, sumTolerance } from '../support/tolerances';
import { allBlocks, joiningStates, WALKED, walkLayout, type WalkLayout } from '../support/walk_layout';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, sqrt } = Math;
const { isNaN } = Number;

type Curve = keyof typeof CURVES;

const packed = (isa: Isa, w: Float64Array, units: number): Float32Array => {
  const out = new Float32Array(units * paddedColumns(units));
  testingAddon.pack(isa, Float32Array.from(w), units, units, units, false, out);
  return out;
};

function checkSteps(
  states: Float32Array,
  inputs: (position: number) => Float64Array,
  w: Float64Array,
  layout: WalkLayout,
  kind: Curve,
  units: number,
  stride: number,
  context: string,
): void {
  const f = CURVES[kind][0];
  const [z, magnitude] = [new Float64Array(units), new Float64Array(units)];
  for (let t = 0; t < layout.steps; t++) {
    for (let r = 0; r < layout.active[t]!; r++) {
      const [now, next] = [layout.offsets[t]! + r, layout.offsets[t + 1]! + r];
      const input = inputs(now);
      z.set(input);
      magnitude.set(input.map(abs));
      for (let k = 0; k < units; k++) {
        const h = states[now * stride + k]!;
        for (let j = 0; j < units; j++) {
          const product = h * w[k * units + j]!;
          z[j]! += product;
          magnitude[j]! += abs(product);
        }
      }
      const expected = z.map(f);
      // Every slope here is at most 1: an error in the argument passes on as it is.
      const tolerance = expected.map((y, j) => activationTolerance(kind, y) + sumTolerance(units + 4, magnitude[j]!));
      const row = states.subarray(next * stride, next * stride + units);
      expectWithin(row, expected, tolerance, `${context}, step ${t} row ${r}`);
    }
  }
}

function checkForward(isa: Isa, active: readonly number[], units: number, turn: number): void {
  const seed = 15000 + turn;
  const kind = WALKED[turn % WALKED.length]!;
  const indexed = turn % 2 === 1;
  const context = `walk ${isa} ${kind} active [${active.join(', ')}] units ${units} indexed ${indexed} seed ${seed}`;
  const draw = drawFrom(seed);
  const layout = walkLayout(active);
  const memory = new GuardedMemory(sideOf(turn >> 1));
  const padded = paddedColumns(units);
  const stride = padded + 16 * (turn % 3 === 0 ? 1 : 0);
  const w = rounded(draw.normal(units * units, 1 / sqrt(units)));
  const inputRows = indexed ? 7 : layout.stepCount;
  const x = rounded(draw.normal(inputRows * units));
  const index = indexed
    ? draw.integers(layout.stepCount, 0, inputRows)
    : Int32Array.from({ length: layout.stepCount }, (_, i) => i);
  const before = new Float64Array(layout.stateCount * units).fill(NaN);
  for (const row of joiningStates(layout)) before.set(rounded(draw.uniform(units, -1, 1)), row * units);
  const blockRows = [8, 16, 64, 24][turn % 4]!;
  const states = memory.output('states', { rows: layout.stateCount, columns: units, padded, stride }, before);
  testingAddon.walkForward(isa, {
    tBegin: 0,
    tEnd: layout.steps,
    steps: layout.steps,
    active: memory.integers('active', layout.active),
    offsets: memory.integers('offsets', layout.offsets),
    blocks: memory.integers('blocks', allBlocks(layout.rows, blockRows)),
    blockRows,
    units,
    stride,
    activation: ACTIVATIONS.indexOf(kind),
    packed: memory.input('packed', { rows: 1, columns: units * padded }, packed(isa, w, units)),
    states,
    inputs: memory.input('inputs', { rows: inputRows, columns: units, padded, stride }, x),
    inputIndex: indexed ? memory.integers('index', index) : null,
    doutputs: null,
    dlast: null,
    deltas: null,
  });
  memory.expectIntact(context);
  for (const row of joiningStates(layout)) {
    const kept = states.subarray(row * stride, row * stride + units);
    expectSameBits(kept, before.subarray(row * units, (row + 1) * units), `${context}, state of joining row ${row}`);
  }
  const input = (position: number): Float64Array => x.subarray(index[position]! * units, (index[position]! + 1) * units);
  checkSteps(states, input, w, layout, kind, units, stride, context);
}

/** A walk without guards, whose arguments a test varies. */
function plainWalk(isa: Isa, active: readonly number[], units: number, seed: number) {
  const draw = drawFrom(seed);
  const layout = walkLayout(active);
  const stride = paddedColumns(units);
  const initial = Float32Array.from(draw.uniform(layout.stateCount * stride, -1, 1));
  const common: Omit<WalkArguments, 'states' | 'blocks' | 'blockRows'> = {
    tBegin: 0,
    tEnd: layout.steps,
    steps: layout.steps,
    active: layout.active,
    offsets: layout.offsets,
    units,
    stride,
    activation: ACTIVATIONS.indexOf('tanh'),
    packed: packed(isa, draw.normal(units * units, 1 / sqrt(units)), units),
    inputs: Float32Array.from(draw.normal(layout.stepCount * stride)),
    inputIndex: null,
    doutputs: null,
    dlast: null,
    deltas: null,
  };
  return (...calls: (Pick<WalkArguments, 'blocks' | 'blockRows'> & Partial<WalkArguments>)[]): Float32Array => {
    const states = initial.slice();
    for (const call of calls) testingAddon.walkForward(isa, { ...common, states, ...call });
    return states;
  };
}

describeEachIsa('walk_forward', (isa) => {
  test('takes every step of the equation for all rows and units around the tiles', () => {
    forEachPair(ROWS, UNITS, (rows, units, turn) => checkForward(isa, rows > 20 ? [rows] : [rows, rows, rows], units, turn));
  });

  test('takes in rows that join later, at the states they bring', () => {
    forEachPair(UNITS, [[0, 1, 1, 5], [3, 8, 9], [1, 2, 17, 17], [8, 16, 33], [0, 0, 2]], (units, active, turn) =>
      checkForward(isa, active, units, turn),
    );
  });

  test('walks an odd depth over many steps', () => {
    checkForward(isa, Array<number>(60).fill(3), 33, 0);
    checkForward(isa, Array<number>(60).fill(1), 32, 2);
  });

  test('has the same bits walked whole or in parts of its steps', () => {
    forEachPair(UNITS, [[9, 9, 9, 9, 9], [1, 2, 8, 9, 20]], (units, active, turn) => {
      const walk = plainWalk(isa, active, units, 16000 + turn);
      const all = { blocks: allBlocks(active.at(-1)!, 16), blockRows: 16 };
      const whole = walk(all);
      const parts = walk({ ...all, tEnd: 1 }, { ...all, tBegin: 1, tEnd: 4 }, { ...all, tBegin: 4 });
      expectSameBits(parts, whole, `walk ${isa} units ${units} in parts, seed ${16000 + turn}`);
    });
  });

  test("gives a row's states the same bits in whatever block of two or more rows it walks", () => {
    forEachPair(UNITS, [[12, 24, 24], [24, 24, 24]], (units, active, turn) => {
      const walk = plainWalk(isa, active, units, 16500 + turn);
      const whole = walk({ blocks: allBlocks(24, 24), blockRows: 24 });
      for (const blockRows of [2, 3, 4, 6, 8, 12, 16, 64]) {
        const context = `walk ${isa} units ${units} blocks of ${blockRows}, seed ${16500 + turn}`;
        const blocks = allBlocks(24, blockRows);
        expectSameBits(walk({ blocks, blockRows }), whole, context);
        // Dealt to two threads.
        const [even, odd] = [blocks.filter((b) => b % 2 === 0), blocks.filter((b) => b % 2 === 1)];
        expectSameBits(walk({ blocks: odd, blockRows }, { blocks: even, blockRows }), whole, `${context}, dealt`);
      }
    });
  });

  test('carries NaN along its own row only', () => {
    const [units, stride, layout] = [17, 32, walkLayout([5, 5])];
    const states = new Float32Array(layout.stateCount * stride);
    states[2 * stride + 3] = NaN;
    testingAddon.walkForward(isa, {
      ...{ tBegin: 0, tEnd: 2, steps: 2, active: layout.active, offsets: layout.offsets },
      ...{ blocks: allBlocks(5, 8), blockRows: 8, units, stride, activation: ACTIVATIONS.indexOf('tanh') },
      packed: packed(isa, new Float64Array(units * units).fill(0.1), units),
      states,
      inputs: new Float32Array(layout.stepCount * stride).fill(0.5),
      ...{ inputIndex: null, doutputs: null, dlast: null, deltas: null },
    });
    const last = Array.from({ length: 5 }, (_, r) => isNaN(states[(10 + r) * stride]!));
    expect(last).toEqual([false, false, true, false, false]);
  });
});
