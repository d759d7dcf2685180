// SPDX-License-Identifier: MIT
// Sequential: how layers come and go, what happens to weights, and who may touch a model when.
import {
  Activation,
  Callback,
  clearSession,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  Input,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  type ArrayInput,
} from '../../../lib';
import { withShortcuts } from '../../../lib/models/shortcuts';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';

beforeEach(() => {
  clearSession();
  setRandomSeed(7);
});

const tokens = [
  [1, 2, 3, 4],
  [4, 3, 2, 1],
  [0, 0, 5, 6],
];
const targets = [0, 1, 1];

function reviews(): Sequential {
  return new Sequential([new Embedding(10, 4), new SimpleRNN(3), new Dense(1, { activation: 'sigmoid' })]);
}

const valuesOf = (model: Sequential): unknown => model.getWeights().map((weight) => weight.toArray());

describe('sequential: misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['a layer class instead of a layer', () => new Sequential([Dense as never]), 'ERR_TYPE'],
    ['one layer instead of a list', () => new Sequential(new Dense(1) as never), 'ERR_TYPE'],
    ['an unknown option', () => new Sequential([], { nam: 'x' } as never), 'ERR_UNKNOWN_OPTION'],
    ['a second Input', () => new Sequential([new Input([3]), new Input([3])]), 'ERR_CONFIG'],
    ['an Input after a layer', () => new Sequential([new Embedding(3, 2), new Input([3])]), 'ERR_CONFIG'],
    ['an Embedding after a layer', () => new Sequential([new Embedding(3, 2), new Embedding(3, 2)]), 'ERR_CONFIG'],
    ['an input of five axes', () => new Sequential([new Input([2, 3, 4, 5]), new Dense(1)]), 'ERR_SHAPE'],
    ['ids of four axes', () => new Sequential([new Input([5, 2, 3]), new Embedding(3, 2)]), 'ERR_SHAPE'],
    ['an empty name', () => new Sequential([], { name: '' }), 'ERR_CONFIG'],
    ['a name with a slash, which parts names of weights', () => new Sequential([], { name: 'a/b' }), 'ERR_CONFIG'],
    ['one name twice', () => new Sequential([new Dense(1, { name: 'a' }), new Dense(1, { name: 'a' })]), 'ERR_CONFIG'],
    ['pop of nothing', () => new Sequential().pop(), 'ERR_STATE'],
    ['build of nothing', () => new Sequential().build([null, 3]), 'ERR_STATE'],
    ['build without a shape', () => new Sequential([new Dense(1)]).build(), 'ERR_STATE'],
    ['countParams before the shape is known', () => new Sequential([new Dense(1)]).countParams(), 'ERR_STATE'],
    ['getWeights before the shape is known', () => new Sequential([new Dense(1)]).getWeights(), 'ERR_STATE'],
    ['a config that is none', () => Sequential.fromConfig(null as never), 'ERR_TYPE'],
  ])('%s: refused', (_, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('a layer that does not fit is refused with what to do, and the model stays as it was', () => {
    const model = new Sequential([new Embedding(10, 4), new SimpleRNN(3)]);
    const call = () => model.add(new SimpleRNN(3));
    expect(codeOf(call)).toBe('ERR_SHAPE');
    expect(messageOf(call)).toContain('Set returnSequences: true on the layer before');
    expect(model.layers).toHaveLength(2);
    expect(model.outputShape).toEqual([null, 3]);
  });

  test('a layer of the name of the input, or of another layer, is refused, and the model stays as it was', () => {
    const model = new Sequential([new Input([3], { name: 'x' }), new Dense(3, { name: 'y' })]);
    for (const name of ['x', 'y']) expect(codeOf(() => model.add(new Dense(1, { name })))).toBe('ERR_CONFIG');
    expect(model.layers).toHaveLength(1);
    model.add(new Dense(1, { name: 'z' }));
    expect(model.outputShape).toEqual([null, 1]);
  });

  test('the nearest layer name is offered', () => {
    const model = reviews();
    expect(codeOf(() => model.getLayer('simple_rn_1'))).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(() => model.getLayer('simple_rn_1'))).toContain('Did you mean "simple_rnn_1"?');
    expect(codeOf(() => model.getLayer(9))).toBe('ERR_RANGE');
    expect(codeOf(() => model.getLayer({} as never))).toBe('ERR_TYPE');
  });

  test('every call on a disposed model is refused, and disposing again is not', async () => {
    const model = reviews();
    model.compile({ loss: 'mse' });
    await model.predict(tokens);
    model.dispose();
    model.dispose();
    expect(model.isDisposed).toBe(true);
    const calls: (() => unknown)[] = [
      () => model.add(new Dense(1)),
      () => model.pop(),
      () => model.build(),
      () => model.compile({ loss: 'mse' }),
      () => model.summary(),
      () => model.countParams(),
      () => model.getWeights(),
      () => model.setWeights([]),
      () => model.getLayer(0),
      () => model.getConfig(),
    ];
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_DISPOSED'));
    const promises = [
      model.fit(tokens, targets),
      model.evaluate(tokens, targets),
      model.predict(tokens),
      model.trainOnBatch(tokens, targets),
      model.testOnBatch(tokens, targets),
      model.predictOnBatch(tokens),
    ];
    expect(await Promise.all(promises.map(codeOfAsync))).toEqual(promises.map(() => 'ERR_DISPOSED'));
  });

  test('nothing may change a model while it computes', async () => {
    const model = reviews();
    model.compile({ loss: 'mse' });
    const weights = model.getWeights();
    const running = model.fit(tokens, targets, { epochs: 20, verbose: 0 });
    expect(model.isBusy).toBe(true);
    const calls: (() => unknown)[] = [
      () => model.add(new Dense(1)),
      () => model.pop(),
      () => model.build([null, null]),
      () => model.compile({ loss: 'mse' }),
      () => model.setWeights(weights),
      () => model.dispose(),
    ];
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_BUSY'));
    expect(await codeOfAsync(model.predict(tokens))).toBe('ERR_BUSY');
    await running;
    expect(model.isBusy).toBe(false);
    model.setWeights(weights);
    model.dispose();
  });
});

