// SPDX-License-Identifier: MIT
// model.toOnnx: what is refused, and by which name; names, types and axes of inputs and outputs. That files compute what the
// model does is test/golden/onnx_exports.test.ts.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as lib from '../../../lib';
import { spelledClasses } from '../../../lib/formats/onnx/layers';
import { readModel } from '../../../lib/formats/onnx/schema';
import { codeOfAsync } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const { Dense, Embedding, GRU, Input, Layer, LSTM, Model, Sequential, SimpleRNN } = lib;

const at = temporaryFolder();

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(3);
});

const chain = (...layers: lib.Layer[]): lib.Sequential => new Sequential([new Input([null, 3]), ...layers]);
const read = (file: string) => readModel('test', readFileSync(file));

/** The message of the error that a promise rejects with. */
const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing thrown',
    (error: Error) => error.message,
  );

describe('what is refused', () => {
  test.each([
    ['another ending', () => chain(new LSTM(2)).toOnnx(at('m.keras')), 'ERR_CONFIG'],
    ['no path', () => chain(new LSTM(2)).toOnnx(3 as never), 'ERR_TYPE'],
    ['a folder that is not there', () => chain(new LSTM(2)).toOnnx(at('no', 'm.onnx')), 'ERR_NOT_FOUND'],
    [
      'a type of ids that is none',
      () => chain(new LSTM(2)).toOnnx(at('m.onnx'), { idType: 'int16' as never }),
      'ERR_CONFIG',
    ],
    ['overwrite that is no flag', () => chain(new LSTM(2)).toOnnx(at('m.onnx'), { overwrite: 1 as never }), 'ERR_TYPE'],
    ['a model that is not built', () => new Sequential([new LSTM(2)]).toOnnx(at('m.onnx')), 'ERR_STATE'],
    ['stateful', () => chain(new LSTM(2, { stateful: true })).toOnnx(at('m.onnx')), 'ERR_CONFIG'],
    ['an activation of cells', () => chain(new GRU(2, { activation: 'gelu' })).toOnnx(at('m.onnx')), 'ERR_CONFIG'],
  ])('%s', async (_what, call, code) => {
    expect(await codeOfAsync(call())).toBe(code);
    expect(existsSync(at('m.onnx'))).toBe(false);
  });

  test('a model that was disposed of', async () => {
    const model = chain(new LSTM(2));
    model.dispose();
    expect(await codeOfAsync(model.toOnnx(at('m.onnx')))).toBe('ERR_DISPOSED');
  });

  test('the message has the layer and the reason', async () => {
    const model = chain(new LSTM(2, { name: 'memory', recurrentActivation: 'mish' }));
    const message = await messageOf(model.toOnnx(at('m.onnx')));
    expect(message).toContain('LSTM "memory": expected an activation that ONNX\' LSTM has');
    expect(message).toContain("received 'mish'");
    const stateful = await messageOf(chain(new SimpleRNN(2, { name: 'own', stateful: true })).toOnnx(at('m.onnx')));
    expect(stateful).toContain('SimpleRNN "own"');
    expect(stateful).toContain('stateful: true');
  });

  test('inputs and outputs of one name', async () => {
    const x = new Input([3]);
    const model = new Model({ x }, { x: new Dense(2).apply(x) });
    expect(await messageOf(model.toOnnx(at('m.onnx')))).toContain(
      'outputs and weights of different names, received "x" twice',
    );
  });

  test('an output that is named like a weight', async () => {
    const x = new Input([3]);
    const model = new Model({ x }, { 'last/kernel': new Dense(2, { name: 'last' }).apply(x) });
    expect(await messageOf(model.toOnnx(at('m.onnx')))).toContain('"last/kernel" twice');
  });

  test('a file that is there, where it may not give way', async () => {
    writeFileSync(at('m.onnx'), 'mine');
    expect(await codeOfAsync(chain(new LSTM(2)).toOnnx(at('m.onnx'), { overwrite: false }))).toBe('ERR_IO');
    expect(readFileSync(at('m.onnx'), 'utf8')).toBe('mine');
    await chain(new LSTM(2)).toOnnx(at('m.onnx'));
    expect(read(at('m.onnx')).producer).toBe('ostinato');
  });
});

test('every class of layers is spelt', () => {
  const isLayer = (value: unknown): value is { readonly className: string } =>
    typeof value === 'function' && (value as { prototype: unknown }).prototype instanceof Layer && 'className' in value;
  const classes = (Object.values(lib) as unknown[]).filter(isLayer);
  expect(classes.length).toBeGreaterThan(45);
  expect(classes.map(({ className }) => className).filter((name) => !spelledClasses.includes(name))).toEqual([]);
  const known = new Set(classes.map(({ className }) => className));
  expect(spelledClasses.filter((name) => !known.has(name))).toEqual([]);
});

