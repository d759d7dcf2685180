// SPDX-License-Identifier: MIT
// The addon's streams by themselves, called as lib/ never calls them: wrong receivers, wrong arguments, sizes that do not
// agree. Every call is refused, and the process lives.
import { loadBinding } from '../../lib/native/engine';
import type { NativeInput, NativeLayerConfig, NativeModel, NativeNode, NativeStreams } from '../../lib/native/binding';
import { ALL_SHORTCUTS } from '../../lib/native/shortcuts';

const binding = loadBinding();

const ODD: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a string', 'x'],
  ['an object', {}],
  ['a list', []],
  ['a list of lists', [[]]],
  ['a Proxy', new Proxy({}, {})],
  ['a function', () => 1],
];

const nodeOf = (layer: number, ...inputs: number[]): NativeNode => ({ layer, inputs, flipsOutputs: false, call: null });

/** One layer over the inputs. */
function makeModel(config: NativeLayerConfig, ...inputs: NativeInput[]): NativeModel {
  return new binding.NativeModel({
    inputs,
    layers: [new binding.NativeLayer(config)],
    nodes: [nodeOf(0, ...inputs.keys())],
    outputs: [inputs.length],
    shortcuts: ALL_SHORTCUTS,
  });
}

const SERIES: NativeInput = { kind: 'values', shape: [-1, 2] };
const VECTOR: NativeInput = { kind: 'values', shape: [2] };
const SUM: NativeLayerConfig = { kind: 'merge', merge: 'add' };
const RELU: NativeLayerConfig = { kind: 'activation', activation: 'relu' };

/** One stream that is open: of a relu, or of a sum with a constant. */
function makeStreams(): NativeStreams {
  const streams = new binding.NativeStreams(makeModel(RELU, SERIES));
  streams.open([]);
  return streams;
}
function withConstant(): NativeStreams {
  const streams = new binding.NativeStreams(makeModel(SUM, SERIES, VECTOR));
  streams.open([Float32Array.of(10, 20)]);
  return streams;
}

const METHODS = [
  'memoryBytes',
  'count',
  'isOpen',
  'open',
  'close',
  'reset',
  'places',
  'readState',
  'writeState',
  'pin',
  'step',
  'dispose',
] as const;

test('every method of the class has a case', () => {
  const own = Object.getOwnPropertyNames(binding.NativeStreams.prototype).filter((name) => name !== 'constructor');
  expect(own.sort()).toEqual([...METHODS].sort());
});

test.each(METHODS.flatMap((method) => ODD.map(([title, value]) => [method, title, value] as const)))(
  '%s on %s: refused',
  (method, _title, value) => {
    const { get, value: own } = Object.getOwnPropertyDescriptor(binding.NativeStreams.prototype, method)!;
    const call = (get ?? (own as () => unknown)) as (...given: unknown[]) => unknown;
    for (const receiver of [value, makeModel(RELU, SERIES), Object.create(makeStreams()) as object])
      expect(() => Reflect.apply(call, receiver, [0, new Float32Array(0)])).toThrow(/./);
  },
);

const TWO = new Float32Array(2);
const calls: readonly [string, (value: never) => unknown][] = [
  ['new NativeStreams', (value) => new binding.NativeStreams(value)],
  ['open', (value) => withConstant().open(value)],
  ['open, a constant', (value) => withConstant().open([value])],
  ['close', (value) => makeStreams().close((value === 1 ? 7 : value) as never)],
  ['reset', (value) => makeStreams().reset((value === 1 ? 7 : value) as never, [])],
  ['reset, constants', (value) => withConstant().reset(0, (value === null ? undefined : value) as never)],
  ['reset, a constant', (value) => withConstant().reset(0, [value])],
  ['places', (value) => makeStreams().places(value)],
  ['readState', (value) => withConstant().readState(0, value)],
  ['writeState', (value) => withConstant().writeState(0, value)],
  ['pin, inputs', (value) => makeStreams().pin(value, [TWO])],
  ['pin, an input', (value) => makeStreams().pin([value], [TWO])],
  ['pin, outputs', (value) => makeStreams().pin([TWO], value)],
  ['pin, an output', (value) => makeStreams().pin([TWO], [value])],
  ['step, inputs', (value) => makeStreams().step(value, [TWO], null)],
  ['step, an input', (value) => makeStreams().step([value], [TWO], null)],
  ['step, outputs', (value) => makeStreams().step([TWO], value, null)],
  ['step, an output', (value) => makeStreams().step([TWO], [value], null)],
];
test.each(calls.flatMap(([entry, call]) => ODD.map(([title, value]) => [entry, title, call, value] as const)))(
  '%s given %s: refused',
  (_entry, _title, call, value) => expect(() => call(value as never)).toThrow(/./),
);

