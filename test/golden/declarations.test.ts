// SPDX-License-Identifier: MIT
// What is declared rather than computed, against Keras: options and defaults, initial values, tables, early stopping.
import * as lib from '../../lib';
import { resolveInitializer } from '../../lib/initializers';
import { layerFromConfig } from '../../lib/layers';
import { defaults as ctcDefaults } from '../../lib/losses/ctc_decode';
import { readGolden, type Packed } from '../reference/golden';

describe('signatures.json', () => {
  type Signature = Record<string, unknown>;
  const golden = readGolden<{
    layers: Record<string, Signature>;
    optimizers: Record<string, Signature>;
    schedules: Record<string, Signature>;
    callbacks: Record<string, Signature>;
    initializers: Record<string, Signature>;
    regularizers: Record<string, Signature>;
    constraints: Record<string, Signature>;
    losses: Record<string, Signature>;
    metrics: Record<string, Signature>;
  }>('signatures');

  const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

  /** Known, but taken at Keras' default alone: any other value is refused. */
  const NOT_YET = [
    ...['loraRank', 'noiseShape', 'dataFormat'],
    ...['renorm', 'renormClipping', 'renormMomentum', 'synchronized', 'useCudnn'],
  ];
  const NOT_YET_OF: Record<string, string[]> = {
    BinaryCrossentropy: ['axis'],
    CategoricalCrossentropy: ['axis'],
    SparseCategoricalCrossentropy: ['axis'],
    BinaryFocalCrossentropy: ['axis'],
    CategoricalFocalCrossentropy: ['axis'],
    CosineSimilarity: ['axis'],
    PearsonCorrelation: ['axis'],
    ConcordanceCorrelation: ['axis'],
    IoU: ['axis'],
    MeanIoU: ['axis'],
    LayerNormalization: ['axis'],
    MultiHeadAttention: ['attentionAxes', 'slidingWindow', 'flashAttention', 'useGate'],
    BatchNormalization: ['axis'],
    UnitNormalization: ['axis'],
    BackupAndRestore: ['doubleCheckpoint'],
    TensorBoard: ['histogramFreq', 'writeImages', 'profileBatch', 'embeddingsFreq', 'embeddingsMetadata'],
  };
  /** Keras' default itself is refused: it would write what is not there yet. */
  const REFUSED_OF: Record<string, string[]> = { TensorBoard: ['writeGraph'] };
  /** Unknown: Keras' newest, and what says nothing to an engine of single precision on plain matrices. */
  const ABSENT = ['loraAlpha', 'quantizationConfig', 'inputAxes', 'outputAxes', 'dtype'];
  const ABSENT_OF: Record<string, string[]> = {
    Embedding: ['loraRank'],
  };
  /** Of no config: values to begin with; and a config always says both directions. */
  const UNSAID = ['weights', 'backwardLayer'];

  const POSITIONAL: Record<string, unknown[]> = {
    Embedding: [4, 3],
    SimpleRNN: [3],
    LSTM: [3],
    GRU: [3],
    Bidirectional: [new lib.SimpleRNN(3)],
    TimeDistributed: [new lib.Activation('relu')],
    Masking: [],
    RepeatVector: [2],
    Reshape: [[2, 3]],
    Permute: [[2, 1]],
    Cropping1D: [[1, 1]],
    ZeroPadding1D: [1],
    UpSampling1D: [2],
    Rescaling: [2],
    Dense: [3],
    Conv1D: [4, 3],
    Dropout: [0.5],
    SpatialDropout1D: [0.5],
    GaussianNoise: [0.5],
    GaussianDropout: [0.5],
    Flatten: [],
    Activation: ['relu'],
    Dot: [1],
    MultiHeadAttention: [2, 3],
    ExponentialDecay: [0.1, 10, 0.5],
    PiecewiseConstantDecay: [[10], [0.1, 0.2]],
    PolynomialDecay: [0.1, 10],
    InverseTimeDecay: [0.1, 10, 0.5],
    CosineDecay: [0.1, 10],
    CosineDecayRestarts: [0.1, 10],
    MaxPooling1D: [2],
    AveragePooling1D: [2],
    ModelCheckpoint: ['model.safetensors'],
    LearningRateScheduler: [() => 0.1],
    CSVLogger: ['log.csv'],
    BackupAndRestore: ['backup'],
    SensitivityAtSpecificity: [0.5],
    SpecificityAtSensitivity: [0.5],
    PrecisionAtRecall: [0.5],
    RecallAtPrecision: [0.5],
    IoU: [3, [0]],
    MeanIoU: [3],
  };
  /** Options that may stand first: `new L1(0.1)`, `new Constant(2)`. Their defaults are those of no argument at all. */
  const ALONE = new Set(['Constant', 'L1', 'L2', 'NonNeg', 'Zeros', 'Ones']);

  type Configured = { getConfig(): Record<string, unknown> };
  const classes = lib as unknown as Record<string, new (...args: unknown[]) => Configured & Record<string, unknown>>;
  const make = (name: string, options?: Record<string, unknown>): Configured & Record<string, unknown> => {
    const positional = POSITIONAL[name] ?? [];
    return new classes[name]!(...positional, ...(options === undefined ? [] : [options]));
  };

  const groups = [
    ...([
      'layers',
      'optimizers',
      'schedules',
      'callbacks',
      'initializers',
      'regularizers',
      'constraints',
      'losses',
    ] as const),
    'metrics',
  ] as const;
  const all = groups.flatMap((group) => Object.entries(golden[group]));
  const rows = all.flatMap(([name, signature]) =>
    Object.entries(signature).map(([option, value]) => [name, option, value] as const),
  );

  test('every class of the list exists here', () => {
    expect(all.map(([name]) => name).filter((name) => typeof classes[name] !== 'function')).toEqual([]);
  });

  test.each(rows.filter(([, , value]) => value !== '<required>'))(
    '%s: %s is %j unless told otherwise',
    (name, key, value) => {
      const option = camel(key);
      const refuses = (given: unknown): unknown => {
        try {
          make(name, { [option]: given });
        } catch (error) {
          return (error as { code?: unknown }).code;
        }
        return 'taken';
      };
      if (ABSENT.includes(option) && option !== 'dtype') return expect(refuses(value)).toBe('ERR_UNKNOWN_OPTION');
      if (option === 'dtype' && name in golden.layers) return expect(refuses('float64')).toBe('ERR_CONFIG');
      if (option === 'dtype' || ABSENT_OF[name]?.includes(option))
        return expect(refuses('float64')).toBe('ERR_UNKNOWN_OPTION');
      if (REFUSED_OF[name]?.includes(option)) return expect(refuses(value)).toBe('ERR_CONFIG');
      if (UNSAID.includes(option)) return expect(refuses(value)).toBe('taken');
      if (NOT_YET.includes(option) || NOT_YET_OF[name]?.includes(option)) {
        expect(refuses(value)).toBe('taken');
        return expect(refuses(option === 'dataFormat' ? 'channels_first' : 0.125)).toMatch(/ERR_CONFIG|ERR_TYPE/);
      }
      const made = ALONE.has(name) ? new classes[name]!() : make(name);
      const config = typeof made.getConfig === 'function' ? made.getConfig() : made;
      if (option === 'name' && name in golden.layers) {
        const snake = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
        return expect(config[option]).toMatch(new RegExp(`^${snake}_[0-9]+$`));
      }
      // Optimizers and losses are named here as Keras names them once they are made; metrics in camelCase.
      if (option === 'name') {
        const wanted = value === null ? name.toLowerCase() : String(value);
        return expect([wanted, camel(wanted).toLowerCase()]).toContain(String(config['name']).toLowerCase());
      }
      if (option === 'monitor') return expect(config[option]).toBe(camel(String(value)));
      if (option === 'activation') return expect(config[option]).toBe(value ?? 'linear');
      if (option.endsWith('Initializer')) {
        const wanted = resolveInitializer('test', option, String(value)).toJSON();
        return expect(config[option]).toEqual(wanted);
      }
      // One number is one for both ends.
      expect(config[option]).toEqual(name === 'ZeroPadding1D' && option === 'padding' ? [value, value] : value);
      return undefined;
    },
  );
});

