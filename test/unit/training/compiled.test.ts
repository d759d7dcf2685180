// SPDX-License-Identifier: MIT
// What compile makes of losses that the shapes decide: 'crossentropy', factors for each class, labels of samples.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as lib from '../../../lib';
import { getLoss } from '../../../lib/losses';
import { LossMetric } from '../../../lib/metrics';
import { trainingStateOf } from '../../support/training_state';

const { CategoricalFocalCrossentropy, CTC, Dense, Embedding, Input, loadModel, Sequential, SimpleRNN } = lib;
const code = (code: string) => expect.objectContaining({ code });
const quiet = { verbose: 0, seed: 1 } as const;

const dense = (units: number, activation = 'softmax'): lib.Sequential =>
  new Sequential([new Input([2]), new Dense(units, { activation, kernelInitializer: 'ones' })]);
const steps = (): lib.Sequential =>
  new Sequential([new Input([4, 2]), new SimpleRNN(3, { returnSequences: true }), new Dense(3)]);
const x = [
  [1, 2],
  [0.5, -1],
];
const sequences = { data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)), shape: [2, 4, 2] };

beforeEach(() => lib.setRandomSeed(7));

describe('misuse', () => {
  test.each<[string, object]>([
    ['a metric beside labels', { loss: 'ctc', metrics: ['accuracy'] }],
    ['a weighted metric beside labels', { loss: new CTC(), weightedMetrics: ['mse'] }],
    ['labels as a metric', { loss: 'mse', metrics: [new CTC()] }],
  ])('compile refuses %s', (_title, options) => {
    expect(() => steps().compile(options as never)).toThrow(code('ERR_CONFIG'));
  });

  test("'crossentropy' is no loss by itself", () => {
    expect(() => getLoss('crossentropy')).toThrow(code('ERR_UNKNOWN_NAME'));
  });

  test('labels as a metric by name are refused once the shapes are known', async () => {
    const model = steps();
    model.compile({ loss: 'mse', metrics: ['ctc'] });
    await expect(model.fit(sequences, { data: new Float32Array(24), shape: [2, 4, 3] }, quiet)).rejects.toThrow(
      code('ERR_CONFIG'),
    );
    expect(() => new LossMetric('ctc')).toThrow(code('ERR_CONFIG'));
  });

  test('factors of other classes than the outputs have', async () => {
    const model = dense(3);
    model.compile({ loss: new CategoricalFocalCrossentropy({ alpha: [1, 2] }) });
    const y = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    await expect(model.fit(x, y, quiet)).rejects.toThrow(code('ERR_CONFIG'));
    model.compile({ loss: 'mse', metrics: [new CategoricalFocalCrossentropy({ alpha: [1, 2] })] });
    await expect(model.fit(x, y, quiet)).rejects.toThrow(code('ERR_CONFIG'));
  });

  test('weights of timesteps, or of classes, where labels are of samples', async () => {
    const model = steps();
    model.compile({ loss: 'ctc' });
    const labels = [
      [1, 2],
      [2, 0],
    ];
    const sampleWeight = { data: new Float32Array(8).fill(1), shape: [2, 4] };
    await expect(model.fit(sequences, labels, { ...quiet, sampleWeight })).rejects.toThrow(code('ERR_SHAPE'));
    await expect(model.fit(sequences, labels, { ...quiet, classWeight: { 1: 2 } })).rejects.toThrow(code('ERR_CONFIG'));
  });

  test("a state of the optimizer before 'crossentropy' is known", async () => {
    const model = dense(3);
    model.compile({ loss: 'sparse_categorical_crossentropy' });
    await model.fit(x, [0, 1], quiet);
    const state = await trainingStateOf(model);
    model.compile({ loss: 'ce' });
    await expect(model.restore('restore', [], state)).rejects.toThrow(code('ERR_STATE'));
  });
});

