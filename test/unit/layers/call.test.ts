// SPDX-License-Identifier: MIT
// One layer called by itself: what is refused at the door, and what comes out. Everything past "misuse" computes, and
// needs an engine that has the layer.
import {
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  Input,
  LSTM,
  Masking,
  NdArray,
  RepeatVector,
  Sequential,
  SGD,
  SimpleRNN,
  TimeDistributed,
  gru,
  lstm,
  setRandomSeed,
  simpleRnn,
  type CallOptions,
  type Layer,
} from '../../../lib';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { drawFrom } from '../../reference/random';

const [N, T, C, H] = [3, 5, 4, 6];

function random(seed: number, ...shape: number[]): NdArray {
  return new NdArray(Float32Array.from(drawFrom(seed).normal(shape.reduce((a, b) => a * b, 1))), shape);
}

const x = random(1, N, T, C);
const state = (seed: number) => random(seed, N, H);
const calls = (layer: Layer, options?: CallOptions, input: NdArray = x) => layer.call<NdArray[]>(input, options);

/** Equal shapes, and equal values but for the rounding of another order of sums. */
function expectAlike(got: readonly NdArray[], wanted: readonly NdArray[]): void {
  expect(got.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  got.forEach(({ data }, index) => {
    const worst = Math.max(...data.map((value, i) => Math.abs(value - wanted[index]!.data[i]!)));
    expect(worst).toBeLessThan(1e-5);
  });
}

beforeEach(() => setRandomSeed(7));

describe('layer.call: misuse', () => {
  test.each<[string, () => Layer, unknown, unknown, string]>([
    ['nothing', () => new Dense(2), undefined, undefined, 'ERR_TYPE'],
    ['one row', () => new Dense(2), [1, 2, 3], undefined, 'ERR_SHAPE'],
    ['five axes', () => new Dense(2), [[[[[1]]]]], undefined, 'ERR_SHAPE'],
    ['four axes for a recurrent layer', () => new GRU(2), [[[[1]]]], undefined, 'ERR_SHAPE'],
    ['vectors for a recurrent layer', () => new GRU(2), [[1, 2]], undefined, 'ERR_SHAPE'],
    ['ids of four axes', () => new Embedding(4, 2), [[[[1]]]], undefined, 'ERR_SHAPE'],
    ['ids that are fractions', () => new Embedding(4, 2), [[0.5]], undefined, 'ERR_DATA'],
    ['ids outside the vocabulary', () => new Embedding(4, 2), [[4]], undefined, 'ERR_RANGE'],
    ['options that are none', () => new Dense(2), [[1]], null, 'ERR_TYPE'],
    ['an unknown option', () => new Dense(2), [[1]], { trainning: true }, 'ERR_UNKNOWN_OPTION'],
    ['training that is a number', () => new Dense(2), [[1]], { training: 1 }, 'ERR_TYPE'],
    ['a state for a layer without one', () => new Dense(2), [[1]], { initialState: [[1, 1]] }, 'ERR_CONFIG'],
    ['a mask for a layer that reads none', () => new Dense(2), x, { mask: [[1]] }, 'ERR_CONFIG'],
    ['a state that is a number', () => new GRU(H), x, { initialState: 1 }, 'ERR_TYPE'],
    ['a state of other units', () => new GRU(H), x, { initialState: random(2, N, H + 1) }, 'ERR_SHAPE'],
    ['a state of other rows', () => new GRU(H), x, { initialState: [random(2, N + 1, H)] }, 'ERR_SHAPE'],
    ['a flat state', () => new GRU(H), x, { initialState: new Float32Array(N * H) }, 'ERR_SHAPE'],
    ['no state', () => new GRU(H), x, { initialState: [] }, 'ERR_SHAPE'],
    ['one state of two', () => new LSTM(H), x, { initialState: [state(2)] }, 'ERR_SHAPE'],
    ['one state of two, alone', () => new LSTM(H), x, { initialState: state(2) }, 'ERR_TYPE'],
    [
      'states of one direction',
      () => new Bidirectional(new LSTM(H)),
      x,
      { initialState: [state(2), state(3)] },
      'ERR_SHAPE',
    ],
    ['a mask of other timesteps', () => new LSTM(H), x, { mask: random(2, N, T + 1) }, 'ERR_SHAPE'],
    ['a mask of one row', () => new LSTM(H), x, { mask: [true, true, true, true, true] }, 'ERR_SHAPE'],
    ['a mask of twos', () => new LSTM(H), x, { mask: Array(N).fill(Array(T).fill(2)) }, 'ERR_DATA'],
    ['a mask of strings', () => new LSTM(H), x, { mask: Array(N).fill(Array(T).fill('1')) }, 'ERR_TYPE'],
    ['a mask that is a flag', () => new LSTM(H), x, { mask: true }, 'ERR_TYPE'],
  ])('%s: refused', async (_, make, input, options, code) => {
    expect(await codeOfAsync(make().call(input as never, options as never))).toBe(code);
  });

  test('an input of other features than the layer was built for: refused', async () => {
    const layer = new Dense(2);
    await layer.call([[1, 2, 3]]);
    expect(await codeOfAsync(layer.call([[1, 2]]))).toBe('ERR_SHAPE');
  });

  test('other weights while it computes: refused', async () => {
    const layer = new Dense(1);
    layer.build([null, 2]);
    layer.setWeights([[[1], [2]], [3]]);
    const running = layer.call([[10, 100]]);
    expect(codeOf(() => layer.setWeights([[[0], [0]], [0]]))).toBe('ERR_BUSY');
    expect((await running).toArray()).toEqual([[213]]);
  });

  test('a call while a model trains the layer: refused, and no harm to either', async () => {
    const layer = new Dense(1, { kernelInitializer: 'ones' });
    const model = new Sequential([new Input([2]), layer]);
    model.compile({ optimizer: new SGD(0.5), loss: 'mse' });
    const training = model.trainOnBatch([[1, 2]], [3]);
    expect(await codeOfAsync(layer.call([[1, 2]]))).toBe('ERR_BUSY');
    expect(await training).toBe(0);
    expect((await layer.call([[1, 2]])).toArray()).toEqual([[3]]);
  });
});

describe('layer.call', () => {
  test.each([
    ['SimpleRNN', () => new SimpleRNN(20)],
    ['LSTM', () => new LSTM(20)],
    ['GRU', () => new GRU(20)],
  ])('%s: a row of NaN spoils no other row, nor changes a bit of it', async (_, make) => {
    const rows = 32;
    const layer = make();
    const clean = random(7, rows, T, C);
    const spoilt = new NdArray(Float32Array.from(clean.data), clean.shape);
    spoilt.data.fill(NaN, 5 * T * C, 6 * T * C);
    const [wanted, got] = [await layer.call<NdArray>(clean), await layer.call<NdArray>(spoilt)];
    for (let row = 0; row < rows; row++) {
      if (row === 5) expect(got.row(row).data.every(Number.isNaN)).toBe(true);
      else expect(got.row(row).data).toEqual(wanted.row(row).data);
    }
  });

  test('builds the layer, whose model may come later and read longer sequences', async () => {
    const layer = new SimpleRNN(H);
    expect((await layer.call(x)).shape).toEqual([N, H]);
    expect(layer.inputShape).toEqual([null, null, C]);
    const model = new Sequential([new Input([null, C]), layer]);
    expect((await model.predict(x)).data).toEqual((await layer.call(x)).data);
    expect((await layer.call(random(2, N, T + 2, C))).shape).toEqual([N, H]);
  });

  test('a layer that was called before its model is built leaves the model to be built', async () => {
    const layer = new Dense(2);
    const model = new Sequential([layer]);
    await layer.call([[1, 2, 3]]);
    expect(model.isBuilt).toBe(false);
    expect((await model.predict([[1, 2, 3]])).shape).toEqual([1, 2]);
  });

  test('computes with the weights that the layer has at the time of the call', async () => {
    const layer = new Dense(1);
    layer.build([null, 2]);
    layer.setWeights([[[1], [2]], [3]]);
    expect((await layer.call([[10, 100]])).toArray()).toEqual([[213]]);
    layer.setWeights([[[0], [0]], [0]]);
    expect((await layer.call([[10, 100]])).toArray()).toEqual([[0]]);
  });

  test('goes on after the model that had the layer was disposed, with what it learnt', async () => {
    const layer = new Dense(1, { kernelInitializer: 'ones' });
    const model = new Sequential([new Input([1]), layer]);
    model.compile({ optimizer: new SGD(0.5), loss: 'mse' });
    await model.trainOnBatch([[1]], [0]); // both gradients are 2 (1 - 0)
    model.dispose();
    expect((await layer.call([[5]])).toArray()).toEqual([[-1]]);
  });

  test('parts of samples, each as the layer gives it alone', async () => {
    const [dense, parts] = [new Dense(2), random(3, N, 2, T, C)];
    const whole = await dense.call(parts);
    expect(whole.shape).toEqual([N, 2, T, 2]);
    expect(whole.data).toEqual((await dense.call(new NdArray(parts.data, [N * 2, T, C]))).data);
  });

  test('does not see what happens to its input afterwards', async () => {
    const layer = new Dense(1, { kernelInitializer: 'ones' });
    const data = new Float32Array([1, 2]);
    const running = layer.call({ data, shape: [1, 2] });
    data.fill(100);
    expect((await running).toArray()).toEqual([[3]]);
  });

  test('looks up ids, and reshapes', async () => {
    const table = new Embedding(3, 2, { weights: [new Float32Array([0, 1, 10, 11, 20, 21])] });
    expect((await table.call([[2, 0]])).toArray()).toEqual([
      [
        [20, 21],
        [0, 1],
      ],
    ]);
    expect((await new Flatten().call(x)).shape).toEqual([N, T * C]);
  });

  test('calls of one layer at the same time do not disturb each other', async () => {
    const layer = new SimpleRNN(H);
    const alone = await layer.call(x);
    const both = await Promise.all([layer.call(x), layer.call(random(2, N, T, C)), layer.call(x)]);
    expect(both[0]!.data).toEqual(alone.data);
    expect(both[2]!.data).toEqual(alone.data);
  });

  test('dropout acts in training alone, and draws anew for each call', async () => {
    const layer = new Dropout(0.5, { seed: 1 });
    const ones = new NdArray(new Float32Array(400).fill(1), [20, 20]);
    expect((await layer.call(ones)).data).toEqual(ones.data);
    const first = await layer.call(ones, { training: true });
    const second = await layer.call(ones, { training: true });
    expect(new Set(first.data)).toEqual(new Set([0, 2]));
    expect(second.data).not.toEqual(first.data);
  });

  test('repeats vectors, zeroes masked timesteps, and applies a layer to each', async () => {
    expect((await new RepeatVector(2).call([[1, 2]])).toArray()).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
    ]);
    const masked = await new Masking({ maskValue: 5 }).call([
      [
        [5, 5],
        [5, 1],
      ],
    ]);
    expect(masked.toArray()).toEqual([
      [
        [0, 0],
        [5, 1],
      ],
    ]);
    const dense = new Dense(2);
    const each = await new TimeDistributed(dense).call(x);
    expect(each.data).toEqual((await dense.call(x)).data);
  });
});

