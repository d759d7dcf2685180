// SPDX-License-Identifier: MIT
// Models of any graph: how they are described, cut out of each other and used as layers, and what their tensors are called.
import {
  add,
  clearSession,
  concatenate,
  Dense,
  Embedding,
  Flatten,
  GRU,
  Input,
  LSTM,
  Model,
  Sequential,
  setRandomSeed,
  SGD,
  SimpleRNN,
  TimeDistributed,
  type Layer,
  type NdArray,
  type SymbolicTensor,
} from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';
import { ids, numbers, run } from '../../support/graph_run';

beforeEach(() => {
  clearSession();
  setRandomSeed(5);
});

const values = ({ data }: NdArray): number[] => [...data];
const vector = (name?: string): Input => new Input([3], { name: name ?? null });

describe('misuse', () => {
  const [x, y] = [vector('x'), vector('y')];
  const dense = (name?: string): Dense => new Dense(3, { name: name ?? null });

  test.each<[string, () => unknown, string, RegExp]>([
    ['a layer for an output', () => new Model(x, dense('d') as never), 'ERR_TYPE', /Apply the layer: d\.apply\(x\)/],
    ['an array for an input', () => new Model([[1, 2, 3]] as never, dense().apply(x)), 'ERR_TYPE', /An Input is one/],
    ['no inputs', () => new Model([], dense().apply(x)), 'ERR_TYPE', /received none/],
    ['no outputs', () => new Model(x, {}), 'ERR_TYPE', /received none/],
    ['an unknown option', () => new Model(x, dense().apply(x), { nam: 'a' } as never), 'ERR_UNKNOWN_OPTION', /'name'/],
    ['an input twice', () => new Model([x, x], dense().apply(x)), 'ERR_CONFIG', /"x" twice/],
    [
      'an input that no output needs',
      () => new Model([x, y], dense().apply(x)),
      'ERR_CONFIG',
      /"y" .*reaches no output/,
    ],
    ['an output of another input', () => new Model(x, dense().apply(y)), 'ERR_CONFIG', /depends on "y" \(None, 3\)/],
    [
      'a joint that needs another input',
      () => new Model(x, add([dense().apply(x), dense().apply(y)])),
      'ERR_CONFIG',
      /depends on "y"/,
    ],
    ['an input for an output', () => new Model(x, x), 'ERR_CONFIG', /outputs that layers give, received the input "x"/],
    [
      'an input among the outputs',
      () => new Model(x, [dense().apply(x), x]),
      'ERR_CONFIG',
      /outputs that layers give, received the input "x"/,
    ],
    [
      'two layers of one name',
      () => new Model(x, dense('same').apply(dense('same').apply(x))),
      'ERR_CONFIG',
      /"same" twice/,
    ],
    ['two inputs of one name', () => new Model([x, vector('x')], add([x, x])), 'ERR_CONFIG', /reaches no output/],
    [
      'an input of the name of a layer',
      () => new Model(x, dense('x').apply(x)),
      'ERR_CONFIG',
      /"x" for an input and for a layer/,
    ],
    [
      'a key that is the name of a layer',
      () => new Model({ d: x }, dense('d').apply(x)),
      'ERR_CONFIG',
      /"d" for an input and for a layer/,
    ],
    ['an empty key', () => new Model({ '': x }, dense().apply(x)), 'ERR_CONFIG', /names that are not empty/],
    [
      'an empty key of an output',
      () => new Model(x, { '': dense().apply(x) }),
      'ERR_CONFIG',
      /names that are not empty/,
    ],
  ])('%s is refused, and named', (_title, call, code, message) => {
    expect(codeOf(call)).toBe(code);
    expect(messageOf(call)).toMatch(message);
  });

  test('two inputs of one name are refused, and named', () => {
    const [one, other] = [vector('same'), vector('same')];
    const call = (): Model => new Model([one, other], add([one, other]));
    expect(codeOf(call)).toBe('ERR_CONFIG');
    expect(messageOf(call)).toMatch(/"same" for two inputs/);
  });

  test.each<[string, (model: Model) => unknown, string, RegExp]>([
    ['too few inputs', (model) => model.apply(x), 'ERR_CONFIG', /2 inputs, received 1/],
    ['too many inputs', (model) => model.apply([x, x, x]), 'ERR_CONFIG', /2 inputs, received 3/],
    ['an input that is missing', (model) => model.apply({ left: x }), 'ERR_CONFIG', /none for "right"/],
    [
      'an input that does not exist, with the nearest',
      (model) => model.apply({ left: x, rihgt: x }),
      'ERR_UNKNOWN_NAME',
      /Did you mean "right"/,
    ],
    [
      'an input of another size',
      (model) => model.apply([x, new Input([4])]),
      'ERR_SHAPE',
      /\(None, 3\), received \(None, 4\)/,
    ],
    ['numbers for a tensor', (model) => model.apply([x, [1, 2, 3]] as never), 'ERR_TYPE', /await layer.call/],
    ['a mask', (model) => model.apply([x, x], { mask: x }), 'ERR_CONFIG', /mask for a layer that reads one/],
  ])('%s where a model is applied is refused, and named', (_title, call, code, message) => {
    const [left, right] = [vector(), vector()];
    const model = new Model({ left, right }, add([left, right]));
    expect(codeOf(() => call(model))).toBe(code);
    expect(messageOf(() => call(model))).toMatch(message);
  });

  test('a layer that was not applied, or twice, has no output of its own', () => {
    const layer = dense();
    expect(codeOf(() => layer.output)).toBe('ERR_STATE');
    expect(messageOf(() => layer.input)).toMatch(/one that was not applied/);
    const [first, second] = [layer.apply(x), layer.apply(y)];
    for (const read of [() => layer.output, () => layer.outputs]) expect(codeOf(read)).toBe('ERR_STATE');
    expect(messageOf(() => layer.inputs)).toMatch(/applied 2 times\. Choose a call: layer\.nodes\[0\]\.inputs/);
    expect(layer.nodes.map(({ outputs }) => outputs[0])).toEqual([first, second]);
    expect(layer.nodes.map(({ inputs }) => inputs[0])).toEqual([x, y]);
  });
});