describe('sequential: building', () => {
  test('an Embedding tells its input, so that every shape is known at once', () => {
    const model = reviews();
    expect(model.isBuilt).toBe(true);
    expect(model.inputKind).toBe('tokens');
    expect(model.vocabularySize).toBe(10);
    expect(model.inputShape).toEqual([null, null]);
    expect(model.outputShape).toEqual([null, 1]);
    expect(model.outputActivation).toBe('sigmoid');
    expect(model.countParams()).toBe(40 + 24 + 4);
  });

  test.each<[string, () => Sequential]>([
    ['an Input', () => new Sequential([new Input([null, 4]), new SimpleRNN(8), new Dense(1)])],
    ['inputShape', () => new Sequential([new SimpleRNN(8, { inputShape: [null, 4] }), new Dense(1)])],
    [
      'build',
      () => {
        const model = new Sequential([new SimpleRNN(8), new Dense(1)]);
        expect(model.isBuilt).toBe(false);
        model.build([null, null, 4]);
        return model;
      },
    ],
  ])('%s tells it too', (_, make) => {
    const model = make();
    expect(model.isBuilt).toBe(true);
    expect(model.countParams()).toBe(8 * 4 + 64 + 8 + 9);
    expect(model.layers.map(({ className }) => className)).toEqual(['SimpleRNN', 'Dense']);
  });

  test('a build that does not fit builds nothing', () => {
    const model = new Sequential([new SimpleRNN(8), new SimpleRNN(8)]);
    expect(codeOf(() => model.build([null, null, 4]))).toBe('ERR_SHAPE');
    expect(model.layers.map(({ isBuilt }) => isBuilt)).toEqual([false, false]);
  });

  test('the first data builds a model, and leaves the timesteps open', async () => {
    const model = new Sequential([new SimpleRNN(8), new Dense(2)]);
    const three = { data: new Float32Array(12), shape: [1, 3, 4] };
    const five = { data: new Float32Array(20), shape: [1, 5, 4] };
    expect((await model.predict(three)).shape).toEqual([1, 2]);
    expect(model.inputShape).toEqual([null, null, 4]);
    expect((await model.predict(five)).shape).toEqual([1, 2]);
  });

  test('a Flatten needs the timesteps of the first data', async () => {
    const model = new Sequential([new Flatten(), new Dense(2)]);
    await model.predict({ data: new Float32Array(12), shape: [1, 3, 4] });
    expect(model.inputShape).toEqual([null, 3, 4]);
  });
});