test('sizes that do not agree, tokens for numbers, nothing open: refused', () => {
  const streams = makeStreams();
  const three = new Float32Array(3);
  expect(() => streams.step([three], [TWO], null)).toThrow(/malformed rows/);
  expect(() => streams.step([TWO], [three], null)).toThrow(/malformed rows/);
  expect(() => streams.step([TWO, TWO], [TWO], null)).toThrow(/malformed inputs/);
  expect(() => streams.step([TWO], [TWO, TWO], null)).toThrow(/malformed outputs/);
  expect(() => streams.step([new Int32Array(2)], [TWO], null)).toThrow(/malformed inputs/);
  expect(() => streams.pin([three], [TWO])).toThrow(/malformed rows/);
  expect(() => streams.writeState(0, three)).toThrow(/malformed state/);
  expect(() => streams.open([TWO])).toThrow(/malformed constants/);
  expect(streams.step([TWO], [TWO], Int32Array.of(1))).toBe(-1);
  const step = streams.pin([TWO], [TWO]);
  step();
  streams.close(0);
  expect(step).toThrow(/malformed place/);
  streams.dispose();
  expect(step).toThrow(/closed/);
  expect(() => streams.open([])).toThrow(/closed/);
  expect(() => streams.step([TWO], [TWO], null)).toThrow(/closed/);
});

test('constants of another size, or too many: refused, and the stream keeps those that it has', () => {
  const streams = withConstant();
  expect(() => streams.reset(0, [new Float32Array(3)])).toThrow(/malformed constants/);
  expect(() => streams.reset(0, [])).toThrow(/malformed constants/);
  expect(() => streams.open([TWO, TWO])).toThrow(/malformed constants/);
  const out = new Float32Array(2);
  streams.reset(0, null);
  streams.step([Float32Array.of(1, 2)], [out], null);
  expect([...out]).toEqual([11, 22]);
});

test.each<[string, () => NativeModel]>([
  ['a layer that cannot step', () => makeModel({ kind: 'flatten' }, { kind: 'values', shape: [3, 2] })],
  [
    'initial states that steps change',
    () => {
      const config: NativeLayerConfig = {
        kind: 'gru',
        features: 2,
        units: 2,
        activation: 'tanh',
        recurrentActivation: 'sigmoid',
        useBias: false,
        resetAfter: true,
        returnSequences: false,
        goBackwards: false,
        stateful: false,
        zeroOutputForMask: false,
        dropout: 0,
        recurrentDropout: 0,
        seed: 0,
        penalties: [0, 1].map(() => ({ l1: 0, l2: 0, orthogonal: 0, orthogonalByRows: true })),
        constraints: [null, null],
      };
      return new binding.NativeModel({
        inputs: [SERIES],
        layers: [config, config].map((each) => new binding.NativeLayer(each)),
        nodes: [nodeOf(0, 0), nodeOf(1, 0, 1)],
        outputs: [3],
        shortcuts: ALL_SHORTCUTS,
      });
    },
  ],
])('streams of %s: refused', (_title, make) => {
  expect(() => new binding.NativeStreams(make())).toThrow(/cannot step|changes with the steps/);
});
