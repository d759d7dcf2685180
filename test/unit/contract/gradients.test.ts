// SPDX-License-Identifier: MIT
// Loss and gradients of the engine against the oracle in double precision, on random models of sizes around the blocks.
//
// Tolerance, relative to the largest entry of each weight's gradient: an entry is a sum over rows and timesteps of
// products in single precision (6e-8 each), of terms that may cancel, carried through up to 33 recurrent steps that
// stretch a difference by the norm of the recurrent kernel. 1e-4 leaves room for all that, and is far below what a
// wrong row, a wrong step or a missing term would do (1e-2 and more).
import { activationNames } from '../../../lib';
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
  type Loss,
} from '../../../lib/losses';
import type { NativeLossKind } from '../../../lib/native/binding';
import type { Activation } from '../../reference/activations';
import { finiteDifferences } from '../../reference/finite_differences';
import { OPTIMIZER_DEFAULTS } from '../../reference/optimizers';
import { drawFrom, type Draw } from '../../reference/random';
import { OracleSequential, type OracleBatch, type OracleLayer } from '../../reference/sequential';
import { engineGradients, engineModel, floats, ids, worstError, type LayerRecipe } from './engine_model';

const TOLERANCE = 1e-4;
const LOSS_TOLERANCE = 1e-5;

interface Problem {
  inputShape: number[];
  layers: LayerRecipe[];
  loss: NativeLossKind;
  fromLogits?: boolean;
  rows: number;
  /** Tokens only: zeros that rows begin with; default: each row its own. */
  padding?: 'none' | 'mixed' | 'all';
  seed?: number;
}

const embedding = (inputDim: number, outputDim: number): OracleLayer => ({ kind: 'embedding', inputDim, outputDim });
const rnn = (units: number, returnSequences = false, more: Partial<OracleLayer> = {}): OracleLayer =>
  ({ kind: 'simple_rnn', units, activation: 'tanh', useBias: true, returnSequences, ...more }) as OracleLayer;
const dense = (units: number, activation: Activation, more: Partial<OracleLayer> = {}): OracleLayer =>
  ({ kind: 'dense', units, activation, useBias: true, ...more }) as OracleLayer;
const conv = (filters: number, activation: Activation, groups: number): OracleLayer => ({
  ...{ kind: 'conv1d', filters, kernelSize: 2, strides: 1, padding: 'same', dilationRate: 1, groups },
  ...{ activation, useBias: true },
});
const binary = { layers: dense(1, 'sigmoid'), loss: 'binary_crossentropy' as const };

const isForOracle = (layer: LayerRecipe): layer is OracleLayer => layer.kind !== 'dropout';

function tokens(draw: Draw, problem: Problem, vocabulary: number): Int32Array {
  const { rows, padding = 'mixed' } = problem;
  const steps = problem.inputShape[0]!;
  const result = draw.integers(rows * steps, Math.min(1, vocabulary - 1), vocabulary);
  const zeros = draw.integers(rows, 0, steps + 1);
  for (let row = 0; row < rows && padding !== 'none'; row++)
    result.fill(0, row * steps, row * steps + (padding === 'all' ? steps : zeros[row]!));
  return result;
}

function lossOf(kind: NativeLossKind, fromLogits: boolean): Loss {
  if (kind === 'binary_crossentropy') return new BinaryCrossentropy({ fromLogits });
  if (kind === 'categorical_crossentropy') return new CategoricalCrossentropy({ fromLogits });
  if (kind === 'sparse_categorical_crossentropy') return new SparseCategoricalCrossentropy({ fromLogits });
  return kind === 'mean_squared_error' ? new MeanSquaredError() : new MeanAbsoluteError();
}

function targetsOf(draw: Draw, kind: NativeLossKind, rows: number, classes: number): ArrayLike<number> {
  if (kind === 'binary_crossentropy') return draw.integers(rows * classes, 0, 2);
  if (kind === 'sparse_categorical_crossentropy') return draw.integers(rows, 0, classes);
  if (kind === 'categorical_crossentropy') return Float32Array.from(draw.probabilities(rows, classes));
  return Float32Array.from(draw.normal(rows * classes));
}

