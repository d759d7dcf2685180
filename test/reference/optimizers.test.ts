// SPDX-License-Identifier: MIT
import type { NativeOptimizer } from '../../lib/native/binding';
import { expectClose, GOLDEN_TOLERANCE } from './closeness';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { OPTIMIZER_DEFAULTS, oracleOptimizer } from './optimizers';

/** The weight after each step of gradient `g`, from 1. */
function path(options: NativeOptimizer, gradients: number[]): number[] {
  const optimizer = oracleOptimizer(options);
  const weight = Float64Array.of(1);
  return gradients.map((g) => {
    optimizer.step([weight], [Float64Array.of(g)]);
    return weight[0]!;
  });
}

// Worked by hand from the formulas.
describe('optimizer oracle', () => {
  test('sgd with momentum, plain and Nesterov', () => {
    const sgd = { ...OPTIMIZER_DEFAULTS.sgd, learningRate: 0.1 };
    expectClose(path(sgd, [1, 2]), [0.9, 0.7], 1e-15);
    expectClose(path({ ...sgd, momentum: 0.5 }, [1, 2]), [0.9, 0.65], 1e-15);
    expectClose(path({ ...sgd, momentum: 0.5, nesterov: true }, [1, 2]), [0.85, 0.525], 1e-15);
  });

  test('rmsprop has epsilon inside the root', () => {
    const rmsprop = { ...OPTIMIZER_DEFAULTS.rmsprop, learningRate: 1, rho: 0.75, epsilon: 3.75 };
    expectClose(path(rmsprop, [1]), [1 - 1 / 2], 1e-15);
    expectClose(path({ ...rmsprop, centered: true, epsilon: 3.8125 }, [1]), [1 - 1 / 2], 1e-15);
  });

  test('adam: the first step is as long as the learning rate, whatever the gradient', () => {
    const adam = { ...OPTIMIZER_DEFAULTS.adam, learningRate: 0.1, epsilon: 0 };
    expectClose(path(adam, [123]), [0.9], 1e-14);
    expectClose(path({ ...adam, amsgrad: true }, [-1e-4]), [1.1], 1e-14);
  });

  test('a frozen weight stays', () => {
    const weight = Float64Array.of(1, 2);
    oracleOptimizer(OPTIMIZER_DEFAULTS.sgd).step([weight], [null]);
    expect(Array.from(weight)).toEqual([1, 2]);
  });
});

describeGolden('optimizers', () => {
  interface Golden {
    weights: Packed[];
    gradients: number[][][];
    cases: {
      name: string;
      optimizer: NativeOptimizer['kind'];
      options: Partial<NativeOptimizer>;
      after: number[][][];
    }[];
  }

  test('every weight after every step agrees with Keras', () => {
    const golden = readGolden<Golden>('optimizers');
    for (const { optimizer: kind, options, after } of golden.cases) {
      const optimizer = oracleOptimizer({ ...OPTIMIZER_DEFAULTS[kind], ...options } as NativeOptimizer);
      const weights = golden.weights.map(given);
      golden.gradients.forEach((gradients, step) => {
        optimizer.step(
          weights,
          gradients.map((data) => given({ data })),
        );
        weights.forEach((weight, i) => expectClose(weight, after[step]![i]!, GOLDEN_TOLERANCE));
      });
    }
  });
});
