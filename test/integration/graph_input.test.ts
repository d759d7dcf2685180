// SPDX-License-Identifier: MIT
// Bad input for graphs, and what models do to each other that share layers: every refusal is a typed error that names the
// layer or tensor, and what was there before is as it was.
import * as lib from '../../lib';
import { codeOf, codeOfAsync, messageOf } from '../support/error_code';
import { resultOf } from '../support/child';
import { ids, numbers, run } from '../support/graph_run';
import { temporaryFolder } from '../support/temporary_folder';

const { Dense, Dropout, Embedding, Flatten, GRU, Input, LSTM, Model, Sequential, SimpleRNN, TimeDistributed } = lib;
const { add, concatenate } = lib;
type Tensor = lib.SymbolicTensor;

const at = temporaryFolder();
const MB = 2 ** 20;

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(4);
});

const words = (name = 'words'): lib.Input => new Input([5], { dtype: 'int32', name });
const vector = (name = 'vector', size = 3): lib.Input => new Input([size], { name });
const series = (name = 'series'): lib.Input => new Input([null, 3], { name });
const dense = (name = 'dense'): lib.Dense => new Dense(3, { name });

describe('what a layer is applied to', () => {
  test.each<[string, () => unknown, string, RegExp]>([
    [
      'numbers where ids are read, and told to be numbers',
      () => new Embedding(9, 2, { name: 'table' }).apply(new Input([5], { dtype: 'float32' })),
      'ERR_CONFIG',
      /Embedding "table".apply: expected token ids.*received numbers \(None, 5\)/,
    ],
    [
      'what a layer computed where ids are read',
      () => new Embedding(9, 2).apply(dense().apply(vector())),
      'ERR_CONFIG',
      /expected token ids.*received numbers/,
    ],
    [
      'ids where numbers are read',
      () => dense('d').apply(words()),
      'ERR_CONFIG',
      /Dense "d".apply: expected numbers.*received token ids \(None, 5\)/,
    ],
    [
      'ids where a sequence is read',
      () => new LSTM(2).apply(new Input([4, 3], { dtype: 'int32' })),
      'ERR_CONFIG',
      /token ids/,
    ],
    ['ids for a sum', () => add([words(), words()]), 'ERR_CONFIG', /token ids/],
    ['ids for dropout', () => new Dropout(0.5).apply(words()), 'ERR_CONFIG', /token ids/],
    [
      'ids for an initial state',
      () => new GRU(5).apply(series(), { initialState: words() }),
      'ERR_CONFIG',
      /expected numbers.*received token ids/,
    ],
    [
      'ids for a mask',
      () => new GRU(5).apply(new Input([5, 3]), { mask: words() }),
      'ERR_CONFIG',
      /expected numbers.*received token ids/,
    ],
    [
      'numbers for a model that reads ids',
      () => new Sequential([new Embedding(9, 2), new LSTM(2)], { name: 'tower' }).apply(dense().apply(vector())),
      'ERR_CONFIG',
      /Sequential "tower".apply: expected token ids/,
    ],
    [
      'ids for a model that reads numbers',
      () => new Sequential([new Input([5]), new Dense(2)], { name: 'tower' }).apply(words()),
      'ERR_CONFIG',
      /Sequential "tower".apply: expected numbers/,
    ],
    ['an array', () => dense('d').apply([[1, 2, 3]] as never), 'ERR_TYPE', /await layer\.call\(x\)/],
    ['nothing', () => dense('d').apply([]), 'ERR_TYPE', /received none/],
    ['two tensors', () => dense('d').apply([vector(), vector()]), 'ERR_CONFIG', /1 input, received 2/],
    [
      'no tensor',
      () => add([], { name: 'sum' }),
      'ERR_TYPE',
      /Add "sum".*an Input, or what a layer gave, received none/,
    ],
    [
      'a vector where a sequence is read',
      () => new LSTM(2, { name: 'reader' }).apply(vector()),
      'ERR_SHAPE',
      /LSTM "reader".*rank 3/,
    ],
    [
      'initial states of another size',
      () => new LSTM(2).apply(series(), { initialState: [vector('h', 2), vector('c', 3)] }),
      'ERR_SHAPE',
      /\[N,2\] and \[N,2\], received \(None, 3\) of "c"/,
    ],
    [
      'one state of two',
      () => new LSTM(2).apply(series(), { initialState: vector('h', 2) }),
      'ERR_SHAPE',
      /received 1 states/,
    ],
    [
      'states for a layer without',
      () => dense().apply(vector(), { initialState: vector() }),
      'ERR_CONFIG',
      /initialState for a recurrent layer/,
    ],
    [
      'a mask of other timesteps',
      () => new LSTM(2).apply(new Input([4, 3]), { mask: new Input([5], { name: 'mask' }) }),
      'ERR_SHAPE',
      /\(None, 4\), received \(None, 5\) of "mask"/,
    ],
    [
      'an unknown option',
      () => new LSTM(2).apply(series(), { initialStates: [] } as never),
      'ERR_UNKNOWN_OPTION',
      /'initialState'/,
    ],
  ])('%s', (_title, call, code, message) => {
    expect(codeOf(call)).toBe(code);
    expect(messageOf(call)).toMatch(message);
  });

  test('other features than the first time: refused, and the first call stands', async () => {
    const layer = dense('shared');
    const [x, y] = [vector('x'), layer.apply(vector('x2'))];
    const call = (): Tensor => layer.apply(vector('y', 4));
    expect(codeOf(call)).toBe('ERR_SHAPE');
    expect(messageOf(call)).toMatch(/Dense "shared".*\(None, 3\), for which it was built, received \(None, 4\)/);
    expect(y.shape).toEqual([null, 3]);
    expect((await run(new Model(x, layer.apply(x)), [numbers([2, 3])]))[0]!.shape).toEqual([2, 3]);
    expect(layer.nodes).toHaveLength(2);
  });

  test('another rank than the first time is taken where the weights are the same', async () => {
    const layer = dense();
    const [x, z] = [vector(), series()];
    const model = new Model([x, z], [layer.apply(x), layer.apply(z)]);
    const [one, other] = await run(model, [numbers([1, 3]), numbers([1, 1, 3])]);
    expect([...other!.data]).toEqual([...one!.data]);
  });

  test('an Input that is not told what it is: ids for some, numbers for others, is refused by name', () => {
    const x = new Input([5], { name: 'both' });
    const table = new Flatten().apply(new Embedding(9, 2).apply(x));
    const call = (): lib.Model => new Model(x, concatenate([table, dense('d').apply(x)]));
    expect(codeOf(call)).toBe('ERR_CONFIG');
    expect(messageOf(call)).toMatch(/"both" to be ids or numbers.*received ids, and numbers for Dense "d"/);
    const state = new GRU(5, { name: 'g' }).apply(series(), { initialState: x });
    expect(codeOf(() => new Model([x, state.node!.inputs[0]!], concatenate([table, state])))).toBe('ERR_CONFIG');
  });
});

