// SPDX-License-Identifier: MIT
// The C++ reference against the oracles of this folder: two computations of the same thing, written apart.
import type { NativeLossKind, NativeOptimizer } from '../../lib/native/binding';
import { testingAddon } from '../support/testing_addon';
import { activate, activateBackward, CURVES, type Activation } from './activations';
import { DOUBLE_TOLERANCE, expectClose } from './closeness';
import { denseBackward, denseForward } from './dense';
import { embeddingBackward, embeddingForward } from './embedding';
import { computeLoss } from './losses';
import { OPTIMIZER_DEFAULTS, oracleOptimizer } from './optimizers';
import { drawFrom } from './random';
import { simpleRnnBackward, simpleRnnForward } from './simple_rnn';

const { reference } = testingAddon;
const ACTIVATIONS = [...Object.keys(CURVES), 'softmax', 'log_softmax', 'sparsemax'] as Activation[];
const doubles = (n: number): Float64Array => new Float64Array(n).fill(NaN); // all must be overwritten

describe('native reference', () => {
  test.each(ACTIVATIONS)('activation %s agrees with the oracle', (activation) => {
    const draw = drawFrom(20);
    const [rows, columns] = [7, 6];
    const x = draw.normal(rows * columns, 4);
    const dy = draw.normal(rows * columns);
    const y = doubles(rows * columns);
    const dx = doubles(rows * columns);
    reference.activate({ activation, rows, columns, x, y });
    reference.activateBackward({ activation, rows, columns, x, dy, dx });
    expectClose(y, activate(activation, x, columns), DOUBLE_TOLERANCE);
    expectClose(dx, activateBackward(activation, x, dy, columns), DOUBLE_TOLERANCE);
  });

  test.each([
    [1, 1, 1, 1, true, true],
    [3, 5, 2, 4, true, false],
    [2, 6, 3, 7, false, true],
    [4, 3, 8, 5, false, false],
  ])('simple_rnn of N=%d T=%d C=%d H=%d, bias %s, state %s', (batch, steps, inputs, units, useBias, useState) => {
    const draw = drawFrom(21);
    for (const activation of ['tanh', 'relu', 'sigmoid', 'linear'] as const) {
      const problem = {
        batch,
        steps,
        inputs,
        units,
        activation,
        x: draw.normal(batch * steps * inputs),
        kernel: draw.normal(inputs * units, 0.5),
        recurrentKernel: draw.normal(units * units, 0.4),
        bias: useBias ? draw.normal(units, 0.3) : null,
        initialState: useState ? draw.normal(batch * units) : null,
      };
      const states = doubles(batch * steps * units);
      reference.simpleRnnForward({ ...problem, states });
      expectClose(states, simpleRnnForward(problem), DOUBLE_TOLERANCE);
      const r = draw.normal(batch * steps * units);
      const last = draw.normal(batch * units);
      for (const [dStates, dLast] of [
        [r, null],
        [null, last],
        [r, last],
      ] as const) {
        const expected = simpleRnnBackward(problem, dStates, dLast);
        const out = {
          kernelGradient: doubles(inputs * units),
          recurrentKernelGradient: doubles(units * units),
          biasGradient: doubles(units),
          xGradient: doubles(batch * steps * inputs),
          initialStateGradient: doubles(batch * units),
        };
        reference.simpleRnnBackward({ ...problem, dStates, dLast, ...out });
        expectClose(out.kernelGradient, expected.kernel, DOUBLE_TOLERANCE);
        expectClose(out.recurrentKernelGradient, expected.recurrentKernel, DOUBLE_TOLERANCE);
        expectClose(out.biasGradient, expected.bias, DOUBLE_TOLERANCE);
        expectClose(out.xGradient, expected.x, DOUBLE_TOLERANCE);
        expectClose(out.initialStateGradient, expected.initialState, DOUBLE_TOLERANCE);
      }
    }
  });

  test.each(ACTIVATIONS)('dense with %s agrees with the oracle', (activation) => {
    const draw = drawFrom(22);
    const [rows, inputs, units] = [4, 3, 5];
    for (const bias of [draw.normal(units), null]) {
      const problem = {
        rows,
        inputs,
        units,
        activation,
        x: draw.normal(rows * inputs),
        kernel: draw.normal(inputs * units),
        bias,
      };
      const dy = draw.normal(rows * units);
      const y = doubles(rows * units);
      const out = {
        kernelGradient: doubles(inputs * units),
        biasGradient: doubles(units),
        xGradient: doubles(rows * inputs),
      };
      reference.denseForward({ ...problem, y });
      reference.denseBackward({ ...problem, dy, ...out });
      const expected = denseBackward(problem, dy);
      expectClose(y, denseForward(problem), DOUBLE_TOLERANCE);
      expectClose(out.kernelGradient, expected.kernel, DOUBLE_TOLERANCE);
      expectClose(out.biasGradient, expected.bias, DOUBLE_TOLERANCE);
      expectClose(out.xGradient, expected.x, DOUBLE_TOLERANCE);
    }
  });

  test('embedding agrees with the oracle', () => {
    const draw = drawFrom(23);
    const [vocabulary, dim, positions] = [6, 3, 20];
    const tokens = draw.integers(positions, 0, vocabulary);
    const embeddings = draw.normal(vocabulary * dim);
    const dy = draw.normal(positions * dim);
    const y = doubles(positions * dim);
    const gradient = doubles(vocabulary * dim);
    reference.embeddingForward({ vocabulary, dim, tokens, embeddings, y });
    reference.embeddingBackward({ vocabulary, dim, tokens, dy, gradient });
    expectClose(y, embeddingForward(tokens, embeddings, dim), 0);
    expectClose(gradient, embeddingBackward(tokens, dy, vocabulary, dim), DOUBLE_TOLERANCE);
  });

  test.each<[NativeLossKind, boolean]>([
    ['binary_crossentropy', false],
    ['binary_crossentropy', true],
    ['categorical_crossentropy', false],
    ['categorical_crossentropy', true],
    ['sparse_categorical_crossentropy', false],
    ['sparse_categorical_crossentropy', true],
    ['mean_squared_error', false],
    ['mean_absolute_error', false],
  ])('%s, from logits %s, agrees with the oracle', (kind, fromLogits) => {
    const draw = drawFrom(24);
    for (const [rows, columns] of [
      [5, 1],
      [4, 3],
      [2, 17],
    ] as const) {
      const sparse = kind === 'sparse_categorical_crossentropy';
      const targets = sparse ? Float64Array.from(draw.integers(rows, 0, columns)) : draw.uniform(rows * columns, 0, 1);
      const predictions = fromLogits ? draw.normal(rows * columns, 3) : draw.uniform(rows * columns, 0.01, 0.99);
      if (!fromLogits && columns === 3) predictions.set([0, 1, 1e-9]); // clipped
      const problem = { kind, fromLogits, rows, columns, targets, predictions };
      const gradient = doubles(rows * columns);
      const expected = computeLoss(problem);
      expectClose([reference.loss({ ...problem, gradient })], [expected.value], DOUBLE_TOLERANCE);
      expectClose(gradient, expected.gradient, DOUBLE_TOLERANCE);
    }
  });

  const { sgd, rmsprop, adam } = OPTIMIZER_DEFAULTS;
  test.each<NativeOptimizer>([
    sgd,
    { ...sgd, momentum: 0.9 },
    { ...sgd, momentum: 0.9, nesterov: true },
    rmsprop,
    { ...rmsprop, momentum: 0.5, rho: 0.8 },
    { ...rmsprop, momentum: 0.5, centered: true },
    adam,
    { ...adam, amsgrad: true, beta1: 0.8 },
  ])('%j agrees with the oracle over ten steps', (optimizer) => {
    const draw = drawFrom(25);
    const n = 9;
    const weights = draw.normal(n);
    const expected = weights.slice();
    const slots = new Float64Array(3 * n);
    const oracle = oracleOptimizer(optimizer);
    for (let iteration = 1; iteration <= 10; iteration++) {
      const gradient = draw.normal(n, 10 / iteration ** 2);
      reference.optimizerStep({ optimizer, iteration, gradient, weights, slots });
      oracle.step([expected], [gradient]);
      expectClose(weights, expected, DOUBLE_TOLERANCE);
    }
  });

  test('arrays of a wrong size are refused', () => {
    const y = doubles(4);
    const refused = (): void => reference.activate({ activation: 'tanh', rows: 2, columns: 2, x: doubles(3), y });
    expect(refused).toThrow('x: expected 4 elements');
  });
});
