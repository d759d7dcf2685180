// SPDX-License-Identifier: MIT
// Training against Keras: losses, metrics, optimizers, penalties and whole trajectories with injected weights.
import * as lib from '../../lib';
import { Sequential, type ArrayInput } from '../../lib';
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  getMetric,
  type Metric,
} from '../../lib/metrics';
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
  type Loss,
} from '../../lib/losses';
import { optimizerFromConfig, type OptimizerConfig } from '../../lib/optimizers';
import { scheduleFromConfig, type ScheduleConfig } from '../../lib/schedules';
import { applyEma } from '../../lib/native/copies';
import type { NativeConstraint, NativeLossKind } from '../../lib/native/binding';
import type { Activation } from '../reference/activations';
import { given, readGolden, type Packed } from '../reference/golden';
import type { OracleLayer, OraclePenalty } from '../reference/sequential';
import { layerOf, type LayerRecipe } from '../support/differential';
import { constrain } from '../reference/constraints';
import { constrainedModel } from '../unit/contract/constrained_model';
import { engineGradients, engineModel, floats, ids, worstError } from '../unit/contract/engine_model';

/**
 * A model whose outputs are its weights: row i of the inputs is the unit vector i, so that the kernel is the outputs
 * and the gradient of the kernel that of the outputs.
 */
function showing(outputs: Packed): { model: Sequential; x: ArrayInput } {
  const units = outputs.shape.at(-1)!;
  const rows = outputs.data.length / units;
  const one = Float32Array.from({ length: rows * rows }, (_, i) => Number(i % (rows + 1) === 0));
  const shape = [...outputs.shape.slice(0, -1), rows];
  const layer: OracleLayer = { kind: 'dense', units, activation: 'linear', useBias: false };
  return { model: engineModel(shape.slice(1), [layer], [given(outputs)]), x: { data: one, shape } };
}

describe('losses.json', () => {
  interface Case {
    loss: NativeLossKind;
    fromLogits: boolean;
    note: string;
    target: Packed;
    prediction: Packed;
    value: number;
    gradient: Packed;
  }
  const { cases } = readGolden<{ cases: Case[] }>('losses');

  const lossOf = (kind: NativeLossKind, fromLogits: boolean): Loss => {
    if (kind === 'binary_crossentropy') return new BinaryCrossentropy({ fromLogits });
    if (kind === 'categorical_crossentropy') return new CategoricalCrossentropy({ fromLogits });
    if (kind === 'sparse_categorical_crossentropy') return new SparseCategoricalCrossentropy({ fromLogits });
    return kind === 'mean_squared_error' ? new MeanSquaredError() : new MeanAbsoluteError();
  };

  test.each(cases.map((golden, index) => [index, golden.loss, golden.fromLogits ? 'logits' : 'outputs', golden.note]))(
    'case %i: %s of %s, %s, has the value and the gradient that Keras computes',
    async (index) => {
      // At the clip the engine agrees with Keras in double precision: Keras' own floats round 1 - 1e-7 first.
      const { loss: kind, fromLogits, target, prediction, value: expected, gradient } = cases[index as number]!;
      const { model, x } = showing(prediction);
      const loss = lossOf(kind, fromLogits);
      const y = floats(given(target), target.shape);
      model.compile({ loss });
      const got = await model.evaluate<number>(x, y, { verbose: 0 });
      expect(Math.abs(got - expected) / expected).toBeLessThan(1e-6);
      const { weights, loss: trained } = await engineGradients(model, loss, x, y);
      expect(Math.abs(trained - expected) / expected).toBeLessThan(1e-6);
      expect(worstError(weights[0]!, gradient.data)).toBeLessThan(2e-6);
    },
  );
});

describe('loss_options.json', () => {
  interface Case {
    loss: string;
    options: object;
    target: Packed;
    prediction: Packed;
    weight: Packed | null;
    mask: Packed | null;
    gradient: Packed;
  }
  const cases = readGolden<{ cases: Case[] }>('loss_options').cases.filter((c) => c.weight === null && c.mask === null);
  const classes = lib.losses as unknown as Record<string, new (options: object) => Loss>;

  test.each(cases.map((c): [string, string, Case] => [c.loss, JSON.stringify(c.options), c]))(
    '%s %s gives a step of training the gradient that Keras computes',
    async (name, _options, { options, target, prediction, gradient }) => {
      const { model, x } = showing(prediction);
      const y = floats(given(target), target.shape);
      const { weights } = await engineGradients(model, new classes[name]!(options), x, y);
      expect(worstError(weights[0]!, gradient.data)).toBeLessThan(5e-6);
    },
  );
});

