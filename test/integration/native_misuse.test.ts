// SPDX-License-Identifier: MIT
// The addon by itself, called as lib/ never calls it: wrong receivers, wrong arguments, arguments that act while they are
// read. Every call is refused, and the process lives.
import { SGD } from '../../lib/optimizers';
import { loadBinding } from '../../lib/native/engine';
import type { NativeDataset, NativeModel } from '../../lib/native/binding';

const binding = loadBinding();

const ALL_ON = {
  tokenProjection: true,
  reverseProjection: true,
  sharedPadding: true,
  fusedWalk: true,
  overlapLayers: true,
};
const NONE = { l1: 0, l2: 0, orthogonal: 0, orthogonalByRows: true };

function makeModel(): NativeModel {
  const model = new binding.NativeModel({
    input: 'values',
    inputShape: [2],
    layers: [
      {
        kind: 'dense',
        units: 2,
        activation: 'linear',
        useBias: false,
        trainable: true,
        penalties: [NONE],
        constraints: [null],
      },
    ],
    shortcuts: ALL_ON,
  });
  model.writeWeight(0, new Float32Array([1, 2, 3, 4]));
  return model;
}

const datasetSpec = {
  rows: 2,
  inputShape: [2],
  inputs: new Float32Array([1, 1, 0, 2]),
  targets: null,
  targetSize: 0,
  weights: null,
  weightSize: 0,
  initialState: null,
  mask: null,
};
const makeDataset = (): NativeDataset => new binding.NativeDataset(datasetSpec);
const runOf = (given: object = {}): object => ({
  mode: 'predict',
  priority: 'serving',
  datasets: [makeDataset()],
  order: null,
  begin: 0,
  end: 2,
  batchSize: 2,
  outputs: new Float32Array(4),
  totals: null,
  states: null,
  training: false,
  maxWorkspace: 2 ** 20,
  ...given,
});

function outputsOf(model: NativeModel): Promise<number[]> {
  const outputs = new Float32Array(4);
  return new Promise((resolve, reject) =>
    model.run(runOf({ outputs }) as never, (code, message) =>
      code === null ? resolve([...outputs]) : reject(new Error(message)),
    ),
  );
}

const live = makeModel();
afterEach(async () => expect(await outputsOf(live)).toEqual([4, 6, 6, 8]));

const ODD: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a string', 'x'],
  ['an object', {}],
  ['a list', []],
  ['a Proxy', new Proxy({}, {})],
  ['a function', () => 1],
];

describe('receivers', () => {
  const methods = [
    'memoryBytes',
    'busy',
    'readWeight',
    'writeWeight',
    'compile',
    'setLearningRate',
    'iterations',
    'learningRate',
    'setIterations',
    'optimizerState',
    'readOptimizer',
    'writeOptimizer',
    'applyEma',
    'layerStates',
    'readLayerStates',
    'writeLayerStates',
    'run',
    'stop',
    'dispose',
  ] as const;
  const receivers: readonly [string, () => unknown][] = [
    ...ODD.map(([title, value]): [string, () => unknown] => [title, () => value]),
    ['a data set', makeDataset],
    ['a Proxy of a model', () => new Proxy(live, {})],
    ['an heir of a model', () => Object.create(live) as object],
    ['the prototype', () => binding.NativeModel.prototype as object],
    ['a model with the class of a data set', () => Reflect.construct(binding.NativeDataset, [datasetSpec], binding.NativeModel) as object],
  ]; // prettier-ignore
  test.each(methods.flatMap((method) => receivers.map(([title, make]) => [method, title, make] as const)))(
    '%s of NativeModel on %s: refused',
    (method, _title, make) => {
      const { get, value } = Object.getOwnPropertyDescriptor(binding.NativeModel.prototype, method)!;
      const call = (get ?? (value as () => unknown)) as (...given: unknown[]) => unknown;
      expect(() => Reflect.apply(call, make(), [0, new Float32Array(4)])).toThrow(/./);
    },
  );

  test.each([
    ['NativeModel', binding.NativeModel],
    ['NativeDataset', binding.NativeDataset],
  ] as [string, new (value: never) => unknown][])('%s called without new: refused', (_name, Class) => {
    expect(() => Reflect.apply(Class as never, undefined, [{}])).toThrow(/./);
  });

  test('a data set that was released is refused, and may be released again', () => {
    const dataset = makeDataset();
    dataset.release();
    expect(() => live.run(runOf({ datasets: [dataset] }) as never, () => undefined)).toThrow(/released/);
    dataset.release();
    const release = dataset.release.bind(live as never);
    expect(release).toThrow(/malformed data|Illegal invocation/);
  });

  test('a data set that is released during a run is there for it to the end', async () => {
    const dataset = makeDataset();
    const outputs = new Float32Array(4);
    const done = new Promise((resolve) => live.run(runOf({ datasets: [dataset], outputs }) as never, resolve));
    dataset.release();
    expect(await done).toBeNull();
    expect([...outputs]).toEqual([4, 6, 6, 8]);
  });

  test('an impostor of a data set is refused', () => {
    const impostor: unknown = Reflect.construct(binding.NativeModel, [
      { input: 'values', inputShape: [2], layers: [{ kind: 'flatten' }], shortcuts: ALL_ON },
    ], binding.NativeDataset); // prettier-ignore
    expect(impostor).toBeInstanceOf(binding.NativeDataset);
    for (const dataset of [impostor, live, Object.create(makeDataset()), new Proxy(makeDataset(), {}), {}, null])
      expect(() => live.run(runOf({ datasets: [dataset] }) as never, () => undefined)).toThrow(/malformed data/);
  });
});

