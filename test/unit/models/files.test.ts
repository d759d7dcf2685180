// SPDX-License-Identifier: MIT
// Models in files: what comes back is what was saved, training goes on to the same bits, and what does not fit is refused.
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import {
  Adam,
  BatchNormalization,
  Bidirectional,
  Callback,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  GaussianNoise,
  GRU,
  Input,
  LayerNormalization,
  loadAssets,
  loadModel,
  LSTM,
  MeanAbsoluteError,
  MinMaxNorm,
  Model,
  OstinatoError,
  modelFromJson,
  Sequential,
  setRandomSeed,
  SGD,
  SimpleRNN,
  SpatialDropout1D,
  TimeDistributed,
} from '../../../lib';
import { FloatSource } from '../../../lib/arrays/float_source';
import { SafetensorsFile } from '../../../lib/serialization/safetensors';
import { drawFrom } from '../../reference/random';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { namesIn } from '../../support/safetensors_names';
import { temporaryFolder } from '../../support/temporary_folder';
import { trainingStateOf } from '../../support/training_state';

const at = temporaryFolder();
const QUIET = { verbose: 0, seed: 3, batchSize: 8 } as const;

function reviews(): { x: { data: Int32Array; shape: number[] }; y: Float32Array } {
  const data = Int32Array.from({ length: 32 * 6 }, (_, i) => (i * 37) % 29);
  return { x: { data, shape: [32, 6] }, y: Float32Array.from({ length: 32 }, (_, i) => (i * 5) % 2) };
}