describe('signatures.json: lookups and functions', () => {
  const { functions } = readGolden<{ functions: Record<string, Record<string, unknown>> }>('signatures');
  const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  /** Options with their defaults; positional arguments, names and what is refused aside. */
  const options = (name: string) =>
    Object.fromEntries(
      Object.entries(functions[name]!)
        .filter(
          ([key, value]) => value !== '<required>' && !['name', 'sparse', 'encoding', 'vocabulary_dtype'].includes(key),
        )
        .map(([key, value]) => [camel(key), value]),
    );

  test('defaults are those of Keras', () => {
    expect(new lib.StringLookup().getConfig()).toEqual(options('StringLookup'));
    expect(new lib.IntegerLookup().getConfig()).toEqual(options('IntegerLookup'));
    expect(ctcDefaults).toEqual(options('ctc_decode'));
    expect(options('to_categorical')).toEqual({ numClasses: null });
  });

  test('what is refused is refused but at its default', () => {
    for (const name of ['StringLookup', 'IntegerLookup'] as const)
      for (const key of ['sparse', 'encoding', 'vocabulary_dtype']) {
        const value = functions[name]![key];
        if (value !== undefined) expect(() => new lib[name]({ [camel(key)]: value } as never)).not.toThrow();
      }
  });
});

describe('initializers.json', () => {
  interface Moments {
    initializer: string;
    shape: number[];
    std: number;
    meanTolerance: number;
    stdTolerance: number;
  }
  const golden = readGolden<{
    scaling: (Moments & { scale: number; mode: string; distribution: string; limit: number | null; size: number })[];
    random: (Moments & { options: object; mean: number; min: number | null; max: number | null })[];
    exact: { initializer: string; options: Record<string, unknown>; values: Packed }[];
    orthogonal: { shape: number[]; gain: number; matrix: [number, number]; orthonormal: 'columns' | 'rows' }[];
  }>('initializers');

  const draw = (className: string, config: object, shape: number[]): Float32Array =>
    resolveInitializer('test', 'initializer', { className, config: { ...config } }).initialize(shape, 29).data;

  function expectMoments(data: Float32Array, mean: number, wanted: Moments): void {
    const got = data.reduce((a, b) => a + b, 0) / data.length;
    const std = Math.sqrt(data.reduce((a, b) => a + (b - got) ** 2, 0) / data.length);
    expect(Math.abs(got - mean)).toBeLessThan(wanted.meanTolerance);
    expect(Math.abs(std - wanted.std)).toBeLessThan(wanted.stdTolerance);
  }

  test.each(golden.scaling)(
    '$initializer of $distribution, $mode, $scale, $shape has the limit and deviation',
    (wanted) => {
      const { initializer, scale, mode, distribution, shape, limit, size } = wanted;
      const config = initializer === 'variance_scaling' ? { scale, mode, distribution } : {};
      const data = draw(initializer, config, shape);
      expectMoments(data, 0, wanted);
      const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      if (limit !== null) {
        expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
        // A thousand draws and more come near the limit: it is no looser than Keras'.
        if (size > 1000) expect(largest).toBeGreaterThan(limit * 0.95);
      }
    },
  );

  test.each(golden.random)('$initializer $options has the mean, the deviation and the range', (wanted) => {
    const data = draw(wanted.initializer, wanted.options, wanted.shape);
    expectMoments(data, wanted.mean, wanted);
    const { min, max } = wanted;
    if (min !== null) expect(data.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(min - 1e-6);
    if (max !== null) expect(data.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(max + 1e-6);
  });

  test.each(golden.exact)('$initializer $options is filled as Keras fills it', ({ initializer, options, values }) => {
    expect(draw(initializer, options, values.shape)).toEqual(Float32Array.from(values.data));
  });

  test.each(golden.orthogonal)('orthogonal $shape with gain $gain has orthonormal $orthonormal', (wanted) => {
    const { shape, gain, matrix, orthonormal } = wanted;
    const data = draw('orthogonal', { gain }, shape);
    const [rows, columns] = matrix;
    const isTall = orthonormal === 'columns';
    const [count, length] = isTall ? [columns, rows] : [rows, columns];
    const entry = (vector: number, i: number): number => data[isTall ? i * columns + vector : vector * columns + i]!;
    for (let a = 0; a < count; a++)
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += entry(a, i) * entry(b, i);
        expect(Math.abs(dot - (a === b ? gain * gain : 0))).toBeLessThan(1e-5 * gain * gain);
      }
  });
});

describe('summary.json', () => {
  interface GoldenLayer {
    layer: string;
    name?: string;
    [option: string]: unknown;
  }
  interface Case {
    name: string;
    layers: GoldenLayer[];
    build: (number | null)[] | null;
    tables: { lineLength: number | null; text: string }[];
  }
  const { cases } = readGolden<{ cases: Case[] }>('summary');

  /** Keras 3 leaves out the number of the first layer of a class and counts the next from 1: `dense`, `dense_1`. */
  function nameOf(golden: GoldenLayer, counts: Map<string, number>): string {
    if (golden.name !== undefined) return golden.name;
    const base = golden.layer === 'SimpleRNN' ? 'simple_rnn' : golden.layer.toLowerCase();
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }

  function layerOf(golden: GoldenLayer, counts: Map<string, number>): lib.Layer | lib.Input {
    const { layer: className, ...config } = golden;
    delete config['dtype'];
    return layerFromConfig('test', { className, config: { ...config, name: nameOf(golden, counts) } });
  }

  // Two differ on purpose: a model that begins with an Embedding is always built here, where Keras prints "?"; and the
  // batch axis stays open whatever build is given. For the same reason an Input stands for what the others give to build.
  const built = cases.filter(({ name }) => name !== 'last output, not built' && name !== 'imdb, batch known');

  test.each(
    built.flatMap((golden) => golden.tables.map((table) => [golden.name, table.lineLength, golden, table] as const)),
  )('%s at line length %p: the boxed table is that of Keras 3', (_name, lineLength, { layers, build }, { text }) => {
    const counts = new Map<string, number>();
    const input = build === null ? [] : [new lib.Input(build.slice(1))];
    const model = new lib.Sequential([...input, ...layers.map((layer) => layerOf(layer, counts))], {
      name: 'sequential',
    });
    const lines: string[] = [];
    // Without a terminal Keras' line is 80 characters less 4.
    model.summary({ style: 'keras3', lineLength: lineLength ?? 76, printFn: (line) => lines.push(line) });
    // Printing to no terminal, Keras' table library cuts lines at 80 characters.
    const cut = lines.map((line) => line.slice(0, 80).trimEnd());
    expect(cut).toEqual(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd()),
    );
  });
});