describe('sequential: weights', () => {
  test('one seed gives one set of weights, whenever they are read', async () => {
    const make = () => {
      setRandomSeed(42);
      return reviews();
    };
    const early = make();
    const late = make();
    const before = valuesOf(early);
    await late.predict(tokens);
    expect(valuesOf(late)).toEqual(before);
    setRandomSeed(43);
    expect(valuesOf(reviews())).not.toEqual(before);
  });

  test('are listed in order, with the layer that each belongs to', () => {
    const model = reviews();
    model.getLayer('embedding_1').trainable = false;
    expect(model.weights.map(({ layer, name }) => `${layer}/${name}`)).toEqual([
      'embedding_1/embeddings',
      'simple_rnn_1/kernel',
      'simple_rnn_1/recurrentKernel',
      'simple_rnn_1/bias',
      'dense_1/kernel',
      'dense_1/bias',
    ]);
    expect(model.nonTrainableWeights.map(({ name }) => name)).toEqual(['embeddings']);
    expect(model.trainableWeights).toHaveLength(5);
  });

  test.each<[string, boolean]>([
    ['before', false],
    ['after', true],
  ])('are copied from one model to another %s the engine has them', async (_, inEngine) => {
    const [from, to] = [reviews(), reviews()];
    if (inEngine) await Promise.all([from.predict(tokens), to.predict(tokens)]);
    expect(valuesOf(to)).not.toEqual(valuesOf(from));
    to.setWeights(from.getWeights());
    expect(valuesOf(to)).toEqual(valuesOf(from));
    expect((await to.predict(tokens)).data).toEqual((await from.predict(tokens)).data);
  });

  test.each<[string, (weights: ArrayInput[]) => unknown, string]>([
    ['too few', (weights) => weights.slice(1), 'ERR_SHAPE'],
    ['with a last one of the wrong shape', (weights) => [...weights.slice(0, -1), [1, 2]], 'ERR_SHAPE'],
    ['with a last one of the wrong kind', (weights) => [...weights.slice(0, -1), 'bias'], 'ERR_TYPE'],
    ['of no kind', () => undefined, 'ERR_TYPE'],
  ])('%s are refused, and the model predicts what it did before', async (_, spoil, code) => {
    const model = reviews();
    const before = (await model.predict(tokens)).toArray();
    const doubled = model.getWeights().map((weight) => weight.toArray() as ArrayInput);
    expect(codeOf(() => model.setWeights(spoil(doubled) as never))).toBe(code);
    expect((await model.predict(tokens)).toArray()).toEqual(before);
  });

  test('stay when layers come and go, and leave with a layer that is popped', async () => {
    const model = reviews();
    await model.predict(tokens);
    const before = model.getWeights().map((weight) => weight.toArray());
    const popped = model.pop();
    expect(popped.getWeights().map((weight) => weight.toArray())).toEqual(before.slice(4));
    expect((await model.predict(tokens)).shape).toEqual([3, 3]);
    model.add(new Dropout(0.5));
    model.add(popped);
    expect(valuesOf(model)).toEqual(before);
    expect((await model.predict(tokens)).shape).toEqual([3, 1]);
  });

  test('of a frozen layer do not move, once compiled so', async () => {
    const model = reviews();
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(tokens, targets, { verbose: 0 });
    model.getLayer(0).trainable = false;
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const before = model.getWeights().map((weight) => weight.toArray());
    await model.fit(tokens, targets, { verbose: 0, epochs: 3 });
    const after = model.getWeights().map((weight) => weight.toArray());
    expect(after[0]).toEqual(before[0]);
    expect(after[4]).not.toEqual(before[4]);
  });

  test('may be set by the callbacks of the call that has the model', async () => {
    const model = reviews();
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const first = model.getWeights();
    class Restore extends Callback {
      override async onTrainEnd(): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        this.model?.setWeights(first as never[]);
      }
    }
    await model.fit(tokens, targets, { verbose: 0, callbacks: [new Restore()] });
    expect(valuesOf(model)).toEqual(first.map((weight) => weight.toArray()));
  });
});