describe('names of inputs and outputs', () => {
  test('are those of the tensors and of the layers', () => {
    const [text, meta] = [new Input([null], { dtype: 'int32', name: 'words' }), vector('meta')];
    const read = new LSTM(3).apply(new Embedding(9, 3).apply(text));
    const score = new Dense(1, { name: 'score' }).apply(concatenate([read, meta]));
    const model = new Model([text, meta], [score, read]);
    expect(model.inputNames).toEqual(['words', 'meta']);
    expect(model.outputNames).toEqual(['score', 'lstm_1']);
  });

  test('are the keys of an object, in its order, whatever the tensors are called', () => {
    const [a, b] = [vector('a'), vector('b')];
    const model = new Model({ second: b, first: a }, { sum: add([a, b]), half: new Dense(1).apply(a) });
    expect(model.inputNames).toEqual(['second', 'first']);
    expect(model.inputs).toEqual([b, a]);
    expect(model.outputNames).toEqual(['sum', 'half']);
  });

  test('differ where a layer gives several outputs, or one twice', () => {
    const x = new Input([null, 3]);
    const [y, h, c] = new LSTM(2, { returnState: true, name: 'reader' }).apply<SymbolicTensor[]>(x);
    expect(new Model(x, [y!, h!, c!, y!]).outputNames).toEqual(['reader', 'reader_1', 'reader_2', 'reader_3']);
  });

  test('differ where a model begins at several outputs of one layer, and from those of its layers', () => {
    const x = new Input([null, 3]);
    const shared = new GRU(3, { returnSequences: true, returnState: true, name: 'shared' });
    const [y, h] = shared.apply<SymbolicTensor[]>(x);
    const again = shared.apply<SymbolicTensor[]>(y!, { initialState: h! });
    expect(new Model([y!, h!], again[0]!).inputNames).toEqual(['shared_1', 'shared_2']);
  });

  test('of a Sequential are that of its input and that of its last layer', () => {
    expect(new Sequential([new Input([null, 3], { name: 'series' }), new LSTM(2), new Dense(1)])).toMatchObject({
      inputNames: ['series'],
      outputNames: ['dense_1'],
    });
    const model = new Sequential([new Embedding(9, 3), new LSTM(2, { name: 'last' })]);
    expect([model.inputNames, model.outputNames]).toEqual([['embedding_1_input'], ['last']]);
    model.pop();
    expect(model.outputNames).toEqual(['embedding_1']);
    expect(codeOf(() => new Sequential([new Dense(1)]).inputNames)).toBe('ERR_STATE');
  });
});