/** Draws in three places, all of them without a seed of their own. */
function reviewModel(): Sequential {
  const model = new Sequential([
    new Embedding(30, 4),
    new SpatialDropout1D(0.2),
    new Bidirectional(new LSTM(3, { dropout: 0.2, recurrentDropout: 0.1 })),
    new BatchNormalization(),
    new Dropout(0.3),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({
    optimizer: new Adam(0.01, { amsgrad: true }),
    loss: 'bce',
    metrics: ['acc', new MeanAbsoluteError()],
  });
  return model;
}

const bits = (model: Model): string =>
  model
    .getWeights()
    .map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'))
    .join();

describe('misuse', () => {
  test.each<[string, (model: Sequential) => Promise<unknown>, string]>([
    ['a path that is none', (model) => model.save(3 as never), 'ERR_TYPE'],
    ['an empty path', (model) => model.save(''), 'ERR_CONFIG'],
    ['a format that is not there', (model) => model.save(at('model.h5')), 'ERR_CONFIG'],
    [
      'an option that does not exist',
      (model) => model.save(at('m.safetensors'), { overwrit: true } as never),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'overwrite that is no boolean',
      (model) => model.saveWeights(at('m.safetensors'), { overwrite: 1 as never }),
      'ERR_TYPE',
    ],
    [
      'assets that are no plain data',
      (model) => model.save(at('m.safetensors'), { assets: { a: new Map() } }),
      'ERR_TYPE',
    ],
    ['a folder that is missing', (model) => model.save(at('none', 'm.safetensors')), 'ERR_NOT_FOUND'],
    ['a file that is missing', (model) => model.loadWeights(at('none.safetensors')), 'ERR_NOT_FOUND'],
    ['a model file that is missing', () => loadModel(at('none.safetensors')), 'ERR_NOT_FOUND'],
    ['JSON that is none', () => Promise.resolve().then(() => modelFromJson('{')), 'ERR_DATA'],
    [
      'JSON of another class',
      () => Promise.resolve().then(() => modelFromJson('{"className":"Functional","config":{}}')),
      'ERR_DATA',
    ],
  ])('refuses %s', async (_title, call, code) => {
    const model = reviewModel();
    expect(await codeOfAsync(call(model))).toBe(code);
    expect(existsSync(at('m.safetensors'))).toBe(false);
  });

  test('refuses to save a model that is training, and the training goes on', async () => {
    const { x, y } = reviews();
    const model = reviewModel();
    const fit = model.fit(x, y, { ...QUIET, epochs: 3 });
    expect(await codeOfAsync(model.save(at('m.safetensors')))).toBe('ERR_BUSY');
    expect((await fit).epoch).toHaveLength(3);
  });

  test('refuses weights before the model is built, and a model that was disposed of', async () => {
    const model = new Sequential([new Dense(1)]);
    expect(await codeOfAsync(model.loadWeights(at('m.safetensors')))).toBe('ERR_STATE');
    model.dispose();
    expect(await codeOfAsync(model.save(at('m.safetensors')))).toBe('ERR_DISPOSED');
    expect(codeOf(() => model.toJson())).toBe('ERR_DISPOSED');
  });

  test('keeps a file that is there where overwrite is off', async () => {
    const model = reviewModel();
    writeFileSync(at('m.safetensors'), 'mine');
    expect(await codeOfAsync(model.save(at('m.safetensors'), { overwrite: false }))).toBe('ERR_IO');
    expect(readFileSync(at('m.safetensors'), 'utf8')).toBe('mine');
    await model.save(at('m.safetensors'));
    expect(bits(await loadModel(at('m.safetensors')))).toBe(bits(model));
  });
});

describe('weights', () => {
  const dense = (units: number, name = 'd') => new Sequential([new Input([3]), new Dense(units, { name })]);

  test('are found by name, whatever the order in the file', async () => {
    const model = reviewModel();
    await model.saveWeights(at('w.safetensors'));
    const other = modelFromJson(model.toJson());
    expect(bits(other)).not.toBe(bits(model));
    await other.loadWeights(at('w.safetensors'));
    expect(bits(other)).toBe(bits(model));
  });

  test.each<[string, (model: Sequential, from: Sequential) => Promise<unknown>]>([
    ['loadWeights', (model) => model.loadWeights(at('w.safetensors'))],
    ['setWeightsAsync', (model, from) => model.setWeightsAsync(from.getWeights())],
  ])('are those of the next prediction after %s, in a model that has predicted before', async (_method, set) => {
    const { x } = reviews();
    const [model, other] = [reviewModel(), reviewModel()];
    await model.predict(x);
    await other.saveWeights(at('w.safetensors'));
    await set(model, other);
    expect((await model.predict(x)).data).toEqual((await other.predict(x)).data);
  });

  test('have the names that Keras gives them, with numbers that count within the model', async () => {
    await reviewModel().saveWeights(at('w.safetensors'));
    const lstm = ['kernel', 'recurrent_kernel', 'bias'];
    expect(namesIn(at('w.safetensors')).sort()).toEqual(
      [
        ...['beta', 'gamma', 'moving_mean', 'moving_variance'].map((name) => `batch_normalization_1/${name}`),
        ...lstm.map((name) => `bidirectional_1/backward_lstm_1/${name}`),
        ...lstm.map((name) => `bidirectional_1/forward_lstm_1/${name}`),
        'dense_1/bias',
        'dense_1/kernel',
        'embedding_1/embeddings',
      ].sort(),
    );
  });

  test('are found by a model whose layers were numbered otherwise, in the order of its layers', async () => {
    const [second, first] = [new Dense(3), new Dense(3)];
    const model = new Sequential([new Input([3]), first, new Dense(3, { name: 'dense_x_7' }), second]);
    await model.saveWeights(at('w.safetensors'));
    expect(namesIn(at('w.safetensors')).filter((name) => name.endsWith('kernel'))).toEqual([
      'dense_1/kernel',
      'dense_2/kernel',
      'dense_x_7/kernel',
    ]);
    const other = new Sequential([new Input([3]), new Dense(3), new Dense(3, { name: 'dense_x_7' }), new Dense(3)]);
    await other.loadWeights(at('w.safetensors'));
    expect(bits(other)).toBe(bits(model));
  });

  test.each<[string, () => Sequential, string, string]>([
    ['another shape', () => dense(3), 'ERR_SHAPE', '"d/kernel" of shape [3, 3], received [3, 2]'],
    ['another name', () => dense(2, 'e'), 'ERR_DATA', '"e/kernel"'],
    [
      'one layer more',
      () => new Sequential([new Input([3]), new Dense(2, { name: 'd' }), new Dense(1, { name: 'e' })]),
      'ERR_DATA',
      '"e/kernel", "e/bias"',
    ],
    [
      'no bias',
      () => new Sequential([new Input([3]), new Dense(2, { name: 'd', useBias: false })]),
      'ERR_DATA',
      '"d/bias"',
    ],
  ])('of a model with %s are refused by name, and nothing is changed', async (_title, make, code, text) => {
    await dense(2).saveWeights(at('w.safetensors'));
    const model = make();
    const before = bits(model);
    await expect(model.loadWeights(at('w.safetensors'))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
    });
    expect(bits(model)).toBe(before);
  });

  test('that fit are taken where the others may be passed over', async () => {
    const first = dense(2);
    await first.saveWeights(at('w.safetensors'));
    const model = new Sequential([new Input([3]), new Dense(2, { name: 'd' }), new Dense(1, { name: 'e' })]);
    const [, , kernel] = model.getWeights();
    await model.loadWeights(at('w.safetensors'), { skipMismatch: true });
    expect(model.getWeights()[0]).toEqual(first.getWeights()[0]);
    expect(model.getWeights()[2]).toEqual(kernel);
  });
});

describe('while a file is read', () => {
  afterEach(() => jest.restoreAllMocks());

  /** Has something happen when the first part of an array has been read. */
  function afterFirstRead(happen: () => void): void {
    const { floats } = SafetensorsFile.prototype;
    let reads = 0;
    jest.spyOn(SafetensorsFile.prototype, 'floats').mockImplementation(function (this: SafetensorsFile, name) {
      const source = floats.call(this, name);
      return new (class extends FloatSource {
        readonly length = source.length;
        async read(begin: number, out: Float32Array): Promise<void> {
          await source.read(begin, out);
          if (++reads === 1) happen();
        }
      })();
    });
  }

  /** All but four bytes of the arrays of a file go. */
  function cut(path: string): void {
    truncateSync(path, 12 + Number(readFileSync(path).readBigUInt64LE()));
  }

  async function trained(): Promise<Sequential> {
    const { x, y } = reviews();
    const model = reviewModel();
    await model.fit(x, y, QUIET);
    return model;
  }

  test.each<[string, (model: Sequential) => Promise<unknown>]>([
    ['loadWeights', (model) => model.loadWeights(at('m.safetensors'))],
    ['loadTraining', (model) => model.loadTraining(at('m.safetensors'), [])],
  ])('it is cut off: %s refuses it, and weights, optimizer and predictions are as they were', async (method, load) => {
    const { x, y } = reviews();
    const [model, other] = [await trained(), await trained()];
    if (method === 'loadWeights') await other.saveWeights(at('m.safetensors'));
    else await other.saveTraining(at('m.safetensors'), {});
    const before = [bits(model), await trainingStateOf(model), await model.evaluate(x, y, { verbose: 0 })];
    afterFirstRead(() => cut(at('m.safetensors')));
    await expect(load(model)).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringContaining('cut off') as string,
    });
    expect([bits(model), await trainingStateOf(model), await model.evaluate(x, y, { verbose: 0 })]).toEqual(before);
    // And it trains on.
    await model.fit(x, y, QUIET);
  });

  test('it is cut off: loadModel refuses it', async () => {
    await (await trained()).save(at('m.safetensors'));
    afterFirstRead(() => cut(at('m.safetensors')));
    await expect(loadModel(at('m.safetensors'))).rejects.toMatchObject({ code: 'ERR_DATA' });
  });

  test.each<[string, (model: Sequential) => void]>([
    ['is compiled', (model) => model.compile({ optimizer: new Adam(0.01), loss: 'bce' })],
    ['is given a layer', (model) => model.add(new Dense(1))],
  ])('the model %s: it refuses what was read', async (_title, change) => {
    const { x, y } = reviews();
    const model = await trained();
    await model.saveTraining(at('t.safetensors'), {});
    await model.fit(x, y, QUIET);
    const before = model.layers.slice(0, 2).map((layer) => layer.getWeights());
    afterFirstRead(() => change(model));
    expect(await codeOfAsync(model.loadTraining(at('t.safetensors'), []))).toBe('ERR_BUSY');
    expect(model.layers.slice(0, 2).map((layer) => layer.getWeights())).toEqual(before);
  });
});