function set(problem: Problem): { oracle: OracleSequential; batch: OracleBatch; outputShape: number[] } {
  const { inputShape, layers, loss: kind, fromLogits = false, rows, seed = 1 } = problem;
  const draw = drawFrom(seed * 7919 + rows * 31 + inputShape[0]!);
  const loss = { kind, fromLogits };
  const oracle = new OracleSequential({
    inputShape,
    layers: layers.filter(isForOracle),
    loss,
    optimizer: OPTIMIZER_DEFAULTS.sgd,
  });
  // Recurrent kernels of norm near 1: what the first step did still shows at the last.
  oracle.setWeights(
    oracle.weightShapes.map(([fan, units], i) =>
      Float64Array.from(
        draw.normal(oracle.weights[i]!.length, units === undefined ? 0.2 : 0.9 / Math.sqrt(fan!)),
        Math.fround,
      ),
    ),
  );
  const first = layers[0]!;
  const count = inputShape.reduce((a, b) => a * b, rows);
  const x = first.kind === 'embedding' ? tokens(draw, problem, first.inputDim) : Float32Array.from(draw.normal(count));
  const outputs = oracle.predict({ rows, x });
  const sized = ['embedding', 'simple_rnn', 'dense', 'conv1d'];
  const last = layers.filter(({ kind: k }) => sized.includes(k)).at(-1)!;
  const flat = layers.at(-1)!.kind === 'flatten';
  const classes = flat
    ? outputs.length / rows
    : last.kind === 'embedding'
      ? last.outputDim
      : last.kind === 'conv1d'
        ? last.filters
        : (last as { units: number }).units;
  const outputRows = outputs.length / classes;
  const outputShape = outputRows === rows ? [rows, classes] : [rows, outputRows / rows, classes];
  return { oracle, outputShape, batch: { rows, x, y: targetsOf(draw, kind, outputRows, classes) } };
}

async function check(problem: Problem): Promise<void> {
  const { oracle, batch, outputShape } = set(problem);
  const { inputShape, layers, rows } = problem;
  const model = engineModel(inputShape, layers, oracle.weights);
  const shape = [rows, ...inputShape];
  const x = layers[0]!.kind === 'embedding' ? ids(batch.x, shape) : floats(batch.x, shape);
  const targetShape = problem.loss === 'sparse_categorical_crossentropy' ? outputShape.slice(0, -1) : outputShape;
  const loss = lossOf(problem.loss, problem.fromLogits ?? false);
  const wanted = oracle.gradients(batch);
  const got = await engineGradients(model, loss, x, floats(batch.y, targetShape));
  expect(Math.abs(got.loss - wanted.loss) / wanted.loss).toBeLessThan(LOSS_TOLERANCE);
  expect(worstError((await model.predict(x)).data, wanted.outputs)).toBeLessThan(TOLERANCE);
  model.weights.forEach(({ trainable, name, layer }, i) => {
    const expected = trainable ? wanted.weights[i]! : new Float64Array(wanted.weights[i]!.length);
    const error = worstError(got.weights[i]!, expected);
    if (!(error < TOLERANCE))
      throw new Error(`${layer}/${name}: relative error ${error} in ${JSON.stringify(problem)}`);
  });
  model.dispose();
}

const UNITS = [1, 3, 8, 15, 16, 17, 31, 32, 33, 48, 64, 100];
const ROWS = [1, 2, 3, 7, 8, 9, 17, 64, 65];
const STEPS = [1, 2, 5, 33];

