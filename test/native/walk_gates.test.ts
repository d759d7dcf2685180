// SPDX-License-Identifier: MIT
// native/kernels/cells-inl.h: the time loops of LSTM and GRU, forward and backward. Each step is checked from what the
// kernel itself had before it, so that tolerances are those of one product and of the few operations behind it, whose
// errors are carried along (Higham, Accuracy and Stability of Numerical Algorithms, 3.3).
import { CURVES } from '../reference/activations';
import { drawFrom, type Draw } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa, type WalkArguments } from '../support/testing_addon';
import {
  activationTolerance,
  expectSameBits,
  expectWithin,
  ROUNDOFF,
  SMALLEST,
  sumTolerance,
  ULPS,
} from '../support/tolerances';
import { allBlocks, joiningStates, walkLayout } from '../support/walk_layout';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs } = Math;

// The size of a batch's memory is what bounds these.
const UNITS = [1, 3, 8, 9, 15, 16, 17, 32, 33, 65] as const;
const ACTIVE = [[1, 1, 1], [2, 2], [3, 3, 3], [4, 4], [5, 5], [6, 6], [7, 7], [13, 13, 13], [0, 1, 1, 5], [3, 8, 9], [2, 17, 17]]; // prettier-ignore

/** A number and how far from it the kernel's may be. */
type Near = readonly [value: number, error: number];

const exactly = (value: number): Near => [value, 0];
const roundedOff = (value: number, error: number): Near => [
  value,
  error + ROUNDOFF * (abs(value) + error) + SMALLEST,
];
const plus = (a: Near, b: Near): Near => roundedOff(a[0] + b[0], a[1] + b[1]);
const minus = (a: Near, b: Near): Near => roundedOff(a[0] - b[0], a[1] + b[1]);
const times = (a: Near, b: Near): Near =>
  roundedOff(a[0] * b[0], abs(a[0]) * b[1] + abs(b[0]) * a[1] + a[1] * b[1]);
const ONE = exactly(1);

type Curve = 'tanh' | 'sigmoid' | 'relu' | 'elu' | 'softsign' | 'hard_sigmoid' | 'silu';

/** What a step does with its activations. */
interface Functions {
  readonly activation: Curve;
  readonly recurrentActivation: Curve;
  /** Keras' defaults without dropout: gates are kept as values, and sigmoid is computed by tanh. */
  readonly fast: boolean;
}

const DEFAULTS = ['tanh', 'sigmoid'] as const;
const FUNCTIONS: readonly (readonly [Curve, Curve])[] = [
  DEFAULTS,
  DEFAULTS,
  ['relu', 'hard_sigmoid'],
  DEFAULTS,
  ['silu', 'sigmoid'],
  ['softsign', 'tanh'],
  ['elu', 'sigmoid'],
];

function apply(kind: Curve, x: Near, fast: boolean): Near {
  const y = CURVES[kind][0](x[0]);
  // sigmoid(x) = 1/2 + tanh(x / 2) / 2: half of tanh's ulps below 1, and the rounding of the sum.
  const own = fast && kind === 'sigmoid' ? (ULPS.tanh / 2 + 1) * ROUNDOFF : activationTolerance(kind, y, x[0]);
  return [y, own + (kind === 'silu' ? 1.1 : 1) * x[1]]; // no slope is larger
}

/** The slope of an activation whose value is `y`, and whose argument is `x` where the slope needs it. */
function slope(kind: Curve, x: Near, y: Near): Near {
  switch (kind) {
    case 'tanh':
      return minus(ONE, times(y, y));
    case 'sigmoid':
      return minus(y, times(y, y));
    case 'relu':
      return exactly(Number(y[0] > 0));
    case 'elu':
      return y[0] < 0 ? plus(y, ONE) : ONE;
    case 'hard_sigmoid':
      return roundedOff(y[0] > 0 && y[0] < 1 ? 1 / 6 : 0, 0);
    case 'softsign': {
      const rest = minus(ONE, [abs(y[0]), y[1]]);
      return times(rest, rest);
    }
    case 'silu': {
      const sigmoid = (at: number): Near => apply('sigmoid', exactly(at), false);
      return times(sigmoid(x[0]), plus(times(exactly(x[0]), sigmoid(-x[0])), ONE));
    }
  }
}

