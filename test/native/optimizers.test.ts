// SPDX-License-Identifier: MIT
// native/kernels/optimizers-inl.h: one step of every rule against the double-precision reference, and what surrounds it.
import { OPTIMIZER_DEFAULTS, type ConstantOptimizer } from '../reference/optimizers';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { OPTIMIZER_KINDS, testingAddon, type Isa, type UpdateArguments } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, floor, fround, sign, sqrt } = Math;
const { isNaN } = Number;

const { sgd, rmsprop, adam, nadam, adamax, adagrad, adadelta, lion } = OPTIMIZER_DEFAULTS;
const RULES: readonly ConstantOptimizer[] = [
  sgd,
  { ...sgd, momentum: 0.9 },
  { ...sgd, momentum: 0.9, nesterov: true },
  rmsprop,
  { ...rmsprop, momentum: 0.5, rho: 0.8 },
  { ...rmsprop, centered: true },
  { ...rmsprop, momentum: 0.5, centered: true },
  adam,
  { ...adam, amsgrad: true, beta1: 0.8 },
  nadam,
  { ...nadam, beta1: 0.7, beta2: 0.9 },
  adamax,
  { ...adamax, beta1: 0.7, beta2: 0.25 },
  adagrad,
  adadelta,
  { ...adadelta, rho: 0.5, learningRate: 0.5 },
  lion,
  { ...lion, beta1: 0.5, beta2: 0.75 },
];
/** What a rule is as a test's title: what differs from the rule's defaults beside its name. */
const titleOf = (rule: ConstantOptimizer): string => {
  const defaults: object = OPTIMIZER_DEFAULTS[rule.kind];
  const own = Object.entries(rule).filter(([key, value]) => (defaults as Record<string, unknown>)[key] !== value);
  return `${rule.kind} ${JSON.stringify(Object.fromEntries(own))}`;
};
const TITLED = RULES.map((rule) => [titleOf(rule), rule] as const);
/** Nothing is done to gradient and weight before the rule steps. */
const PLAIN = { gradientScale: 1, clipScale: 1, clipValue: 0, decay: 0 };
/** [l1, l2] */
const PENALTIES = [
  [0, 0],
  [0.01, 0],
  [0, 0.02],
  [0.01, 0.02],
] as const;
const ITERATION = 3;

type Scalars = Omit<
  UpdateArguments,
  'weight' | 'slots' | 'gradient' | 'gradientStride' | 'slot' | 'begin' | 'end' | 'columns' | 'l1' | 'l2'
>;

/** Every option as float32, so that kernel and reference compute with the same numbers. */
function inFloat32<T extends ConstantOptimizer>(o: T): T {
  const entries = Object.entries(o).map(([key, value]) => [key, typeof value === 'number' ? fround(value) : value]);
  return Object.fromEntries(entries) as T;
}

function scalarsOf(o: ConstantOptimizer): Scalars {
  const zeros = { momentum: 0, rho: 0, beta1: 0, beta2: 0, epsilon: 0 };
  const factors = { momentumFactor: 0, gradientFactor: 0, velocityFactor: 0 };
  const flags = { nesterov: false, centered: false, amsgrad: false };
  const scalars = { ...zeros, ...factors, ...flags, ...PLAIN, ...o, kind: OPTIMIZER_KINDS.indexOf(o.kind) };
  const t = ITERATION;
  const given = { ...scalars, rate: o.learningRate, penaltyGradient: null };
  switch (o.kind) {
    case 'adam':
      return { ...given, rate: (o.learningRate * sqrt(1 - o.beta2 ** t)) / (1 - o.beta1 ** t) };
    case 'adamax':
      return { ...given, rate: o.learningRate / (1 - o.beta1 ** t) };
    case 'nadam': {
      const momentum = (step: number): number => o.beta1 * (1 - 0.5 * 0.96 ** step);
      const product = momentum(1) * momentum(2) * momentum(3);
      const momentumFactor = momentum(4) / (1 - product * momentum(4));
      const gradientFactor = (1 - momentum(3)) / (1 - product);
      return { ...given, momentumFactor, gradientFactor, velocityFactor: 1 / (1 - o.beta2 ** t) };
    }
    default:
      return given;
  }
}

/** Which of the three slots a rule has. */
function hasSlot(o: ConstantOptimizer, slot: number): boolean {
  switch (o.kind) {
    case 'sgd':
      return slot === 0 && o.momentum !== 0;
    case 'rmsprop':
      return slot === 0 || (slot === 1 ? o.momentum > 0 : o.centered);
    case 'adam':
      return slot < 2 || o.amsgrad;
    case 'adagrad':
    case 'lion':
      return slot === 0;
    case 'nadam':
    case 'adamax':
    case 'adadelta':
      return slot < 2;
  }
}