describe("'crossentropy' is", () => {
  const ids = [2, 0];
  const column = [[2], [0]];
  const oneHot = [
    [0, 0, 1],
    [1, 0, 0],
  ];
  test.each<[string, string, number, lib.ArrayInput, string]>([
    ['binary for one output', 'crossentropy', 1, [1, 0], 'BinaryCrossentropy'],
    ['binary for a column of targets', 'CE', 1, [[1], [0]], 'BinaryCrossentropy'],
    ['sparse for ids', 'ce', 3, ids, 'SparseCategoricalCrossentropy'],
    ['sparse for a column of ids', 'crossEntropy', 3, column, 'SparseCategoricalCrossentropy'],
    ['categorical for one-hot rows', 'Crossentropy', 3, oneHot, 'CategoricalCrossentropy'],
  ])('%s', async (_title, name, units, y, className) => {
    const train = async (loss: string): Promise<[lib.Sequential, number]> => {
      const model = dense(units, units === 1 ? 'sigmoid' : 'softmax');
      model.compile({ loss, metrics: ['accuracy'] });
      const { history } = await model.fit(x, y, { ...quiet, epochs: 2 });
      return [model, history['loss']!.at(-1)!];
    };
    const [model, loss] = await train(name);
    expect(model.compileConfig).toMatchObject({ loss: getLoss(className).kind });
    expect(loss).toBe((await train(className))[1]);
  });

  test('not known before the first targets, and chosen once', async () => {
    const model = dense(3);
    model.compile({ loss: 'ce' });
    await expect(model.fit(x, [0, 7], quiet)).rejects.toThrow(code('ERR_RANGE'));
    expect(model.compileConfig).toMatchObject({ loss: 'ce' });
    await model.fit(x, ids, quiet);
    await expect(model.fit(x, oneHot, quiet)).rejects.toThrow(code('ERR_SHAPE'));
  });

  test('saved as what it became', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato_compiled_'));
    try {
      const model = dense(3);
      model.compile({ loss: 'ce' });
      await model.fit(x, ids, quiet);
      await model.save(path.join(folder, 'model.safetensors'));
      const again = await loadModel(path.join(folder, 'model.safetensors'));
      expect(again.compileConfig).toMatchObject({ loss: 'sparse_categorical_crossentropy' });
      expect(await trainingStateOf(again)).toEqual(await trainingStateOf(model));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('labels of samples', () => {
  test('may be longer than the outputs, and of another length in every batch', async () => {
    const model = steps();
    model.compile({ loss: 'ctc' });
    const short = await model.evaluate<number>(
      sequences,
      [
        [1, 2],
        [2, 0],
      ],
      { verbose: 0 },
    );
    const long = await model.evaluate<number>(
      sequences,
      [
        [1, 2, 0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0, 0, 0],
      ],
      { verbose: 0 },
    );
    expect(long).toBe(short);
  });

  test('are learnt', async () => {
    const model = steps();
    model.compile({ loss: 'ctc', optimizer: new lib.Adam(0.05) });
    const labels = [
      [1, 2],
      [2, 1],
    ];
    const { history } = await model.fit(sequences, labels, { ...quiet, epochs: 150 });
    expect(history['loss']!.at(-1)!).toBeLessThan(0.1);
  });

  test('see no masked timestep: a padded batch is its rows by themselves', async () => {
    const model = new Sequential([
      new Embedding(6, 3, { maskZero: true }),
      new SimpleRNN(4, { returnSequences: true }),
      new Dense(4),
    ]);
    model.compile({ loss: 'ctc' });
    const rows = [
      { tokens: [1, 2, 3], labels: [1, 2] },
      { tokens: [2, 3, 4, 5, 1], labels: [3] },
      { tokens: [1, 1, 2, 3], labels: [1, 1] },
    ];
    const pad = (values: number[], length: number): number[] => Array.from({ length }, (_, i) => values[i] ?? 0);
    const together = await model.evaluate<number>(
      rows.map(({ tokens }) => pad(tokens, 5)),
      rows.map(({ labels }) => pad(labels, 2)),
      { verbose: 0 },
    );
    let sum = 0;
    for (const { tokens, labels } of rows) sum += await model.evaluate<number>([tokens], [labels], { verbose: 0 });
    expect(together).toBeCloseTo(sum / 3, 6);
  });
});