describe('models within models', () => {
  test('a model has no place within itself', () => {
    const own = new Sequential([new Input([3]), dense()], { name: 'own' });
    expect(codeOf(() => own.add(own))).toBe('ERR_CONFIG');
    expect(messageOf(() => own.add(own))).toMatch(/a layer that the model is not within, received Sequential "own"/);
    const inner = new Sequential([dense('a')]);
    const outer = new Sequential([new Sequential([inner])]);
    expect(codeOf(() => inner.add(outer))).toBe('ERR_CONFIG');
    expect(inner.layers).toHaveLength(1);
  });

  test.each<[string, (tower: lib.Sequential) => unknown]>([
    ['applied', (tower) => tower.apply(vector())],
    ['in a Sequential', (tower) => new Sequential([new Input([3]), tower])],
    ['in a wrapper', (tower) => new TimeDistributed(tower)],
  ])('a model that is %s does not change any more: others rely on it', (_title, use) => {
    const tower = new Sequential([new Input([3]), dense('a')], { name: 'tower' });
    use(tower);
    for (const call of [() => tower.add(dense('b')), () => tower.pop()]) {
      expect(codeOf(call)).toBe('ERR_STATE');
      expect(messageOf(call)).toMatch(/tower\.(add|pop): expected a model that is no layer of another/);
    }
    expect(tower.layers).toHaveLength(1);
    expect(new Sequential(tower.layers).pop().name).toBe('a');
  });

  test('a model that was taken out again changes as before', () => {
    const tower = new Sequential([new Input([3]), dense('a')]);
    const outer = new Sequential([new Input([3]), tower]);
    expect(outer.pop()).toBe(tower);
    tower.add(dense('b'));
    expect(tower.layers).toHaveLength(2);
  });

  test('a model that was disposed of goes on as a layer: in use, in summaries, configs and files', async () => {
    const tower = new Sequential([new Input([4, 3]), dense('a')], { name: 'tower' });
    const each = new Sequential([new Input([3]), dense('b')], { name: 'each' });
    const x = new Input([4, 3]);
    const model = new Model(x, new SimpleRNN(2).apply(new TimeDistributed(each).apply(tower.apply(x))));
    const before = await run(model, [numbers([2, 4, 3])]);
    tower.dispose();
    each.dispose();
    expect(codeOf(() => tower.getConfig())).toBe('ERR_DISPOSED');
    expect(codeOf(() => tower.apply(vector()))).toBe('ERR_DISPOSED');
    const again = new Model(x, model.output);
    expect(await run(again, [numbers([2, 4, 3])])).toEqual(before);
    again.summary({ printFn: () => undefined });
    await again.save(at('model.safetensors'));
    expect(await run(await lib.loadModel(at('model.safetensors')), [numbers([2, 4, 3])])).toEqual(before);
    model.dispose();
    expect(await run(again, [numbers([2, 4, 3])])).toEqual(before);
  });
});