describe('sequential: training and serving', () => {
  test('fit lowers the loss, and evaluate and the batch calls agree on it', async () => {
    const model = reviews();
    model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['acc'] });
    const { history } = await model.fit(tokens, targets, { epochs: 30, verbose: 0 });
    const { loss } = history as { loss: number[] };
    expect(loss).toHaveLength(30);
    expect(loss.at(-1)).toBeLessThan(loss[0]!);
    expect(model.history?.history).toBe(history);
    expect(model.metricsNames).toEqual(['loss', 'acc']);
    const evaluated = await model.evaluate(tokens, targets, { verbose: 0 });
    expect(await model.testOnBatch(tokens, targets)).toEqual(evaluated);
    expect((await model.predictOnBatch(tokens)).toArray()).toEqual((await model.predict(tokens)).toArray());
  });

  test('shortcuts can be switched off for a test, and the weights stay', async () => {
    const model = reviews();
    const before = await model.predict(tokens);
    const weights = valuesOf(model);
    withShortcuts(model, { tokenProjection: false, sharedPadding: false, fusedWalk: false, reverseProjection: false });
    const after = await model.predict(tokens);
    expect(valuesOf(model)).toEqual(weights);
    after.data.forEach((value, index) => expect(value).toBeCloseTo(before.data[index]!, 6));
  });
});

describe('sequential: configs and names', () => {
  test.each<[string, () => Sequential]>([
    ['with an Embedding', reviews],
    [
      'with an Input',
      () => new Sequential([new Input([3]), new Dense(2), new Activation('softmax')], { name: 'mine' }),
    ],
    [
      'built for a shape',
      () => {
        const model = new Sequential([new SimpleRNN(2)]);
        model.build([null, 5, 3]);
        return model;
      },
    ],
    ['not built', () => new Sequential([new Dense(2)])],
  ])('a model %s survives a round trip through plain data', (_, make) => {
    const model = make();
    const copy = Sequential.fromConfig(JSON.parse(JSON.stringify(model.getConfig())));
    expect(copy.getConfig()).toEqual(model.getConfig());
    expect(copy.name).toBe(model.name);
    expect(copy.outputShape).toEqual(model.outputShape);
  });

  test('models are named and counted as layers are', () => {
    expect([new Sequential().name, new Sequential([], { name: 'mine' }).name, new Sequential().name]).toEqual([
      'sequential_1',
      'mine',
      'sequential_2',
    ]);
  });

  test('layers are found by name, by index, and by either in an object', () => {
    const model = reviews();
    const layer = model.layers[1];
    expect(model.getLayer('simple_rnn_1')).toBe(layer);
    expect(model.getLayer(1)).toBe(layer);
    expect(model.getLayer({ name: 'simple_rnn_1' })).toBe(layer);
    expect(model.getLayer({ index: 1 })).toBe(layer);
  });
});