/** A gate as it is kept: what it was computed from, if that is known, and its value. */
function kept(stored: number, kind: Curve, fast: boolean): { x: Near; y: Near } {
  const x = exactly(stored);
  return { x, y: fast ? x : apply(kind, x, false) };
}

interface Cell {
  readonly name: string;
  readonly kind: 1 | 2;
  readonly resetBefore: boolean;
  /** Blocks of inputs, and of the recurrent kernel. */
  readonly gates: 3 | 4;
}

const CELLS: readonly Cell[] = [
  { name: 'lstm', kind: 1, resetBefore: false, gates: 4 },
  { name: 'gru', kind: 2, resetBefore: false, gates: 3 },
  { name: 'gru that resets before the product', kind: 2, resetBefore: true, gates: 3 },
];

/** Rows of so many blocks, each padded to whole vectors with zeros. */
function spread(values: Float64Array, rows: number, blocks: number, units: number): Float64Array {
  const padded = paddedColumns(units);
  const out = new Float64Array(rows * blocks * padded);
  for (let i = 0; i < rows * blocks; i++) out.set(values.subarray(i * units, (i + 1) * units), i * padded);
  return out;
}

interface Spec {
  readonly cell: Cell;
  readonly active: readonly number[];
  readonly units: number;
  readonly turn: number;
}

/** One walk there and back: its arrays between guard pages, and what its steps must have led to. */
class Walk {
  readonly layout;
  readonly padded: number;
  readonly stride: number;
  readonly wide: number;
  readonly functions: Functions;
  readonly masked: boolean;
  readonly reverse: boolean;
  readonly context: string;
  private readonly memory: GuardedMemory;
  private readonly draw: Draw;
  private readonly w: Float64Array;
  private readonly bias: Float64Array | null;
  private readonly args: WalkArguments;

  constructor(
    private readonly isa: Isa,
    private readonly spec: Spec,
  ) {
    const { cell, active, units, turn } = spec;
    const seed = 19000 + turn;
    const draw = (this.draw = drawFrom(seed));
    const [activation, recurrentActivation] = FUNCTIONS[turn % FUNCTIONS.length]!;
    this.reverse = turn % 2 === 1;
    this.masked = turn % 5 === 3;
    const isDefault = activation === 'tanh' && recurrentActivation === 'sigmoid';
    this.functions = { activation, recurrentActivation, fast: isDefault && !this.masked };
    this.layout = walkLayout(active);
    const { rows, stepCount, stateCount } = this.layout;
    const memory = (this.memory = new GuardedMemory(sideOf(turn >> 1)));
    const padded = (this.padded = paddedColumns(units));
    const bump = turn % 3 === 0 ? 16 : 0;
    const stride = (this.stride = padded + bump);
    const wide = (this.wide = 4 * padded + bump);
    this.context = `${cell.name} ${isa} ${activation} ${recurrentActivation} active [${active.join(', ')}] units ${units} reverse ${this.reverse} masked ${this.masked} seed ${seed}`;

    const { gates } = cell;
    const w = (this.w = spread(rounded(draw.normal(units * gates * units, units ** -0.5)), units, gates, units));
    this.bias = cell.kind === 2 && !cell.resetBefore && turn % 4 > 0 ? rounded(draw.normal(units)) : null;
    const state = (): Float64Array => {
      const values = new Float64Array(stateCount * units).fill(NaN);
      for (const row of this.joins()) values.set(rounded(draw.uniform(units, -1, 1)), row * units);
      return values;
    };
    const narrow = { columns: units, padded, stride };
    const blocks = { columns: 4 * padded, padded: 4 * padded, stride: wide };
    const h = state();
    const keeps = rounded(Float64Array.from(draw.integers(rows * gates * units, 0, 2), (keep) => keep / 0.7));
    const masks = spread(keeps, rows, gates, units);
    const maskedStates = new Float64Array(stateCount * gates * padded).fill(NaN);
    const joins = this.joins();
    for (const row of joins)
      for (let g = 0; g < gates; g++)
        for (let j = 0; j < padded; j++)
          maskedStates[(row * gates + g) * padded + j] =
            j < units ? h[row * units + j]! * masks[(this.rowOf(row) * gates + g) * padded + j]! : 0;
    const maskShape = { columns: gates * padded, stride: wide };
    const indexed = turn % 3 === 2; // in both directions
    const inputRows = indexed ? 7 : stepCount;
    const inputs = spread(rounded(draw.normal(inputRows * gates * units)), inputRows, gates, units);
    const blockRows = [4, 16, 64, 6][turn % 4]!;
    this.args = {
      cell: cell.kind,
      reverse: this.reverse ? 1 : 0,
      resetBefore: cell.resetBefore ? 1 : 0,
      tBegin: 0,
      tEnd: this.layout.steps,
      steps: this.layout.steps,
      active: memory.integers('active', this.layout.active),
      offsets: memory.integers('offsets', this.layout.offsets),
      blocks: memory.integers('blocks', allBlocks(rows, blockRows)),
      blockRows,
      units,
      stride,
      inputStride: wide,
      gateStride: wide,
      deltaStride: wide,
      maskedStride: wide,
      activation: ACTIVATIONS.indexOf(activation),
      recurrentActivation: ACTIVATIONS.indexOf(recurrentActivation),
      packed: memory.input('packed', { rows: 1, columns: w.length }, this.pack(false)),
      packedCandidate: cell.resetBefore
        ? memory.input('candidate', { rows: 1, columns: units * padded }, this.packCandidate(false))
        : null,
      recurrentBias: this.bias && memory.input('bias', { rows: 1, columns: units, padded }, this.bias),
      states: memory.output('states', { rows: stateCount, ...narrow }, h),
      cells: cell.kind === 1 ? memory.output('cells', { rows: stateCount, ...narrow }, state()) : null,
      gates: memory.output('gates', { rows: stepCount, ...blocks }),
      resetStates: cell.resetBefore ? memory.output('reset states', { rows: stepCount, ...narrow }) : null,
      masks: this.masked ? memory.input('masks', { rows, ...maskShape }, masks) : null,
      masked: this.masked ? memory.output('masked', { rows: stateCount, ...maskShape }, maskedStates) : null,
      inputs: memory.input('inputs', { rows: inputRows, columns: gates * padded, stride: wide }, inputs),
      inputIndex: indexed ? memory.integers('index', draw.integers(stepCount, 0, inputRows)) : null,
      doutputs: null,
      dlast: null,
      deltas: null,
    };
  }

