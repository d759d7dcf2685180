// SPDX-License-Identifier: MIT
// The table of Keras' spellings against all classes that there are: each class, and each of its options.
import * as ostinato from '../../../lib';
import {
  LAYER_OWN,
  namesOf,
  pathName,
  SPELLINGS,
  type Kind,
  type Spelling,
} from '../../../lib/formats/keras_config/classes';

/** An object of each class that needs arguments. */
const MADE: Record<string, () => { getConfig?(): object; toJSON?(): unknown }> = {
  Activation: () => new ostinato.Activation('tanh'),
  AveragePooling1D: () => new ostinato.AveragePooling1D(2),
  MaxPooling1D: () => new ostinato.MaxPooling1D(2),
  Bidirectional: () => new ostinato.Bidirectional(new ostinato.LSTM(2)),
  Conv1D: () => new ostinato.Conv1D(2, 3),
  Dense: () => new ostinato.Dense(2),
  Dot: () => new ostinato.Dot(1),
  Dropout: () => new ostinato.Dropout(0.5),
  Embedding: () => new ostinato.Embedding(3, 2),
  ExponentialDecay: () => new ostinato.ExponentialDecay(0.1, 10, 0.5),
  GRU: () => new ostinato.GRU(2),
  GRUCell: () => new ostinato.GRUCell(2),
  InverseTimeDecay: () => new ostinato.InverseTimeDecay(0.1, 10, 0.5),
  CosineDecay: () => new ostinato.CosineDecay(0.1, 10),
  CosineDecayRestarts: () => new ostinato.CosineDecayRestarts(0.1, 10),
  PolynomialDecay: () => new ostinato.PolynomialDecay(0.1, 10),
  GaussianDropout: () => new ostinato.GaussianDropout(0.5),
  GaussianNoise: () => new ostinato.GaussianNoise(0.5),
  LSTM: () => new ostinato.LSTM(2),
  LSTMCell: () => new ostinato.LSTMCell(2),
  IoU: () => new ostinato.IoU(2, [0]),
  MeanIoU: () => new ostinato.MeanIoU(2),
  MultiHeadAttention: () => new ostinato.MultiHeadAttention(1, 2),
  Permute: () => new ostinato.Permute([2, 1]),
  PiecewiseConstantDecay: () => new ostinato.PiecewiseConstantDecay([1], [0.1, 0.2]),
  PrecisionAtRecall: () => new ostinato.PrecisionAtRecall(0.5),
  RecallAtPrecision: () => new ostinato.RecallAtPrecision(0.5),
  RepeatVector: () => new ostinato.RepeatVector(2),
  Rescaling: () => new ostinato.Rescaling(2),
  Reshape: () => new ostinato.Reshape([-1]),
  RNN: () => new ostinato.RNN(new ostinato.LSTMCell(2)),
  SensitivityAtSpecificity: () => new ostinato.SensitivityAtSpecificity(0.5),
  SimpleRNN: () => new ostinato.SimpleRNN(2),
  SimpleRNNCell: () => new ostinato.SimpleRNNCell(2),
  Slice: () => new ostinato.Slice({ steps: 0 }),
  SpatialDropout1D: () => new ostinato.SpatialDropout1D(0.5),
  SpecificityAtSensitivity: () => new ostinato.SpecificityAtSensitivity(0.5),
  StackedRNNCells: () => new ostinato.StackedRNNCells([new ostinato.LSTMCell(2)]),
  TimeDistributed: () => new ostinato.TimeDistributed(new ostinato.Dense(2)),
};

/** Losses and metrics share some names. */
const LOSS_METRICS = ostinato.metrics as unknown as Record<string, new () => { getConfig(): object }>;

function made({ className, kind }: Spelling): { getConfig?(): object; toJSON?(): unknown } {
  if (Object.hasOwn(MADE, className)) return MADE[className]!();
  const from = (kind === 'metric' ? LOSS_METRICS : ostinato) as unknown as Record<string, new () => object>;
  return new from[className]!() as { getConfig?(): object };
}

function optionsOf(spelling: Spelling): string[] {
  const object = made(spelling);
  const config = object.getConfig?.() ?? (object.toJSON?.() as { config: object }).config;
  return Object.keys(config)
    .filter((key) => !LAYER_OWN.includes(key))
    .sort();
}

const TABLE = SPELLINGS.filter(({ className }) => className !== 'EinsumDense');

describe('the table of spellings of Keras', () => {
  it.each(TABLE.map((each) => [`${each.kind} ${each.className}`, each] as const))(
    'has the options of %s',
    (_, spelling) => {
      const listed = [...spelling.options, ...(spelling.own ?? [])];
      const written = optionsOf(spelling).filter((option) => option !== 'reduction' || spelling.kind !== 'metric');
      expect(listed.filter((option) => option !== 'reduction' || spelling.kind !== 'metric').sort()).toEqual(written);
    },
  );

  it('has every class that files can hold', () => {
    const bases = [
      'Layer',
      'Model',
      'Sequential',
      'Input',
      'Loss',
      'Metric',
      'Optimizer',
      'Initializer',
      'Regularizer',
      'Constraint',
      'RecurrentCell',
    ];
    const lookups = ['StringLookup', 'IntegerLookup', 'TextVectorization', 'LossMetric', 'NdArray', 'History'];
    const known = new Set(SPELLINGS.map(({ className }) => className));
    const missing = Object.entries(ostinato as unknown as Record<string, unknown>)
      .filter(([, value]) => typeof value === 'function')
      .map(
        ([name, value]) =>
          [name, (value as { prototype?: { getConfig?: unknown; toJSON?: unknown } }).prototype] as const,
      )
      .filter(([name, prototype]) => (prototype?.getConfig ?? prototype?.toJSON) !== undefined && !bases.includes(name))
      .map(([name]) => name)
      .filter((name) => !known.has(name) && !lookups.includes(name));
    expect(missing).toEqual([]);
  });

  it.each(['layer', 'initializer', 'loss', 'metric', 'optimizer', 'schedule'] as Kind[])(
    'names each %s once',
    (kind) => {
      const names = namesOf(kind);
      expect(new Set(names).size).toBe(names.length);
    },
  );

  it('names classes in paths as Keras does', () => {
    expect(
      [
        'LSTM',
        'GRU',
        'SimpleRNN',
        'Conv1D',
        'PReLU',
        'MultiHeadAttention',
        'RNN',
        'StackedRNNCells',
        'MaxPooling1D',
      ].map(pathName),
    ).toEqual([
      'lstm',
      'gru',
      'simple_rnn',
      'conv1d',
      'p_re_lu',
      'multi_head_attention',
      'rnn',
      'stacked_rnn_cells',
      'max_pooling1d',
    ]);
  });
});