interface State {
  weight: Float64Array;
  slots: Float64Array[];
  gradient: Float64Array;
}

function drawState(seed: number, n: number): State {
  const draw = drawFrom(seed);
  // Velocities stay well above the squares of averages and momenta, as those of a real run do.
  const slots = [draw.uniform(n, 1, 2), draw.uniform(n, 1, 2), draw.uniform(n, 0.1, 0.5)].map(rounded);
  return { weight: rounded(draw.normal(n)), slots, gradient: rounded(draw.normal(n)) };
}

/** The step in double, penalties' gradient included. */
function truth(o: ConstantOptimizer, state: State, l1: number, l2: number): { weight: Float64Array; slots: Float64Array } {
  const weights = state.weight.slice();
  const slots = new Float64Array(3 * weights.length);
  state.slots.forEach((slot, i) => slots.set(slot, i * weights.length));
  const gradient = state.gradient.map((g, i) => g + 2 * l2 * weights[i]! + l1 * sign(weights[i]!));
  testingAddon.reference.optimizerStep({ optimizer: o, iteration: ITERATION, gradient, weights, slots });
  return { weight: weights, slots };
}

function checkStep(isa: Isa, rule: ConstantOptimizer, rows: number, columns: number, turn: number): void {
  const o = inFloat32(rule);
  const seed = 12000 + turn;
  const [l1, l2] = PENALTIES[turn % 4]!.map(fround) as [number, number];
  const context = `${titleOf(rule)} ${isa} rows ${rows} columns ${columns} l1 ${l1} l2 ${l2} seed ${seed}`;
  const memory = new GuardedMemory(sideOf(turn));
  const state = drawState(seed, rows * columns);
  const gradientStride = columns + (turn % 6);
  // The first and the last row are not in the range where there are more than two.
  const [begin, end] = rows > 2 ? [1, rows - 1] : [0, rows];
  const shape = { rows, columns };
  const weight = memory.output('weight', shape, state.weight);
  const slots = state.slots.map((values, i) =>
    hasSlot(o, i) ? memory.output(`slot ${i}`, shape, values) : null,
  ) as UpdateArguments['slots'];
  const gradient = memory.input('gradient', { ...shape, stride: gradientStride }, state.gradient);
  const scalars = scalarsOf(o);
  testingAddon.update(isa, { ...scalars, weight, slots, gradient, gradientStride, slot: null, begin, end, columns, l1, l2 });
  memory.expectIntact(context);

  const expected = truth(o, state, l1, l2);
  const inside = (i: number): boolean => i >= begin * columns && i < end * columns;
  const size = state.gradient.map(
    (g, i) => abs(g) + 2 * l2 * abs(state.weight[i]!) + l1 + state.slots[0]![i]! + state.slots[1]![i]!,
  );
  // Slots are sums of at most three products of factors up to 1, of gradients (or their squares) and old slots: at most
  // 8 roundings. The step divides by roots of numbers above 0.5, where a relative error halves: at most 16 roundings of
  // numbers up to rate * size * (1 + size); and the new weight is rounded once.
  const slotTolerance = size.map((s) => 8 * ROUNDOFF * s * (1 + s));
  const unit = o.kind === 'sgd' ? 1 : scalars.rate;
  const weightTolerance = size.map(
    (s, i) => 16 * ROUNDOFF * (unit * s * (1 + s) + (o.kind === 'rmsprop' ? o.momentum * s : 0)) + ROUNDOFF * (abs(state.weight[i]!) + s) + SMALLEST,
  );
  const unlessOutside = (values: Float64Array, old: Float64Array): Float64Array =>
    values.map((value, i) => (inside(i) ? value : old[i]!));
  expectWithin(weight, unlessOutside(expected.weight, state.weight), weightTolerance.map((t, i) => (inside(i) ? t : 0)), context);
  slots.forEach((slot, k) => {
    if (!slot) return;
    const values = expected.slots.subarray(k * rows * columns, (k + 1) * rows * columns);
    expectWithin(slot, unlessOutside(values, state.slots[k]!), slotTolerance.map((t, i) => (inside(i) ? t : 0)), `${context}, slot ${k}`);
  });
}