  /** State rows that nobody walks to. */
  private joins(): number[] {
    const { layout, reverse } = this;
    if (!reverse) return joiningStates(layout);
    return Array.from({ length: layout.rows }, (_, r) => layout.stepCount + r);
  }

  /** The row of the batch whose state lies there. */
  private rowOf(position: number): number {
    const { offsets, steps } = this.layout;
    let t = steps;
    while (offsets[t]! > position) t--;
    return position - offsets[t]!;
  }

  /** Gates side by side, or the transpose with gates one below the other; without the candidate where that has its own. */
  private pack(transposed: boolean): Float32Array {
    const { spec, padded, isa, w } = this;
    const { gates, resetBefore } = spec.cell;
    const { units } = spec;
    const from = Float32Array.from(w).subarray(resetBefore ? padded : 0);
    const count = resetBefore ? gates - 1 : gates;
    const out = new Float32Array((transposed ? padded * padded : units * padded) * gates);
    if (transposed) testingAddon.pack(isa, from, gates * padded, count * padded, units, true, out);
    else testingAddon.pack(isa, from, gates * padded, units, count * padded, false, out, count);
    return out;
  }

  private packCandidate(transposed: boolean): Float32Array {
    const { spec, padded, isa, w } = this;
    const [{ gates }, { units }] = [spec.cell, spec];
    const out = new Float32Array((transposed ? padded : units) * padded);
    if (transposed) testingAddon.pack(isa, Float32Array.from(w), gates * padded, padded, units, true, out);
    else testingAddon.pack(isa, Float32Array.from(w), gates * padded, units, padded, false, out, 1);
    return out;
  }

  /** initial + rows[row] times block g of the recurrent kernel, for every unit. */
  private product(rows: Float32Array, at: number, g: number, initial: (j: number) => number): Near[] {
    const { spec, padded, w } = this;
    const { units, cell } = spec;
    const [sum, magnitude] = [new Float64Array(units), new Float64Array(units)];
    for (let j = 0; j < units; j++) {
      sum[j] = initial(j);
      magnitude[j] = abs(sum[j]!);
    }
    for (let k = 0; k < units; k++) {
      const a = rows[at + k]!;
      const from = (k * cell.gates + g) * padded;
      for (let j = 0; j < units; j++) {
        const term = a * w[from + j]!;
        sum[j]! += term;
        magnitude[j]! += abs(term);
      }
    }
    return Array.from(sum, (value, j): Near => [value, sumTolerance(units + 4, magnitude[j]!)]);
  }