describe('a model that is cut out of another', () => {
  const tokens = ids([3, 5], 9);
  const reviews = (): Sequential =>
    new Sequential([
      new Embedding(9, 4),
      new LSTM(3, { returnSequences: true, name: 'lower' }),
      new GRU(3, { name: 'upper' }),
      new Dense(2, { activation: 'softmax' }),
    ]);

  test.each([0, 1, 2, 3])('behind layer %d of a Sequential gives what the layers up to there give', async (index) => {
    const model = reviews();
    const cut = new Model(model.inputs, model.layers[index]!.output);
    const [wanted] = await run(new Sequential(model.layers.slice(0, index + 1)), [tokens]);
    const [given] = await run(cut, [tokens]);
    expect(given!.shape).toEqual(wanted!.shape);
    expect(values(given!)).toEqual(values(wanted!));
  });

  test('at its front gives the rest', async () => {
    const model = reviews();
    const [front, rest] = [
      new Model(model.inputs, model.getLayer('lower').output),
      new Model(model.getLayer('upper').input, model.output),
    ];
    const between = await run(front, [tokens]);
    const [given, wanted] = [await run(rest, between), await run(model, [tokens])];
    expect(values(given[0]!)).toEqual(values(wanted[0]!));
  });

  test('has several outputs where several are asked for, states among them', async () => {
    const x = new Input([null, 3]);
    const encoder = new LSTM(4, { returnState: true, name: 'encoder' });
    const [y] = encoder.apply<SymbolicTensor[]>(x);
    const model = new Model(x, new Dense(1).apply(y!));
    const states = new Model(model.inputs, encoder.outputs.slice(1));
    const [h, c] = await run(states, [numbers([2, 5, 3])]);
    const [own] = await run(new Model(x, y!), [numbers([2, 5, 3])]);
    expect(values(h!)).toEqual(values(own!));
    expect(values(c!)).not.toEqual(values(own!));
  });

  test('shares the weights: what one learns the other has', async () => {
    const model = reviews();
    const cut = new Model(model.inputs, model.getLayer('upper').output);
    const before = values((await run(cut, [tokens]))[0]!);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(tokens, numbers([3, 2]), { verbose: 0, epochs: 3 });
    const after = values((await run(cut, [tokens]))[0]!);
    expect(after).not.toEqual(before);
    expect(values((await run(new Sequential(model.layers.slice(0, 3)), [tokens]))[0]!)).toEqual(after);
    cut.setWeights(cut.getWeights().map(({ data, shape }) => ({ data: data.map(() => 0), shape })));
    const answer = values((await run(model, [tokens]))[0]!);
    expect(answer).toEqual(answer.map((_, i) => answer[i % 2]!)); // every row: the softmax of the bias alone
  });

  test('follows a Sequential to which layers are added, and from which they are taken', async () => {
    const model = reviews();
    const upper = model.getLayer('upper');
    const kept = upper.output;
    const dense = model.pop();
    expect(codeOf(() => dense.output)).toBe('ERR_STATE');
    expect(upper.output).toBe(kept);
    model.pop();
    expect(codeOf(() => upper.output)).toBe('ERR_STATE');
    model.add(new Flatten());
    expect(codeOf(() => model.pop())).toBe('nothing thrown');
    model.add(upper);
    model.add(dense);
    expect(upper.output).not.toBe(kept);
    expect(model.output).toBe(dense.output);
    const [given, wanted] = [
      await run(new Model(model.inputs, upper.output), [tokens]),
      await run(new Model(model.inputs, kept), [tokens]),
    ];
    expect(values(given[0]!)).toEqual(values(wanted[0]!));
  });

  test('needs the input to be known, and can be cut as soon as it is', () => {
    const model = new Sequential([new SimpleRNN(3, { returnSequences: true }), new Dense(2)]);
    expect(codeOf(() => model.layers[0]!.output)).toBe('ERR_STATE');
    expect(codeOf(() => model.inputs)).toBe('ERR_STATE');
    model.build([null, null, 4]);
    expect(new Model(model.inputs, model.layers[0]!.output).outputShape).toEqual([null, null, 3]);
  });

  test('is cut at the call that is meant where a layer is in two models', async () => {
    const embedding = new Embedding(9, 3);
    const [one, other] = [new Sequential([embedding, new LSTM(2)]), new Sequential([embedding, new GRU(2)])];
    expect(messageOf(() => embedding.output)).toMatch(/applied 2 times/);
    const [first, second] = embedding.nodes;
    expect([first!.inputs[0], second!.inputs[0]]).toEqual([one.input, other.input]);
    const cut = new Model(other.inputs, second!.outputs);
    expect((await run(cut, [ids([1, 2], 9)]))[0]!.shape).toEqual([1, 2, 3]);
    expect(codeOf(() => new Model(other.inputs, first!.outputs))).toBe('ERR_CONFIG');
  });

  test('cannot be cut through a model within: the tensors there are of that model', () => {
    const inner = new Sequential([new Input([3]), new Dense(3, { name: 'deep' }), new Dense(2)], { name: 'inner' });
    const x = vector('x');
    const model = new Model(x, new Dense(1).apply(inner.apply(x)));
    const call = (): Model => new Model(model.inputs, (model.getLayer('inner') as Model).getLayer('deep').output);
    expect(codeOf(call)).toBe('ERR_CONFIG');
    expect(messageOf(call)).toMatch(/depends on "input_1"/);
  });
});

