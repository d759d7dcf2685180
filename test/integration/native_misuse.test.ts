// SPDX-License-Identifier: MIT
// The addon by itself, called as lib/ never calls it: wrong receivers, wrong arguments, arguments that act while they are
// read. Every call is refused, and the process lives.
import { SGD } from '../../lib/optimizers';
import { loadBinding } from '../../lib/native/engine';
import type {
  NativeCompileConfig,
  NativeDataset,
  NativeLayer,
  NativeLayerConfig,
  NativeModel,
  NativeModelConfig,
} from '../../lib/native/binding';

const binding = loadBinding();

const ALL_ON = {
  tokenProjection: true,
  reverseProjection: true,
  sharedPadding: true,
  fusedWalk: true,
  overlapLayers: true,
};
const NONE = { l1: 0, l2: 0, orthogonal: 0, orthogonalByRows: true };

const DENSE = {
  kind: 'dense',
  features: 2,
  units: 2,
  activation: 'linear',
  useBias: false,
  penalties: [NONE],
  constraints: [null],
} as const satisfies NativeLayerConfig;

function makeLayer(values: readonly number[] = [1, 2, 3, 4]): NativeLayer {
  const layer = new binding.NativeLayer({ ...DENSE, penalties: [NONE], constraints: [null] });
  layer.writeWeight(0, Float32Array.from(values));
  return layer;
}

/** One layer over one input of two numbers. */
const graphOf = (layer: NativeLayer, given: object = {}): NativeModelConfig => ({
  inputs: [{ kind: 'values', shape: [2] }],
  layers: [layer],
  nodes: [{ layer: 0, inputs: [0], flipsOutputs: false, call: null }],
  outputs: [1],
  shortcuts: ALL_ON,
  ...given,
});

const makeModel = (layer = makeLayer(), given: object = {}): NativeModel =>
  new binding.NativeModel(graphOf(layer, given));

const modelOf = (config: NativeLayerConfig, shape: number[]): NativeModel =>
  makeModel(new binding.NativeLayer(config), { inputs: [{ kind: 'values', shape }] });

const INPUT = { shape: [2], data: new Float32Array([1, 1, 0, 2]) };
const datasetSpec = { rows: 2, inputs: [INPUT], targets: [] };
const TARGETS = { data: new Float32Array(4), size: 2, weights: null, weightSize: 0 };
const LOSS = { kind: 'mean_squared_error', reduction: 'sum_over_batch_size' } as const;
const HEAD = { loss: LOSS, weight: 1, metrics: [] };
const compileOf = (given: object = {}): NativeCompileConfig => ({
  optimizer: new SGD(1).toNative(['kernel']),
  trainable: [true],
  layerTrainable: [true],
  heads: [HEAD],
  ...given,
});
const makeDataset = (): NativeDataset => new binding.NativeDataset(datasetSpec);
const runOf = (given: object = {}): object => ({
  mode: 'predict',
  priority: 'serving',
  datasets: [makeDataset()],
  order: null,
  begin: 0,
  end: 2,
  batchSize: 2,
  outputs: [new Float32Array(4)],
  totals: null,
  training: false,
  maxWorkspace: 2 ** 20,
  ...given,
});

function outputsOf(model: NativeModel): Promise<number[]> {
  const outputs = new Float32Array(4);
  return new Promise((resolve, reject) =>
    model.run(runOf({ outputs: [outputs] }) as never, (code, message) =>
      code === null ? resolve([...outputs]) : reject(new Error(message)),
    ),
  );
}

const liveLayer = makeLayer();
const live = makeModel(liveLayer);
afterEach(async () => expect(await outputsOf(live)).toEqual([4, 6, 6, 8]));

const detach = ({ buffer }: Float32Array): void => void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });

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
    'compile',
    'setLearningRate',
    'resetStates',
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

  const layerMethods = ['memoryBytes', 'busy', 'readWeight', 'writeWeight', 'setSeed'] as const;
  const layerReceivers: readonly [string, () => unknown][] = [
    ...ODD.map(([title, value]): [string, () => unknown] => [title, () => value]),
    ['a model', () => live],
    ['a Proxy of a layer', () => new Proxy(liveLayer, {})],
    ['an heir of a layer', () => Object.create(liveLayer) as object],
    ['a layer with the class of a data set', () => Reflect.construct(binding.NativeDataset, [datasetSpec], binding.NativeLayer) as object],
  ]; // prettier-ignore
  test.each(layerMethods.flatMap((method) => layerReceivers.map(([title, make]) => [method, title, make] as const)))(
    '%s of NativeLayer on %s: refused',
    (method, _title, make) => {
      const { get, value } = Object.getOwnPropertyDescriptor(binding.NativeLayer.prototype, method)!;
      const call = (get ?? (value as () => unknown)) as (...given: unknown[]) => unknown;
      expect(() => Reflect.apply(call, make(), [0, new Float32Array(4)])).toThrow(/./);
    },
  );

  test.each([
    ['NativeLayer', binding.NativeLayer],
    ['NativeModel', binding.NativeModel],
    ['NativeDataset', binding.NativeDataset],
    ['NativeStreams', binding.NativeStreams],
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
    const done = new Promise((resolve) =>
      live.run(runOf({ datasets: [dataset], outputs: [outputs] }) as never, resolve),
    );
    dataset.release();
    expect(await done).toBeNull();
    expect([...outputs]).toEqual([4, 6, 6, 8]);
  });

  test('an impostor of a data set is refused', () => {
    const impostor: unknown = Reflect.construct(binding.NativeModel, [graphOf(liveLayer)], binding.NativeDataset);
    expect(impostor).toBeInstanceOf(binding.NativeDataset);
    for (const dataset of [impostor, live, Object.create(makeDataset()), new Proxy(makeDataset(), {}), {}, null])
      expect(() => live.run(runOf({ datasets: [dataset] }) as never, () => undefined)).toThrow(/malformed data/);
  });
});