  /** rows[row] times the transpose of block g. */
  private back(rows: Float32Array, at: number, g: number): Near[] {
    const { spec, padded, w } = this;
    const { units, cell } = spec;
    return Array.from({ length: units }, (_, j): Near => {
      const from = (j * cell.gates + g) * padded;
      let [sum, magnitude] = [0, 0];
      for (let k = 0; k < units; k++) {
        const term = rows[at + k]! * w[from + k]!;
        sum += term;
        magnitude += abs(term);
      }
      return [sum, sumTolerance(cell.gates * units + 4, magnitude)];
    });
  }

  private expectRow(what: string, data: Float32Array, at: number, wanted: readonly Near[], step: string): void {
    const row = data.subarray(at, at + wanted.length);
    expectWithin(
      row,
      wanted.map(([value]) => value),
      wanted.map(([, error]) => error),
      `${this.context}, ${step}: ${what}`,
    );
  }

  /** Calls back with every row of every step: where it stands, and its states before and after. */
  private forRows(visit: (at: { t: number; r: number; now: number; before: number; after: number }) => void): void {
    const { active, offsets, steps } = this.layout;
    for (let t = 0; t < steps; t++) {
      for (let r = 0; r < active[t]!; r++) {
        const [now, next] = [offsets[t]! + r, offsets[t + 1]! + r];
        visit(this.reverse ? { t, r, now, before: next, after: now } : { t, r, now, before: now, after: next });
      }
    }
  }

  forward(): void {
    const { args, spec, isa, memory, context } = this;
    const joined = this.joins().map((row) => args.states.slice(row * this.stride, row * this.stride + spec.units));
    const inPlace = args.inputIndex ? null : this.inPlace();
    testingAddon.walkForward(isa, args);
    memory.expectIntact(context);
    if (inPlace) this.expectSameWalk(inPlace);
    this.joins().forEach((row, i) => {
      const now = args.states.subarray(row * this.stride, row * this.stride + spec.units);
      expectSameBits(now, joined[i]!, `${context}: the state that a row brings`);
    });
    this.forRows(({ t, r, now, before, after }) => {
      const step = `step ${t} row ${r}`;
      if (spec.cell.kind === 1) this.checkLstm(now, before, after, step);
      else this.checkGru(now, before, after, step);
      if (!this.masked) return;
      const { gates } = spec.cell;
      for (let g = 0; g < gates; g++)
        for (let j = 0; j < spec.units; j++) {
          const [mask, state] = [args.masks![r * this.wide + g * this.padded + j]!, args.states[after * this.stride + j]!];
          const wanted = Math.fround(mask * state);
          expectSameBits([args.masked![after * this.wide + g * this.padded + j]!], [wanted], `${context}, ${step}: dropped state`);
        }
    });
  }

  /** The same walk not yet walked, its inputs where its gates will lie. */
  private inPlace(): WalkArguments {
    const { args, spec, wide, padded, layout } = this;
    const first = spec.cell.kind === 2 ? padded : 0; // behind the recurrent candidate
    const gates = new Float32Array(layout.stepCount * wide);
    for (let at = 0; at < gates.length; at += wide)
      gates.set(args.inputs!.subarray(at, at + spec.cell.gates * padded), at + first);
    return {
      ...args,
      states: args.states.slice(),
      cells: args.cells?.slice() ?? null,
      masked: args.masked?.slice() ?? null,
      resetStates: args.resetStates?.slice() ?? null,
      gates,
      inputs: gates.subarray(first),
    };
  }

  private expectSameWalk(inPlace: WalkArguments): void {
    const { args, spec, isa, context, wide, padded, stride } = this;
    testingAddon.walkForward(isa, inPlace);
    const expectSame = (what: string, key: 'states' | 'cells' | 'gates', at: number, step: string): void => {
      const [now, wanted] = [inPlace, args].map((walk) => walk[key]!.subarray(at, at + spec.units));
      expectSameBits(now!, wanted!, `${context}, ${step}: ${what}, gates in the place of inputs`);
    };
    this.forRows(({ t, r, now, after }) => {
      const step = `step ${t} row ${r}`;
      expectSame('state', 'states', after * stride, step);
      if (args.cells) expectSame('cell', 'cells', after * stride, step);
      for (let g = spec.cell.resetBefore ? 1 : 0; g < 4; g++)
        expectSame(`gate ${g}`, 'gates', now * wide + g * padded, step);
    });
  }

