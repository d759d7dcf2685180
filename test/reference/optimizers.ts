// SPDX-License-Identifier: MIT
// Oracle: optimizers in double, formulas and order as coded in keras/src/optimizers/*.py.
import type { NativeOptimizer, NativeOptimizerSettings, NativeRule } from '../../lib/native/binding';
import { scheduledRate, scheduleOptions, type ScheduleData } from './schedules';

/** Nothing around the rule; every weight decays that is not named. */
const SETTINGS: NativeOptimizerSettings & { learningRate: number } = {
  learningRate: 0.001,
  weightDecay: 0,
  decays: [],
  clipnorm: 0,
  globalClipnorm: 0,
  clipvalue: 0,
  useEma: false,
  emaMomentum: 0.99,
  emaOverwriteFrequency: 0,
  lossScaleFactor: 1,
  gradientAccumulationSteps: 1,
};

/** An optimizer whose learning rate is a number. */
export type ConstantOptimizer = NativeOptimizer & { learningRate: number };

/** Keras' defaults, for goldens that name only what differs from them. */
export const OPTIMIZER_DEFAULTS: { [K in NativeOptimizer['kind']]: ConstantOptimizer & { kind: K } } = {
  sgd: { ...SETTINGS, kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false },
  rmsprop: { ...SETTINGS, kind: 'rmsprop', rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false },
  adam: { ...SETTINGS, kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false },
  nadam: { ...SETTINGS, kind: 'nadam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  adamax: { ...SETTINGS, kind: 'adamax', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  adagrad: { ...SETTINGS, kind: 'adagrad', initialAccumulatorValue: 0.1, epsilon: 1e-7 },
  adadelta: { ...SETTINGS, kind: 'adadelta', rho: 0.95, epsilon: 1e-7 },
  lion: { ...SETTINGS, kind: 'lion', beta1: 0.9, beta2: 0.99 },
};

/** The oracle's options of an optimizer as goldens name it: the class in small letters, schedules as plain data. */
export function optimizerOptions(name: string, options: object): NativeOptimizer {
  const [kind, own] = name === 'adamw' ? ['adam', { weightDecay: 0.004 }] : [name, {}];
  const { learningRate } = options as { learningRate?: number | ScheduleData };
  const scheduled = typeof learningRate === 'object' ? { learningRate: scheduleOptions(learningRate) } : {};
  return { ...OPTIMIZER_DEFAULTS[kind as NativeRule['kind']], ...own, ...options, ...scheduled } as NativeOptimizer;
}

export interface OracleOptimizer {
  /** One batch: every array of `weights` moves by its array of `gradients`. Null gradients: that array is frozen. */
  step(weights: Float64Array[], gradients: (Float64Array | null)[]): void;
  /** The moving averages of the weights. */
  averages(): Float64Array[];
}

/** Arrays by name, one per weight. */
class Slots {
  private readonly arrays = new Map<string, Float64Array>();
  get(name: string, weight: number, size: number, first = 0): Float64Array {
    const key = `${name} ${weight}`;
    let found = this.arrays.get(key);
    if (!found) this.arrays.set(key, (found = new Float64Array(size).fill(first)));
    return found;
  }
}

/** One element of a weight; `slot(name)` reads, `slot(name, value)` writes and returns the value. */
type Update = (
  gradient: number,
  slot: (name: string, value?: number) => number,
  iteration: number,
  rate: number,
) => number;

/** Nadam's momentum of step t, and the product of those of the first t steps. */
const nadamMomentum = (beta1: number, t: number): number => beta1 * (1 - 0.5 * 0.96 ** t);
const nadamProduct = (beta1: number, t: number): number =>
  Array.from({ length: t }, (_, i) => nadamMomentum(beta1, i + 1)).reduce((a, b) => a * b, 1);

function updateOf(o: NativeRule): Update {
  switch (o.kind) {
    case 'sgd':
      return (g, slot, _t, rate) => {
        if (o.momentum === 0) return -g * rate;
        const m = slot('momentum', slot('momentum') * o.momentum - g * rate);
        return o.nesterov ? m * o.momentum - g * rate : m;
      };
    case 'rmsprop':
      return (g, slot, _t, rate) => {
        const velocity = slot('velocity', o.rho * slot('velocity') + (1 - o.rho) * g ** 2);
        let denominator = velocity + o.epsilon;
        if (o.centered) {
          denominator -= slot('average gradient', o.rho * slot('average gradient') + (1 - o.rho) * g) ** 2;
        }
        const increment = (rate * g) / Math.sqrt(denominator);
        return -(o.momentum > 0 ? slot('momentum', o.momentum * slot('momentum') + increment) : increment);
      };
    case 'adam':
      return (g, slot, t, rate) => {
        const alpha = (rate * Math.sqrt(1 - o.beta2 ** t)) / (1 - o.beta1 ** t);
        const m = slot('momentum', slot('momentum') + (g - slot('momentum')) * (1 - o.beta1));
        let v = slot('velocity', slot('velocity') + (g ** 2 - slot('velocity')) * (1 - o.beta2));
        if (o.amsgrad) v = slot('velocity hat', Math.max(slot('velocity hat'), v));
        return -(m * alpha) / (Math.sqrt(v) + o.epsilon);
      };
    case 'nadam':
      return (g, slot, t, rate) => {
        const m = slot('momentum', o.beta1 * slot('momentum') + (1 - o.beta1) * g);
        const v = slot('velocity', o.beta2 * slot('velocity') + (1 - o.beta2) * g ** 2);
        const ahead =
          (nadamMomentum(o.beta1, t + 1) * m) / (1 - nadamProduct(o.beta1, t + 1)) +
          ((1 - nadamMomentum(o.beta1, t)) * g) / (1 - nadamProduct(o.beta1, t));
        return (-rate * ahead) / (Math.sqrt(v / (1 - o.beta2 ** t)) + o.epsilon);
      };
    case 'adamax':
      return (g, slot, t, rate) => {
        const m = slot('momentum', o.beta1 * slot('momentum') + (1 - o.beta1) * g);
        const u = slot('norm', Math.max(o.beta2 * slot('norm'), Math.abs(g)));
        return (-rate * m) / ((1 - o.beta1 ** t) * (u + o.epsilon));
      };
    case 'adagrad':
      return (g, slot, _t, rate) => {
        const sum = slot('accumulator', slot('accumulator') + g ** 2);
        return (-rate * g) / Math.sqrt(sum + o.epsilon);
      };
    case 'adadelta':
      return (g, slot, _t, rate) => {
        const gradients = slot('gradients', o.rho * slot('gradients') + (1 - o.rho) * g ** 2);
        const delta = (-g * Math.sqrt(slot('deltas') + o.epsilon)) / Math.sqrt(gradients + o.epsilon);
        slot('deltas', o.rho * slot('deltas') + (1 - o.rho) * delta ** 2);
        return rate * delta;
      };
    case 'lion':
      return (g, slot, _t, rate) => {
        const step = -rate * Math.sign(o.beta1 * slot('momentum') + (1 - o.beta1) * g);
        slot('momentum', o.beta2 * slot('momentum') + (1 - o.beta2) * g);
        return step;
      };
  }
}

const norm = (arrays: readonly Float64Array[]): number =>
  Math.sqrt(arrays.reduce((sum, array) => array.reduce((part, value) => part + value ** 2, sum), 0));

function clip(o: NativeOptimizer, gradients: Float64Array[]): Float64Array[] {
  const shorten = (array: Float64Array, length: number, most: number): Float64Array =>
    array.map((value) => (length > most ? (value * most) / length : value));
  if (o.clipnorm > 0) return gradients.map((g) => shorten(g, norm([g]), o.clipnorm));
  if (o.globalClipnorm > 0) return gradients.map((g) => shorten(g, norm(gradients), o.globalClipnorm));
  if (o.clipvalue > 0) return gradients.map((g) => g.map((v) => Math.max(-o.clipvalue, Math.min(o.clipvalue, v))));
  return gradients;
}

export function oracleOptimizer(options: NativeOptimizer): OracleOptimizer {
  const slots = new Slots();
  const update = updateOf(options);
  const first = options.kind === 'adagrad' ? options.initialAccumulatorValue : 0;
  const { learningRate, gradientAccumulationSteps: accumulated } = options;
  let batches = 0;
  const averages: Float64Array[] = [];

  function move(index: number, weight: Float64Array, gradient: Float64Array, rate: number, iteration: number): void {
    const decay = options.decays[index] === false ? 0 : options.weightDecay * rate;
    gradient.forEach((g, i) => {
      const slot = (name: string, value?: number): number => {
        const array = slots.get(name, index, weight.length, first);
        if (value !== undefined) array[i] = value;
        return array[i]!;
      };
      weight[i]! -= weight[i]! * decay;
      weight[i]! += update(g, slot, iteration, rate);
    });
  }

  return {
    step(weights, gradients) {
      const trained = [...gradients.keys()].filter((i) => gradients[i] !== null);
      const iterations = Math.floor(batches / accumulated);
      const sums = trained.map((i) => slots.get('sum', i, weights[i]!.length));
      trained.forEach((i, at) => gradients[i]!.forEach((g, k) => (sums[at]![k]! += g)));
      if ((batches + 1) % accumulated === 0) {
        const rate = typeof learningRate === 'number' ? learningRate : scheduledRate(learningRate, batches);
        const means = clip(
          options,
          sums.map((sum) => sum.map((value) => value / accumulated)),
        );
        trained.forEach((i, at) => move(i, weights[i]!, means[at]!, rate, iterations + 1));
        for (const sum of sums) sum.fill(0);
      }
      if (options.useEma) {
        const momentum = iterations === 0 ? 0 : options.emaMomentum;
        const overwrites = (iterations + 1) % options.emaOverwriteFrequency === 0;
        for (const i of trained) {
          const average = (averages[i] ??= new Float64Array(weights[i]!.length));
          weights[i]!.forEach((value, k) => (average[k] = momentum * average[k]! + (1 - momentum) * value));
          if (overwrites) weights[i]!.set(average);
        }
      }
      batches++;
    },
    averages: () => averages,
  };
}