describe('sizes around blocks', () => {
  // Every number of units with every number of rows would take minutes: each meets all others of its axis in turn.
  const sizes = UNITS.flatMap((units, i) =>
    [0, 1, 2].map((j) => [units, ROWS[(i + 3 * j) % ROWS.length]!, STEPS[(i + j) % STEPS.length]!] as const),
  );

  test.each(sizes)('%i units, %i rows, %i steps of tokens', async (units, rows, steps) => {
    const layers = [embedding(rows % 2 ? 7 : 400, Math.max(1, units - 1)), rnn(units), binary.layers];
    await check({ inputShape: [steps], layers, loss: binary.loss, rows });
  });

  test.each(sizes)('%i units, %i rows, %i steps of numbers', async (units, rows, steps) => {
    const layers = [rnn(units), binary.layers];
    await check({ inputShape: [steps, (units % 5) + 1], layers, loss: binary.loss, rows });
  });

  test.each(ROWS)('%i rows through a Dense of 33 inputs and 17 classes', async (rows) => {
    const layers = [dense(17, 'softmax')];
    await check({ inputShape: [33], layers, loss: 'categorical_crossentropy', rows });
  });

  test.each([1, 2, 16, 33, 65])('%i features a step', async (features) => {
    await check({ inputShape: [5, features], layers: [rnn(17), binary.layers], loss: binary.loss, rows: 9 });
  });
});

describe('padding and vocabulary', () => {
  const layers = (vocabulary: number): OracleLayer[] => [embedding(vocabulary, 8), rnn(16), binary.layers];

  test.each(['none', 'mixed', 'all'] as const)('rows with padding: %s', async (padding) => {
    for (const rows of [1, 8, 33])
      await check({ inputShape: [12], layers: layers(50), loss: binary.loss, rows, padding });
  });

  test.each([1, 2, 3, 1000, 5000])('a vocabulary of %i', async (vocabulary) => {
    await check({ inputShape: [9], layers: layers(vocabulary), loss: binary.loss, rows: 17 });
  });

  test('padding through a stack, where the states of padding matter to every layer', async () => {
    const stack = [embedding(20, 5), rnn(9, true), rnn(17, true), dense(4, 'softmax')];
    await check({ inputShape: [11], layers: stack, loss: 'sparse_categorical_crossentropy', rows: 13 });
  });
});