describe('models that share layers', () => {
  const x = ids([64, 12], 9);
  const y = numbers([64, 1]);

  /** Two models over one embedding, and each with layers of its own. */
  function pair(): { one: lib.Model; other: lib.Model; embedding: lib.Embedding } {
    lib.clearSession();
    lib.setRandomSeed(8);
    const embedding = new Embedding(9, 4);
    const [a, b] = [words('a'), words('b')].map((input) => new Input([12], { dtype: 'int32', name: input.name }));
    const one = new Model(a!, new Dense(1).apply(new LSTM(6).apply(embedding.apply(a!))));
    const other = new Model(b!, new Dense(1).apply(new GRU(5).apply(embedding.apply(b!))));
    for (const model of [one, other]) model.compile({ optimizer: 'sgd', loss: 'mse' });
    return { one, other, embedding };
  }
  const bits = (model: lib.Model): string =>
    model
      .getWeights()
      .map(({ data }) => Buffer.from(data.buffer).toString('hex'))
      .join();
  const QUIET = { verbose: 0, seed: 1, batchSize: 8 } as const;

  test('while one trains, whatever would read or write its layers is refused, and the training is as in peace', async () => {
    const { one, other, embedding } = pair();
    const [stream, weights] = [other.openStream(), other.getWeights()];
    const abort = new AbortController();
    const whole = { verbose: 0, shuffle: false, batchSize: 64 } as const;
    const fit = codeOfAsync(one.fit(x, y, { ...whole, epochs: 1_000_000, signal: abort.signal }));
    // The first run begins a turn later.
    await new Promise(setImmediate);
    const calls: (() => unknown)[] = [
      () => stream.push(3),
      () => other.openStream(),
      () => other.getWeights(),
      () => other.setWeights(weights),
      () => embedding.getWeights(),
      () => embedding.setWeights([weights[0]!]),
    ];
    const promises = [
      () => other.predict(x),
      () => other.fit(x, y, QUIET),
      () => other.evaluate(x, y, { verbose: 0 }),
      () => other.save(at('other.safetensors')),
      () => other.saveWeights(at('other.safetensors')),
      () => embedding.call(x),
    ];
    const codes = [...calls.map(codeOf), ...(await Promise.all(promises.map((call) => codeOfAsync(call()))))];
    abort.abort();
    expect(await fit).toBe('ERR_ABORTED');
    const learnt = bits(one);
    expect(codes).toEqual(codes.map(() => 'ERR_BUSY'));
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'nothing thrown'));
    const quiet = pair();
    // The abort may have come before the first step was whole.
    const epochs = one.optimizer!.iterations;
    if (epochs > 0) await quiet.one.fit(x, y, { ...whole, epochs });
    expect(learnt).toBe(bits(quiet.one));
    expect((await other.predict(x)).shape).toEqual([64, 1]);
  });

  test('while one predicts, others predict and step, and none trains or writes', async () => {
    const { one, other, embedding } = pair();
    const [wanted, weights] = [await other.predict(x), other.getWeights()];
    const step = other.openStream().push(3);
    const predicted = one.predict(ids([100_000, 12], 9));
    await new Promise(setImmediate);
    expect(one.isBusy).toBe(true);
    expect(other.openStream().push(3)).toEqual(step);
    const codes = [codeOf(() => embedding.setWeights([weights[0]!])), await codeOfAsync(other.trainOnBatch(x, y))];
    expect(codes).toEqual(codes.map(() => 'ERR_BUSY'));
    expect(await other.predict(x)).toEqual(wanted);
    expect(one.isBusy).toBe(true);
    await predicted;
    expect(other.getWeights()).toEqual(weights);
  });

  test('in turns, each goes on from what the other learnt', async () => {
    const { one, other, embedding } = pair();
    const table = (): string => Buffer.from(embedding.getWeights()[0]!.data.buffer).toString('hex');
    const seen = [table()];
    for (const model of [one, other, one]) {
      await model.fit(x, y, { ...QUIET, epochs: 2 });
      seen.push(table());
      expect(model.getWeights()[0]!.data).toEqual(embedding.getWeights()[0]!.data);
    }
    expect(new Set(seen).size).toBe(4);
    expect(one.getWeights()[0]!.data).toEqual(other.getWeights()[0]!.data);
  });

  test('a model that is disposed of leaves the layers to the others', async () => {
    const { one, other } = pair();
    const wanted = await other.predict(x);
    await one.predict(x);
    one.dispose();
    expect(await codeOfAsync(one.predict(x))).toBe('ERR_DISPOSED');
    expect(await other.predict(x)).toEqual(wanted);
    await other.fit(x, y, QUIET);
  });

  test('models that are dropped give their memory back, whatever layers live on', async () => {
    const result = (await resultOf('graphs.cjs', { flags: ['--expose-gc'] })) as { grown: number };
    expect(result).toMatchObject({ isSame: true, isFinite: true });
    expect(result.grown).toBeLessThan(60 * MB);
  });
});