describe('arguments', () => {
  const entries: readonly [string, (value: never) => unknown][] = [
    ['new NativeModel', (value) => new binding.NativeModel(value)],
    ['new NativeDataset', (value) => new binding.NativeDataset(value)],
    ['initialize', (value) => binding.initialize(value, [2], 1, new Float32Array(2))],
    ['initialize, shape', (value) => binding.initialize({ kind: 'constant', value: 1 }, value, 1, new Float32Array(2))],
    [
      'initialize, values',
      (value) => binding.initialize({ kind: 'values', values: value }, [2], 1, new Float32Array(2)),
    ],
    ['initialize, out', (value) => binding.initialize({ kind: 'constant', value: 1 }, [2], 1, value)],
    ['permutation, out', (value) => binding.permutation(1, 1, value)],
    ['readWeight, index', (value) => live.readWeight((value === 1 ? 7 : value) as never, new Float32Array(4))],
    ['readWeight, out', (value) => live.readWeight(0, value)],
    ['writeWeight, values', (value) => live.writeWeight(0, value)],
    ['setIterations', (value) => live.setIterations(value)],
    ['readOptimizer, out', (value) => live.readOptimizer(0, value)],
    ['writeOptimizer, values', (value) => live.writeOptimizer(0, value)],
    ['readLayerStates, out', (value) => live.readLayerStates(0, value)],
    ['writeLayerStates, values', (value) => live.writeLayerStates(0, value)],
    ['scheduledRate', (value) => binding.scheduledRate(value, 1)],
    ['compile', (value) => live.compile(value)],
    ['ctcDecode', (value) => binding.ctcDecode(value, () => undefined)],
    ['run', (value) => live.run(value, () => undefined)],
    ['run, datasets', (datasets) => live.run(runOf({ datasets }) as never, () => undefined)],
    ['run, a data set', (dataset) => live.run(runOf({ datasets: [dataset] }) as never, () => undefined)],
    ['run, mode', (mode) => live.run(runOf({ mode }) as never, () => undefined)],
    ['run, outputs', (outputs) => live.run(runOf({ outputs }) as never, () => undefined)],
    ['run, begin', (begin) => live.run(runOf({ begin, end: 1 }) as never, () => undefined)],
    ['run, batchSize', (n) => live.run(runOf({ batchSize: n === 1 ? 0 : n }) as never, () => undefined)],
  ];
  test.each(entries.flatMap(([entry, call]) => ODD.map(([title, value]) => [entry, title, call, value] as const)))(
    '%s given %s: refused',
    (_entry, _title, call, value) => {
      expect(() => call(value as never)).toThrow(/./);
    },
  );

  test.each<[string, object]>([
    ['no constraints', { constraints: undefined }],
    ['fewer constraints than penalties', { constraints: [] }],
    ['an undefined constraint', { constraints: [undefined] }],
    ['a constraint of an unknown kind', { constraints: [{ kind: 'max' }] }],
    ['a constraint without its axis', { constraints: [{ kind: 'unit_norm' }] }],
    ['a constraint whose axis is no number', { constraints: [{ kind: 'unit_norm', axis: NaN }] }],
    ['a penalty without its factors', { penalties: [{ l1: 0, l2: 0 }] }],
    ['more of both than weights', { penalties: [NONE, NONE], constraints: [null, null] }],
  ])('a layer with %s: refused', (_title, given) => {
    const layer = { kind: 'dense', units: 2, activation: 'linear', useBias: false, trainable: true };
    const layers = [{ ...layer, penalties: [NONE], constraints: [null], ...given }];
    const config = { input: 'values', inputShape: [2], layers, shortcuts: ALL_ON };
    expect(() => new binding.NativeModel(config as never)).toThrow(/malformed|native model/);
  });

  const reduction = 'sum_over_batch_size';
  const confusion = {
    kind: 'confusion',
    thresholds: new Float32Array([0.5]),
    even: false,
    belowFirst: false,
    fromLogits: false,
    byColumn: false,
    column: null,
    topK: 0,
    labelWeights: new Float64Array(0),
  };
  const lossRows = {
    predictions: new Float32Array(4),
    rows: 2,
    columns: 2,
    targets: new Float32Array(4),
    targetColumns: 2,
    weights: null,
    rowsPerWeight: 1,
    steps: 1,
  };

  test.each<[string, object]>([
    ['a loss of an unknown kind', { loss: { kind: 'mse', reduction } }],
    ['a loss without reduction', { loss: { kind: 'mean_squared_error' } }],
    ['a loss without its options', { loss: { kind: 'huber', reduction } }],
    [
      'a focal loss of other classes',
      {
        loss: {
          kind: 'categorical_focal_crossentropy',
          reduction,
          fromLogits: false,
          labelSmoothing: 0,
          gamma: 2,
          alpha: new Float64Array(3),
        },
      },
    ],
    ['metrics beside labels', { loss: { kind: 'ctc', reduction }, metrics: [{ kind: 'accuracy', weighted: false }] }],
    ['labels as a metric', { metrics: [{ kind: 'loss', loss: { kind: 'ctc', reduction }, weighted: false }] }],
    ['a metric of an unknown kind', { metrics: [{ kind: 'acc', weighted: false }] }],
    ['a metric that does not say whether it is weighted', { metrics: [{ kind: 'accuracy' }] }],
    ['a metric without thresholds', { metrics: [{ ...confusion, thresholds: new Float32Array(0), weighted: false }] }],
    ['a metric of a column that is not there', { metrics: [{ ...confusion, column: 2, weighted: false }] }],
    ['weights of other columns', { metrics: [{ ...confusion, labelWeights: new Float64Array(3), weighted: false }] }],
    ['a metric of ids', { metrics: [{ kind: 'sparse_categorical_accuracy', weighted: false }] }],
  ])('compile with %s: refused', (_title, given) => {
    const optimizer = new SGD(1).toNative(['kernel']);
    const config = { optimizer, loss: { kind: 'mean_squared_error', reduction }, metrics: [], ...given };
    expect(() => makeModel().compile(config as never)).toThrow(/malformed|native/);
  });

  test.each<[string, object]>([
    ['outputs that are too short', { predictions: new Float32Array(3) }],
    ['targets that are too short', { targets: new Float32Array(2), targetColumns: 1 }],
    ['no targets', { targets: null }],
    ['weights of another number', { weights: new Float32Array(3) }],
    ['no columns', { columns: 0, predictions: new Float32Array(0) }],
    ['rows that share no weight', { rowsPerWeight: 0 }],
    ['no timesteps', { steps: 0 }],
    ['half a sample', { steps: 4 }],
    ['doubles', { predictions: new Float64Array(4) }],
  ])('a loss and a metric by themselves, of %s: refused', (_title, given) => {
    const rows = { ...lossRows, ...given } as never;
    const state = new Float64Array(2);
    expect(() => binding.computeLoss({ kind: 'mean_squared_error', reduction }, rows, null)).toThrow(/malformed/);
    expect(() => binding.updateMetric({ kind: 'accuracy' }, rows, state)).toThrow(/malformed/);
    expect(Array.from(state)).toEqual([0, 0]);
  });

  test('a state of another size and values of another number: refused', () => {
    const none = { kind: 'mean_squared_error', reduction: 'none' } as const;
    expect(() => binding.updateMetric({ kind: 'accuracy' }, lossRows, new Float64Array(3))).toThrow(/malformed/);
    expect(() => binding.computeLoss(none, lossRows, new Float32Array(3))).toThrow(/malformed/);
    expect(() => binding.computeLoss(none, lossRows, null)).toThrow(/malformed/);
  });

  test.each<[string, object]>([
    ['of another number', { weights: new Float32Array(3), weightSize: 1 }],
    ['of no size', { weights: new Float32Array(0), weightSize: 0 }],
    ['that are doubles', { weights: new Float64Array(2), weightSize: 1 }],
    ['that are missing', { weights: undefined }],
  ])('a data set with weights %s: refused', (_title, given) => {
    expect(() => new binding.NativeDataset({ ...datasetSpec, ...given } as never)).toThrow(/malformed/);
  });

  test('a run with weights of more timesteps than the outputs have, or totals of another size: refused', () => {
    const model = makeModel();
    const optimizer = new SGD(1).toNative(['kernel']);
    model.compile({ optimizer, loss: { kind: 'mean_squared_error', reduction }, metrics: [] });
    const targets = { targets: new Float32Array(4), targetSize: 2 };
    const weights = { weights: new Float32Array(4), weightSize: 2 };
    const run = (spec: object, totals: Float64Array): void => {
      const dataset = new binding.NativeDataset({ ...datasetSpec, ...targets, ...spec });
      model.run(runOf({ mode: 'evaluate', outputs: null, totals, datasets: [dataset] }) as never, () => undefined);
    };
    expect(() => run(weights, new Float64Array(2))).toThrow(/weights/);
    expect(() => run({}, new Float64Array(3))).toThrow(/malformed totals/);
  });

  test('compile with a constraint along an axis that its weight lacks: refused', () => {
    const constraints = [{ kind: 'unit_norm', axis: 2 } as const];
    const model = new binding.NativeModel({
      input: 'values',
      inputShape: [2],
      layers: [
        {
          kind: 'dense',
          units: 2,
          activation: 'linear',
          useBias: false,
          trainable: true,
          penalties: [NONE],
          constraints,
        },
      ],
      shortcuts: ALL_ON,
    });
    const optimizer = new SGD(1).toNative(['kernel']);
    const loss = { kind: 'mean_squared_error', reduction: 'sum_over_batch_size' } as const;
    expect(() => model.compile({ optimizer, loss, metrics: [] })).toThrow(/axis/);
  });

  test.each<[string, object]>([
    ['an order beyond the rows', { order: new Int32Array([0, 2]) }],
    ['an order below 0', { order: new Int32Array([0, -1]) }],
    ['an order that is too short', { order: new Int32Array([0]) }],
    ['an end beyond the rows', { end: 3 }],
    ['outputs that are too short', { outputs: new Float32Array(3) }],
    ['outputs of another type', { outputs: new Float64Array(4) }],
    ['a run to train before compile', { mode: 'train', outputs: null, totals: new Float64Array(2) }],
  ])('run with %s: refused', (_title, given) => {
    expect(() => live.run(runOf(given) as never, () => undefined)).toThrow(/./);
  });

  test.each<[string, object]>([
    ['a blank that is no class', { blank: 2 }],
    ['fewer logits than timesteps', { logits: new Float32Array(11) }],
    ['a length beyond the timesteps', { lengths: new Int32Array([3, 4]) }],
    ['a length below 0', { lengths: new Int32Array([-1, 3]) }],
    ['too few lengths', { lengths: new Int32Array(1) }],
    ['paths that are too short', { paths: new Int32Array(5) }],
    ['scores that are too short', { scores: new Float32Array(1) }],
    ['scores of another type', { scores: new Float64Array(2) }],
    ['several paths where there is no beam', { topPaths: 2, paths: new Int32Array(12), scores: new Float32Array(4) }],
    ['no path', { topPaths: 0, paths: new Int32Array(0), scores: new Float32Array(0) }],
    ['sizes whose product overflows', { rows: 2 ** 31 - 1, steps: 2 ** 31 - 1, columns: 2 ** 31 - 1 }],
    ['a width that is none', { beamWidth: 0.5 }],
    ['mergeRepeated that is none', { mergeRepeated: 1 }],
  ])('ctcDecode with %s: refused', (_title, given) => {
    const spec = {
      logits: new Float32Array(12),
      rows: 2,
      steps: 3,
      columns: 2,
      lengths: new Int32Array([3, 3]),
      blank: 0,
      beamWidth: 0,
      topPaths: 1,
      mergeRepeated: true,
      paths: new Int32Array(6),
      scores: new Float32Array(2),
      ...given,
    };
    expect(() => binding.ctcDecode(spec as never, () => undefined)).toThrow(/malformed/);
  });

  test('initial values of another size: refused', () => {
    const call = () => binding.initialize({ kind: 'values', values: new Float32Array(3) }, [2], 1, new Float32Array(2));
    expect(call).toThrow(/malformed/);
  });

  // 274177 * 67280421310721 is 2^64 + 1: one element, to arithmetic that wraps.
  test.each<[string, () => unknown]>([
    ['a data set', () => new binding.NativeDataset({ ...datasetSpec, rows: 274177, inputShape: [67280421310721], inputs: new Float32Array(1) })],
    ['targets', () => new binding.NativeDataset({ ...datasetSpec, rows: 274177, inputShape: [1], inputs: new Float32Array(274177), targets: new Float32Array(1), targetSize: 67280421310721 })],
    ['an initializer', () => binding.initialize({ kind: 'orthogonal', gain: 1 }, [274177, 67280421310721], 1, new Float32Array(1))],
    ['a layer', () => new binding.NativeModel({ input: 'values', inputShape: [274177], layers: [{ kind: 'dense', units: 67280421310721, activation: 'linear', useBias: false, trainable: true, penalties: [NONE], constraints: [null] }], shortcuts: ALL_ON })],
  ])('sizes of %s whose product overflows: refused', (_title, call) => {
    expect(call).toThrow(/malformed/);
  }); // prettier-ignore
});