describe('metrics.json', () => {
  interface Update {
    target: Packed;
    prediction: Packed;
    result: number;
    count: number;
  }
  const golden = readGolden<{
    cases: { metric: string; options: { threshold?: number }; updates: Update[] }[];
    resolution: { name: string; targetShape: number[]; outputShape: number[]; metric: string; resolvedName: string }[];
  }>('metrics');

  const metricOf = (name: string, options: { threshold?: number }): Metric => {
    if (name === 'binary_accuracy') return new BinaryAccuracy(options);
    if (name === 'categorical_accuracy') return new CategoricalAccuracy();
    return name === 'accuracy' ? new Accuracy() : new SparseCategoricalAccuracy();
  };

  test.each(golden.cases.map(({ metric, options }, index) => [index, metric, options] as const))(
    'case %i: %s %j gives what Keras gives, batch by batch and over all of them',
    async (index, name, options) => {
      const { updates } = golden.cases[index]!;
      const first = updates[0]!;
      const loss = name.startsWith('sparse') ? 'sparse_categorical_crossentropy' : 'mse';
      const join = (of: (update: Update) => Packed): Packed => ({
        shape: [updates.reduce((sum, update) => sum + of(update).shape[0]!, 0), ...of(first).shape.slice(1)],
        data: updates.flatMap((update) => of(update).data),
      });
      const all = { target: join((u) => u.target), prediction: join((u) => u.prediction) };
      const wanted: [{ target: Packed; prediction: Packed }, number][] = [
        [first, first.result],
        [all, updates.at(-1)!.result],
      ];
      for (const [{ target, prediction }, result] of wanted) {
        const { model, x } = showing(prediction);
        model.compile({ loss, metrics: [metricOf(name, options)] });
        const y = floats(given(target), target.shape);
        const [, got] = await model.evaluate(x, y, { batchSize: first.target.shape[0]!, verbose: 0 });
        expect(got).toBeCloseTo(result, 6);
      }
    },
  );

  test.each(golden.resolution)('$name means $metric for targets $targetShape of outputs $outputShape', (wanted) => {
    const { name, targetShape, outputShape, metric, resolvedName } = wanted;
    const lastAxis = outputShape.at(-1)!;
    const idTargets = targetShape.length < outputShape.length || (targetShape.at(-1) === 1 && lastAxis > 1);
    const got = getMetric(name, { lastAxis, idTargets });
    expect([got.className, got.name]).toEqual([metric, resolvedName]);
  });
});

describe('optimizers.json', () => {
  const golden = readGolden<{
    weights: Packed[];
    gradients: number[][][];
    cases: {
      name: string;
      optimizer: string;
      options: OptimizerConfig;
      after: number[][][];
      averages?: number[][];
    }[];
  }>('optimizers');

  // Single precision over ten steps; a centred RMSprop and Adam divide by roots of differences.
  test.each(golden.cases)('$name moves weights along ten given gradients as Keras does', async (wanted) => {
    for (const [index, { shape, data }] of golden.weights.entries()) {
      const units = shape.at(-1)!;
      const { model, x } = showing({ shape: [data.length / units, units], data });
      model.compile({ optimizer: optimizerFromConfig(wanted.optimizer, wanted.options), loss: 'mse' });
      for (const [step, gradients] of golden.gradients.entries()) {
        const now = model.getWeights()[0]!;
        const gradient = gradients[index]!;
        const y = now.data.map((value, i) => value - (gradient[i]! * gradient.length) / 2);
        await model.trainOnBatch(x, { data: y, shape: now.shape });
        const got = model.getWeights()[0]!.data;
        expect(worstError(got, wanted.after[step]![index]!)).toBeLessThan(2e-6);
      }
      if (wanted.averages === undefined) continue;
      await applyEma(model.nativeModel());
      expect(worstError(model.getWeights()[0]!.data, wanted.averages[index]!)).toBeLessThan(2e-6);
    }
  });
});

describe('schedules.json', () => {
  const { steps, cases } = readGolden<{ steps: number[]; cases: (ScheduleConfig & { rates: number[] })[] }>(
    'schedules',
  );

  test.each(cases)('$className $config has the rates of Keras', ({ className, config, rates }) => {
    const schedule = scheduleFromConfig(className, config);
    rates.forEach((rate, i) =>
      expect(Math.abs(schedule.call(steps[i]!) - rate)).toBeLessThanOrEqual(1e-8 * rate + 1e-12),
    );
  });
});

interface GoldenLayer {
  layer: 'Embedding' | 'SimpleRNN' | 'Dense';
  inputDim?: number;
  outputDim?: number;
  units?: number;
  activation?: Activation;
  returnSequences?: boolean;
}