describe('early_stopping.json', () => {
  interface Case {
    name: string;
    options: lib.EarlyStoppingOptions;
    monitor: string;
    values: (number | string | null)[];
    epochsRun?: number;
    stoppedEpoch?: number;
    stopped?: boolean;
    bestEpoch?: number;
    best?: number | string | null;
    weightsOfEpoch?: number;
    error?: string;
  }
  const { cases } = readGolden<{ cases: Case[] }>('early_stopping');
  const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

  test.each(cases)('$name', async (wanted) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const callback = new lib.EarlyStopping({ ...wanted.options, monitor: wanted.monitor });
    let weight: unknown = -1;
    const model = {
      name: 'stand-in',
      stopTraining: false,
      getWeightsAsync: () => Promise.resolve([weight]),
      setWeightsAsync: (weights: readonly unknown[]) => Promise.resolve(void (weight = weights[0])),
    };
    callback.setModel(model as unknown as lib.CallbackModel);
    callback.setParams({
      verbose: 0,
      epochs: wanted.values.length,
      steps: 1,
      metrics: [{ name: 'accuracy', direction: 'up' }],
    });
    let epochsRun = 0;
    const run = async (): Promise<void> => {
      callback.onTrainBegin();
      for (const [epoch, value] of wanted.values.entries()) {
        weight = epoch;
        await callback.onEpochEnd(
          epoch,
          value === null ? { other: 1 } : { [camel(wanted.monitor)]: Number(value), other: 1 },
        );
        epochsRun = epoch + 1;
        if (model.stopTraining) break;
      }
      await callback.onTrainEnd();
    };
    if (wanted.error !== undefined) {
      await expect(run()).rejects.toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    } else {
      await run();
      const { stoppedEpoch, bestEpoch, best } = callback;
      expect({ epochsRun, stopped: model.stopTraining, stoppedEpoch, bestEpoch, best: best ?? null, weight }).toEqual({
        epochsRun: wanted.epochsRun,
        stopped: wanted.stopped,
        stoppedEpoch: wanted.stoppedEpoch,
        bestEpoch: wanted.bestEpoch,
        best: wanted.best === null ? null : Number(wanted.best),
        weight: wanted.weightsOfEpoch,
      });
    }
    warn.mockRestore();
  });
});