describe('architectures', () => {
  const sequence = 'sparse_categorical_crossentropy';
  const penalty = { l1: 0.01, l2: 0.02 };
  const some: [string, Omit<Problem, 'rows'>][] = [
    [
      'one recurrent layer of sequences, a class each step',
      { inputShape: [6, 3], layers: [rnn(5, true), dense(4, 'softmax')], loss: sequence },
    ],
    ['a stack of two', { inputShape: [6, 3], layers: [rnn(5, true), rnn(17), binary.layers], loss: binary.loss }],
    [
      'a stack of three, sequences at the end',
      { inputShape: [6, 3], layers: [rnn(16, true), rnn(9, true), rnn(33, true), dense(3, 'softmax')], loss: sequence },
    ],
    [
      'a stack of four on tokens',
      {
        inputShape: [7],
        layers: [embedding(30, 32), rnn(32, true), rnn(32, true), rnn(32, true), rnn(32), binary.layers],
        loss: binary.loss,
      },
    ],
    [
      'sequences of states straight into the loss',
      { inputShape: [5, 4], layers: [rnn(3, true)], loss: 'mean_squared_error' },
    ],
    ['the last state straight into the loss', { inputShape: [5, 4], layers: [rnn(18)], loss: 'mean_absolute_error' }],
    ['embeddings straight into the loss', { inputShape: [5], layers: [embedding(12, 6)], loss: 'mean_squared_error' }],
    [
      'Dense on every step, then a recurrent layer',
      { inputShape: [5, 4], layers: [dense(9, 'relu'), rnn(7), binary.layers], loss: binary.loss },
    ],
    [
      'Dense between recurrent layers',
      { inputShape: [5, 4], layers: [rnn(7, true), dense(9, 'elu'), rnn(8), binary.layers], loss: binary.loss },
    ],
    [
      'Flatten of a sequence',
      {
        inputShape: [5, 4],
        layers: [rnn(7, true), { kind: 'flatten' }, dense(3, 'linear')],
        loss: 'mean_squared_error',
      },
    ],
    [
      'Flatten of embeddings',
      { inputShape: [5], layers: [embedding(12, 6), { kind: 'flatten' }, binary.layers], loss: binary.loss },
    ],
    ...(
      [
        ['softmax', 'sparse_categorical_crossentropy'],
        ['softmax', 'categorical_crossentropy'],
        ['sigmoid', 'binary_crossentropy'],
        ['gelu', 'mean_squared_error'],
      ] as const
    ).map(([activation, loss]): [string, Omit<Problem, 'rows'>] => [
      `Conv1D with ${activation} at the end, ${loss}`,
      { inputShape: [5, 4], layers: [rnn(7, true), conv(6, activation, 1), conv(6, activation, 2)], loss },
    ]),
    [
      'Flatten at the end',
      { inputShape: [5, 4], layers: [rnn(7, true), { kind: 'flatten' }], loss: 'mean_squared_error' },
    ],
    [
      'Dropout of nothing',
      {
        inputShape: [5],
        layers: [embedding(12, 6), { kind: 'dropout', rate: 0 }, rnn(8), { kind: 'dropout', rate: 0 }, binary.layers],
        loss: binary.loss,
      },
    ],
    [
      'Activation between layers',
      {
        inputShape: [5, 4],
        layers: [rnn(7, true), { kind: 'activation', activation: 'softsign' }, rnn(9), binary.layers],
        loss: binary.loss,
      },
    ],
    [
      'Activation first',
      {
        inputShape: [5, 4],
        layers: [{ kind: 'activation', activation: 'sigmoid' }, rnn(9), binary.layers],
        loss: binary.loss,
      },
    ],
    [
      'softmax between layers',
      {
        inputShape: [5, 4],
        layers: [rnn(7, true), { kind: 'activation', activation: 'softmax' }, rnn(9), binary.layers],
        loss: binary.loss,
      },
    ],
    ...activationNames.map((name): [string, Omit<Problem, 'rows'>] => [
      `${name} of a Dense, and again as a layer`,
      {
        inputShape: [5],
        layers: [
          dense(9, name as Activation),
          // The exponential of an exponential grows beyond any number.
          { kind: 'activation', activation: name === 'exponential' ? 'tanh' : (name as Activation) },
          dense(2, 'linear'),
        ],
        loss: 'mean_squared_error',
      },
    ]),
    [
      'rows and columns held orthogonal',
      {
        inputShape: [6],
        layers: [
          { ...embedding(20, 6), penalties: [{ l1: 0, l2: 0, orthogonal: 0.3 }] },
          rnn(8, false, {
            penalties: [
              { ...penalty, orthogonal: 0 },
              { l1: 0, l2: 0, orthogonal: 0.5, orthogonalByRows: false },
            ],
          }),
          binary.layers,
        ],
        loss: binary.loss,
      },
    ],
    [
      'no biases',
      {
        inputShape: [5],
        layers: [
          embedding(12, 6),
          rnn(8, true, { useBias: false } as Partial<OracleLayer>),
          rnn(9, false, { useBias: false } as Partial<OracleLayer>),
          dense(1, 'sigmoid', { useBias: false } as Partial<OracleLayer>),
        ],
        loss: binary.loss,
      },
    ],
    [
      'penalties on every weight',
      {
        inputShape: [6],
        layers: [
          { ...embedding(20, 6), penalties: [penalty] },
          rnn(8, false, { penalties: [penalty, { l1: 0.03, l2: 0 }, { l1: 0, l2: 0.1 }] }),
          dense(1, 'sigmoid', { penalties: [penalty, penalty] }),
        ],
        loss: binary.loss,
      },
    ],
  ];

  test.each(some)('%s', async (_title, problem) => {
    for (const rows of [1, 6, 33]) await check({ ...problem, rows });
  });

  test.each([0, 1, 2, 3])(
    'layer %i frozen: its weights stay, its penalties go, the others learn as before',
    async (index) => {
      const layers = [embedding(20, 6), rnn(8, true), rnn(17), binary.layers].map((layer, i) => ({
        ...layer,
        penalties: [penalty, penalty, penalty].slice(
          0,
          layer.kind === 'embedding' ? 1 : layer.kind === 'dense' ? 2 : 3,
        ),
        trainable: i !== index,
      }));
      await check({ inputShape: [6], layers, loss: binary.loss, rows: 9 });
    },
  );

  test.each([
    'tanh',
    'sigmoid',
    'relu',
    'linear',
    'elu',
    'softsign',
    'hard_sigmoid',
    'legacy_hard_sigmoid',
    'exponential',
  ] as const)('recurrence through %s', async (activation) => {
    // States of exponential grow beyond any number after two steps.
    const steps = activation === 'exponential' ? 2 : 5;
    const layers = [rnn(9, true, { activation } as Partial<OracleLayer>), dense(2, 'linear')];
    await check({ inputShape: [steps, 2], layers, loss: 'mean_squared_error', rows: 10 });
  });
});

