// SPDX-License-Identifier: MIT
// Losses: names and aliases, options, refusals.
import * as lib from '../../../lib';
import { getLoss, lossFromConfig, LOSSES } from '../../../lib/losses';

const {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CategoricalCrossentropy,
  CosineSimilarity,
  Dice,
  Huber,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
  Tversky,
} = lib;

const call = (sampleWeight: never[] | number[] | number[][]): unknown =>
  new MeanSquaredError().call(
    [
      [0, 1],
      [1, 0],
    ],
    [
      [0, 0],
      [1, 1],
    ],
    { sampleWeight },
  );
const code = (code: string) => expect.objectContaining({ code });

describe('misuse', () => {
  test.each([
    ['an unknown name', () => getLoss('binary_crossentropie'), 'ERR_UNKNOWN_NAME'],
    ['an empty name', () => getLoss(''), 'ERR_UNKNOWN_NAME'],
    ['null', () => getLoss(null), 'ERR_TYPE'],
    ['a function', () => getLoss(() => 0), 'ERR_TYPE'],
    ['fromLogits that is no boolean', () => new BinaryCrossentropy({ fromLogits: 1 as never }), 'ERR_TYPE'],
    ['a misspelt option', () => new CategoricalCrossentropy({ fromlogits: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['logits where a loss knows none', () => new MeanSquaredError({ fromLogits: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['label smoothing above 1', () => new BinaryCrossentropy({ labelSmoothing: 1.1 }), 'ERR_CONFIG'],
    ['label smoothing below 0', () => new CategoricalCrossentropy({ labelSmoothing: -0.1 }), 'ERR_CONFIG'],
    [
      'label smoothing of ids',
      () => new SparseCategoricalCrossentropy({ labelSmoothing: 0 } as never),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'an ignored class that is no integer',
      () => new SparseCategoricalCrossentropy({ ignoreClass: 0.5 }),
      'ERR_CONFIG',
    ],
    [
      'an ignored class that is a string',
      () => new SparseCategoricalCrossentropy({ ignoreClass: '0' as never }),
      'ERR_TYPE',
    ],
    ['another axis', () => new CosineSimilarity({ axis: 1 }), 'ERR_CONFIG'],
    ['an axis of Dice that is neither', () => new Dice({ axis: 0 }), 'ERR_CONFIG'],
    ['an unknown reduction', () => new MeanSquaredError({ reduction: 'men' as never }), 'ERR_CONFIG'],
    ['a reduction that is no name', () => new MeanSquaredError({ reduction: 1 as never }), 'ERR_TYPE'],
    ['delta of 0', () => new Huber({ delta: 0 }), 'ERR_CONFIG'],
    ['delta of null', () => new Huber({ delta: null as never }), 'ERR_TYPE'],
    ['a negative gamma', () => new BinaryFocalCrossentropy({ gamma: -1 }), 'ERR_CONFIG'],
    ['alpha of NaN', () => new BinaryFocalCrossentropy({ alpha: NaN }), 'ERR_CONFIG'],
    ['a list of alphas of two classes', () => new BinaryFocalCrossentropy({ alpha: [1, 2] as never }), 'ERR_TYPE'],
    ['an empty list of alphas', () => new lib.CategoricalFocalCrossentropy({ alpha: [] }), 'ERR_CONFIG'],
    [
      'a list of alphas that holds a string',
      () => new lib.CategoricalFocalCrossentropy({ alpha: [1, '2' as never] }),
      'ERR_TYPE',
    ],
    ['a list of alphas that holds NaN', () => new lib.CategoricalFocalCrossentropy({ alpha: [1, NaN] }), 'ERR_CONFIG'],
    ['an option that CTC does not have', () => new lib.CTC({ fromLogits: true } as never), 'ERR_UNKNOWN_OPTION'],
    [
      'balancing that is no boolean',
      () => new BinaryFocalCrossentropy({ applyClassBalancing: 1 as never }),
      'ERR_TYPE',
    ],
    ['a negative beta', () => new Tversky({ beta: -1 }), 'ERR_CONFIG'],
    ['a name that is no string', () => new MeanSquaredError({ name: 3 as never }), 'ERR_TYPE'],
    ['an options object that is an array', () => new MeanSquaredError([] as never), 'ERR_TYPE'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });

  test('names the nearest reduction and option', () => {
    expect(() => new MeanSquaredError({ reduction: 'sums' as never })).toThrow("Did you mean 'sum'?");
    expect(() => new BinaryCrossentropy({ labelSmothing: 0 } as never)).toThrow("Did you mean 'labelSmoothing'?");
  });

  test.each<[string, () => unknown, string]>([
    ['targets of another shape', () => new MeanSquaredError().call([[0, 1]], [[0.5]]), 'ERR_SHAPE'],
    ['fewer targets than outputs', () => new MeanSquaredError().call([[0]], [[0.5], [1]]), 'ERR_SHAPE'],
    ['labels outside [0, 1]', () => new BinaryCrossentropy().call([[2]], [[0.5]]), 'ERR_RANGE'],
    ['a class beyond the outputs', () => new SparseCategoricalCrossentropy().call([3], [[0.5, 0.2, 0.3]]), 'ERR_RANGE'],
    ['a class of NaN', () => new SparseCategoricalCrossentropy().call([NaN], [[0.5, 0.5]]), 'ERR_DATA'],
    ['weights of another number', () => call([1, 2, 3]), 'ERR_SHAPE'],
    [
      'weights of the whole shape',
      () =>
        call([
          [1, 1],
          [1, 1],
        ]),
      'ERR_SHAPE',
    ],
    ['weights of NaN', () => call([NaN, 1]), 'ERR_DATA'],
    [
      'an unknown option',
      () => new MeanSquaredError().call([1], [1], { sampleWeights: [1] } as never),
      'ERR_UNKNOWN_OPTION',
    ],
    ['no outputs', () => new MeanSquaredError().call([], []), 'ERR_DATA'],
    [
      'alphas of other classes than the outputs',
      () => new lib.CategoricalFocalCrossentropy({ alpha: [1, 2] }).call([[0, 1, 0]], [[0.2, 0.5, 0.3]]),
      'ERR_CONFIG',
    ],
    ['labels of outputs without timesteps', () => new lib.CTC().call([[1]], [[0.5, 0.5]]), 'ERR_SHAPE'],
    ['labels of one row of outputs', () => new lib.CTC().call([[1]], [0.5, 0.5]), 'ERR_SHAPE'],
    [
      'weights of the timesteps of labels',
      () =>
        new lib.CTC().call(
          [[1]],
          [
            [
              [0.5, 0.5],
              [1, 0],
            ],
          ],
          { sampleWeight: [[1, 1]] },
        ),
      'ERR_SHAPE',
    ],
  ])('a call refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });

  test('compile refuses a loss that is not reduced to one number', () => {
    const model = new lib.Sequential([new lib.Dense(1)]);
    for (const reduction of ['none', null] as const)
      expect(() => model.compile({ loss: new MeanSquaredError({ reduction }) })).toThrow(code('ERR_CONFIG'));
  });
});

test.each([
  ['binary_crossentropy', BinaryCrossentropy],
  ['binaryCrossentropy', BinaryCrossentropy],
  ['BinaryCrossentropy', BinaryCrossentropy],
  ['bce', BinaryCrossentropy],
  ['categorical_crossentropy', CategoricalCrossentropy],
  ['sparseCategoricalCrossentropy', SparseCategoricalCrossentropy],
  ['mse', MeanSquaredError],
  ['MSE', MeanSquaredError],
  ['mean_squared_error', MeanSquaredError],
  ['mae', MeanAbsoluteError],
  ['meanAbsoluteError', MeanAbsoluteError],
  ['MAPE', lib.MeanAbsolutePercentageError],
  ['msle', lib.MeanSquaredLogarithmicError],
  ['kld', lib.KLDivergence],
  ['KLDivergence', lib.KLDivergence],
  ['logCosh', lib.LogCosh],
  ['cosineSimilarity', CosineSimilarity],
  ['squared_hinge', lib.SquaredHinge],
  ['ctc', lib.CTC],
  ['CTC', lib.CTC],
])('%s names its class', (name, Class) => {
  expect(getLoss(name)).toBeInstanceOf(Class);
});

test('probabilities are expected unless logits are asked for', () => {
  expect(getLoss('bce').toNative()).toMatchObject({ kind: 'binary_crossentropy', fromLogits: false });
  expect(new BinaryCrossentropy({ fromLogits: true }).toNative()).toMatchObject({ fromLogits: true });
});

test('a configuration makes the same loss again', () => {
  const loss = new SparseCategoricalCrossentropy({ fromLogits: true, name: 'words' });
  const again = lossFromConfig(loss.className, loss.getConfig());
  expect(again).toBeInstanceOf(SparseCategoricalCrossentropy);
  expect(again.getConfig()).toEqual({
    name: 'words',
    reduction: 'sum_over_batch_size',
    fromLogits: true,
    ignoreClass: null,
  });
});

test('every loss is made again by its class name and configuration, JSON in between', () => {
  for (const Class of new Set(LOSSES.values())) {
    const loss = new Class({ reduction: 'sum', name: 'mine' } as never);
    const config = JSON.parse(JSON.stringify(loss.getConfig())) as never;
    const again = lossFromConfig(loss.className, config);
    expect(again).toBeInstanceOf(Class);
    expect(again.getConfig()).toEqual(loss.getConfig());
    expect(again.toNative()).toEqual(loss.toNative());
    expect(loss.getConfig()).toMatchObject({ reduction: 'sum', name: 'mine' });
  }
});

test('a list of alphas is kept in the configuration', () => {
  const loss = new lib.CategoricalFocalCrossentropy({ alpha: [0.2, 0.8] });
  const again = lossFromConfig(loss.className, JSON.parse(JSON.stringify(loss.getConfig())) as never);
  expect(again.toNative()).toMatchObject({ alpha: Float64Array.of(0.2, 0.8) });
});

describe('a loss by itself', () => {
  test.each([MeanSquaredError, MeanAbsoluteError, BinaryCrossentropy])(
    'of thousands of rows has them all: %p',
    (Class) => {
      const [rows, columns] = [5000, 3];
      const y = { data: Float32Array.from({ length: rows * columns }, (_, i) => i % 2), shape: [rows, columns] };
      const p = {
        data: Float32Array.from(y.data, (_, i) => 0.02 + (0.9 * i) / y.data.length),
        shape: [rows, columns],
      };
      const each = new Class({ reduction: 'none' }).call(y, p) as lib.NdArray;
      const sum = Array.from(each.data).reduce((total, value) => total + value, 0);
      expect(new Class({ reduction: 'sum' }).call(y, p) as number).toBeCloseTo(sum, 2);
      expect(new Class().call(y, p)).toBeCloseTo(sum / rows, 6);
    },
  );

  test('of labels has a number for each sample', () => {
    const outputs = { data: new Float32Array(24), shape: [2, 4, 3] };
    const labels = [
      [1, 2],
      [0, 0],
    ];
    // All outputs are alike: 15 of the 81 paths read 1 2, one reads nothing.
    const each = new lib.CTC({ reduction: null }).call(labels, outputs) as lib.NdArray;
    expect(each.shape).toEqual([2]);
    expect(each.data[0]).toBeCloseTo(Math.log(81 / 15), 6);
    expect(each.data[1]).toBeCloseTo(Math.log(81), 6);
    const weighted = new lib.CTC().call(labels, outputs, { sampleWeight: [2, 1] });
    expect(weighted).toBeCloseTo((2 * Math.log(81 / 15) + Math.log(81)) / 2, 12);
  });

  // Keras' own digits: the examples of keras/src/losses/losses.py.
  test('is the mean of all rows', () => {
    expect(
      new MeanSquaredError().call(
        [
          [0, 1],
          [0, 0],
        ],
        [
          [1, 1],
          [1, 0],
        ],
      ),
    ).toBeCloseTo(0.5, 12);
    expect(
      new lib.MeanAbsoluteError().call(
        [
          [0, 1],
          [0, 0],
        ],
        [
          [1, 1],
          [1, 0],
        ],
      ),
    ).toBeCloseTo(0.5, 12);
  });

  test('weighs samples', () => {
    const value = new MeanSquaredError().call(
      [
        [0, 1],
        [0, 0],
      ],
      [
        [1, 1],
        [1, 0],
      ],
      { sampleWeight: [0.7, 0.3] },
    );
    expect(value).toBeCloseTo(0.25, 7);
  });

  test('with reduction none gives one number for each row, timesteps too', () => {
    const loss = new MeanSquaredError({ reduction: null });
    const rows = loss.call(
      [
        [0, 1],
        [0, 0],
      ],
      [
        [1, 1],
        [1, 2],
      ],
    ) as lib.NdArray;
    expect([rows.shape, Array.from(rows.data)]).toEqual([[2], [0.5, 2.5]]);
    const steps = loss.call([[[0], [1]]], [[[1], [3]]], { sampleWeight: [[2, 0.5]] }) as lib.NdArray;
    expect([steps.shape, Array.from(steps.data)]).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const one = loss.call([0, 1], [1, 3]) as lib.NdArray;
    expect([one.shape, Array.from(one.data)]).toEqual([[], [2.5]]);
  });

  test('takes ids, of which ignored ones count nothing', () => {
    const loss = new SparseCategoricalCrossentropy({ ignoreClass: -1 });
    const p = [
      [0.05, 0.95, 0],
      [0.1, 0.8, 0.1],
      [0.3, 0.3, 0.4],
    ];
    expect(loss.call([1, 2, -1], p)).toBeCloseTo((-Math.log(0.95) - Math.log(0.1)) / 2, 6);
    expect(() => new SparseCategoricalCrossentropy().call([1, 2, -1], p)).toThrow(code('ERR_RANGE'));
  });

  test('does not change its arguments', () => {
    const [y, p] = [Float32Array.of(0, 1), Float32Array.of(0.5, 0.5)];
    new BinaryCrossentropy({ labelSmoothing: 0.5 }).call(y, p);
    expect([...y, ...p]).toEqual([0, 1, 0.5, 0.5]);
  });
});