function recipeOf(golden: GoldenLayer): OracleLayer {
  const { layer, inputDim, outputDim, units, activation, returnSequences } = golden;
  if (layer === 'Embedding') return { kind: 'embedding', inputDim: inputDim!, outputDim: outputDim! };
  if (layer === 'Dense') return { kind: 'dense', units: units!, activation: activation ?? 'linear', useBias: true };
  return {
    kind: 'simple_rnn',
    units: units!,
    activation: 'tanh',
    useBias: true,
    returnSequences: returnSequences ?? false,
  };
}

/** The losses of as many steps as `loss` has, the batches taken in turn. */
async function losses(
  model: Sequential,
  batches: readonly { x: Packed; y: Packed }[],
  loss: number[],
): Promise<number[]> {
  const isTokens = model.inputKind === 'tokens';
  const got: number[] = [];
  for (const step of loss.keys()) {
    const { x, y } = batches[step % batches.length]!;
    const inputs = isTokens ? ids(x.data, x.shape) : floats(given(x), x.shape);
    got.push(await model.trainOnBatch<number>(inputs, floats(given(y), y.shape)));
  }
  return got;
}

function expectLosses(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const errors = expected.map((value, i) => Math.abs(actual[i]! - value) / value);
  expect(Math.max(...errors)).toBeLessThan(tolerance);
}

describe('trajectories.json', () => {
  interface Run {
    name: string;
    optimizer: string;
    options: OptimizerConfig;
    loss: number[];
    finalWeights: number[][];
  }
  interface Model {
    name: string;
    layers: LayerRecipe[];
    inputShape: number[];
    loss: string;
    weights: Packed[];
    batches: { x: Packed; y: Packed }[];
    runs: Run[];
  }
  const { models, penalized } = readGolden<{ models: Model[]; penalized: Model[] }>('trajectories');
  const all = [...models, ...penalized].flatMap((model) =>
    model.runs.map((run) => [model.name, run.name, model, run] as const),
  );

  test.each(all)('%s with %s: twenty losses are those of Keras', async (_model, _name, golden, run) => {
    const layers = golden.layers.map((recipe) => layerOf(lib, recipe));
    const model = new Sequential([new lib.Input(golden.inputShape), ...layers]);
    model.setWeights(golden.weights.map(({ data }) => Float32Array.from(data)));
    model.compile({ optimizer: optimizerFromConfig(run.optimizer, run.options), loss: golden.loss });
    expectLosses(await losses(model, golden.batches, run.loss), run.loss, 1e-5);
    // Adaptive optimizers turn a gradient that is nearly zero into a step of full size, whatever its rounding.
    const got = model.getWeights();
    run.finalWeights.forEach((weights, i) => expect(worstError(got[i]!.data, weights)).toBeLessThan(1e-3));
  });
});