test('a training of another optimizer is refused before any weight is set', async () => {
  const { x, y } = reviews();
  const [model, other] = [reviewModel(), reviewModel()];
  other.compile({ optimizer: new SGD(0.1, { momentum: 0.9 }), loss: 'bce' });
  await model.fit(x, y, QUIET);
  await other.fit(x, y, QUIET);
  await other.saveTraining(at('t.safetensors'), {});
  const before = [bits(model), await trainingStateOf(model)];
  expect(await codeOfAsync(model.loadTraining(at('t.safetensors'), []))).toBe('ERR_DATA');
  expect([bits(model), await trainingStateOf(model)]).toEqual(before);
});

describe('layers of two models', () => {
  /** Two models of one layer, which have predicted. */
  async function pair() {
    const shared = new Dense(2);
    const models = [0, 1].map(() => new Sequential([new Input([3]), shared])) as [Sequential, Sequential];
    for (const model of models) await model.predict([[1, 2, 3]]);
    return models;
  }

  test.each<[string, (model: Sequential, from: Sequential) => Promise<unknown>]>([
    ['loadWeights', (model) => model.loadWeights(at('w.safetensors'))],
    ['setWeightsAsync', (model, from) => model.setWeightsAsync(from.getWeights())],
  ])('have the weights that %s gave one of them', async (_method, set) => {
    const [one, other] = await pair();
    const [from] = await pair();
    await from.saveWeights(at('w.safetensors'));
    await set(one, from);
    const expected = (await from.predict([[1, 2, 3]])).data;
    expect((await other.predict([[1, 2, 3]])).data).toEqual(expected);
    expect((await one.predict([[1, 2, 3]])).data).toEqual(expected);
  });

  test('refuse weights while the other one trains, and nothing is changed', async () => {
    const [one, other] = await pair();
    const before = bits(one);
    other.compile({ optimizer: new SGD(0), loss: 'mse' });
    const fitting = other.fit([[1, 2, 3]], [[0, 0]], { ...QUIET, epochs: 50 });
    const zeros = one.getWeights().map(({ data }) => new Float32Array(data.length));
    expect(await codeOfAsync(one.setWeightsAsync(zeros))).toBe('ERR_BUSY');
    await fitting;
    expect(bits(one)).toEqual(before);
  });
});

