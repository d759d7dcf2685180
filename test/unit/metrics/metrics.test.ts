// SPDX-License-Identifier: MIT
// Metrics: which accuracy 'accuracy' means, the keys they report under, refusals.
import { MeanAbsoluteError } from '../../../lib/losses';
import * as lib from '../../../lib';
import {
  BinaryAccuracy,
  checkMetric,
  getMetric,
  metricFromConfig,
  readMetrics,
  toCamelCase,
  validationKey,
} from '../../../lib/metrics';

const code = (code: string) => expect.objectContaining({ code });
const binary = { lastAxis: 1, idTargets: false };
const oneHot = { lastAxis: 10, idTargets: false };
const ids = { lastAxis: 10, idTargets: true };

describe('misuse', () => {
  test.each([
    ['a string instead of an array', () => readMetrics('compile', 'accuracy'), 'ERR_TYPE'],
    ['a hole', () => readMetrics('compile', new Array(1)), 'ERR_TYPE'],
    ['an unknown name', () => readMetrics('compile', ['acuracy']), 'ERR_UNKNOWN_NAME'],
    ['the same name twice', () => readMetrics('compile', ['acc', 'acc']), 'ERR_CONFIG'],
    ['the name of the loss', () => readMetrics('compile', [new BinaryAccuracy({ name: 'loss' })]), 'ERR_CONFIG'],
    ['a threshold of 1', () => new BinaryAccuracy({ threshold: 1 }), 'ERR_CONFIG'],
    ['a threshold of NaN', () => new BinaryAccuracy({ threshold: NaN }), 'ERR_CONFIG'],
    ['a misspelt option', () => new BinaryAccuracy({ treshold: 0.4 } as never), 'ERR_UNKNOWN_OPTION'],
    ['weighted metrics that are no array', () => readMetrics('compile', [], 'accuracy'), 'ERR_TYPE'],
    ['the same weighted metric twice', () => readMetrics('compile', ['acc'], ['acc', 'acc']), 'ERR_CONFIG'],
    ['a threshold above 1', () => new lib.Precision({ thresholds: 1.1 }), 'ERR_CONFIG'],
    ['a threshold below 0 among others', () => new lib.Recall({ thresholds: [0.5, -0.1] }), 'ERR_CONFIG'],
    ['a threshold that is no number', () => new lib.TruePositives({ thresholds: ['0.5'] as never }), 'ERR_TYPE'],
    ['no thresholds', () => new lib.FalsePositives({ thresholds: [] }), 'ERR_CONFIG'],
    ['topK of counts', () => new lib.TruePositives({ topK: 2 } as never), 'ERR_UNKNOWN_OPTION'],
    ['topK of 0', () => new lib.Precision({ topK: 0 }), 'ERR_CONFIG'],
    ['a negative class', () => new lib.Recall({ classId: -1 }), 'ERR_CONFIG'],
    ['one threshold of a curve', () => new lib.AUC({ numThresholds: 1 }), 'ERR_CONFIG'],
    ['an unknown curve', () => new lib.AUC({ curve: 'RCO' as never }), 'ERR_CONFIG'],
    ['a curve that is no name', () => new lib.AUC({ curve: 3 as never }), 'ERR_CONFIG'],
    ['an unknown summation', () => new lib.AUC({ summationMethod: 'major' as never }), 'ERR_CONFIG'],
    ['labels without multiLabel', () => new lib.AUC({ numLabels: 3 }), 'ERR_CONFIG'],
    ['weights of labels that are a number', () => new lib.AUC({ labelWeights: 2 as never }), 'ERR_TYPE'],
    ['a negative weight of a label', () => new lib.AUC({ labelWeights: [-1] }), 'ERR_CONFIG'],
    ['a specificity above 1', () => new lib.SensitivityAtSpecificity(1.5), 'ERR_CONFIG'],
    ['no specificity', () => new lib.SensitivityAtSpecificity(undefined as never), 'ERR_TYPE'],
    ['no thresholds at a rate', () => new lib.PrecisionAtRecall(0.5, { numThresholds: 0 }), 'ERR_CONFIG'],
    ['an unknown average', () => new lib.F1Score({ average: 'mikro' as never }), 'ERR_CONFIG'],
    ['beta of 0', () => new lib.FBetaScore({ beta: 0 }), 'ERR_CONFIG'],
    ['beta of the F1 score', () => new lib.F1Score({ beta: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['an F threshold of 0', () => new lib.F1Score({ threshold: 0 }), 'ERR_CONFIG'],
    ['an unknown aggregation', () => new lib.R2Score({ classAggregation: 'mean' as never }), 'ERR_CONFIG'],
    ['negative regressors', () => new lib.R2Score({ numRegressors: -1 }), 'ERR_CONFIG'],
    ['k of 0', () => new lib.TopKCategoricalAccuracy({ k: 0 }), 'ERR_CONFIG'],
    ['another axis', () => new lib.PearsonCorrelation({ axis: 0 }), 'ERR_CONFIG'],
    ['no classes', () => new lib.MeanIoU(0), 'ERR_CONFIG'],
    ['a class beyond the last', () => new lib.IoU(2, [2]), 'ERR_CONFIG'],
    ['scores against one-hot ids', () => new lib.MeanIoU(2, { sparseYTrue: false }), 'ERR_CONFIG'],
    ['a loss of the whole batch', () => new lib.LossMetric('dice'), 'ERR_CONFIG'],
    ['a name that needs an argument', () => readMetrics('compile', ['iou']), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });
});

describe("'accuracy'", () => {
  test.each([
    ['one output', binary, 'BinaryAccuracy'],
    ['one output, even where targets are ids', { lastAxis: 1, idTargets: true }, 'BinaryAccuracy'],
    ['classes and one-hot targets', oneHot, 'CategoricalAccuracy'],
    ['classes and ids', ids, 'SparseCategoricalAccuracy'],
  ])('for %s', (_title, context, className) => {
    expect(getMetric('accuracy', context).className).toBe(className);
    expect(getMetric('acc', context).className).toBe(className);
  });
});

describe('keys', () => {
  test.each([
    ['accuracy', 'accuracy'],
    ['acc', 'acc'],
    ['binary_accuracy', 'binaryAccuracy'],
    ['BinaryAccuracy', 'binaryAccuracy'],
    ['mse', 'mse'],
    ['MSE', 'MSE'],
    ['mean_squared_error', 'meanSquaredError'],
  ])("'%s' reports as %s", (name, key) => {
    expect(getMetric(name, binary).name).toBe(key);
  });

  test('of losses given as metrics are their names', () => {
    expect(getMetric(new MeanAbsoluteError(), binary).name).toBe('meanAbsoluteError');
  });

  test('of validation begin with val', () => {
    expect(validationKey('accuracy')).toBe('valAccuracy');
    expect(toCamelCase('val_loss')).toBe('valLoss');
  });
});

test('the threshold crosses to the engine', () => {
  expect(new BinaryAccuracy({ threshold: 0.3 }).toNative()).toEqual({ kind: 'binary_accuracy', threshold: 0.3 });
  const loss = { kind: 'mean_absolute_error', reduction: 'sum_over_batch_size' };
  expect(getMetric('mae', binary).toNative()).toEqual({ kind: 'loss', loss });
});

describe('what models cannot log is refused', () => {
  test.each<[string, lib.Metric, { lastAxis: number; idTargets: boolean }]>([
    ['several thresholds', new lib.Precision({ thresholds: [0.2, 0.8] }), binary],
    ['a score for each class', new lib.F1Score(), oneHot],
    ['an R2 for each output', new lib.R2Score({ classAggregation: null }), oneHot],
    ['a mean of plain values', new lib.Mean(), binary],
    ['a class that the outputs lack', new lib.Recall({ classId: 10 }), oneHot],
    ['more at the top than there are', new lib.Precision({ topK: 11 }), oneHot],
    ['another number of labels', new lib.AUC({ multiLabel: true, numLabels: 3 }), oneHot],
    ['another number of label weights', new lib.AUC({ labelWeights: [1, 2] }), oneHot],
    ['one-hot targets where the loss has ids', new lib.AUC(), ids],
    ['ids where the loss has one-hot targets', new lib.SparseTopKCategoricalAccuracy(), oneHot],
  ])('%s', (_title, metric, context) => {
    expect(() => checkMetric('compile', metric, context)).toThrow(code('ERR_CONFIG'));
  });
});

describe('a metric by itself', () => {
  test.each<[string, () => void, string]>([
    ['targets of another shape', () => new lib.AUC().updateState([0, 1], [0.5]), 'ERR_SHAPE'],
    ['weights of another number', () => new lib.AUC().updateState([0, 1], [0.5, 1], [1]), 'ERR_SHAPE'],
    ['weights of NaN', () => new lib.Mean().updateState([1], [NaN]), 'ERR_DATA'],
    ['infinite targets', () => new lib.R2Score().updateState([Infinity], [1]), 'ERR_DATA'],
    [
      'a class that the outputs lack',
      () => new lib.Recall({ classId: 3 }).updateState([[0, 1]], [[1, 0]]),
      'ERR_CONFIG',
    ],
    ['an id beyond the outputs', () => new lib.SparseCategoricalAccuracy().updateState([2], [[1, 0]]), 'ERR_RANGE'],
    ['nothing', () => new lib.Sum().updateState([]), 'ERR_DATA'],
  ])('refuses %s', (_title, update, expected) => {
    expect(update).toThrow(code(expected));
  });

  test('refuses another number of columns until it is reset', () => {
    const metric = new lib.F1Score();
    metric.updateState([[0, 1]], [[0.2, 0.8]]);
    expect(() => metric.updateState([[0, 1, 0]], [[0.2, 0.8, 0]])).toThrow(code('ERR_SHAPE'));
    metric.resetState();
    metric.updateState([[0, 1, 0]], [[0.2, 0.8, 0]]);
    expect((metric.result() as lib.NdArray).shape).toEqual([3]);
  });

  test('a refused update leaves its state', () => {
    const metric = new BinaryAccuracy();
    metric.updateState([1, 0], [0.9, 0.9]);
    expect(() => metric.updateState([1, NaN], [0.9, 0.9])).toThrow(code('ERR_DATA'));
    expect(metric.result()).toBe(0.5);
  });

  test('of nothing is what Keras says: 0', () => {
    for (const metric of [new BinaryAccuracy(), new lib.Precision(), new lib.AUC(), new lib.Mean(), new lib.MeanIoU(2)])
      expect(metric.result()).toBe(0);
  });

  // Keras' own digits: the examples of keras/src/metrics.
  test('gives the digits of its documentation', () => {
    const auc = new lib.AUC({ numThresholds: 3 });
    auc.updateState([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]);
    expect(auc.result()).toBeCloseTo(0.75, 6);
    auc.resetState();
    auc.updateState([0, 0, 1, 1], [0, 0.5, 0.3, 0.9], [1, 0, 0, 1]);
    expect(auc.result()).toBeCloseTo(1, 6);
    const precision = new lib.Precision({ topK: 2 });
    precision.updateState([[0, 0, 1, 1]], [[1, 1, 1, 1]]);
    expect(precision.result()).toBe(0);
    const sensitivity = new lib.SensitivityAtSpecificity(0.5);
    sensitivity.updateState([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]);
    expect(sensitivity.result()).toBeCloseTo(0.5, 6);
    const iou = new lib.MeanIoU(2);
    iou.updateState([0, 0, 1, 1], [0, 1, 0, 1]);
    expect(iou.result()).toBeCloseTo(1 / 3, 6);
    const r2 = new lib.R2Score();
    r2.updateState([[1], [4], [3]], [[2], [4], [4]]);
    expect(r2.result()).toBeCloseTo(0.57142854, 6);
  });

  test.each<[string, lib.Metric, number]>([
    ['BinaryAccuracy', new lib.BinaryAccuracy(), 1],
    ['BinaryAccuracy of a threshold', new lib.BinaryAccuracy({ threshold: 0.5 }), 1],
    ['FalsePositives', new lib.FalsePositives(), 0],
    ['TrueNegatives', new lib.TrueNegatives({ thresholds: 0.5 }), 2],
  ])('outputs at the threshold are a no: %s', (_title, metric, expected) => {
    metric.updateState([0, 0], [0.5, 0.5]);
    expect(metric.result()).toBe(expected);
  });

  test.each([new lib.TopKCategoricalAccuracy({ k: 2 }), new lib.SparseTopKCategoricalAccuracy({ k: 2 })])(
    'outputs as large as that of the label do not push it out of the top',
    (metric) => {
      const outputs = [[0.1, 0.3, 0.3, 0.3]];
      metric.updateState(metric.targets === 'ids' ? [3] : [[0, 0, 0, 1]], outputs);
      expect(metric.result()).toBe(1);
    },
  );

  test.each([new lib.BinaryAccuracy(), new lib.CategoricalAccuracy(), new lib.metrics.Accuracy()])(
    'thousands of rows all count: %#',
    (metric) => {
      const rows = 9000;
      // The first half is right, the rest is wrong.
      const y = Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? [1, 0] : [0, 1]));
      const outputs = y.map(([a, b], i) => (i < rows / 2 ? [a!, b!] : [b!, a!]));
      metric.updateState(y, outputs);
      expect(metric.result()).toBeCloseTo(0.5, 12);
    },
  );

  test('NaN outputs lie above no threshold', () => {
    const metric = new lib.TruePositives();
    metric.updateState([1, 1], [NaN, 0.9]);
    expect(metric.result()).toBe(1);
    const auc = new lib.AUC();
    auc.updateState([1, 0], [NaN, 0.9]);
    expect(auc.result()).toBe(0);
  });
});

test('a configuration makes the same metric again', () => {
  const huber = new lib.LossMetric(new lib.Huber({ delta: 2 }), { name: 'far' });
  const again = metricFromConfig('LossMetric', JSON.parse(JSON.stringify(huber.getConfig())) as never);
  expect([again.name, again.toNative()]).toEqual(['far', huber.toNative()]);
  expect(() => metricFromConfig('NoMetric')).toThrow(code('ERR_UNKNOWN_NAME'));
});

test('weighted metrics whose name is taken say that they are weighted', () => {
  const names = readMetrics('compile', ['acc', 'mse'], ['acc', 'mae']).map(({ name, weighted }) => [name, weighted]);
  expect(names).toEqual([
    ['acc', false],
    ['mse', false],
    ['weightedAcc', true],
    ['mae', true],
  ]);
});

test('a model logs what the metrics by themselves give', async () => {
  const model = new lib.Sequential([new lib.Input([2]), new lib.Dense(1, { activation: 'sigmoid' })]);
  const metrics = () => [new lib.AUC(), new lib.Precision(), new lib.Recall(), new lib.RootMeanSquaredError()];
  model.compile({ loss: 'bce', metrics: metrics() });
  const x = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const y = x.map((_, i) => ((i * 7) % 3 === 0 ? 1 : 0));
  const logs = await model.evaluate(x, y, { batchSize: 8, verbose: 0, returnDict: true });
  const p = await model.predict(x);
  for (const metric of metrics()) {
    metric.updateState(y, Array.from(p.data));
    expect(logs[metric.name]).toBeCloseTo(metric.result() as number, 6);
  }
  expect(Object.keys(logs)).toEqual(['auc', 'loss', 'precision', 'recall', 'rootMeanSquaredError']);
  model.dispose();
});
