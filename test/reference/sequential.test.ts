// SPDX-License-Identifier: MIT
import type { NativeLossKind, NativeOptimizer } from '../../lib/native/binding';
import type { Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { computeLoss } from './losses';
import { OPTIMIZER_DEFAULTS, optimizerOptions } from './optimizers';
import { drawFrom } from './random';
import {
  OracleSequential,
  type OracleBatch,
  type OracleConfig,
  type OracleGradients,
  type OracleLayer,
  type OracleRecurrent,
} from './sequential';

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

  const lstm = (units: number, returnSequences: boolean): OracleRecurrent => ({
    kind: 'lstm',
    units,
    activation: 'tanh',
    useBias: true,
    returnSequences,
  });
  const gru = (units: number, returnSequences: boolean): OracleRecurrent => ({
    ...lstm(units, returnSequences),
    kind: 'gru',
  });

  test('masked tokens through both directions to a class per step: gradients agree with finite differences', () => {
    const draw = drawFrom(12);
    checkGradients(
      {
        inputShape: [4],
        layers: [
          { kind: 'embedding', inputDim: 5, outputDim: 3, maskZero: true },
          {
            kind: 'bidirectional',
            mergeMode: 'concat',
            forward: { ...lstm(2, true), penalties: [{ l1: 0, l2: 0.1 }] },
            backward: { ...gru(3, true), goBackwards: true, resetAfter: false, penalties: [{ l1: 0, l2: 0.2 }] },
          },
          { kind: 'activity_regularization', l1: 0.01, l2: 0.02 },
          { kind: 'batch_normalization', momentum: 0.9, epsilon: 1e-3, center: true, scale: true },
          dense(3, 'softmax'),
        ],
        loss: { kind: 'sparse_categorical_crossentropy', fromLogits: false },
      },
      {
        rows: 3,
        x: [1, 0, 2, 3, 0, 0, 0, 0, 0, 4, 4, 1],
        y: draw.integers(12, 0, 3),
        initialState: draw.normal(3 * 7, 0.5),
      },
    );
  });

  test('layers that know no mask, after those that do: gradients agree with finite differences', () => {
    const draw = drawFrom(13);
    const x = draw.normal(3 * 6 * 2);
    x.fill(0, 4, 8); // two masked steps
    checkGradients(
      {
        inputShape: [6, 2],
        layers: [
          { kind: 'masking', maskValue: 0 },
          { kind: 'factors', factors: draw.uniform(6, 0.5, 2), spatial: true },
          { ...gru(3, true), inputDropout: [draw.uniform(6, 0, 2)] },
          { kind: 'layer_normalization', epsilon: 1e-3, center: true, scale: true },
          {
            kind: 'conv1d',
            filters: 4,
            kernelSize: 2,
            strides: 1,
            padding: 'same',
            dilationRate: 2,
            groups: 1,
            activation: 'tanh',
            useBias: true,
          },
          { kind: 'pool1d', pool: 'average', poolSize: 2, strides: 2, padding: 'valid' },
          { ...lstm(3, false), goBackwards: true },
          { kind: 'factors', factors: draw.uniform(9, 0.5, 2), spatial: false },
          { kind: 'repeat_vector', n: 2 },
          { kind: 'global_pool1d', pool: 'max', keepdims: false },
          dense(2, 'linear'),
        ],
        loss: { kind: 'mean_squared_error', fromLogits: false },
      },
      { rows: 3, x, y: draw.normal(6) },
    );
  });

  test('a mask that is given does what masked steps of the input do', () => {
    const draw = drawFrom(14);
    const layers: OracleLayer[] = [lstm(3, true), dense(2, 'linear')];
    const config = { inputShape: [3, 2], loss: { kind: 'mean_squared_error', fromLogits: false } } as const;
    const given = new OracleSequential({ ...config, inputShape: [3, 2], layers, optimizer: OPTIMIZER_DEFAULTS.sgd });
    const found = new OracleSequential({
      ...config,
      inputShape: [3, 2],
      layers: [{ kind: 'masking', maskValue: 0 }, ...layers],
      optimizer: OPTIMIZER_DEFAULTS.sgd,
    });
    const weights = given.weights.map((weight) => draw.normal(weight.length, 0.4));
    given.setWeights(weights);
    found.setWeights(weights);
    const batch = { rows: 2, x: [1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0], y: draw.normal(12) };
    const a = given.gradients({ ...batch, mask: [1, 0, 1, 0, 1, 0] });
    const b = found.gradients(batch);
    expect(a.loss).toBe(b.loss);
    expect(a.weights).toEqual(b.weights);
    expect(given.gradients(batch).loss).not.toBe(a.loss);
  });

  test('a batch without any step that counts has no loss and no gradient', () => {
    const model = new OracleSequential({
      inputShape: [2],
      layers: [{ kind: 'embedding', inputDim: 3, outputDim: 2, maskZero: true }, gru(2, true)],
      loss: { kind: 'mean_squared_error', fromLogits: false },
      optimizer: OPTIMIZER_DEFAULTS.sgd,
    });
    const { loss, weights } = model.gradients({ rows: 1, x: [0, 0], y: [1, 1, 1, 1] });
    expect(loss).toBe(0);
    expect(weights.every((gradient) => gradient.every((value) => value === 0))).toBe(true);
  });

  test('a stateful layer goes on where the batch before ended', () => {
    const draw = drawFrom(15);
    const config = {
      loss: { kind: 'mean_squared_error', fromLogits: false },
      optimizer: OPTIMIZER_DEFAULTS.sgd,
    } as const;
    const whole = new OracleSequential({ ...config, inputShape: [4, 2], layers: [lstm(3, false)] });
    const parts = new OracleSequential({
      ...config,
      inputShape: [2, 2],
      layers: [{ ...lstm(3, false), stateful: true }],
    });
    const weights = whole.weights.map((weight) => draw.normal(weight.length, 0.5));
    whole.setWeights(weights);
    parts.setWeights(weights);
    const x = draw.normal(8);
    const first = parts.predict({ rows: 1, x: x.subarray(0, 4) });
    expect(parts.predict({ rows: 1, x: x.subarray(4) })).toEqual(whole.predict({ rows: 1, x }));
    parts.resetStates();
    expect(parts.predict({ rows: 1, x: x.subarray(0, 4) })).toEqual(first);
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

// Rounding differences grow with the steps (adaptive optimizers divide by small roots): a little more is allowed.
const TRAJECTORY_TOLERANCE = 5 * GOLDEN_TOLERANCE;

describeGolden('trajectories', () => {
  interface GoldenLayer {
    className: 'Embedding' | 'SimpleRNN' | 'LSTM' | 'GRU' | 'Bidirectional' | 'Masking' | 'Dense';
    /** What differs from Keras' defaults. */
    config: {
      inputDim?: number;
      outputDim?: number;
      maskZero?: boolean;
      units?: number;
      activation?: Activation;
      resetAfter?: boolean;
      returnSequences?: boolean;
      mergeMode?: 'concat' | 'sum' | 'mul' | 'ave';
      layer?: GoldenLayer;
    };
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

  const RECURRENT = { SimpleRNN: 'simple_rnn', LSTM: 'lstm', GRU: 'gru' } as const;

  function recurrentOf({ className, config }: GoldenLayer, more: Partial<OracleRecurrent> = {}): OracleRecurrent {
    const kind = RECURRENT[className as keyof typeof RECURRENT];
    const defaults = { activation: 'tanh', useBias: true, returnSequences: false } as const;
    return { ...defaults, ...config, ...more, kind, units: config.units! };
  }

  function layerOf(golden: GoldenLayer): OracleLayer {
    const { className, config } = golden;
    const { inputDim, outputDim, maskZero = false, units, activation = 'linear', mergeMode = 'concat', layer } = config;
    switch (className) {
      case 'Embedding':
        return { kind: 'embedding', inputDim: inputDim!, outputDim: outputDim!, maskZero };
      case 'Masking':
        return { kind: 'masking', maskValue: 0 };
      case 'Dense':
        return dense(units!, activation);
      case 'Bidirectional': {
        // Keras has both directions give zeros at masked steps of a sequence.
        const zeroOutputForMask = layer!.config.returnSequences ?? false;
        const forward = recurrentOf(layer!, { zeroOutputForMask });
        return { kind: 'bidirectional', mergeMode, forward, backward: { ...forward, goBackwards: true } };
      }
      default:
        return recurrentOf(golden);
    }
  }

  test('losses of every step and final weights agree with Keras', () => {
    for (const golden of readGolden<Golden>('trajectories').models) {
      for (const run of golden.runs) {
        const model = new OracleSequential({
          inputShape: golden.inputShape,
          layers: golden.layers.map(layerOf),
          loss: { kind: golden.loss, fromLogits: false },
          optimizer: optimizerOptions(run.optimizer, run.options),
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

describeGolden('masked_models', () => {
  interface Model {
    name: string;
    layers: OracleLayer[];
    inputShape: number[];
    loss: NativeLossKind;
    metric: string;
    weights: Packed[];
    batches: { x: Packed; y: Packed }[];
    outputs: Packed[];
    /** Of each batch: loss and metric. */
    evaluated: number[][];
    losses: number[];
    finalWeights: number[][];
  }
  const { learningRate, models } = readGolden<{ learningRate: number; models: Model[] }>('masked_models');

  /** The mean over the rows of the outputs that count. */
  function metricOf(
    name: string,
    { outputs, mask }: Pick<OracleGradients, 'outputs' | 'mask'>,
    y: Float64Array,
    columns: number,
  ): number {
    const rows = outputs.length / columns;
    const widest = (values: Float64Array): number => values.indexOf(Math.max(...values));
    const values = Array.from({ length: rows }, (_, row) => {
      const predictions = outputs.slice(row * columns, (row + 1) * columns);
      const targets = y.slice((row * y.length) / rows, ((row + 1) * y.length) / rows);
      switch (name) {
        case 'binary_accuracy':
          return Number(Number(predictions[0]! > 0.5) === targets[0]);
        case 'sparse_categorical_accuracy':
          return Number(widest(predictions) === targets[0]);
        case 'categorical_accuracy':
          return Number(widest(predictions) === widest(targets));
        default:
          return computeLoss({
            kind: 'mean_absolute_error',
            fromLogits: false,
            rows: 1,
            columns,
            targets,
            predictions,
          }).value;
      }
    }).filter((_, row) => !mask || mask[row]);
    return values.reduce((a, b) => a + b, 0) / values.length;
  }

  test.each(models.map((model) => [model.name, model] as const))(
    '%s: outputs, losses, metrics and final weights agree with Keras',
    (_, golden) => {
      const { inputShape, layers, loss, weights, batches, outputs, evaluated, losses, metric, finalWeights } = golden;
      const model = new OracleSequential({
        inputShape,
        layers,
        loss: { kind: loss, fromLogits: false },
        optimizer: { ...OPTIMIZER_DEFAULTS.adam, learningRate } as NativeOptimizer,
      });
      expect(model.weightShapes).toEqual(weights.map(({ shape }) => shape));
      model.setWeights(weights.map(given));
      const batchOf = ({ x, y }: { x: Packed; y: Packed }) => ({ rows: x.shape[0]!, x: given(x), y: given(y) });
      batches.forEach((golden, i) => {
        const batch = batchOf(golden);
        expectClose(model.predict(batch), outputs[i]!.data, GOLDEN_TOLERANCE);
        const got = model.evaluate(batch);
        const value = metricOf(metric, got, batch.y, outputs[i]!.shape.at(-1)!);
        expectClose([got.loss, value], evaluated[i]!, GOLDEN_TOLERANCE);
      });
      const steps = losses.map((_, step) => model.train(batchOf(batches[step % batches.length]!)));
      expectClose(steps, losses, TRAJECTORY_TOLERANCE);
      model.weights.forEach((weight, i) => expectClose(weight, finalWeights[i]!, TRAJECTORY_TOLERANCE));
    },
  );
});