describe('arrays of more than one part', () => {
  // 1,500,000 numbers: a part and a half.
  const wide = () => new Sequential([new Input([3]), new Embedding(15_000, 100), new GRU(2), new Dense(1)]);
  const x = { data: Int32Array.of(1, 14_999, 7, 10_485, 10_486, 3), shape: [2, 3] };

  test('come back from a file and from setWeightsAsync bit for bit, and training goes on to the same bits', async () => {
    const model = wide();
    model.compile({ optimizer: new Adam(0.01), loss: 'mse' });
    await model.fit(x, [0, 1], QUIET);
    await model.save(at('m.safetensors'));
    const same = await loadModel(at('m.safetensors'));
    const third = wide();
    await third.setWeightsAsync(model.getWeights());
    const weights = await model.getWeightsAsync();
    for (const [index, { data }] of weights.entries()) {
      expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(same.getWeights()[index]!.data.buffer))).toBe(0);
      expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(third.getWeights()[index]!.data.buffer))).toBe(0);
    }
    expect(await trainingStateOf(same)).toEqual(await trainingStateOf(model));
    await model.fit(x, [0, 1], QUIET);
    await same.fit(x, [0, 1], QUIET);
    expect((await same.predict(x)).data).toEqual((await model.predict(x)).data);
  });

  test('are saved as they were at the call, whatever comes after', async () => {
    const model = wide();
    model.compile({ optimizer: new SGD(0.1), loss: 'mse' });
    const before = model.getWeights();
    const saving = model.saveWeights(at('w.safetensors'));
    await model.fit(x, [0, 1], QUIET);
    await saving;
    expect(model.getWeights()).not.toEqual(before);
    await model.loadWeights(at('w.safetensors'));
    model.getWeights().forEach(({ data }, index) => {
      expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(before[index]!.data.buffer))).toBe(0);
    });
  });

  test('that are detached while they are copied are refused, and nothing is changed', async () => {
    const model = wide();
    const weights = model.getWeights();
    const before = Buffer.from(model.getWeights()[0]!.data.buffer);
    weights.forEach(({ data }) => data.fill(2));
    const setting = model.setWeightsAsync(weights);
    structuredClone(weights[1]!.data.buffer, { transfer: [weights[1]!.data.buffer as ArrayBuffer] });
    expect(await codeOfAsync(setting)).toBe('ERR_DATA');
    expect(Buffer.compare(before, Buffer.from(model.getWeights()[0]!.data.buffer))).toBe(0);
  });
});