describe('a model as a layer', () => {
  test('is applied to tensors by name as well as in order', async () => {
    const [a, b] = [vector(), vector()];
    const half = new Dense(2);
    const inner = new Model({ left: a, right: b }, concatenate([half.apply(a), b]));
    const [x, y] = [vector(), vector()];
    const [byName, inOrder] = [inner.apply({ right: y, left: x }), inner.apply([x, y])];
    const data = [numbers([2, 3]), numbers([2, 3], 1)];
    const [one, other] = [await run(new Model([x, y], byName), data), await run(new Model([x, y], inOrder), data)];
    expect(values(one[0]!)).toEqual(values(other[0]!));
    expect(values(one[0]!)).toEqual(values((await run(inner, data))[0]!));
  });

  test('gives several outputs where it has them', async () => {
    const x = new Input([null, 3]);
    const inner = new Model(x, new LSTM(2, { returnState: true }).apply<SymbolicTensor[]>(x));
    const outer = new Input([null, 3]);
    const given = inner.apply<SymbolicTensor[]>(outer);
    expect(given.map(({ shape }) => shape)).toEqual([[null, 2], [null, 2], [null, 2]]); // prettier-ignore
    const data = [numbers([2, 4, 3])];
    const [one, other] = [await run(inner, data), await run(new Model(outer, given), data)];
    expect(one.map(values)).toEqual(other.map(values));
  });

  test('is built by the first tensor that it is applied to', () => {
    const tower = new Sequential([new LSTM(4), new Dense(2)]);
    expect(tower.isBuilt).toBe(false);
    expect(tower.apply(new Input([null, 3])).shape).toEqual([null, 2]);
    expect(tower.inputShape).toEqual([null, null, 3]);
    expect(codeOf(() => tower.apply(new Input([null, 5])))).toBe('ERR_SHAPE');
  });

  test('refuses layers that do not fit, and is as it was', () => {
    const tower = new Sequential([new LSTM(4), new LSTM(2)]);
    expect(codeOf(() => tower.apply(new Input([null, 3])))).toBe('ERR_SHAPE');
    expect(tower.isBuilt).toBe(false);
    expect(tower.nodes).toEqual([]);
  });
});

