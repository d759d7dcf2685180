// SPDX-License-Identifier: MIT
// Oracle: optimizers in double, formulas as coded in keras/src/optimizers/{sgd,rmsprop,adam}.py.
import type { NativeOptimizer } from '../../lib/native/binding';

/** Keras' defaults, for goldens that name only what differs from them. */
export const OPTIMIZER_DEFAULTS: { [K in NativeOptimizer['kind']]: NativeOptimizer & { kind: K } } = {
  sgd: { kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false },
  rmsprop: { kind: 'rmsprop', learningRate: 0.001, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false },
  adam: { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false },
};

export interface OracleOptimizer {
  /** One step: every array of `weights` moves by its array of `gradients`. Null gradients: that array is frozen. */
  step(weights: Float64Array[], gradients: (Float64Array | null)[]): void;
}

/** Slots by name, one array per weight, zeros at first. */
class Slots {
  private readonly arrays = new Map<string, Float64Array>();
  get(name: string, weight: number, size: number): Float64Array {
    const key = `${name} ${weight}`;
    let found = this.arrays.get(key);
    if (!found) this.arrays.set(key, (found = new Float64Array(size)));
    return found;
  }
}

/** One element of a weight; `slot(name)` reads, `slot(name, value)` writes and returns the value. */
type Update = (gradient: number, slot: (name: string, value?: number) => number, iteration: number) => number;

function updateOf(o: NativeOptimizer): Update {
  switch (o.kind) {
    case 'sgd':
      return (g, slot) => {
        if (o.momentum === 0) return -g * o.learningRate;
        const m = slot('momentum', slot('momentum') * o.momentum - g * o.learningRate);
        return o.nesterov ? m * o.momentum - g * o.learningRate : m;
      };
    case 'rmsprop':
      return (g, slot) => {
        const velocity = slot('velocity', o.rho * slot('velocity') + (1 - o.rho) * g ** 2);
        let denominator = velocity + o.epsilon;
        if (o.centered) {
          denominator -= slot('average gradient', o.rho * slot('average gradient') + (1 - o.rho) * g) ** 2;
        }
        const increment = (o.learningRate * g) / Math.sqrt(denominator);
        return -(o.momentum > 0 ? slot('momentum', o.momentum * slot('momentum') + increment) : increment);
      };
    case 'adam':
      return (g, slot, t) => {
        const alpha = (o.learningRate * Math.sqrt(1 - o.beta2 ** t)) / (1 - o.beta1 ** t);
        const m = slot('momentum', slot('momentum') + (g - slot('momentum')) * (1 - o.beta1));
        let v = slot('velocity', slot('velocity') + (g ** 2 - slot('velocity')) * (1 - o.beta2));
        if (o.amsgrad) v = slot('velocity hat', Math.max(slot('velocity hat'), v));
        return -(m * alpha) / (Math.sqrt(v) + o.epsilon);
      };
  }
}

export function oracleOptimizer(options: NativeOptimizer): OracleOptimizer {
  const slots = new Slots();
  const update = updateOf(options);
  let iterations = 0;
  return {
    step(weights, gradients) {
      iterations++;
      weights.forEach((weight, index) => {
        gradients[index]?.forEach((g, i) => {
          const slot = (name: string, value?: number): number => {
            const array = slots.get(name, index, weight.length);
            if (value !== undefined) array[i] = value;
            return array[i]!;
          };
          weight[i]! += update(g, slot, iterations);
        });
      });
    },
  };
}
