// SPDX-License-Identifier: MIT
// From files and series to a trained model: what the preparation of data gives is what fit, evaluate and predict take.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Adam,
  Dense,
  Embedding,
  GRU,
  Input,
  LSTM,
  loadAssets,
  loadModel,
  Sequential,
  setRandomSeed,
  textDatasetFromDirectory,
  TextVectorization,
  timeseriesDatasetFromArray,
  Tokenizer,
  padSequences,
} from '../../lib';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  for (const [name, word] of [
    ['neg', 'dull'],
    ['pos', 'fine'],
  ] as const) {
    mkdirSync(join(folder, name));
    for (let i = 0; i < 60; i++)
      writeFileSync(join(folder, name, `${i}.txt`), `A${'n even'.slice(0, i % 7)} ${word} film, number ${i}!`);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder of texts trains a model through TextVectorization, and a text can then be asked about', async () => {
  setRandomSeed(2);
  const options = { labelMode: 'binary', validationSplit: 0.25, subset: 'both', seed: 9 } as const;
  const [train, validation] = await textDatasetFromDirectory(folder, options);
  const vectorize = new TextVectorization({ maxTokens: 40, outputSequenceLength: 6 });
  await vectorize.adapt(train.map(([texts]) => texts));
  const [batches, held] = [train, validation].map((part) =>
    part.map(([texts, labels]) => [vectorize.call(texts), labels] as const),
  );

  const model = new Sequential([
    new Embedding(vectorize.vocabularySize(), 8, { maskZero: true }),
    new LSTM(8),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({ optimizer: new Adam({ learningRate: 0.02 }), loss: 'binary_crossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(batches!, { epochs: 15, validationData: held!, verbose: 0 });
  expect(history['valAccuracy']!.at(-1)).toBeGreaterThan(0.9);

  // One file has the model and what reads texts for it.
  const file = join(folder, 'reviews.safetensors');
  await model.save(file, { assets: { vectorize: vectorize.getConfig() } });
  const { vectorize: config } = await loadAssets(file);
  const restored = TextVectorization.fromConfig(config as never);
  const loaded = await loadModel(file);
  const texts = ['What a fine film!', 'so DULL...'];
  expect(restored.call(texts)).toEqual(vectorize.call(texts));
  const [good, bad] = (await loaded.predict(restored.call(texts))).data;
  expect(good).toBeGreaterThan(0.5);
  expect(bad).toBeLessThan(0.5);
});

test('windows over a series train a model batch by batch, as all of them in memory do', async () => {
  const series = Float32Array.from({ length: 200 }, (_, t) => Math.sin(t / 4));
  const make = (): Sequential => {
    setRandomSeed(3);
    const model = new Sequential([new Input([12, 1]), new GRU(6), new Dense(1)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    return model;
  };
  const data = { data: series.subarray(0, -12), shape: [188, 1] };
  const windows = timeseriesDatasetFromArray(data, series.subarray(12), 12, { batchSize: 32 });
  const fromBatches = await make().fit(windows, { epochs: 3, verbose: 0 });
  const { x, y } = windows.toArrays();
  const fromMemory = await make().fit(x, y, { epochs: 3, batchSize: 32, shuffle: false, verbose: 0 });
  expect(fromBatches.history).toEqual(fromMemory.history);
  expect(fromBatches.history['loss']).toHaveLength(3);
});

test("the legacy Tokenizer's sequences and matrices are inputs", async () => {
  const tokenizer = new Tokenizer({ numWords: 20, oovToken: '?' });
  const texts = ['a fine film', 'a dull film', 'fine', 'dull'];
  tokenizer.fitOnTexts(texts);
  const ids = padSequences(tokenizer.textsToSequences(texts), { maxlen: 3 });
  const recurrent = new Sequential([new Embedding(20, 4), new LSTM(4), new Dense(1)]);
  expect((await recurrent.predict(ids)).shape).toEqual([4, 1]);
  const bag = new Sequential([new Dense(1)]);
  expect((await bag.predict(tokenizer.textsToMatrix(texts, 'tfidf'))).shape).toEqual([4, 1]);
});