describe('regularizers.json', () => {
  type Place = 'embeddings' | 'kernel' | 'recurrent' | 'bias' | 'dense';
  const golden = readGolden<{
    penalties: { name: string; l1: number; l2: number; weight: Packed; penalty: number }[];
    model: GoldenLayer[];
    weights: Packed[];
    batches: { x: Packed; y: Packed }[];
    cases: {
      name: string;
      penalties: Record<Place, OraclePenalty>;
      optimizer: string;
      options: OptimizerConfig;
      loss: number[];
      finalWeights: number[][];
    }[];
    orthogonal: {
      penalties: { factor: number; mode: 'rows' | 'columns'; weight: Packed; penalty: number; gradient: Packed }[];
      weights: Packed[];
      batches: { x: Packed; y: Packed }[];
      cases: {
        mode: 'rows' | 'columns';
        factor: number;
        optimizer: string;
        options: OptimizerConfig;
        loss: number[];
        finalWeights: number[][];
      }[];
    };
  }>('regularizers');

  test.each(golden.penalties.map((wanted) => [wanted.name, wanted.weight.shape, wanted] as const))(
    '%s of a weight %j is added to the loss',
    async (_name, _shape, { l1, l2, weight, penalty }) => {
      const { data } = weight;
      const layer: OracleLayer = {
        kind: 'dense',
        units: data.length,
        activation: 'linear',
        useBias: false,
        penalties: [{ l1, l2 }],
      };
      const model = engineModel([1], [layer], [given(weight)]);
      model.compile({ loss: 'mse' });
      // Outputs are the weights, and so are the targets: of the loss only the penalty is left.
      const got = await model.evaluate<number>(floats([1], [1, 1]), floats(data, [1, data.length]), { verbose: 0 });
      expect(Math.abs(got - penalty) / penalty).toBeLessThan(1e-6);
    },
  );

  test.each(golden.cases)(
    '$name with $optimizer: losses and weights of five steps are those of Keras',
    async (wanted) => {
      const { embeddings, kernel, recurrent, bias, dense } = wanted.penalties;
      const of = [[embeddings], [kernel, recurrent, bias], [dense, dense]];
      const layers = golden.model.map((layer, i): OracleLayer => ({ ...recipeOf(layer), penalties: of[i]! }));
      const { shape } = golden.batches[0]!.x;
      const model = engineModel(shape.slice(1), layers, golden.weights.map(given));
      model.compile({ optimizer: optimizerFromConfig(wanted.optimizer, wanted.options), loss: 'binary_crossentropy' });
      expectLosses(await losses(model, golden.batches, wanted.loss), wanted.loss, 1e-5);
      const got = model.getWeights();
      wanted.finalWeights.forEach((weights, i) => expect(worstError(got[i]!.data, weights)).toBeLessThan(1e-4));
    },
  );

  const { orthogonal } = golden;
  const orthogonalOf = (factor: number, mode: 'rows' | 'columns'): OraclePenalty => ({
    l1: 0,
    l2: 0,
    orthogonal: factor,
    orthogonalByRows: mode === 'rows',
  });

  test.each(orthogonal.penalties.map((wanted) => [wanted.mode, wanted.factor, wanted.weight.shape, wanted] as const))(
    'the penalty for %s that are not orthogonal, factor %d, of a weight %j, and its gradient',
    async (mode, factor, shape, { weight, penalty, gradient }) => {
      const [rows, units] = shape as [number, number];
      const penalties = [orthogonalOf(factor, mode)];
      const layer: OracleLayer = { kind: 'dense', units, activation: 'linear', useBias: false, penalties };
      const model = engineModel([rows], [layer], [given(weight)]);
      // Inputs of zero: the outputs are the targets, and of loss and gradient only the penalty is left.
      const [x, y] = [floats(new Float64Array(rows), [1, rows]), floats(new Float64Array(units), [1, units])];
      const got = await engineGradients(model, 'mse', x, y);
      expect(Math.abs(got.loss - penalty) / penalty).toBeLessThan(1e-6);
      expect(worstError(got.weights[0]!, gradient.data)).toBeLessThan(1e-5);
    },
  );

  test.each(orthogonal.cases)(
    '$mode held orthogonal with $optimizer: losses and weights of five steps are those of Keras',
    async ({ mode, factor, optimizer, options, loss, finalWeights }) => {
      const penalties = [orthogonalOf(factor, mode)];
      const layers: OracleLayer[] = [
        { kind: 'dense', units: 6, activation: 'tanh', useBias: false, penalties },
        { kind: 'dense', units: 3, activation: 'linear', useBias: false, penalties },
      ];
      const model = engineModel([4], layers, orthogonal.weights.map(given));
      model.compile({ optimizer: optimizerFromConfig(optimizer, options), loss: 'mse' });
      expectLosses(await losses(model, orthogonal.batches, loss), loss, 1e-5);
      const got = model.getWeights();
      finalWeights.forEach((weights, i) => expect(worstError(got[i]!.data, weights)).toBeLessThan(1e-4));
    },
  );
});

describe('constraints.json', () => {
  const golden = readGolden<{
    values: { constraint: NativeConstraint; weight: Packed; result: Packed }[];
    model: GoldenLayer[];
    weights: Packed[];
    batches: { x: Packed; y: Packed }[];
    cases: {
      name: string;
      constraints: (NativeConstraint | null)[];
      optimizer: string;
      options: OptimizerConfig;
      loss: number[];
      finalWeights: number[][];
    }[];
  }>('constraints');

  test.each(golden.values.map((wanted) => [wanted.constraint, wanted.weight.shape, wanted] as const))(
    'the oracle makes of %j and a weight %j what Keras makes',
    (constraint, shape, { weight, result }) => {
      expect(worstError(constrain(constraint, given(weight), shape), result.data)).toBeLessThan(1e-8);
    },
  );

  test.each(golden.cases)(
    '$name with $optimizer: losses and weights of five steps are those of Keras',
    async (wanted) => {
      const { shape } = golden.batches[0]!.x;
      const model = constrainedModel(shape.slice(1), golden.model.map(recipeOf), wanted.constraints);
      model.setWeights(golden.weights.map((weight) => Float32Array.from(weight.data)));
      model.compile({ optimizer: optimizerFromConfig(wanted.optimizer, wanted.options), loss: 'binary_crossentropy' });
      expectLosses(await losses(model, golden.batches, wanted.loss), wanted.loss, 1e-5);
      const got = model.getWeights();
      wanted.finalWeights.forEach((weights, i) => expect(worstError(got[i]!.data, weights)).toBeLessThan(1e-4));
    },
  );
});