describe('a model at every part', () => {
  test.each<[string, () => Sequential, readonly number[]]>([
    [
      'of layers that compute each position by itself',
      () => new Sequential([new Dense(4, { activation: 'tanh' }), new Dense(2)]),
      [2, 5, 3],
    ],
    ['that reads sequences', () => new Sequential([new LSTM(4, { returnSequences: true }), new GRU(2)]), [2, 3, 4, 3]],
    [
      'that gives sequences',
      () => new Sequential([new LSTM(4, { returnSequences: true }), new Dense(2)]),
      [2, 3, 4, 3],
    ],
  ])('%s gives what it gives of each alone', async (_title, make, shape) => {
    const each = make();
    const x = new Input(shape.slice(1));
    const model = new Model(x, new TimeDistributed(each).apply(x));
    const batch = numbers(shape);
    const [all] = await run(model, [batch]);
    const [rows, parts, ...axes] = shape as [number, number, ...number[]];
    const [alone] = await run(each, [{ data: batch.data, shape: [rows * parts, ...axes] }]);
    expect(all!.shape).toEqual([rows, parts, ...alone!.shape.slice(1)]);
    all!.data.forEach((value, i) => expect(Math.abs(value - alone!.data[i]!)).toBeLessThan(1e-6));
  });

  test('that reads ids gives what it gives of each alone', async () => {
    const each = new Sequential([new Embedding(9, 3, { maskZero: true }), new LSTM(4)]);
    const x = new Input([2, 5], { dtype: 'int32' });
    const model = new Model(x, new TimeDistributed(each).apply(x));
    const batch = ids([3, 2, 5], 9);
    const [all] = await run(model, [batch]);
    const [alone] = await run(each, [{ data: batch.data, shape: [6, 5] }]);
    expect(all!.shape).toEqual([3, 2, 4]);
    all!.data.forEach((value, i) => expect(Math.abs(value - alone!.data[i]!)).toBeLessThan(1e-6));
  });

  test('is refused where it has several inputs or outputs', () => {
    const x = vector();
    const two = new Model(x, [new Dense(1).apply(x), new Dense(2).apply(x)], { name: 'two' });
    expect(messageOf(() => new TimeDistributed(two))).toMatch(/a layer of one output, received Model "two" with 2/);
    const y = vector();
    expect(messageOf(() => new TimeDistributed(new Model([x, y], add([x, y]))))).toMatch(/a layer of one input/);
  });
});

describe('layers', () => {
  const order = (model: Model): string[] => model.layers.map((layer: Layer) => layer.name);

  test('are listed as Keras lists them: by their distance from the outputs, then as the outputs reach them', () => {
    const [text, meta] = [new Input([null], { dtype: 'int32' }), vector('meta')];
    const side = new Dense(3, { name: 'side' }).apply(meta);
    const read = new LSTM(3, { name: 'read' }).apply(new Embedding(9, 3, { name: 'table' }).apply(text));
    const score = new Dense(1, { name: 'score' }).apply(concatenate([read, side], -1, { name: 'both' }));
    expect(order(new Model([text, meta], score))).toEqual(['table', 'read', 'side', 'both', 'score']);
    expect(order(new Model([meta, text], [side, score]))).toEqual(['table', 'side', 'read', 'both', 'score']);
  });

  test('are found by name and by index', () => {
    const x = vector();
    const model = new Model(x, new Dense(1, { name: 'b' }).apply(new Dense(2, { name: 'a' }).apply(x)));
    expect(model.getLayer('b')).toBe(model.getLayer(1));
    expect(messageOf(() => model.getLayer('c'))).toMatch(/"a", "b"/);
  });

  test('may be thousands deep', async () => {
    const x = new Input([2]);
    const layer = new Dense(2);
    let y: SymbolicTensor = x;
    for (let i = 0; i < 3000; i++) y = layer.apply(y);
    const model = new Model(x, y);
    expect(model.weights).toHaveLength(2);
    expect((await run(model, [numbers([1, 2])]))[0]!.shape).toEqual([1, 2]);
  });
});

describe('weights of losses', () => {
  /** Two products 1 * w with w = 1 and the target 0: each loss is 1, and falls by 2 for each unit that its w falls. */
  async function trainOnce(lossWeights: number[]): Promise<{ loss: number; kernels: number[] }> {
    const inputs = [new Input([1]), new Input([1])];
    const outputs = inputs.map((x) => new Dense(1, { useBias: false, kernelInitializer: 'ones' }).apply(x));
    const model = new Model(inputs, outputs);
    model.compile({ optimizer: new SGD({ learningRate: 0.125 }), loss: ['mse', 'mse'], lossWeights });
    const { history } = await model.fit([[[1]], [[1]]], [[[0]], [[0]]], { verbose: 0 });
    const kernels = model.getWeights().flatMap(values);
    model.dispose();
    return { loss: history.loss![0]!, kernels };
  }

  test('weigh both the total and the gradients', async () => {
    expect(await trainOnce([1, 3])).toEqual({ loss: 4, kernels: [0.75, 0.25] });
  });

  test('of zero leave what only that loss depends on as it is', async () => {
    expect(await trainOnce([0, 2])).toEqual({ loss: 2, kernels: [1, 0.5] });
  });
});