  /** Gate g's left side of the product of a step. */
  private leftOf(before: number, g: number): [Float32Array, number] {
    const { args, wide, padded, stride } = this;
    return args.masked ? [args.masked, before * wide + g * padded] : [args.states, before * stride];
  }

  private input(now: number, g: number): (j: number) => number {
    const { args, wide, padded } = this;
    const at = (args.inputIndex ? args.inputIndex[now]! : now) * wide + g * padded;
    return (j) => args.inputs![at + j]!;
  }

  private checkLstm(now: number, before: number, after: number, step: string): void {
    const { args, spec, wide, padded, stride } = this;
    const { activation, recurrentActivation, fast } = this.functions;
    const kinds = [recurrentActivation, recurrentActivation, activation, recurrentActivation];
    const x = kinds.map((_, g) => this.product(...this.leftOf(before, g), g, this.input(now, g)));
    const y = x.map((block, g) => block.map((value) => apply(kinds[g]!, value, fast)));
    (fast ? y : x).forEach((block, g) => this.expectRow(`gate ${g}`, args.gates!, now * wide + g * padded, block, step));
    const [i, f, c, o] = y as [Near[], Near[], Near[], Near[]];
    const cellBefore = (j: number): Near => exactly(args.cells![before * stride + j]!);
    const cells = i.map((gate, j) => plus(times(f[j]!, cellBefore(j)), times(gate, c[j]!)));
    this.expectRow('cell', args.cells!, after * stride, cells, step);
    const own = args.cells!.subarray(after * stride, after * stride + spec.units);
    const states = o.map((gate, j) => times(gate, apply(activation, exactly(own[j]!), fast)));
    this.expectRow('state', args.states, after * stride, states, step);
  }

  private checkGru(now: number, before: number, after: number, step: string): void {
    const { args, spec, wide, padded, stride, bias } = this;
    const { activation, recurrentActivation, fast } = this.functions;
    const gate = (g: number): Near[] => this.product(...this.leftOf(before, g), g, this.input(now, g - 1));
    const [xz, xr] = [gate(1), gate(2)];
    const [z, reset] = [xz, xr].map((block) => block.map((x) => apply(recurrentActivation, x, fast))) as [Near[], Near[]];
    let x: Near[];
    if (spec.cell.resetBefore) {
      const [left, at] = this.leftOf(before, 0);
      const resets = reset.map((value, j) => times(value, exactly(left[at + j]!)));
      this.expectRow('reset state', args.resetStates!, now * stride, resets, step);
      x = this.product(args.resetStates!, now * stride, 0, this.input(now, 2));
    } else {
      const recurrent = this.product(...this.leftOf(before, 0), 0, (j) => bias?.[j] ?? 0);
      this.expectRow('recurrent candidate', args.gates!, now * wide, recurrent, step);
      const input = this.input(now, 2);
      x = recurrent.map((value, j) => plus(times(reset[j]!, value), exactly(input(j))));
    }
    const candidate = x.map((value) => apply(activation, value, fast));
    const blocks = fast ? [z, reset, candidate] : [xz, xr, x];
    blocks.forEach((block, g) => this.expectRow(`gate ${g}`, args.gates!, now * wide + (g + 1) * padded, block, step));
    const states = candidate.map((n, j) => {
      const h = exactly(args.states[before * stride + j]!);
      return plus(times(z[j]!, minus(h, n)), n);
    });
    this.expectRow('state', args.states, after * stride, states, step);
  }