describeEachIsa('update', (isa) => {
  test.each(TITLED)('%s takes the step of the reference on rows around each block and tail', (_title, rule) => {
    forEachPair([1, 2, 3, 5], UNITS, (rows, columns, turn) => checkStep(isa, rule, rows, columns, turn));
  });

  test.each(TITLED)('%s steps rows without a gradient as it steps rows of zero gradient, to the bit', (_title, rule) => {
    const o = inFloat32(rule);
    forEachPair(UNITS, PENALTIES, (columns, [l1, l2], turn) => {
      const seed = 13000 + turn;
      const context = `${titleOf(rule)} ${isa} columns ${columns} l1 ${l1} l2 ${l2} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const slotOf = [2, -1, -1, 0, 1, -1, 3];
      const rows = slotOf.length;
      const state = drawState(seed, rows * columns);
      const compact = state.gradient.subarray(0, 4 * columns);
      const dense = new Float64Array(rows * columns);
      slotOf.forEach((from, i) => {
        if (from >= 0) dense.set(compact.subarray(from * columns, (from + 1) * columns), i * columns);
      });
      const shape = { rows, columns };
      const common = { ...scalarsOf(o), columns, l1, l2, begin: 0, end: rows };
      const copies = [0, 1].map((copy) => ({
        weight: memory.output(`weight ${copy}`, shape, state.weight),
        slots: state.slots.map((values, i) =>
          hasSlot(o, i) ? memory.output(`slot ${i} of ${copy}`, shape, values) : null,
        ) as UpdateArguments['slots'],
      })) as [Pick<UpdateArguments, 'weight' | 'slots'>, Pick<UpdateArguments, 'weight' | 'slots'>];
      const [sparse, full] = copies;
      testingAddon.update(isa, {
        ...common,
        ...sparse,
        gradient: memory.input('compact', { rows: 4, columns, stride: columns + 3 }, compact),
        gradientStride: columns + 3,
        slot: memory.integers('slot', slotOf),
      });
      const gradient = memory.input('dense', shape, dense);
      testingAddon.update(isa, { ...common, ...full, gradient, gradientStride: columns, slot: null });
      memory.expectIntact(context);
      expectSameBits(sparse.weight, full.weight, context);
      sparse.slots.forEach((slot, i) => {
        if (slot) expectSameBits(slot, full.slots[i]!, `${context}, slot ${i}`);
      });
    });
  });

  test('a NaN gradient reaches its own element only', () => {
    for (const rule of RULES) {
      const state = drawState(14000, 17);
      state.gradient[16] = NaN;
      const weight = Float32Array.from(state.weight);
      const slots = state.slots.map((values, i) =>
        hasSlot(rule, i) ? Float32Array.from(values) : null,
      ) as UpdateArguments['slots'];
      const gradient = Float32Array.from(state.gradient);
      const range = { gradientStride: 17, slot: null, begin: 0, end: 1, columns: 17, l1: 0, l2: 0 };
      testingAddon.update(isa, { ...scalarsOf(inFloat32(rule)), weight, slots, gradient, ...range });
      expect(Array.from(weight, (w, i) => (isNaN(w) ? i : -1)).filter((i) => i >= 0)).toEqual([16]);
    }
  });

  test.each(TITLED)('%s adds the gradient of other penalties, also to rows that did not occur', (_title, rule) => {
    const o = inFloat32(rule);
    UNITS.forEach((columns, turn) => {
      const [slotOf, seed] = [[1, -1, 0], 14000 + turn];
      const context = `${titleOf(rule)} ${isa} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const shape = { rows: slotOf.length, columns };
      const state = drawState(seed, slotOf.length * columns);
      const more = rounded(drawFrom(seed + 500).normal(slotOf.length * columns));
      const together = more.map((value, i) => {
        const row = slotOf[floor(i / columns)]!;
        return value + (row < 0 ? 0 : state.gradient[row * columns + (i % columns)]!);
      });
      const common = { ...scalarsOf(o), columns, l1: 0, l2: 0, begin: 0, end: slotOf.length };
      const run = (name: string, given: Partial<UpdateArguments>): Float32Array[] => {
        const weight = memory.output(`weight ${name}`, shape, state.weight);
        const slots = state.slots.map((values, i) =>
          hasSlot(o, i) ? memory.output(`slot ${i} ${name}`, shape, values) : null,
        ) as UpdateArguments['slots'];
        testingAddon.update(isa, { ...common, weight, slots, gradientStride: columns, slot: null, ...given } as UpdateArguments);
        return [weight, ...slots.filter((slot) => slot !== null)];
      };
      const gradient = memory.input('gradient', shape, state.gradient);
      const penaltyGradient = memory.input('penalty gradient', shape, more);
      const apart = run('apart', { gradient, penaltyGradient, slot: memory.integers('slot', slotOf) });
      const added = run('added', { gradient: memory.input('sum', shape, rounded(together)) });
      memory.expectIntact(context);
      apart.forEach((values, i) => expectSameBits(values, added[i]!, context));
    });
  });
});
