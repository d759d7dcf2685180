// SPDX-License-Identifier: MIT
// The kernels that training spends its time in, at the sizes of the figures. `prepare(isa)` gives the call to be timed.
// Weights are small enough that states neither saturate nor die out into subnormal numbers.
import { testingAddon } from '../support/ours.mjs';
import { floats, packed, stride } from './harness.mjs';

const TANH = 1; // Activation::kTanh
const RMSPROP = 1; // OptimizerKind::kRmsprop
const BLOCK_ROWS = 8;

/** Rows that all walk from the first step on. */
function walk(forward, { rows, steps, units }) {
  return {
    flop: 2 * rows * steps * units * units,
    prepare(isa) {
      const width = stride(units);
      const blocks = Int32Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, b) => b);
      const args = {
        tBegin: 0,
        tEnd: steps,
        steps,
        active: new Int32Array(steps).fill(rows),
        offsets: Int32Array.from({ length: steps + 1 }, (_, t) => t * rows),
        blocks,
        blockRows: BLOCK_ROWS,
        units,
        stride: width,
        activation: TANH,
        packed: packed(isa, units, units, 1 / Math.sqrt(units)),
        states: floats((steps + 1) * rows * width, 0.5),
        inputs: forward ? floats(steps * rows * width, 0.5) : null,
        inputIndex: null,
        doutputs: forward ? null : floats(steps * rows * width, 0.01),
        dlast: null,
        deltas: forward ? null : floats(steps * rows * width),
      };
      const run = testingAddon()[forward ? 'walkForward' : 'walkBackward'];
      return () => run(isa, args);
    },
  };
}

/** Rows times a packed matrix, as inputs are projected. */
function gemm({ rows, k, n }) {
  return {
    flop: 2 * rows * k * n,
    prepare(isa) {
      const args = {
        a: floats(rows * stride(k)),
        index: null,
        lda: stride(k),
        packed: packed(isa, k, n, 0.1),
        k,
        n,
        bias: floats(stride(n)),
        accumulate: false,
        c: floats(rows * stride(n)),
        ldc: stride(n),
        begin: 0,
        end: rows,
      };
      return () => testingAddon().gemm(isa, args);
    },
  };
}

/** All rows, each once, out of order: a step coprime to their number. */
const shuffled = (rows) => Int32Array.from({ length: rows }, (_, i) => (i * 7919) % rows);

/** The gradient of a matrix. */
function outer({ rows, k, n, ordered = false }) {
  return {
    flop: 2 * rows * k * n,
    prepare(isa) {
      const args = {
        a: floats(rows * stride(k)),
        index: null,
        lda: stride(k),
        k,
        b: floats(rows * stride(n)),
        ldb: stride(n),
        n,
        rows: ordered ? shuffled(rows) : null,
        begin: 0,
        end: rows,
        ahead: rows,
        accumulate: false,
        c: floats(k * stride(n)),
        ldc: stride(n),
      };
      return () => testingAddon().outer(isa, args);
    },
  };
}

/** Gradients summed per token: `rows` positions of `groups` tokens. */
function groupSum({ rows, groups, n }) {
  return {
    flop: 0,
    bytes: 4 * (rows + groups) * n,
    prepare(isa) {
      const starts = Int32Array.from({ length: groups + 1 }, (_, g) => Math.floor((g * rows) / groups));
      const order = shuffled(rows);
      const slot = new Int32Array(rows);
      for (let g = 0; g < groups; g++) order.subarray(starts[g], starts[g + 1]).forEach((row) => (slot[row] = g));
      const args = {
        b: floats(rows * stride(n)),
        ldb: stride(n),
        n,
        rows: order,
        slot,
        starts,
        begin: 0,
        end: rows,
        out: floats(groups * stride(n)),
        ldo: stride(n),
        begun: floats(stride(n)),
      };
      return () => testingAddon().groupSum(isa, args);
    },
  };
}

/** tanh over rows: read and written once. */
function tanh({ rows, columns }) {
  return {
    flop: 0,
    bytes: 8 * rows * columns,
    prepare(isa) {
      const x = floats(rows * stride(columns), 3);
      const out = floats(rows * stride(columns));
      return () => testingAddon().activate(isa, TANH, x, null, out, rows, columns, stride(columns));
    },
  };
}

/** RMSprop on rows: weight and slot read and written, gradient read. */
function rmsprop({ rows, columns }) {
  return {
    flop: 0,
    bytes: 4 * 5 * rows * columns,
    prepare(isa) {
      const args = {
        kind: RMSPROP,
        weight: floats(rows * columns),
        slots: [floats(rows * columns).fill(1), null, null],
        gradient: floats(rows * stride(columns), 1e-3),
        gradientStride: stride(columns),
        slot: null,
        begin: 0,
        end: rows,
        columns,
        l1: 0,
        penaltyGradient: null,
        l2: 0,
        gradientScale: 1,
        clipScale: 1,
        clipValue: 0,
        decay: 0,
        rate: 1e-3,
        momentum: 0,
        rho: 0.9,
        beta1: 0,
        beta2: 0,
        epsilon: 1e-7,
        momentumFactor: 0,
        gradientFactor: 0,
        velocityFactor: 0,
        nesterov: false,
        centered: false,
        amsgrad: false,
      };
      return () => testingAddon().update(isa, args);
    },
  };
}

/** name -> case */
export const CASES = Object.freeze({
  'walkForward.b64.h32': walk(true, { rows: 64, steps: 200, units: 32 }),
  'walkForward.b1.h32': walk(true, { rows: 1, steps: 500, units: 32 }),
  'walkForward.b32.h128': walk(true, { rows: 32, steps: 50, units: 128 }),
  'walkForward.b32.h512': walk(true, { rows: 32, steps: 10, units: 512 }),
  'walkBackward.b64.h32': walk(false, { rows: 64, steps: 200, units: 32 }),
  'walkBackward.b32.h128': walk(false, { rows: 32, steps: 50, units: 128 }),
  'walkBackward.b32.h512': walk(false, { rows: 32, steps: 10, units: 512 }),
  'gemm.4000x32x32': gemm({ rows: 4000, k: 32, n: 32 }),
  'gemm.3200x128x128': gemm({ rows: 3200, k: 128, n: 128 }),
  'gemm.1600x512x512': gemm({ rows: 1600, k: 512, n: 512 }),
  'outer.14000x32x32': outer({ rows: 14000, k: 32, n: 32 }),
  'outer.28000x32x128': outer({ rows: 28000, k: 32, n: 128 }),
  'outer.28000x32x128.ordered': outer({ rows: 28000, k: 32, n: 128, ordered: true }),
  'outer.3200x128x128': outer({ rows: 3200, k: 128, n: 128 }),
  'outer.1600x512x512': outer({ rows: 1600, k: 512, n: 512 }),
  'groupSum.28000x32': groupSum({ rows: 28000, groups: 4000, n: 32 }),
  'tanh.4000x32': tanh({ rows: 4000, columns: 32 }),
  'rmsprop.4000x32': rmsprop({ rows: 4000, columns: 32 }),
});