  /** Step by step, since what a step passes on past the product is written over by the next. */
  backward(): void {
    const { args, spec, isa, memory, draw, stride, wide, padded, context, layout } = this;
    const { units, cell, turn } = spec;
    const { rows, stepCount, steps } = layout;
    const narrow = { columns: units, padded, stride };
    const blocks = { columns: 4 * padded, padded: 4 * padded, stride: wide };
    const gradient = (name: string, count: number): Float32Array =>
      memory.input(name, { rows: count, ...narrow }, rounded(draw.normal(count * units)));
    const zeros = new Float64Array(rows * units);
    const back: WalkArguments = {
      ...args,
      packed: memory.input('transpose', { rows: 1, columns: padded * padded * cell.gates }, this.pack(true)),
      packedCandidate: cell.resetBefore
        ? memory.input('candidate back', { rows: 1, columns: padded * padded }, this.packCandidate(true))
        : null,
      doutputs: turn % 4 === 1 ? null : gradient('doutputs', stepCount),
      dlast: turn % 4 === 2 ? null : gradient('dlast', rows),
      dcells: cell.kind === 1 && turn % 3 === 1 ? gradient('dcells', stepCount) : null,
      carry: memory.output('carry', { rows, ...narrow }),
      deltas: memory.output('deltas', { rows: stepCount, ...blocks }, new Float64Array(stepCount * 4 * padded)),
    };
    const before = [args.states, args.cells, args.gates].map((data) => data?.slice());
    const order = Array.from({ length: steps }, (_, i) => (this.reverse ? i : steps - 1 - i));
    const carried: Float32Array[] = [];
    for (const t of order) {
      carried.push(back.carry!.slice());
      testingAddon.walkBackward(isa, { ...back, tBegin: t, tEnd: t + 1 });
      this.checkBack(t, back, carried.at(-1)!);
    }
    memory.expectIntact(context);
    [args.states, args.cells, args.gates].forEach(
      (data, i) => data && expectSameBits(data, before[i]!, `${context}: what the way back reads`),
    );
    const [deltas, carry] = [new Float32Array(back.deltas!.length), new Float32Array(back.carry!.length)];
    if (zeros.length > 0) {
      testingAddon.walkBackward(isa, { ...back, deltas, carry });
      this.forRows(({ now }) =>
        expectSameBits(
          deltas.subarray(now * wide, now * wide + 4 * padded),
          back.deltas!.subarray(now * wide, now * wide + 4 * padded),
          `${context}: the way back in one piece`,
        ),
      );
    }
  }

  private checkBack(step: number, back: WalkArguments, carried: Float32Array): void {
    const { stride, layout, reverse } = this;
    const { active, offsets, steps } = layout;
    this.forRows(({ t, r, now, before, after }) => {
      if (t !== step) return;
      const isLast = reverse ? t === 0 || r >= active[t - 1]! : t === steps - 1;
      const later = isLast ? null : (reverse ? offsets[t - 1]! : offsets[t + 1]!) + r;
      const passed = (j: number): Near => exactly(isLast ? 0 : carried[r * stride + j]!);
      const dh = this.stateGradient(back, now, r, later);
      const name = `back, step ${t} row ${r}`;
      if (this.spec.cell.kind === 1) this.checkLstmBack(back, { r, now, before, after }, dh, passed, name);
      else this.checkGruBack(back, { r, now, before }, dh, passed, name);
    });
  }

  /** The gradient of the state after a step, but for what is passed on past the product. */
  private stateGradient(back: WalkArguments, now: number, r: number, later: number | null): Near[] {
    const { spec, stride, wide, padded } = this;
    const { units, cell } = spec;
    let sums = Array.from({ length: units }, (_, j) => exactly(back.doutputs ? back.doutputs[now * stride + j]! : 0));
    const add = (terms: readonly Near[]): void => {
      sums = sums.map((sum, j) => plus(sum, terms[j]!));
    };
    if (later === null) {
      if (back.dlast) add(Array.from(back.dlast.subarray(r * stride, r * stride + units), exactly));
      return sums;
    }
    for (let g = cell.resetBefore ? 1 : 0; g < cell.gates; g++) {
      const product = this.back(back.deltas!, later * wide + g * padded, g);
      add(back.masks ? product.map((value, j) => times(value, exactly(back.masks![r * wide + g * padded + j]!))) : product);
    }
    // The kernel sums the gates one after the other, each sum within the bound of all.
    return sums;
  }