describe('a file', () => {
  const words = () => new Input([null], { dtype: 'int32', name: 'words' });
  const model = (): lib.Model => {
    const text = words();
    const meta = new Input([4], { name: 'meta' });
    const sequence = new LSTM(5, { returnSequences: true }).apply(new Embedding(9, 3, { maskZero: true }).apply(text));
    return new Model([text, meta], { tags: new Dense(2).apply(sequence), score: new Dense(1).apply(meta) });
  };

  test('has the names, types and open axes of the model', async () => {
    await model().toOnnx(at('m.onnx'));
    const { graph, operators } = read(at('m.onnx'));
    expect(operators).toBe(14);
    expect(graph.inputs).toEqual([
      { name: 'words', type: 'int32', shape: ['batch', 'words_axis1'] },
      { name: 'meta', type: 'float', shape: ['batch', 4] },
    ]);
    expect(graph.outputs).toEqual([
      { name: 'tags', type: 'float', shape: ['batch', 'tags_axis1', 2] },
      { name: 'score', type: 'float', shape: ['batch', 1] },
    ]);
  });

  test('takes ids as int64 where that is asked for', async () => {
    await model().toOnnx(at('m.onnx'), { idType: 'int64' });
    expect(read(at('m.onnx')).graph.inputs.map(({ type }) => type)).toEqual(['int64', 'float']);
    expect((await lib.loadOnnx(at('m.onnx'))).inputNames).toEqual(['words', 'meta']);
  });

  test('has lengths of sequences for a mask, and nothing of the kind without one', async () => {
    await model().toOnnx(at('masked.onnx'));
    await chain(new LSTM(5)).toOnnx(at('plain.onnx'));
    const of = (file: string) => read(at(file)).graph.nodes;
    const lstm = (file: string) => of(file).find(({ operator }) => operator === 'LSTM')!;
    expect(lstm('masked.onnx').inputs[4]).not.toBe('');
    expect(lstm('plain.onnx').inputs).toHaveLength(4);
    expect(of('plain.onnx').map(({ operator }) => operator)).toEqual(['Transpose', 'LSTM', 'Squeeze', 'Identity']);
  });

  test('is the same whatever the program made before', async () => {
    await model().toOnnx(at('a.onnx'));
    void [new LSTM(1), new Dense(1), new Embedding(2, 1)];
    const later = model();
    later.setWeights(later.getWeights().map(({ data, shape }) => ({ data: data.map(() => 0), shape })));
    const first = model();
    first.setWeights(later.getWeights());
    await first.toOnnx(at('b.onnx'));
    await later.toOnnx(at('c.onnx'));
    const [b, c] = ['b.onnx', 'c.onnx'].map((file) => JSON.stringify(read(at(file)).graph.nodes));
    expect(b).toBe(c);
    expect(JSON.stringify(read(at('a.onnx')).graph.nodes)).toBe(b);
  });

  test('has each weight once, under the name that it has in all files', async () => {
    const tower = new Sequential([new Embedding(9, 3), new LSTM(2)], { name: 'tower' });
    const [a, b] = [words(), new Input([null], { dtype: 'int32', name: 'others' })];
    const both = new Model([a, b], lib.add([tower.apply(a), tower.apply(b)]));
    await both.toOnnx(at('m.onnx'));
    const names = read(at('m.onnx')).graph.initializers.map(({ name }) => name);
    expect(names.filter((name) => !name.startsWith('constant'))).toEqual([
      'tower/embedding_1/embeddings',
      'tower/lstm_1/kernel',
      'tower/lstm_1/recurrent_kernel',
      'tower/lstm_1/bias',
    ]);
  });

  test('is that of the call, whatever is done to the model meanwhile', async () => {
    const built = chain(new Dense(2, { kernelInitializer: 'ones' }));
    const writing = built.toOnnx(at('m.onnx'));
    built.setWeights(built.getWeights().map(({ data, shape }) => ({ data: data.map(() => 7), shape })));
    await writing;
    const [kernel] = read(at('m.onnx')).graph.initializers;
    expect([...(kernel!.data as Float32Array)]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('leaves names and random numbers that come later as they would have been', async () => {
    const later = async (writes: boolean): Promise<unknown> => {
      lib.clearSession();
      lib.setRandomSeed(5);
      const built = chain(new LSTM(2, { dropout: 0.5 }), new Dense(1));
      if (writes) await built.toOnnx(at('m.onnx'));
      const dense = new Dense(2);
      dense.build([null, 3]);
      return [dense.name, String(dense.getWeights()[0]!.data)];
    };
    expect(await later(true)).toEqual(await later(false));
  });
});