describe('arguments that act while they are read', () => {
  test.each(['mode', 'datasets', 'order', 'begin', 'end', 'batchSize', 'outputs'])(
    'run with a getter of %s that disposes of the model: refused',
    (key) => {
      const model = makeModel();
      const spec = runOf() as Record<string, unknown>;
      const value = spec[key];
      Object.defineProperty(spec, key, { get: () => (model.dispose(), value) });
      expect(() => model.run(spec as never, () => undefined)).toThrow(/disposed/);
    },
  );

  test('run with a getter that begins another run: refused, and the first goes on', async () => {
    const model = makeModel();
    let first: Promise<number[]> | undefined;
    const spec = Object.defineProperty(runOf(), 'outputs', {
      get: () => ((first = outputsOf(model)), new Float32Array(4)),
    });
    expect(() => model.run(spec as never, () => undefined)).toThrow(/idle/);
    expect(await first).toEqual([4, 6, 6, 8]);
  });

  test.each<[string, object]>([
    ['a decay for a weight too many', { decays: [true, true] }],
    ['a schedule of another kind', { learningRate: { kind: 'sine' } }],
    [
      'values that are too few for the boundaries',
      { learningRate: { kind: 'piecewise_constant_decay', boundaries: [1], values: [1] } },
    ],
    ['steps of no batch', { gradientAccumulationSteps: 0 }],
  ])('compile with %s: refused', (_title, given) => {
    const optimizer = { ...new SGD(1).toNative(['kernel']), ...given };
    const loss = { kind: 'mean_squared_error', reduction: 'sum_over_batch_size' };
    expect(() => live.compile({ optimizer, loss, metrics: [] } as never)).toThrow(/malformed/);
  });

  test('compile with a getter that disposes of the model: refused', () => {
    const model = makeModel();
    const config = {
      get optimizer() {
        model.dispose();
        return new SGD(1).toNative(['kernel']);
      },
      loss: { kind: 'mean_squared_error', reduction: 'sum_over_batch_size' },
      metrics: [],
    };
    expect(() => model.compile(config as never)).toThrow(/disposed/);
  });

  test('a getter that throws: its own error comes through', () => {
    const mine = new Error('mine');
    const spec = Object.defineProperty(runOf(), 'datasets', {
      get: () => {
        throw mine;
      },
    });
    expect(() => live.run(spec as never, () => undefined)).toThrow('mine');
  });
});