describe('losses and last activations', () => {
  const cases: [NativeLossKind, Activation, number, boolean][] = [
    ['binary_crossentropy', 'sigmoid', 1, false],
    ['binary_crossentropy', 'sigmoid', 3, false],
    ['binary_crossentropy', 'hard_sigmoid', 2, false],
    ['binary_crossentropy', 'softmax', 4, false],
    ['binary_crossentropy', 'linear', 2, true],
    ['binary_crossentropy', 'sigmoid', 2, true],
    ['categorical_crossentropy', 'softmax', 5, false],
    ['categorical_crossentropy', 'sigmoid', 5, false],
    ['categorical_crossentropy', 'linear', 5, true],
    ['categorical_crossentropy', 'softmax', 3, true],
    ['sparse_categorical_crossentropy', 'softmax', 17, false],
    ['sparse_categorical_crossentropy', 'sigmoid', 5, false],
    ['sparse_categorical_crossentropy', 'linear', 5, true],
    ['sparse_categorical_crossentropy', 'tanh', 5, true],
    ['mean_squared_error', 'linear', 1, false],
    ['mean_squared_error', 'softmax', 4, false],
    ['mean_squared_error', 'sigmoid', 3, false],
    ['mean_absolute_error', 'linear', 3, false],
    ['mean_absolute_error', 'tanh', 2, false],
  ];

  test.each(cases)('%s of %s, %i outputs, logits: %p', async (loss, activation, units, fromLogits) => {
    for (const returnSequences of [false, true]) {
      const inputShape = [4, 3];
      const fused = [rnn(6, returnSequences), dense(units, activation)];
      await check({ inputShape, layers: fused, loss, fromLogits, rows: 7 });
      // An Activation layer of its own must not change a thing.
      const apart: OracleLayer[] = [
        rnn(6, returnSequences),
        dense(units, 'linear'),
        { kind: 'activation', activation },
      ];
      await check({ inputShape, layers: apart, loss, fromLogits, rows: 7 });
    }
  });
});

describe('finite differences of the oracle', () => {
  test('agree with the gradients that the engine is compared to', () => {
    const problem: Problem = {
      inputShape: [5],
      layers: [embedding(8, 3), rnn(4, true), rnn(3), binary.layers],
      loss: binary.loss,
      rows: 4,
    };
    const { oracle, batch } = set(problem);
    const { weights } = oracle.gradients(batch);
    weights.forEach((gradient, i) => {
      const differences = finiteDifferences(() => oracle.gradients(batch).loss, oracle.weights[i]!);
      expect(worstError(gradient, differences)).toBeLessThan(1e-7);
    });
  });

  test('agree with the gradients of the engine themselves', async () => {
    for (const loss of ['mean_squared_error', 'sparse_categorical_crossentropy'] as const) {
      const layers = [rnn(6, true), rnn(5, true), dense(3, loss === 'mean_squared_error' ? 'linear' : 'softmax')];
      const { oracle, batch, outputShape } = set({ inputShape: [4, 3], layers, loss, rows: 5 });
      const model = engineModel([4, 3], layers, oracle.weights);
      const shape = loss === 'mean_squared_error' ? outputShape : outputShape.slice(0, -1);
      const got = await engineGradients(model, loss, floats(batch.x, [5, 4, 3]), floats(batch.y, shape));
      got.weights.forEach((gradient, i) => {
        const differences = finiteDifferences(() => oracle.gradients(batch).loss, oracle.weights[i]!);
        expect(worstError(gradient, differences)).toBeLessThan(TOLERANCE);
      });
    }
  });
});