describe('a saved model', () => {
  test('is the same model: layers, weights, predictions, what compile was given, and assets', async () => {
    const { x, y } = reviews();
    const model = reviewModel();
    await model.fit(x, y, QUIET);
    await model.save(at('m.safetensors'), { assets: { words: ['the', 'constructor'], scale: [1.5, NaN] } });
    const same = await loadModel(at('m.safetensors'));
    expect(same.getConfig()).toEqual(model.getConfig());
    expect(bits(same)).toBe(bits(model));
    expect((await same.predict(x)).data).toEqual((await model.predict(x)).data);
    expect(same.metricsNames).toEqual(model.metricsNames);
    expect(await same.evaluate(x, y, { verbose: 0 })).toEqual(await model.evaluate(x, y, { verbose: 0 }));
    expect(await loadAssets(at('m.safetensors'))).toEqual({ words: ['the', 'constructor'], scale: [1.5, NaN] });
  });

  test.each<[string, () => Sequential['compile'] extends (options: infer O) => void ? O : never]>([
    ['adam with amsgrad', () => ({ optimizer: new Adam(0.01, { amsgrad: true }), loss: 'bce' })],
    ['sgd with momentum', () => ({ optimizer: new SGD(0.1, { momentum: 0.9, nesterov: true }), loss: 'mse' })],
    ['rmsprop by name', () => ({ optimizer: 'rmsprop', loss: 'bce' })],
  ])('trains on to the same bits with %s, dropout included', async (_title, options) => {
    const { x, y } = reviews();
    const model = reviewModel();
    model.compile(options());
    await model.fit(x, y, { ...QUIET, epochs: 2 });
    model.optimizer!.learningRate = 0.02;
    await model.save(at('m.safetensors'));
    // Another program would have drawn other seeds by now.
    setRandomSeed(99);
    const same = await loadModel(at('m.safetensors'));
    expect(same.optimizer!.learningRate).toBe(0.02);
    await model.fit(x, y, { ...QUIET, epochs: 4, initialEpoch: 2 });
    await same.fit(x, y, { ...QUIET, epochs: 4, initialEpoch: 2 });
    expect(bits(same)).toBe(bits(model));
  });

  test('leaves out of the decay what was left out, also within wrappers, whose layers have other numbers by then', async () => {
    const { x, y } = reviews();
    const train = async (model: Model) => {
      await model.fit(x, y, { ...QUIET, epochs: 2 });
      return bits(model);
    };
    const decayed = (varNames: string[]): Model => {
      const optimizer = new SGD(0.1, { weightDecay: 0.5 });
      optimizer.excludeFromWeightDecay({ varNames });
      const model = modelFromJson(json);
      model.setWeights(weights);
      model.compile({ optimizer, loss: 'bce' });
      return model;
    };
    const first = new Sequential([new Embedding(30, 4), new Bidirectional(new LSTM(3)), new Dense(1)]);
    first.build([null, 6]);
    const json = first.toJson();
    const weights = first.getWeights();
    const model = decayed(['backward_lstm_1', 'embeddings']);
    await model.save(at('m.safetensors'));
    const wanted = await train(model);
    new Bidirectional(new LSTM(3)); // takes a number
    expect(await train(await loadModel(at('m.safetensors')))).toBe(wanted);
    for (const others of [[], ['embeddings'], ['backward_lstm_1'], ['backward_lstm_2', 'embeddings']])
      expect(await train(decayed(others))).not.toBe(wanted);
  });

  test('lets stateful layers go on from their states', async () => {
    const x = { data: Float32Array.from({ length: 4 * 5 * 2 }, (_, i) => Math.sin(i)), shape: [4, 5, 2] };
    const model = new Sequential([
      new Input([5, 2]),
      new GRU(3, { stateful: true, returnSequences: true }),
      new Bidirectional(new SimpleRNN(2, { stateful: true })),
    ]);
    await model.predict(x);
    await model.save(at('m.safetensors'));
    const same = await loadModel(at('m.safetensors'));
    expect((await same.predict(x)).data).toEqual((await model.predict(x)).data);
    expect(await codeOfAsync(same.predict({ data: x.data.subarray(0, 20), shape: [2, 5, 2] }))).toBe('ERR_SHAPE');
  });

  test('forgets the optimizer where it is asked to', async () => {
    const { x, y } = reviews();
    const model = reviewModel();
    await model.fit(x, y, QUIET);
    await model.save(at('whole.safetensors'));
    await model.save(at('small.safetensors'), { includeOptimizer: false });
    expect(readFileSync(at('small.safetensors')).length).toBeLessThan(readFileSync(at('whole.safetensors')).length / 2);
    expect((await loadModel(at('small.safetensors'))).isCompiled).toBe(true);
    expect((await loadModel(at('whole.safetensors'), { compile: false })).isCompiled).toBe(false);
  });

  test('may have no input shape yet, and no compile', async () => {
    await new Sequential([new Dense(2), new Dense(1)]).save(at('m.safetensors'));
    const same = await loadModel(at('m.safetensors'));
    expect([same.isBuilt, same.isCompiled, same.layers.length]).toEqual([false, false, 2]);
  });

  test('is saved by its own callback between batches, and not from elsewhere meanwhile', async () => {
    const { x, y } = reviews();
    const model = reviewModel();
    class Saver extends Callback {
      override async onTrainBatchEnd(batch: number): Promise<void> {
        if (batch === 1) await model.save(at('m.safetensors'));
      }
    }
    await model.fit(x, y, { ...QUIET, callbacks: [new Saver()] });
    expect((await loadModel(at('m.safetensors'))).weights).toHaveLength(model.weights.length);
  });

  test('keeps weights with infinities and NaN', async () => {
    const model = new Sequential([new Input([2]), new Dense(2, { useBias: false })]);
    model.setWeights([Float32Array.of(Infinity, -Infinity, -0, 1e-45)]);
    await model.save(at('m.safetensors'));
    expect(bits(await loadModel(at('m.safetensors')))).toBe(bits(model));
  });
});