describe('a store', () => {
  const nothing = (): void => undefined;
  const weight = [{ kind: 'weight', index: 0 }] as const;
  const store = () => new binding.NativeStore([4]);
  const done = (begin: (done: (code: string | null) => void) => void): Promise<unknown> =>
    new Promise((resolve) => begin(resolve));

  test('gives back what is written, a part at a time, and zeros elsewhere', async () => {
    const some = new binding.NativeStore([0, 5]);
    expect(await done((then) => some.write(1, 2, Float32Array.of(7, 8), then))).toBeNull();
    const out = new Float32Array(4);
    expect(await done((then) => some.read(1, 1, out, then))).toBeNull();
    expect([...out]).toEqual([0, 7, 8, 0]);
  });

  test('and a model change their arrays, and change them back', async () => {
    const [model, some] = [makeModel(), store()];
    await done((then) => some.write(0, 0, Float32Array.of(5, 6, 7, 8), then));
    await done((then) => model.exchange(weight, some, then));
    expect(await outputsOf(model)).toEqual([12, 14, 14, 16]);
    await done((then) => model.exchange(weight, some, then));
    expect(await outputsOf(model)).toEqual([4, 6, 6, 8]);
    await done((then) => model.copyOut(weight, some, then));
    model.dispose();
    const out = new Float32Array(4);
    await done((then) => some.read(0, 0, out, then));
    expect([...out]).toEqual([1, 2, 3, 4]);
  });

  test.each<[string, (some: ReturnType<typeof store>) => void]>([
    ['sizes that are none', () => new binding.NativeStore([-1])],
    ['no list of sizes', () => new binding.NativeStore(3 as never)],
    ['an array that is not there', (some) => some.write(1, 0, new Float32Array(1), nothing)],
    ['a part beyond the end', (some) => some.write(0, 2, new Float32Array(3), nothing)],
    ['a beginning beyond the end', (some) => some.read(0, 5, new Float32Array(0), nothing)],
    ['doubles', (some) => some.read(0, 0, new Float64Array(4) as never, nothing)],
    ['no callback', (some) => some.read(0, 0, new Float32Array(4), undefined as never)],
    ['more places than arrays', (some) => live.exchange([...weight, ...weight], some, nothing)],
    ['an array of another size', () => live.exchange(weight, new binding.NativeStore([3]), nothing)],
    ['states', (some) => live.exchange([{ kind: 'states', index: 0 }], some, nothing)],
    ['an optimizer that is not there', (some) => live.exchange([{ kind: 'optimizer', index: 0 }], some, nothing)],
    ['a model in its place', () => live.exchange(weight, live as never, nothing)],
    ['null in its place', () => live.exchange(weight, null as never, nothing)],
  ])('given %s: refused', (_title, call) => {
    expect(() => call(store())).toThrow(/malformed/);
  });

  test('that a job has, or that was released, is refused; the job goes on to its end', async () => {
    const some = store();
    const out = new Float32Array(4);
    const reading = done((then) => some.read(0, 0, out, then));
    expect(() => some.write(0, 0, out, nothing)).toThrow(/busy/);
    expect(() => live.exchange(weight, some, nothing)).toThrow(/busy/);
    some.release();
    some.release();
    expect(() => some.read(0, 0, out, nothing)).toThrow(/released/);
    expect(await reading).toBeNull();
  });

  test.each(ODD)('with %s as the receiver: refused', (_title, receiver) => {
    for (const method of ['read', 'write', 'release'] as const)
      expect(() => Reflect.apply(binding.NativeStore.prototype[method], receiver, [0, 0, new Float32Array(4), nothing])).toThrow(/./); // prettier-ignore
  });
});

