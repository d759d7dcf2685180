// SPDX-License-Identifier: MIT
import type { NativeOptimizer } from '../../lib/native/binding';
import { expectClose, GOLDEN_TOLERANCE } from './closeness';
import { describeGolden, readGolden, type Packed } from './golden';
import { OPTIMIZER_DEFAULTS, optimizerOptions, oracleOptimizer } from './optimizers';

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

  test('lion takes steps of one size, and none where there is no sign', () => {
    const lion = { ...OPTIMIZER_DEFAULTS.lion, learningRate: 0.25 };
    expectClose(path(lion, [123, -1e-9, 0]), [0.75, 0.5, 0.25], 1e-15);
    expectClose(path(lion, [0]), [1], 0);
  });

  test('decay comes before the step, clipping before both', () => {
    const sgd = { ...OPTIMIZER_DEFAULTS.sgd, learningRate: 0.5 };
    expectClose(path({ ...sgd, weightDecay: 0.5, clipnorm: 2 }, [10]), [0.75 - 1], 1e-15);
    expectClose(path({ ...sgd, weightDecay: 0.5, decays: [false], clipvalue: 1 }, [-10]), [1.5], 1e-15);
  });

  test('gradients are added up to their mean, and the weight waits', () => {
    const sgd = { ...OPTIMIZER_DEFAULTS.sgd, learningRate: 1, gradientAccumulationSteps: 2 };
    expectClose(path(sgd, [1, 3, 5, 7]), [1, -1, -1, -7], 1e-15);
  });

  test('averages begin with the first weights and overwrite them in their turn', () => {
    const sgd = { ...OPTIMIZER_DEFAULTS.sgd, learningRate: 1, useEma: true, emaMomentum: 0.5 };
    // The average is 0 after the first step, then -0.5 and, after an overwriting, -1.
    expectClose(path({ ...sgd, emaOverwriteFrequency: 2 }, [1, 1, 1]), [0, -0.5, -1.5], 1e-15);
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
      optimizer: string;
      options: object;
      after: number[][][];
      averages?: number[][];
    }[];
  }

  test('every weight after every step agrees with Keras', () => {
    const golden = readGolden<Golden>('optimizers');
    for (const { optimizer: name, options, after, averages } of golden.cases)
      golden.weights.forEach((given, i) => {
        const optimizer = oracleOptimizer(optimizerOptions(name, options));
        const weight = Float64Array.from(given.data);
        golden.gradients.forEach((gradients, step) => {
          optimizer.step([weight], [Float64Array.from(gradients[i]!)]);
          expectClose(weight, after[step]![i]!, GOLDEN_TOLERANCE);
        });
        if (averages) expectClose(optimizer.averages()[0]!, averages[i]!, GOLDEN_TOLERANCE);
      });
  });
});
