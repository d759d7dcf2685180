// SPDX-License-Identifier: MIT
// The C++ reference against the oracles of this folder: two computations of the same thing, written apart.
import type { NativeLossKind, NativeOptimizer } from '../../lib/native/binding';
import { testingAddon } from '../support/testing_addon';
import { activate, activateBackward, CURVES, type Activation } from './activations';
import { DOUBLE_TOLERANCE, expectClose } from './closeness';
import { denseBackward, denseForward } from './dense';
import { embeddingBackward, embeddingForward } from './embedding';
import { gruCell } from './gru';
import { computeLoss } from './losses';
import { lstmCell } from './lstm';
import { OPTIMIZER_DEFAULTS, oracleOptimizer } from './optimizers';
import { drawFrom } from './random';
import { recurrentBackward, recurrentForward, type Cell, type RecurrentProblem } from './recurrent';
import { simpleRnnBackward, simpleRnnForward, takeStep } from './simple_rnn';

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

  /** A layer with gates: the same numbers for the native reference and for the oracle. */
  function gated(
    cell: Cell,
    seed: number,
    size: readonly number[],
    useBias: boolean,
    drops: boolean,
    resetAfter: boolean,
  ) {
    const draw = drawFrom(seed);
    const [batch, steps, inputs, units] = size as [number, number, number, number];
    const columns = cell.gates * units;
    const biasSize = (resetAfter ? 2 : 1) * columns;
    const flat = {
      batch,
      steps,
      inputs,
      units,
      resetAfter,
      x: draw.normal(batch * steps * inputs),
      kernel: draw.normal(inputs * columns, 0.5),
      recurrentKernel: draw.normal(units * columns, 0.4),
      bias: useBias ? draw.normal(biasSize, 0.3) : null,
      inputDropout: drops ? draw.uniform(cell.gates * batch * inputs, 0, 2) : null,
      recurrentDropout: drops ? draw.uniform(cell.gates * batch * units, 0, 2) : null,
    };
    const perGate = (array: Float64Array | null): Float64Array[] | null =>
      array &&
      Array.from({ length: cell.gates }, (_, gate) =>
        array.subarray((gate * array.length) / cell.gates, ((gate + 1) * array.length) / cell.gates),
      );
    const problem = {
      ...flat,
      inputDropout: perGate(flat.inputDropout),
      recurrentDropout: perGate(flat.recurrentDropout),
    };
    const out = {
      kernelGradient: doubles(inputs * columns),
      recurrentKernelGradient: doubles(units * columns),
      biasGradient: useBias ? doubles(biasSize) : null,
      xGradient: doubles(batch * steps * inputs),
      initialStateGradient: doubles(batch * units),
    };
    return { draw, flat, problem, out, outputs: batch * steps * units, state: batch * units };
  }

  function expectGated(out: ReturnType<typeof gated>['out'], expected: ReturnType<typeof recurrentBackward>): void {
    expectClose(out.kernelGradient, expected.kernel, DOUBLE_TOLERANCE);
    expectClose(out.recurrentKernelGradient, expected.recurrentKernel, DOUBLE_TOLERANCE);
    if (out.biasGradient) expectClose(out.biasGradient, expected.bias, DOUBLE_TOLERANCE);
    expectClose(out.xGradient, expected.x, DOUBLE_TOLERANCE);
    expectClose(out.initialStateGradient, expected.initialStates[0]!, DOUBLE_TOLERANCE);
  }

  const GATED_SIZES = [
    [1, 1, 1, 1],
    [3, 5, 2, 4],
    [2, 6, 3, 7],
    [4, 3, 8, 5],
  ] as const;
  const PAIRS = [
    ['tanh', 'sigmoid'],
    ['relu', 'hard_sigmoid'],
    ['softsign', 'tanh'],
  ] as const;
  // Bias, initial state, dropout.
  const PRESENT = [
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ] as const;

  test.each(PRESENT)('lstm with bias %s, state %s, dropout %s agrees with the oracle', (useBias, useState, drops) => {
    for (const [index, size] of GATED_SIZES.entries()) {
      for (const [activation, recurrentActivation] of PAIRS) {
        const { draw, flat, problem, out, outputs, state } = gated(lstmCell, 26 + index, size, useBias, drops, false);
        const [h, c] = useState ? [draw.normal(state), draw.normal(state)] : [null, null];
        const given = { ...flat, activation, recurrentActivation, initialState: h, initialCarry: c };
        const oracle: RecurrentProblem = { ...problem, activation, recurrentActivation };
        if (h && c) oracle.initialStates = [h, c];

        const [states, carries] = [doubles(outputs), doubles(outputs)];
        reference.lstmForward({ ...given, states, carries });
        const expected = recurrentForward(lstmCell, oracle);
        expectClose(states, expected.outputs, DOUBLE_TOLERANCE);
        const [, steps, , units] = size;
        expectClose(takeStep(carries, steps - 1, steps, units), expected.states[1]!, DOUBLE_TOLERANCE);

        const [dStates, dLastState, dLastCarry] = [draw.normal(outputs), draw.normal(state), draw.normal(state)];
        const initialCarryGradient = doubles(state);
        reference.lstmBackward({ ...given, ...out, dStates, dLastState, dLastCarry, initialCarryGradient });
        const back = recurrentBackward(lstmCell, oracle, { outputs: dStates, states: [dLastState, dLastCarry] });
        expectGated(out, back);
        expectClose(initialCarryGradient, back.initialStates[1]!, DOUBLE_TOLERANCE);

        const none = { dStates: null, dLastCarry: null };
        reference.lstmBackward({ ...given, ...out, ...none, dLastState, initialCarryGradient });
        expectGated(out, recurrentBackward(lstmCell, oracle, { last: dLastState }));
      }
    }
  });

  describe.each([true, false])('gru that resets after the product: %s', (resetAfter) => {
    test.each(PRESENT)('with bias %s, state %s, dropout %s agrees with the oracle', (useBias, useState, drops) => {
      for (const [index, size] of GATED_SIZES.entries()) {
        for (const [activation, recurrentActivation] of PAIRS) {
          const { draw, flat, problem, out, outputs, state } = gated(
            gruCell,
            30 + index,
            size,
            useBias,
            drops,
            resetAfter,
          );
          const initialState = useState ? draw.normal(state) : null;
          const given = { ...flat, activation, recurrentActivation, initialState };
          const oracle: RecurrentProblem = { ...problem, activation, recurrentActivation };
          if (initialState) oracle.initialStates = [initialState];

          const states = doubles(outputs);
          reference.gruForward({ ...given, states });
          expectClose(states, recurrentForward(gruCell, oracle).outputs, DOUBLE_TOLERANCE);

          const [dStates, dLast] = [draw.normal(outputs), draw.normal(state)];
          reference.gruBackward({ ...given, ...out, dStates, dLast });
          expectGated(out, recurrentBackward(gruCell, oracle, { outputs: dStates, last: dLast }));
          reference.gruBackward({ ...given, ...out, dStates: null, dLast });
          expectGated(out, recurrentBackward(gruCell, oracle, { last: dLast }));
        }
      }
    });
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

  const { sgd, rmsprop, adam, nadam, adamax, adagrad, adadelta, lion } = OPTIMIZER_DEFAULTS;
  test.each<NativeOptimizer>([
    sgd,
    { ...sgd, momentum: 0.9 },
    { ...sgd, momentum: 0.9, nesterov: true },
    rmsprop,
    { ...rmsprop, momentum: 0.5, rho: 0.8 },
    { ...rmsprop, momentum: 0.5, centered: true },
    adam,
    { ...adam, amsgrad: true, beta1: 0.8 },
    nadam,
    { ...nadam, beta1: 0.7, beta2: 0.8 },
    adamax,
    { ...adamax, beta1: 0.7, beta2: 0.8 },
    adagrad,
    adadelta,
    { ...adadelta, rho: 0.5, learningRate: 1 },
    lion,
    { ...lion, beta1: 0.5, beta2: 0.7 },
  ])('%j agrees with the oracle over ten steps', (optimizer) => {
    const draw = drawFrom(25);
    const n = 9;
    const weights = draw.normal(n);
    const expected = weights.slice();
    const slots = new Float64Array(3 * n).fill(optimizer.kind === 'adagrad' ? optimizer.initialAccumulatorValue : 0);
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