describe('arguments', () => {
  const entries: readonly [string, (value: never) => unknown][] = [
    ['new NativeLayer', (value) => new binding.NativeLayer(value)],
    ['new NativeModel', (value) => new binding.NativeModel(value)],
    ['new NativeModel, a layer', (value) => new binding.NativeModel(graphOf(value))],
    ['new NativeDataset', (value) => new binding.NativeDataset(value)],
    ['new NativeDataset, an input', (value) => new binding.NativeDataset({ ...datasetSpec, inputs: [value] })],
    [
      'new NativeDataset, the data',
      (data) => new binding.NativeDataset({ ...datasetSpec, inputs: [{ ...INPUT, data }] }),
    ],
    ['new NativeDataset, no inputs', () => new binding.NativeDataset({ ...datasetSpec, inputs: [] })],
    ['new NativeDataset, targets', (value) => new binding.NativeDataset({ ...datasetSpec, targets: [value] })],
    ['initialize', (value) => binding.initialize(value, [2], 1, new Float32Array(2))],
    ['initialize, shape', (value) => binding.initialize({ kind: 'constant', value: 1 }, value, 1, new Float32Array(2))],
    [
      'initialize, values',
      (value) => binding.initialize({ kind: 'values', values: value }, [2], 1, new Float32Array(2)),
    ],
    ['initialize, out', (value) => binding.initialize({ kind: 'constant', value: 1 }, [2], 1, value)],
    ['permutation, out', (value) => binding.permutation(1, 1, value)],
    ['readWeight, index', (value) => liveLayer.readWeight((value === 1 ? 7 : value) as never, new Float32Array(4))],
    ['readWeight, out', (value) => liveLayer.readWeight(0, value)],
    ['writeWeight, values', (value) => liveLayer.writeWeight(0, value)],
    ['setSeed', (value) => liveLayer.setSeed((value === 1 ? -1 : value) as never)],
    ['resetStates', (value) => live.resetStates((value === null ? 1 : value) as never)],
    ['setIterations', (value) => live.setIterations(value)],
    ['readOptimizer, out', (value) => live.readOptimizer(0, value)],
    ['writeOptimizer, values', (value) => live.writeOptimizer(0, value)],
    ['readLayerStates, out', (value) => live.readLayerStates(0, value)],
    ['writeLayerStates, values', (value) => live.writeLayerStates(0, value)],
    ['scheduledRate', (value) => binding.scheduledRate(value, 1)],
    ['compile', (value) => live.compile(value)],
    ['compile, trainable', (value) => live.compile(compileOf({ trainable: [value] }))],
    ['compile, layerTrainable', (value) => live.compile(compileOf({ layerTrainable: [value] }))],
    ['compile, a head', (value) => live.compile(compileOf({ heads: [value] }))],
    [
      'compile, the weight of a loss',
      (weight) => live.compile(compileOf({ heads: [{ ...HEAD, weight: weight === 1 ? 'x' : weight }] })),
    ],
    ['ctcDecode', (value) => binding.ctcDecode(value, () => undefined)],
    ['run', (value) => live.run(value, () => undefined)],
    ['run, datasets', (datasets) => live.run(runOf({ datasets }) as never, () => undefined)],
    ['run, a data set', (dataset) => live.run(runOf({ datasets: [dataset] }) as never, () => undefined)],
    ['run, mode', (mode) => live.run(runOf({ mode }) as never, () => undefined)],
    ['run, outputs', (outputs) => live.run(runOf({ outputs }) as never, () => undefined)],
    ['run, an output', (out) => live.run(runOf({ outputs: [out === null ? 1 : out] }) as never, () => undefined)],
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
    ['features that are missing', { features: undefined }],
    ['half a unit', { units: 0.5 }],
  ])('a layer with %s: refused', (_title, given) => {
    expect(() => new binding.NativeLayer({ ...DENSE, ...given } as never)).toThrow(/malformed/);
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
    ['no weight', { weight: undefined }],
    ['no metrics', { metrics: undefined }],
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
    expect(() => makeModel().compile(compileOf({ heads: [{ ...HEAD, ...given }] }))).toThrow(/malformed|native/);
  });

  test.each<[string, object]>([
    ['no head', { heads: [] }],
    ['a head too many', { heads: [HEAD, HEAD] }],
    ['no flag of a weight', { trainable: [] }],
    ['a flag too many', { trainable: [true, false] }],
    ['no flag of a layer', { layerTrainable: [] }],
    ['no flags', { trainable: undefined }],
  ])('compile with %s: refused', (_title, given) => {
    expect(() => makeModel().compile(compileOf(given))).toThrow(/malformed|native/);
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
    const targets = [{ ...TARGETS, ...given }];
    expect(() => new binding.NativeDataset({ ...datasetSpec, targets } as never)).toThrow(/malformed/);
  });

  test.each<[string, object, object, RegExp]>([
    ['weights of more timesteps than the outputs have', { weights: new Float32Array(4), weightSize: 2 }, {}, /weights/],
    ['targets of another size', { data: new Float32Array(2), size: 1 }, {}, /targets/],
    ['no targets of an output with a loss', { data: null }, {}, /targets/],
    ['totals of another size', {}, { totals: new Float64Array(3) }, /malformed totals/],
    ['no totals', {}, { totals: null }, /malformed totals/],
  ])('a run with %s: refused', (_title, targets, given, message) => {
    const model = makeModel();
    model.compile(compileOf());
    const dataset = new binding.NativeDataset({ ...datasetSpec, targets: [{ ...TARGETS, ...targets }] });
    const run = runOf({ mode: 'evaluate', outputs: null, totals: new Float64Array(2), datasets: [dataset], ...given });
    expect(() => model.run(run as never, () => undefined)).toThrow(message);
  });

  test('compile with a constraint along an axis that its weight lacks: refused', () => {
    const model = modelOf({ ...DENSE, penalties: [NONE], constraints: [{ kind: 'unit_norm', axis: 2 }] }, [2]);
    expect(() => model.compile(compileOf())).toThrow(/axis/);
  });

  test.each<[string, object]>([
    ['an order beyond the rows', { order: new Int32Array([0, 2]) }],
    ['an order below 0', { order: new Int32Array([0, -1]) }],
    ['an order that is too short', { order: new Int32Array([0]) }],
    ['an end beyond the rows', { end: 3 }],
    ['outputs that are too short', { outputs: [new Float32Array(3)] }],
    ['outputs of another type', { outputs: [new Float64Array(4)] }],
    ['no output', { outputs: [] }],
    ['an output too many', { outputs: [new Float32Array(4), null] }],
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
    ['a data set', () => new binding.NativeDataset({ rows: 274177, inputs: [{ shape: [67280421310721], data: new Float32Array(1) }], targets: [] })],
    ['a row', () => new binding.NativeDataset({ rows: 1, inputs: [{ shape: [274177, 67280421310721], data: new Float32Array(1) }], targets: [] })],
    ['targets', () => new binding.NativeDataset({ rows: 274177, inputs: [{ shape: [1], data: new Float32Array(274177) }], targets: [{ ...TARGETS, data: new Float32Array(1), size: 67280421310721 }] })],
    ['weights', () => new binding.NativeDataset({ rows: 274177, inputs: [{ shape: [1], data: new Float32Array(274177) }], targets: [{ ...TARGETS, data: null, weights: new Float32Array(1), weightSize: 67280421310721 }] })],
    ['an initializer', () => binding.initialize({ kind: 'orthogonal', gain: 1 }, [274177, 67280421310721], 1, new Float32Array(1))],
    ['a layer', () => new binding.NativeLayer({ ...DENSE, features: 274177, units: 67280421310721, penalties: [NONE], constraints: [null] })],
    ['an input', () => makeModel(liveLayer, { inputs: [{ kind: 'values', shape: [274177, 67280421310721] }] })],
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
      get: () => ((first = outputsOf(model)), [new Float32Array(4)]),
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
    expect(() => live.compile(compileOf({ optimizer }))).toThrow(/malformed/);
  });

  test('compile with a getter that disposes of the model: refused', () => {
    const model = makeModel();
    const { optimizer, ...rest } = compileOf();
    const config = { ...rest, get optimizer() { return model.dispose(), optimizer; } }; // prettier-ignore
    expect(() => model.compile(config)).toThrow(/disposed/);
  });

  // The list is read once: what a second look would give must not be computed with unguarded.
  test('a graph whose list of layers answers differently each time has the layers that it guards', async () => {
    const [first, second] = [makeLayer(), makeLayer([5, 6, 7, 8])];
    const list: NativeLayer[] = [];
    let looks = 0;
    Object.defineProperty(list, 0, { enumerable: true, get: () => (looks++ === 0 ? first : second) });
    const model = makeModel(first, { layers: list });
    const computed = outputsOf(model);
    expect([first.busy, second.busy]).toEqual([true, false]);
    expect(await computed).toEqual([4, 6, 6, 8]);
  });

  test('an output that detaches another while the list is read: refused', () => {
    const model = makeModel(liveLayer, { outputs: [1, 1] });
    const room = new Float32Array(4);
    const outputs = Object.defineProperty([room], 1, {
      get: () => (detach(room), new Float32Array(4)),
    });
    expect(() => model.run(runOf({ outputs }) as never, () => undefined)).toThrow(/malformed outputs/);
  });

  test.each<[string, object]>([
    ['predict', { mode: 'predict', outputs: [new Float32Array(4)] }],
    ['evaluate', { mode: 'evaluate', totals: new Float64Array(2) }],
  ])('%s with a getter of totals that disposes of the model: refused', (_title, given) => {
    const model = makeModel();
    model.compile(compileOf());
    const dataset = new binding.NativeDataset({ ...datasetSpec, targets: [TARGETS] });
    const spec = runOf({ datasets: [dataset], ...given }) as { totals: unknown };
    const { totals } = spec;
    Object.defineProperty(spec, 'totals', { get: () => (model.dispose(), totals) });
    expect(() => model.run(spec as never, () => undefined)).toThrow(/disposed/);
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

describe('graphs', () => {
  const layerOf = (config: NativeLayerConfig): NativeLayer => new binding.NativeLayer(config);
  const recurrent = (kind: 'simple_rnn' | 'lstm', units: number): NativeLayerConfig => ({
    kind,
    features: 2,
    units,
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    useBias: false,
    resetAfter: false,
    returnSequences: false,
    goBackwards: false,
    stateful: false,
    zeroOutputForMask: false,
    dropout: 0,
    recurrentDropout: 0,
    seed: 1,
    penalties: [NONE, NONE],
    constraints: [null, null],
  });
  const VECTOR = { kind: 'values', shape: [2] } as const;
  const SEQUENCE = { kind: 'values', shape: [-1, 2] } as const;
  const PARTS = { kind: 'values', shape: [3, -1, 2] } as const;
  const dense = (): NativeLayer => layerOf({ ...DENSE, penalties: [NONE], constraints: [null] });
  const join = (): NativeLayer => layerOf({ kind: 'concatenate', alongSteps: false });
  const mask = (): NativeLayer => layerOf({ kind: 'set_mask' });
  const lstm = (): NativeLayer => layerOf(recurrent('lstm', 3));
  const node = (...inputs: number[]) => ({ layer: 0, inputs, flipsOutputs: false, call: null });

  test.each<[string, () => object]>([
    ['a node that reads its own output', () => ({ nodes: [node(1)] })],
    ['a node that reads what comes later', () => ({ nodes: [node(2), node(1)] })],
    ['two nodes that read each other', () => ({ layers: [join()], nodes: [node(0, 2), node(1)] })],
    ['a node that reads a value that is none', () => ({ nodes: [node(9)] })],
    ['a node that reads value -1', () => ({ nodes: [node(-1)] })],
    ['a node that reads half a value', () => ({ nodes: [node(0.5)] })],
    ['a node of a layer that is none', () => ({ nodes: [{ ...node(0), layer: 1 }] })],
    ['a node without inputs', () => ({ nodes: [{ layer: 0, flipsOutputs: false, call: null }] })],
    ['a node that does not say whether it flips', () => ({ nodes: [{ layer: 0, inputs: [0] }] })],
    ['a Dense that flips', () => ({ nodes: [{ ...node(0), flipsOutputs: true }] })],
    ['an output that is an input', () => ({ outputs: [0] })],
    ['an output that is none', () => ({ outputs: [2] })],
    ['an output that is no number', () => ({ outputs: ['1'] })],
    ['no outputs', () => ({ outputs: [] })],
    ['no nodes', () => ({ nodes: [] })],
    ['no inputs', () => ({ inputs: [], nodes: [node()], outputs: [0] })],
    ['one layer twice in the list', () => ({ layers: [liveLayer, liveLayer] })],
    ['a model for a layer', () => ({ layers: [live] })],
    ['a Proxy of a layer', () => ({ layers: [new Proxy(liveLayer, {})] })],
    ['an heir of a layer', () => ({ layers: [Object.create(liveLayer)] })],
    ['no shortcuts', () => ({ shortcuts: undefined })],
  ])('%s: refused', (_title, given) => {
    expect(() => makeModel(makeLayer(), given())).toThrow(/malformed|native model/);
  });

  test.each<[string, unknown]>([
    ['of an unknown kind', { kind: 'numbers', shape: [2] }],
    ['without shape', { kind: 'values' }],
    ['without axes', { kind: 'values', shape: [] }],
    ['of four axes after the batch', { kind: 'values', shape: [2, 2, 2, 2] }],
    ['of ids of three axes', { kind: 'tokens', shape: [2, 2, 2] }],
    ['whose last axis is not known', { kind: 'values', shape: [-1] }],
    ['of an axis of 0', { kind: 'values', shape: [0, 2] }],
    ['of an axis of -2', { kind: 'values', shape: [-2, 2] }],
    ['of an axis of 1.5', { kind: 'values', shape: [1.5, 2] }],
    ['of an axis that is NaN', { kind: 'values', shape: [NaN, 2] }],
    ['of an axis that is a string', { kind: 'values', shape: ['2'] }],
    ['of an axis of 2^31', { kind: 'values', shape: [2 ** 31, 2] }],
  ])('an input %s: refused', (_title, input) => {
    expect(() => makeModel(makeLayer(), { inputs: [input] })).toThrow(/malformed/);
  });

  // Of each kind of node: too few inputs, too many, and inputs of a shape that does not suit.
  test.each<[string, () => NativeLayer, readonly object[]]>([
    ['dense of nothing', dense, []],
    ['dense of two', dense, [VECTOR, VECTOR]],
    ['dense of other features', dense, [{ kind: 'values', shape: [3] }]],
    ['lstm of nothing', lstm, []],
    ['lstm of a vector', lstm, [VECTOR]],
    ['lstm of other features', lstm, [{ kind: 'values', shape: [-1, 3] }]],
    ['lstm of h without c', lstm, [SEQUENCE, { kind: 'values', shape: [3] }]],
    ['lstm of three states', lstm, [SEQUENCE, ...new Array<object>(3).fill({ kind: 'values', shape: [3] })]],
    ['lstm of a state of other units', lstm, [SEQUENCE, VECTOR, VECTOR]],
    ['lstm of a sequence for a state', lstm, [SEQUENCE, { kind: 'values', shape: [1, 3] }, { kind: 'values', shape: [3] }]],
    ['lstm of parts with states of samples', lstm, [PARTS, { kind: 'values', shape: [3] }, { kind: 'values', shape: [3] }]],
    ['embedding of nothing', () => layerOf({ kind: 'embedding', inputDim: 5, outputDim: 2, maskZero: false, penalties: [NONE], constraints: [null] }), []],
    ['embedding of vectors', () => layerOf({ kind: 'embedding', inputDim: 5, outputDim: 2, maskZero: false, penalties: [NONE], constraints: [null] }), [SEQUENCE]],
    ['set_mask of nothing', mask, []],
    ['set_mask of a sequence alone', mask, [SEQUENCE]],
    ['set_mask of a vector', mask, [VECTOR, VECTOR]],
    ['set_mask of two sequences', mask, [SEQUENCE, SEQUENCE]],
    ['set_mask of parts by samples', mask, [PARTS, { kind: 'values', shape: [4] }]],
    ['concatenate of nothing', join, []],
    ['concatenate of a sequence and a vector', join, [SEQUENCE, VECTOR]],
    ['concatenate of parts and a sequence', join, [PARTS, SEQUENCE]],
    ['concatenate of three parts and four', join, [PARTS, { kind: 'values', shape: [4, -1, 2] }]],
    ['merge of nothing', () => layerOf({ kind: 'merge', merge: 'add' }), []],
    ['merge of parts and a vector', () => layerOf({ kind: 'merge', merge: 'add' }), [PARTS, VECTOR]],
    ['subtract of one', () => layerOf({ kind: 'merge', merge: 'subtract' }), [VECTOR]],
    ['fold of a vector', () => layerOf({ kind: 'fold', parts: 3 }), [VECTOR]],
    ['fold of parts', () => layerOf({ kind: 'fold', parts: 3 }), [PARTS]],
    ['unfold of a vector that has no parts', () => layerOf({ kind: 'unfold' }), [VECTOR]],
    ['unfold of nothing', () => layerOf({ kind: 'unfold' }), []],
    ['flatten of nothing', () => layerOf({ kind: 'flatten' }), []],
  ])('%s: refused', (_title, make, given) => {
    const inputs = given.length > 0 ? given : [VECTOR];
    const nodes = [node(...given.keys())];
    const outputs = [inputs.length];
    expect(() => makeModel(make(), { inputs, nodes, outputs })).toThrow(/native model/);
  }); // prettier-ignore

  const TWO = { inputs: [VECTOR, VECTOR], nodes: [node(0), node(1)], outputs: [2, 3] };
  const twice = (): NativeModel => makeModel(makeLayer(), TWO);
  const rowsOf = (...inputs: object[]): NativeDataset =>
    new binding.NativeDataset({ rows: 2, inputs, targets: [] } as never);

  test.each<[string, () => NativeDataset, RegExp]>([
    ['one input of two', () => rowsOf(INPUT), /number of inputs/],
    ['three', () => rowsOf(INPUT, INPUT, INPUT), /number of inputs/],
    ['ids for numbers', () => rowsOf(INPUT, { shape: [2], data: new Int32Array(4) }), /wrong kind/],
    ['sequences for vectors', () => rowsOf(INPUT, { shape: [1, 2], data: new Float32Array(4) }), /wrong rank/],
    ['vectors of another size', () => rowsOf(INPUT, { shape: [3], data: new Float32Array(6) }), /wrong shape/],
  ])('a run with %s: refused', (_title, make, message) => {
    const run = runOf({ datasets: [make()], outputs: [new Float32Array(4), new Float32Array(4)] });
    expect(() => twice().run(run as never, () => undefined)).toThrow(message);
  });

  test.each<[string, number[]]>([
    ['-1', [0, -1]],
    ['beyond the table', [0, 5]],
  ])('ids %s, of the second of two tables: refused', (_title, ids) => {
    const table = (inputDim: number): NativeLayer =>
      layerOf({ kind: 'embedding', inputDim, outputDim: 2, maskZero: false, penalties: [NONE], constraints: [null] });
    const words = { kind: 'tokens', shape: [-1] } as const;
    const nodes = [node(0), { ...node(1), layer: 1 }];
    const graph = { inputs: [words, words], layers: [table(9), table(5)], nodes, outputs: [2, 3] };
    const of = (data: readonly number[]) => ({ shape: [1], data: Int32Array.from(data) });
    const run = runOf({ datasets: [rowsOf(of([8, 8]), of(ids))], outputs: [null, null] });
    expect(() => makeModel(liveLayer, graph).run(run as never, () => undefined)).toThrow(/outside the vocabulary/);
  });

  test('a run of several outputs writes those that are asked for', async () => {
    const model = twice();
    const second = new Float32Array(4);
    const run = runOf({ datasets: [rowsOf(INPUT, { shape: [2], data: new Float32Array([0, 1, 1, 0]) })], outputs: [null, second] });
    expect(await new Promise((resolve) => model.run(run as never, resolve))).toBeNull();
    expect([...second]).toEqual([3, 4, 1, 2]);
  }); // prettier-ignore

  test('training with the targets of one output of two: refused', () => {
    const model = twice();
    model.compile(compileOf({ heads: [HEAD, HEAD] }));
    const datasets = [new binding.NativeDataset({ rows: 2, inputs: [INPUT, INPUT], targets: [TARGETS] })];
    const run = runOf({ mode: 'train', outputs: null, totals: new Float64Array(4), datasets });
    expect(() => model.run(run as never, () => undefined)).toThrow(/number of targets/);
  });

  test('an output without a loss needs no targets, and has no total of its own', async () => {
    const model = twice();
    model.compile(compileOf({ heads: [HEAD, { loss: null, weight: 1, metrics: [] }] }));
    const none = { data: null, size: 0, weights: null, weightSize: 0 };
    const datasets = [new binding.NativeDataset({ rows: 2, inputs: [INPUT, INPUT], targets: [TARGETS, none] })];
    const totals = new Float64Array(2);
    const run = runOf({ mode: 'evaluate', outputs: null, totals, datasets });
    expect(await new Promise((resolve) => model.run(run as never, resolve))).toBeNull();
    // ((4² + 6² + 6² + 8²) / 4) · 2 rows
    expect([...totals]).toEqual([76, 2]);
  });
});

describe('layers that several models share', () => {
  const datasets = (): NativeDataset[] => [new binding.NativeDataset({ ...datasetSpec, targets: [TARGETS] })];
  const train = () => runOf({ mode: 'train', outputs: null, totals: new Float64Array(2), datasets: datasets() });
  const start = (model: NativeModel, run: object): Promise<unknown> =>
    new Promise((resolve) => model.run(run as never, resolve));
  const refused = (call: () => unknown): unknown => {
    try {
      call();
    } catch (error) {
      return (error as { code: unknown }).code;
    }
    return 'nothing';
  };

  function pair(): { layer: NativeLayer; one: NativeModel; other: NativeModel } {
    const layer = makeLayer();
    const [one, other] = [makeModel(layer), makeModel(layer)];
    for (const model of [one, other]) model.compile(compileOf());
    return { layer, one, other };
  }

  test('what one learns the others have', async () => {
    const { layer, one, other } = pair();
    expect(await start(one, train())).toBeNull();
    const learnt = new Float32Array(4);
    layer.readWeight(0, learnt);
    // Gradients 2 xᵀ(y - 0) / 4: y = [4 6; 6 8].
    expect([...learnt]).toEqual([1 - 2, 2 - 3, 3 - 8, 4 - 11]);
    expect(await outputsOf(other)).toEqual([-6, -8, -10, -14]);
  });

  test('while one trains nobody else touches them', async () => {
    const { layer, one, other } = pair();
    const streams = new binding.NativeStreams(modelOf({ kind: 'activation', activation: 'relu' }, [-1, 2]));
    const shared = new binding.NativeStreams(makeModel(layer, { inputs: [{ kind: 'values', shape: [-1, 2] }] }));
    shared.open([]);
    const trained = start(one, train());
    const row = (): Float32Array[] => [new Float32Array(2)];
    expect([layer.busy, one.busy, other.busy]).toEqual([true, true, false]);
    const codes = {
      predict: refused(() => other.run(runOf() as never, () => undefined)),
      train: refused(() => other.run(train() as never, () => undefined)),
      compile: refused(() => other.compile(compileOf())),
      applyEma: refused(() => other.applyEma(() => undefined)),
      read: refused(() => layer.readWeight(0, new Float32Array(4))),
      write: refused(() => layer.writeWeight(0, new Float32Array(4))),
      seed: refused(() => layer.setSeed(1)),
      step: refused(() => shared.step(row(), row(), null)),
      pin: refused(() => shared.pin(row(), row())),
      itself: refused(() => one.run(runOf() as never, () => undefined)),
      dispose: refused(() => one.dispose()),
    };
    expect(codes).toEqual(Object.fromEntries(Object.keys(codes).map((name) => [name, 'ERR_BUSY'])));
    expect(refused(() => streams.open([]))).toBe('nothing');
    expect(await trained).toBeNull();
    expect([layer.busy, refused(() => shared.step(row(), row(), null))]).toEqual([false, 'nothing']);
  });

  test('while one computes others compute too, and nobody writes', async () => {
    const { layer, one, other } = pair();
    const computed = outputsOf(one);
    const codes = {
      train: refused(() => other.run(train() as never, () => undefined)),
      evaluate: refused(() => other.run({ ...train(), mode: 'evaluate' } as never, () => undefined)),
      applyEma: refused(() => other.applyEma(() => undefined)),
      write: refused(() => layer.writeWeight(0, new Float32Array(4))),
      seed: refused(() => layer.setSeed(1)),
    };
    expect(codes).toEqual(Object.fromEntries(Object.keys(codes).map((name) => [name, 'ERR_BUSY'])));
    const read = new Float32Array(4);
    layer.readWeight(0, read);
    expect([...read]).toEqual([1, 2, 3, 4]);
    expect(await Promise.all([computed, outputsOf(other)])).toEqual([[4, 6, 6, 8], [4, 6, 6, 8]]);
    expect([layer.busy, refused(() => layer.writeWeight(0, read))]).toEqual([false, 'nothing']);
  }); // prettier-ignore

  test('a run that is refused leaves them at rest', () => {
    const { layer, one } = pair();
    expect(refused(() => one.run(runOf({ outputs: [new Float32Array(1)] }) as never, () => undefined))).toBe('ERR_INTERNAL');
    expect([layer.busy, refused(() => layer.writeWeight(0, new Float32Array(4)))]).toEqual([false, 'nothing']);
  }); // prettier-ignore

  test('they outlive the models, and models the object that made them', async () => {
    const { layer, one, other } = pair();
    one.dispose();
    one.dispose();
    expect(await outputsOf(other)).toEqual([4, 6, 6, 8]);
    other.dispose();
    expect(refused(() => other.run(runOf() as never, () => undefined))).toBe('ERR_DISPOSED');
    const read = new Float32Array(4);
    layer.readWeight(0, read);
    expect([...read]).toEqual([1, 2, 3, 4]);
  });

  test('a model is disposed while another trains their layers', async () => {
    const { one, other } = pair();
    const trained = start(one, train());
    other.dispose();
    expect(await trained).toBeNull();
  });
});

describe('streams', () => {
  const RELU = { kind: 'activation', activation: 'relu' } as const;
  const makeStreams = () => {
    const streams = new binding.NativeStreams(modelOf(RELU, [-1, 2]));
    streams.open([]);
    return streams;
  };
  const methods = ['memoryBytes', 'count', 'isOpen', 'open', 'close', 'reset', 'places', 'readState'] as const;
  const others = ['writeState', 'pin', 'step', 'dispose'] as const;

  test.each([...methods, ...others].flatMap((method) => ODD.map(([title, value]) => [method, title, value] as const)))(
    '%s on %s: refused',
    (method, _title, value) => {
      const { get, value: own } = Object.getOwnPropertyDescriptor(binding.NativeStreams.prototype, method)!;
      const call = (get ?? (own as () => unknown)) as (...given: unknown[]) => unknown;
      for (const receiver of [value, live, Object.create(makeStreams()) as object])
        expect(() => Reflect.apply(call, receiver, [0, new Float32Array(0)])).toThrow(/./);
    },
  );

  const row = (size = 2): Float32Array[] => [new Float32Array(size)];
  const calls: readonly [string, (value: never) => unknown][] = [
    ['new NativeStreams', (value) => new binding.NativeStreams(value)],
    ['open', (value) => makeStreams().open((Array.isArray(value) ? [1] : value) as never)],
    ['close', (value) => makeStreams().close((value === 1 ? 7 : value) as never)],
    ['reset', (value) => makeStreams().reset((value === 1 ? 7 : value) as never, [])],
    [
      'reset, constants',
      (value) => makeStreams().reset(0, (value === null || Array.isArray(value) ? [1] : value) as never),
    ],
    ['places', (value) => makeStreams().places(value)],
    ['readState', (value) => makeStreams().readState(0, value)],
    ['writeState', (value) => makeStreams().writeState(0, value)],
    ['pin, inputs', (value) => makeStreams().pin(value, row())],
    ['pin, an input', (value) => makeStreams().pin([value], row())],
    ['pin, outputs', (value) => makeStreams().pin(row(), value)],
    ['step, inputs', (value) => makeStreams().step(value, row(), null)],
    ['step, an input', (value) => makeStreams().step([value], row(), null)],
    ['step, outputs', (value) => makeStreams().step(row(), value, null)],
    ['step, an output', (value) => makeStreams().step(row(), [value], null)],
    ['step, places', (value) => makeStreams().step(row(), row(), (value === null ? 1 : value) as never)],
  ];
  test.each(calls.flatMap(([entry, call]) => ODD.map(([title, value]) => [entry, title, call, value] as const)))(
    '%s given %s: refused',
    (_entry, _title, call, value) => expect(() => call(value as never)).toThrow(/./),
  );

  test('sizes that do not agree, tokens for numbers, nothing open: refused', () => {
    const streams = makeStreams();
    expect(() => streams.step(row(3), row(), null)).toThrow(/malformed rows/);
    expect(() => streams.step(row(), row(3), null)).toThrow(/malformed rows/);
    expect(() => streams.step([...row(), ...row()], row(), null)).toThrow(/malformed inputs/);
    expect(() => streams.step(row(), [], null)).toThrow(/malformed outputs/);
    expect(() => streams.step([new Int32Array(2)], row(), null)).toThrow(/malformed inputs/);
    expect(() => streams.pin(row(3), row())).toThrow(/malformed row/);
    expect(() => streams.writeState(0, new Float32Array(2))).toThrow(/malformed state/);
    expect(streams.step(row(), row(), Int32Array.of(1))).toBe(-1);
    expect(streams.step(row(4), row(4), Int32Array.of(0, 0))).toBe(-2);
    const step = streams.pin(row(), row());
    step();
    streams.close(0);
    expect(step).toThrow(/malformed place/);
    streams.dispose();
    expect(step).toThrow(/closed/);
    expect(() => streams.open([])).toThrow(/closed/);
    expect(() => streams.step(row(), row(), null)).toThrow(/closed/);
  });

  test('a vector among the inputs is given when a stream begins, in its size', () => {
    const inputs = [{ kind: 'values', shape: [-1, 2] }, { kind: 'values', shape: [2] }];
    const add = new binding.NativeLayer({ kind: 'merge', merge: 'add' });
    const streams = new binding.NativeStreams(makeModel(add, { inputs, nodes: [{ layer: 0, inputs: [0, 1], flipsOutputs: false, call: null }], outputs: [2] }));
    for (const constants of [[], row(3), [...row(), ...row()], [new Int32Array(2)]])
      expect(() => streams.open(constants as never)).toThrow(/malformed constants/);
    expect(streams.count).toBe(0);
    expect(streams.open([Float32Array.of(1, 2)])).toBe(0);
    const out = row();
    expect(streams.step([Float32Array.of(10, 20)], out, null)).toBe(0);
    expect([...out[0]!]).toEqual([11, 22]);
  }); // prettier-ignore

  test('the rows that are pinned are held, whatever becomes of the list', () => {
    const streams = makeStreams();
    const [given, room] = [row(), row()];
    given[0]![0] = 3;
    const [, out] = [given[0]!, room[0]!];
    const step = streams.pin(given, room);
    given.length = room.length = 0;
    step();
    expect([...out]).toEqual([3, 0]);
  });

  test.each<[string, (streams: ReturnType<typeof makeStreams>) => void, RegExp]>([
    ['disposes of the streams', (streams) => streams.dispose(), /closed/],
    ['closes the stream', (streams) => streams.close(0), /malformed rows/],
    ['opens another', (streams) => void streams.open([]), /malformed rows/],
  ])('a step with a list that %s while it is read: refused', (_title, act, message) => {
    const streams = makeStreams();
    const inputs = Object.defineProperty(row(), 0, { get: () => (act(streams), new Float32Array(2)) });
    expect(() => streams.step(inputs, row(), null)).toThrow(message);
  });

  test('a step with an output that detaches the input while it is read: refused', () => {
    const streams = makeStreams();
    const inputs = row();
    const outputs = Object.defineProperty(row(), 0, {
      get: () => (detach(inputs[0]!), new Float32Array(2)),
    });
    expect(() => streams.step(inputs, outputs, null)).toThrow(/malformed rows/);
  });

  test('of layers that cannot step: refused', () => {
    expect(() => new binding.NativeStreams(modelOf({ kind: 'flatten' }, [3, 2]))).toThrow(/cannot step/);
  });

  test('of a model that was disposed: refused', () => {
    const model = modelOf(RELU, [-1, 2]);
    const streams = new binding.NativeStreams(model);
    streams.open([]);
    model.dispose();
    expect(() => streams.step(row(), row(), null)).toThrow(/disposed/);
    expect(() => new binding.NativeStreams(model)).toThrow(/disposed/);
  });
});