describe('layer.call of recurrent layers', () => {
  const passes = {
    SimpleRNN: [() => new SimpleRNN(H, { returnState: true, returnSequences: true }), 1],
    LSTM: [() => new LSTM(H, { returnState: true, returnSequences: true }), 2],
    GRU: [() => new GRU(H, { returnState: true, returnSequences: true }), 1],
  } as const;

  test.each(Object.entries(passes))('%s returns the output and its final states', async (_, [make, count]) => {
    const layer = make();
    const [output, ...states] = await calls(layer);
    expect(output!.shape).toEqual([N, T, H]);
    expect(states.map(({ shape }) => shape)).toEqual(Array(count).fill([N, H]));
    // The first state is the output of the last timestep.
    const last = Array.from(output!, (row) => Array.from(row.row(T - 1).data)).flat();
    expect(Array.from(states[0]!.data)).toEqual(last);
  });

  test.each(Object.entries(passes))('%s goes on where another call ended', async (_, [make]) => {
    const layer = make();
    const [whole] = await calls(layer);
    const part = (begin: number, end: number): NdArray => {
      const rows = Array.from(x, (row) => Array.from(row.slice(begin, end).data)).flat();
      return new NdArray(Float32Array.from(rows), [N, end - begin, C]);
    };
    const [, ...states] = await calls(layer, {}, part(0, 2));
    const [rest] = await calls(layer, { initialState: states }, part(2, T));
    const wanted = Array.from(whole!, (row) => Array.from(row.slice(2).data)).flat();
    expectAlike([rest!], [new NdArray(Float32Array.from(wanted), [N, T - 2, H])]);
  });

  test('one state may stand alone', async () => {
    const layer = new GRU(H);
    const alone = await layer.call(x, { initialState: state(3) });
    expect(alone.data).toEqual((await layer.call(x, { initialState: [state(3)] })).data);
    expect(alone.data).not.toEqual((await layer.call(x)).data);
  });

  test('the functional passes give the same', async () => {
    const check = async (layer: Layer, pass: typeof simpleRnn): Promise<void> => {
      layer.build([null, T, C]);
      const [kernel, recurrentKernel, bias] = layer.getWeights() as [NdArray, NdArray, NdArray];
      const initialState = layer.stateSizes.map((_, index) => state(index + 4));
      const given = initialState.length === 1 ? initialState[0]! : (initialState as never);
      const wanted = await pass(x, { kernel, recurrentKernel, bias, initialState: given, returnState: true });
      const got = await calls(layer, { initialState });
      expectAlike(got, wanted);
    };
    await check(new SimpleRNN(H, { returnState: true, biasInitializer: 'normal' }), simpleRnn);
    await check(new LSTM(H, { returnState: true, biasInitializer: 'normal' }), lstm as typeof simpleRnn);
    await check(new GRU(H, { returnState: true, biasInitializer: 'normal' }), gru as typeof simpleRnn);
  });

  test('masked timesteps are as if they were not there', async () => {
    const layer = new LSTM(H, { returnState: true });
    const mask = Array.from({ length: N }, () => [true, false, true, true, false]);
    const kept = Array.from(x, (row) => [0, 2, 3].flatMap((step) => Array.from(row.row(step).data))).flat();
    const short = await calls(layer, {}, new NdArray(Float32Array.from(kept), [N, 3, C]));
    const masked = await calls(layer, { mask });
    expectAlike(masked, short);
    const numbers = { data: Uint8Array.from(mask.flat(), Number), shape: [N, T] };
    expectAlike(await calls(layer, { mask: numbers }), masked);
  });

  test('outputs of masked timesteps repeat the one before, or are zero', async () => {
    const mask = Array.from({ length: N }, () => [0, 1, 0, 1, 1]);
    const layer = new GRU(H, { returnSequences: true });
    const carried = await layer.call(x, { mask });
    const zero = new GRU(H, { returnSequences: true, zeroOutputForMask: true });
    zero.build([null, T, C]);
    zero.setWeights(layer.getWeights());
    const zeroed = await zero.call(x, { mask });
    const step = (array: NdArray, row: number, index: number) => Array.from(array.row(row).row(index).data);
    for (let row = 0; row < N; row++) {
      expect(step(carried, row, 0)).toEqual(Array(H).fill(0));
      expect(step(carried, row, 2)).toEqual(step(carried, row, 1));
      expect(step(zeroed, row, 2)).toEqual(Array(H).fill(0));
      expect(step(zeroed, row, 3)).toEqual(step(carried, row, 3));
    }
  });

  test('a stateful layer goes on from call to call until its states are reset', async () => {
    const layer = new LSTM(H, { stateful: true, returnState: true });
    const first = await calls(layer);
    const second = await calls(layer);
    const same = new LSTM(H, { returnState: true });
    same.build([null, T, C]);
    same.setWeights(layer.getWeights());
    expectAlike(await calls(same, { initialState: first.slice(1) }), second);
    expect(await codeOfAsync(layer.call(x.slice(0, 1)))).toBe('ERR_SHAPE');
    layer.resetStates();
    expectAlike(await calls(layer), first);
  });

  test('a stateful layer refuses a call during another', async () => {
    const layer = new LSTM(H, { stateful: true });
    const [first, second] = await Promise.allSettled([layer.call(x), layer.call(x)]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'ERR_BUSY' } });
    expect((await layer.call(x)).shape).toEqual([N, H]);
  });
});