  private checkLstmBack(
    back: WalkArguments,
    { r, now, before, after }: { r: number; now: number; before: number; after: number },
    dh: readonly Near[],
    passed: (j: number) => Near,
    step: string,
  ): void {
    const { wide, padded, stride } = this;
    const { activation, recurrentActivation, fast } = this.functions;
    const gate = (g: number, j: number) =>
      kept(back.gates![now * wide + g * padded + j]!, g === 2 ? activation : recurrentActivation, fast);
    const deltas: Near[][] = [[], [], [], []];
    const carry = dh.map((d, j): Near => {
      const [i, f, g, o] = [gate(0, j), gate(1, j), gate(2, j), gate(3, j)];
      const c = exactly(back.cells![after * stride + j]!);
      const tc = apply(activation, c, fast);
      let dc = plus(times(times(d, o.y), slope(activation, c, tc)), passed(j));
      if (back.dcells) dc = plus(dc, exactly(back.dcells[now * stride + j]!));
      const through = (kind: Curve, { x, y }: { x: Near; y: Near }, dy: Near): Near => times(dy, slope(kind, x, y));
      deltas[0]!.push(through(recurrentActivation, i, times(dc, g.y)));
      deltas[1]!.push(through(recurrentActivation, f, times(dc, exactly(back.cells![before * stride + j]!))));
      deltas[2]!.push(through(activation, g, times(dc, i.y)));
      deltas[3]!.push(through(recurrentActivation, o, times(d, tc)));
      return times(dc, f.y);
    });
    deltas.forEach((block, g) => this.expectRow(`delta ${g}`, back.deltas!, now * wide + g * padded, block, step));
    this.expectRow('carry', back.carry!, r * stride, carry, step);
  }

  private checkGruBack(
    back: WalkArguments,
    { r, now, before }: { r: number; now: number; before: number },
    dh: readonly Near[],
    passed: (j: number) => Near,
    step: string,
  ): void {
    const { spec, wide, padded, stride } = this;
    const { activation, recurrentActivation, fast } = this.functions;
    const at = (g: number): number => now * wide + g * padded;
    const gate = (g: number, j: number) =>
      kept(back.gates![at(g) + j]!, g === 3 ? activation : recurrentActivation, fast);
    const state = (j: number): Near => exactly(back.states[before * stride + j]!);
    const d = dh.map((value, j) => plus(value, passed(j)));
    const z = d.map((_, j) => gate(1, j));
    const updates = d.map((value, j) =>
      times(times(value, minus(state(j), gate(3, j).y)), slope(recurrentActivation, z[j]!.x, z[j]!.y)),
    );
    const candidates = d.map((value, j) => {
      const { x, y } = gate(3, j);
      return times(minus(value, times(value, z[j]!.y)), slope(activation, x, y));
    });
    this.expectRow('delta of z', back.deltas!, at(1), updates, step);
    this.expectRow('delta of the candidate', back.deltas!, at(3), candidates, step);
    let carry = d.map((value, j) => times(value, z[j]!.y));
    const resetGradient = (j: number, dr: Near): Near => {
      const { x, y } = gate(2, j);
      return times(dr, slope(recurrentActivation, x, y));
    };
    if (spec.cell.resetBefore) {
      const product = this.back(back.deltas!, at(3), 0);
      const dReset = product.map((value, j) => (back.masks ? times(value, exactly(back.masks[r * wide + j]!)) : value));
      const resets = dReset.map((value, j) => resetGradient(j, times(value, state(j))));
      this.expectRow('delta of r', back.deltas!, at(2), resets, step);
      carry = carry.map((value, j) => plus(value, times(dReset[j]!, gate(2, j).y)));
    } else {
      const own = (j: number): Near => candidates[j]!;
      const recurrents = candidates.map((_, j) => times(own(j), gate(2, j).y));
      const resets = candidates.map((_, j) => resetGradient(j, times(own(j), exactly(back.gates![at(0) + j]!))));
      this.expectRow('delta of the recurrent candidate', back.deltas!, at(0), recurrents, step);
      this.expectRow('delta of r', back.deltas!, at(2), resets, step);
    }
    this.expectRow('carry', back.carry!, r * stride, carry, step);
  }
}

describeEachIsa('the walk', (isa) => {
  describe.each(CELLS.map((cell) => [cell.name, cell] as const))('of %s', (_, cell) => {
    test('takes every step of the equations there and back, for all rows and units around the tiles', () => {
      forEachPair(UNITS, ACTIVE, (units, active, turn) => {
        const walk = new Walk(isa, { cell, active, units, turn });
        walk.forward();
        walk.backward();
      });
    });
  });
});
