// SPDX-License-Identifier: MIT
// Files of Keras through the methods of a model: what is refused, what is kept, how weights are found.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  Adam,
  Dense,
  Dropout,
  Embedding,
  ExponentialDecay,
  GRU,
  Input,
  loadAssets,
  loadModel,
  LSTM,
  Model,
  NdArray,
  Sequential,
  Slice,
} from '../../../lib';

const folder = mkdtempSync(path.join(os.tmpdir(), 'keras-files-'));
const at = (name: string): string => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const ids = new NdArray(Int32Array.of(1, 2, 3, 4, 5, 0) as unknown as Float32Array, [2, 3]);
const y = new NdArray(Float32Array.of(0, 1), [2, 1]);

function reviews(...names: string[]): Sequential {
  const named = (index: number): { name: string | null } => ({ name: names[index] ?? null });
  return new Sequential([
    new Input([3], { dtype: 'int32' }),
    new Embedding(7, 4, { maskZero: true, ...named(0) }),
    new LSTM(3, { returnSequences: true, ...named(1) }),
    new GRU(3, named(2)),
    new Dropout(0.5),
    new Dense(1, { activation: 'sigmoid', ...named(3) }),
  ]);
}

async function trained(): Promise<Sequential> {
  const model = reviews();
  model.compile({
    optimizer: new Adam({ learningRate: new ExponentialDecay(0.01, 3, 0.5), amsgrad: true }),
    loss: 'bce',
    metrics: ['acc'],
  });
  await model.fit(ids, y, { epochs: 3, verbose: 0 });
  return model;
}

const valuesOf = (model: Model): number[][] => model.getWeights().map(({ data }) => [...data]);

describe('misuse', () => {
  it.each([
    ['no end', 'model'],
    ['another end', 'model.hdf5'],
    ['weights alone', 'model.weights.h5'],
  ])('save refuses a path with %s', async (_, name) => {
    const saved = reviews().save(at(name));
    await expect(saved).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    await expect(saved).rejects.toThrow(/\.safetensors, \.keras, \.onnx or \.h5/);
  });

  it('saveWeights refuses a whole model', async () => {
    await expect(reviews().saveWeights(at('m.keras'))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it('byName is for files of Keras', async () => {
    const model = reviews();
    await model.saveWeights(at('m.safetensors'));
    const loaded = model.loadWeights(at('m.safetensors'), { byName: true });
    await expect(loaded).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it('loadWeights refuses weights of another model, and changes nothing', async () => {
    await new Sequential([new Input([3]), new Dense(2)]).saveWeights(at('other.weights.h5'));
    const model = reviews();
    const before = valuesOf(model);
    await expect(model.loadWeights(at('other.weights.h5'))).rejects.toMatchObject({ code: 'ERR_DATA' });
    expect(valuesOf(model)).toEqual(before);
  });

  it('a Slice is no layer of a Sequential in Keras', async () => {
    const model = new Sequential([new Input([4, 3]), new Slice({ steps: -1 }), new Dense(1)]);
    await expect(model.save(at('slice.keras'))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it('stateful layers want rows', async () => {
    const model = new Sequential([new Input([4, 3]), new LSTM(2, { stateful: true })]);
    await expect(model.save(at('stateful.keras'))).rejects.toMatchObject({ code: 'ERR_STATE' });
    await model.predict(new NdArray(new Float32Array(24), [2, 4, 3]));
    await model.save(at('stateful.keras'));
  });

  it('overwrite: false keeps a file that is there', async () => {
    writeFileSync(at('there.keras'), 'there');
    await expect(reviews().save(at('there.keras'), { overwrite: false })).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(readFileSync(at('there.keras'), 'utf8')).toBe('there');
  });
});

describe.each(['.keras', '.h5'])('a file that ends in %s', (end) => {
  it('keeps weights, what compile was given, and the steps', async () => {
    const model = await trained();
    await model.save(at(`m${end}`));
    const same = await loadModel(at(`m${end}`));
    expect(valuesOf(same)).toEqual(valuesOf(model));
    expect(same.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    expect((await same.predict(ids)).data).toEqual((await model.predict(ids)).data);
    expect(same.compileConfig).toMatchObject({ loss: end === '.keras' ? 'bce' : 'binary_crossentropy' });
    const [one, other] = [model.snapshot(), same.snapshot()];
    expect(other.training.optimizer!.iterations).toBe(one.training.optimizer!.iterations);
    for (const each of [one, other]) each.release();
  });

  it('has no trace of compile where that is asked for', async () => {
    await (await trained()).save(at(`c${end}`));
    expect((await loadModel(at(`c${end}`), { compile: false })).compileConfig).toBeNull();
  });
});

it('training goes on to the same bits after .keras', async () => {
  const model = await trained();
  await model.save(at('go.keras'), { assets: { words: ['the', 'and'] } });
  const same = await loadModel(at('go.keras'));
  const options = { epochs: 3, verbose: 0, seed: 5 } as const;
  await model.fit(ids, y, options);
  await same.fit(ids, y, options);
  expect(valuesOf(same)).toEqual(valuesOf(model));
  expect(await loadAssets(at('go.keras'))).toEqual({ words: ['the', 'and'] });
});

it('equal models give equal files, whenever they are saved', async () => {
  const model = await trained();
  await model.save(at('one.keras'));
  // HDF5 counts in seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await model.save(at('two.keras'));
  expect(readFileSync(at('one.keras')).equals(readFileSync(at('two.keras')))).toBe(true);
});

it('a model within a model keeps its weights under automatic names', async () => {
  const make = (): Model => {
    const given = new Input([3]);
    const inner = new Model(given, new Dense(2).apply(given));
    const x = new Input([3]);
    return new Model(x, inner.apply(x));
  };
  make();
  const model = make();
  for (const end of ['.safetensors', '.keras', '.h5']) {
    await model.save(at(`nested${end}`));
    expect(valuesOf(await loadModel(at(`nested${end}`)))).toEqual(valuesOf(model));
  }
});

describe.each(['.weights.h5', '.h5'])('weights in a file that ends in %s', (end) => {
  it('are found by class and order, whatever the names', async () => {
    const model = reviews('a', 'b', 'c', 'd');
    await model.saveWeights(at(`w${end}`));
    const other = reviews('e', 'f', 'g', 'h');
    await other.loadWeights(at(`w${end}`));
    expect(valuesOf(other)).toEqual(valuesOf(model));
  });

  it('are found by name, and what is missing stays', async () => {
    const model = reviews('a', 'b', 'c', 'd');
    await model.saveWeights(at(`n${end}`));
    const other = reviews('a', 'b', 'other', 'd');
    const before = valuesOf(other);
    await other.loadWeights(at(`n${end}`), { byName: true });
    const [after, wanted] = [valuesOf(other), valuesOf(model)];
    expect(after.slice(0, 4)).toEqual(wanted.slice(0, 4));
    expect(after.slice(4, 7)).toEqual(before.slice(4, 7));
    expect(after.slice(7)).toEqual(wanted.slice(7));
  });

  it('of another shape are passed over where that is asked for', async () => {
    await reviews('a', 'b', 'c', 'd').saveWeights(at(`s${end}`));
    const wide = new Sequential([
      new Input([3], { dtype: 'int32' }),
      new Embedding(7, 4),
      new LSTM(3, { returnSequences: true }),
      new GRU(5),
      new Dense(1),
    ]);
    await expect(wide.loadWeights(at(`s${end}`))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await wide.loadWeights(at(`s${end}`), { skipMismatch: true });
  });
});