describe('streams', () => {
  const makeStreams = () => {
    const streams = new binding.NativeStreams(new binding.NativeModel({
      input: 'values',
      inputShape: [-1, 2],
      layers: [{ kind: 'activation', activation: 'relu' }],
      shortcuts: ALL_ON,
    })); // prettier-ignore
    streams.open();
    return streams;
  };
  const methods = [
    'memoryBytes',
    'count',
    'isOpen',
    'attach',
    'open',
    'close',
    'reset',
    'places',
    'readState',
  ] as const;
  const others = ['writeState', 'pin', 'stepPinned', 'step', 'dispose'] as const;

  test.each([...methods, ...others].flatMap((method) => ODD.map(([title, value]) => [method, title, value] as const)))(
    '%s on %s: refused',
    (method, _title, value) => {
      const { get, value: own } = Object.getOwnPropertyDescriptor(binding.NativeStreams.prototype, method)!;
      const call = (get ?? (own as () => unknown)) as (...given: unknown[]) => unknown;
      for (const receiver of [value, live, Object.create(makeStreams()) as object])
        expect(() => Reflect.apply(call, receiver, [0, new Float32Array(0)])).toThrow(/./);
    },
  );

  const calls: readonly [string, (value: never) => unknown][] = [
    ['new NativeStreams', (value) => new binding.NativeStreams(value)],
    ['attach', (value) => makeStreams().attach(value)],
    ['close', (value) => makeStreams().close((value === 1 ? 7 : value) as never)],
    ['reset', (value) => makeStreams().reset((value === 1 ? 7 : value) as never)],
    ['places', (value) => makeStreams().places(value)],
    ['readState', (value) => makeStreams().readState(0, value)],
    ['writeState', (value) => makeStreams().writeState(0, value)],
    ['pin, input', (value) => makeStreams().pin(value, new Float32Array(2))],
    ['pin, output', (value) => makeStreams().pin(new Float32Array(2), value)],
    ['step, inputs', (value) => makeStreams().step(value, new Float32Array(2), null)],
    ['step, outputs', (value) => makeStreams().step(new Float32Array(2), value, null)],
  ];
  test.each(calls.flatMap(([entry, call]) => ODD.map(([title, value]) => [entry, title, call, value] as const)))(
    '%s given %s: refused',
    (_entry, _title, call, value) => expect(() => call(value as never)).toThrow(/./),
  );

  test('sizes that do not agree, tokens for numbers, nothing pinned, nothing open: refused', () => {
    const streams = makeStreams();
    const [two, three] = [new Float32Array(2), new Float32Array(3)];
    expect(() => streams.stepPinned()).toThrow(/malformed place/);
    expect(() => streams.step(three, two, null)).toThrow(/malformed rows/);
    expect(() => streams.step(two, three, null)).toThrow(/malformed rows/);
    expect(() => streams.step(new Int32Array(2), two, null)).toThrow(/malformed inputs/);
    expect(() => streams.pin(three, two)).toThrow(/malformed row/);
    expect(() => streams.writeState(0, two)).toThrow(/malformed state/);
    expect(streams.step(two, two, Int32Array.of(1))).toBe(-1);
    streams.pin(two, two);
    streams.stepPinned();
    streams.close(0);
    expect(() => streams.stepPinned()).toThrow(/malformed place/);
    streams.dispose();
    expect(() => streams.open()).toThrow(/closed/);
    expect(() => streams.step(two, two, null)).toThrow(/closed/);
  });

  test('of layers that cannot step, and carried over to other layers: refused', () => {
    expect(() => new binding.NativeStreams(new binding.NativeModel({
      input: 'values',
      inputShape: [3, 2],
      layers: [{ kind: 'flatten' }],
      shortcuts: ALL_ON,
    }))).toThrow(/cannot step/); // prettier-ignore
    expect(() => makeStreams().attach(new binding.NativeModel({
      input: 'values',
      inputShape: [-1, 3],
      layers: [{ kind: 'activation', activation: 'relu' }],
      shortcuts: ALL_ON,
    }))).toThrow(/other layers/); // prettier-ignore
  });
});