describe('layer.call of Bidirectional', () => {
  test('returns both directions and all states where they are not merged', async () => {
    const both = new Bidirectional(new LSTM(H, { returnSequences: true, returnState: true }), { mergeMode: null });
    const parts = await calls(both);
    expect(parts.map(({ shape }) => shape)).toEqual([
      [N, T, H],
      [N, T, H],
      [N, H],
      [N, H],
      [N, H],
      [N, H],
    ]);
    const forward = await calls(both.forwardLayer);
    const backward = await calls(both.backwardLayer);
    // What was read backwards stands in the order of the input.
    const flipped = Array.from(backward[0]!, (row) => [...row].reverse().map(({ data }) => [...data])).flat(2);
    const inOrder = new NdArray(Float32Array.from(flipped), [N, T, H]);
    expectAlike(parts, [forward[0]!, inOrder, ...forward.slice(1), ...backward.slice(1)]);
  });

  test('merges as it is told', async () => {
    const apart = new Bidirectional(new GRU(H), { mergeMode: null });
    const [forward, backward] = (await calls(apart)) as [NdArray, NdArray];
    const merged = async (mergeMode: 'concat' | 'sum' | 'mul' | 'ave') => {
      const layer = new Bidirectional(new GRU(H), { mergeMode });
      layer.build([null, T, C]);
      layer.setWeights(apart.getWeights());
      return layer.call(x);
    };
    const pairs = Array.from(forward.data, (value, index) => [value, backward.data[index]!] as const);
    const shaped = (values: number[], width = H) => [new NdArray(Float32Array.from(values), [N, width])];
    expectAlike([await merged('sum')], shaped(pairs.map(([a, b]) => a + b)));
    expectAlike([await merged('mul')], shaped(pairs.map(([a, b]) => a * b)));
    expectAlike([await merged('ave')], shaped(pairs.map(([a, b]) => (a + b) / 2)));
    const side = Array.from(forward, (row, index) => [...row.data, ...backward.row(index).data]).flat();
    expectAlike([await merged('concat')], shaped(side, 2 * H));
  });

  test('gives each direction its own initial states', async () => {
    const both = new Bidirectional(new LSTM(H, { returnState: true }), { mergeMode: null });
    const states = [2, 3, 4, 5].map(state);
    const parts = await calls(both, { initialState: states });
    const forward = await calls(both.forwardLayer, { initialState: states.slice(0, 2) });
    const backward = await calls(both.backwardLayer, { initialState: states.slice(2) });
    expectAlike(parts.slice(0, 2), [forward[0]!, backward[0]!]);
  });
});