test('JSON describes every kind of layer, without losing a bit of a number', () => {
  const model = new Sequential([
    new Input([6, 4]),
    new Conv1D(4, 2, { kernelConstraint: new MinMaxNorm({ minValue: 0.1, maxValue: 1 / 3 }) }),
    new LayerNormalization(),
    new GaussianNoise(0.1),
    new TimeDistributed(new Dense(3)),
    new GRU(2, { resetAfter: false }),
    new Dense(1),
  ]);
  expect(modelFromJson(model.toJson()).getConfig()).toEqual(model.getConfig());
});

describe('a hostile file', () => {
  const write = (sections: Record<string, string>): void => {
    const text = JSON.stringify({ __metadata__: { format: 'ostinato', version: '1', ...sections } });
    const header = Buffer.alloc(8 + Buffer.byteLength(text));
    header.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    header.write(text, 8);
    writeFileSync(at('x.safetensors'), header);
  };
  const layer = (className: unknown, config: unknown) => ({
    className: 'Sequential',
    config: { name: 'm', layers: [{ className, config }], buildInputShape: null },
  });

  test.each<[string, unknown]>([
    ['a layer that runs code', layer('Lambda', { function: 'process.exit()' })],
    ['a layer by the name of a module', layer('node:fs', {})],
    ['a layer by the name of a method', layer('toString', {})],
    ['a layer without config', layer('Dense', null)],
    ['an option of a layer that does not exist', layer('Dense', { units: 1, module: 'os' })],
    ['a size that is no number', layer('Dense', { units: { valueOf: 3 } })],
    ['a size beyond all bounds', layer('Dense', { units: 1e12, inputShape: [1e12] })],
    ['layers that are none', { className: 'Sequential', config: { name: 'm', layers: [null, 5, []] } }],
    ['no layers', { className: 'Sequential', config: {} }],
    ['another class', { className: 'Functional', config: {} }],
    ['a text', 'model'],
    ['a wrapper round nothing', layer('Bidirectional', { layer: null })],
    [
      'an initializer that does not exist',
      layer('Dense', { units: 1, kernelInitializer: { className: 'eval', config: {} } }),
    ],
    ['arrays that the file does not have', { $tensor: 'none' }],
    ['weights that the file does not have', layer('Dense', { name: 'd', units: 60_000, inputShape: [30_000] })],
  ])('with %s is refused by a typed error', async (_title, model) => {
    write({
      model: JSON.stringify(model),
      training: '{"optimizer":null,"layers":{"seeds":[],"statefulRows":null,"states":[]}}',
    });
    await expect(loadModel(at('x.safetensors'))).rejects.toBeInstanceOf(OstinatoError);
  });

  test.each(['compile', 'training', 'assets', 'model', 'version'])('with a spoilt %s is refused', async (section) => {
    await reviewModel().save(at('m.safetensors'));
    const file = readFileSync(at('m.safetensors'));
    const length = Number(file.readBigUInt64LE());
    const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as { __metadata__: Record<string, string> };
    for (const spoilt of ['', '[', '5', '[]', '{"optimizer":5}', '{"loss":"none"}', '{"__proto__":{}}', '"text"']) {
      header.__metadata__[section] = spoilt;
      const text = Buffer.from(JSON.stringify(header));
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(BigInt(text.length));
      writeFileSync(at('x.safetensors'), Buffer.concat([prefix, text, file.subarray(8 + length)]));
      const load = section === 'assets' ? loadAssets : loadModel;
      // An empty list of assets is one.
      if (section === 'assets' && spoilt.startsWith('{"') && !spoilt.includes('proto')) continue;
      await expect(load(at('x.safetensors'))).rejects.toBeInstanceOf(OstinatoError);
    }
  });

  test('made of a good one by 1,000 damages gives a model or a typed error', async () => {
    const model = new Sequential([new Input([2, 3]), new GRU(2, { stateful: true, dropout: 0.1 }), new Dense(1)]);
    model.compile({ optimizer: new SGD(0.1, { momentum: 0.5 }), loss: 'mse' });
    await model.fit({ data: new Float32Array(12), shape: [2, 2, 3] }, [0, 1], { verbose: 0 });
    await model.save(at('m.safetensors'));
    const whole = readFileSync(at('m.safetensors'));
    const header = Number(whole.readBigUInt64LE());
    const draw = drawFrom(2026);
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const bytes = Buffer.from(whole);
      const place = 8 + draw.integers(1, 0, header)[0]!;
      // Where a character became another, the JSON often still is one.
      bytes[place] = '0123456789"{}[],:-.eE\\nulltruefalsNaI'.charCodeAt(draw.integers(1, 0, 37)[0]!);
      writeFileSync(at('x.safetensors'), bytes);
      try {
        (await loadModel(at('x.safetensors'))).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(OstinatoError);
        expect((error as OstinatoError).code).not.toBe('ERR_INTERNAL');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
    expect(refused).toBeLessThan(1000);
  });
});
