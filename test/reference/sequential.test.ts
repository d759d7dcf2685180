// SPDX-License-Identifier: MIT
import type { NativeLossKind, NativeOptimizer } from '../../lib/native/binding';
import type { Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { OPTIMIZER_DEFAULTS } from './optimizers';
import { drawFrom } from './random';
import { OracleSequential, type OracleBatch, type OracleConfig, type OracleLayer } from './sequential';

const rnn = (units: number, returnSequences: boolean): OracleLayer => ({
  kind: 'simple_rnn',
  units,
  activation: 'tanh',
  useBias: true,
  returnSequences,
});
const dense = (units: number, activation: Activation): OracleLayer => ({
  kind: 'dense',
  units,
  activation,
  useBias: true,
});

function checkGradients(config: Omit<OracleConfig, 'optimizer'>, batch: OracleBatch): void {
  const model = new OracleSequential({ ...config, optimizer: OPTIMIZER_DEFAULTS.sgd });
  const draw = drawFrom(6);
  model.setWeights(model.weights.map((weight) => draw.normal(weight.length, 0.4)));
  const { weights, initialState } = model.gradients(batch);
  const f = (): number => model.gradients(batch).loss;
  weights.forEach((g, i) => expectClose(g, finiteDifferences(f, model.weights[i]!), DIFFERENCE_TOLERANCE));
  if (batch.initialState) {
    expectClose(initialState!, finiteDifferences(f, batch.initialState), DIFFERENCE_TOLERANCE);
  }
}

describe('model oracle', () => {
  test('tokens to one probability, with penalties: gradients agree with finite differences', () => {
    const draw = drawFrom(7);
    const penalty = { l1: 0.01, l2: 0.02 };
    checkGradients(
      {
        inputShape: [5],
        layers: [
          { kind: 'embedding', inputDim: 9, outputDim: 3, penalties: [penalty] },
          { ...rnn(4, false), penalties: [penalty, penalty, { l1: 0, l2: 0.1 }] },
          dense(1, 'sigmoid'),
        ],
        loss: { kind: 'binary_crossentropy', fromLogits: false },
      },
      { rows: 3, x: draw.integers(15, 0, 9), y: [0, 1, 1], initialState: draw.normal(12, 0.5) },
    );
  });

  test('a class per step of stacked sequences: gradients agree with finite differences', () => {
    const draw = drawFrom(8);
    checkGradients(
      {
        inputShape: [4, 2],
        layers: [rnn(3, true), rnn(5, true), dense(4, 'linear'), { kind: 'activation', activation: 'softmax' }],
        loss: { kind: 'sparse_categorical_crossentropy', fromLogits: false },
      },
      { rows: 2, x: draw.normal(16), y: draw.integers(8, 0, 4) },
    );
  });

  test('a flattened sequence to a regression: gradients agree with finite differences', () => {
    const draw = drawFrom(9);
    checkGradients(
      {
        inputShape: [3, 2],
        layers: [rnn(4, true), { kind: 'flatten' }, dense(2, 'elu')],
        loss: { kind: 'mean_squared_error', fromLogits: false },
      },
      { rows: 3, x: draw.normal(18), y: draw.normal(6) },
    );
  });

  test('training lowers the loss and leaves frozen layers alone', () => {
    const draw = drawFrom(10);
    const model = new OracleSequential({
      inputShape: [3],
      layers: [{ ...dense(4, 'tanh'), trainable: false, penalties: [{ l1: 1, l2: 1 }] }, dense(1, 'linear')],
      loss: { kind: 'mean_squared_error', fromLogits: false },
      optimizer: { ...OPTIMIZER_DEFAULTS.adam, learningRate: 0.05 },
    });
    model.setWeights(model.weights.map((weight) => draw.normal(weight.length, 0.4)));
    const frozen = model.weights[0]!.slice();
    const batch = { rows: 6, x: draw.normal(18), y: draw.normal(6) };
    const losses = Array.from({ length: 30 }, () => model.train(batch));
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    expect(model.weights[0]).toEqual(frozen);
  });
});

describeGolden('trajectories', () => {
  interface GoldenLayer {
    layer: 'Embedding' | 'SimpleRNN' | 'Dense';
    inputDim?: number;
    outputDim?: number;
    units?: number;
    activation?: Activation;
    returnSequences?: boolean;
  }
  interface Golden {
    models: {
      name: string;
      layers: GoldenLayer[];
      inputShape: number[];
      loss: NativeLossKind;
      steps: number;
      weights: Packed[];
      batches: { x: Packed; y: Packed }[];
      runs: {
        name: string;
        optimizer: NativeOptimizer['kind'];
        options: Partial<NativeOptimizer>;
        loss: number[];
        finalWeights: number[][];
      }[];
    }[];
  }

  function layerOf(golden: GoldenLayer): OracleLayer {
    const { layer, inputDim, outputDim, units, activation, returnSequences } = golden;
    if (layer === 'Embedding') return { kind: 'embedding', inputDim: inputDim!, outputDim: outputDim! };
    if (layer === 'Dense') return dense(units!, activation ?? 'linear');
    return rnn(units!, returnSequences ?? false);
  }

  // Rounding differences grow with the steps (adaptive optimizers divide by small roots): a little more is allowed.
  const TRAJECTORY_TOLERANCE = 5 * GOLDEN_TOLERANCE;

  test('losses of every step and final weights agree with Keras', () => {
    for (const golden of readGolden<Golden>('trajectories').models) {
      for (const run of golden.runs) {
        const model = new OracleSequential({
          inputShape: golden.inputShape,
          layers: golden.layers.map(layerOf),
          loss: { kind: golden.loss, fromLogits: false },
          optimizer: { ...OPTIMIZER_DEFAULTS[run.optimizer], ...run.options } as NativeOptimizer,
        });
        model.setWeights(golden.weights.map(given));
        const losses = run.loss.map((_, step) => {
          const { x, y } = golden.batches[step % golden.batches.length]!;
          return model.train({ rows: x.shape[0]!, x: given(x), y: given(y) });
        });
        expectClose(losses, run.loss, TRAJECTORY_TOLERANCE);
        model.weights.forEach((weight, i) => expectClose(weight, run.finalWeights[i]!, TRAJECTORY_TOLERANCE));
      }
    }
  });
});
