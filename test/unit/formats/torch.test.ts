// SPDX-License-Identifier: MIT
// loadTorchWeights: what is refused, and that layers compute what PyTorch's modules do (tools/golden/torch_weights.py).
import path from 'node:path';
import * as lib from '../../../lib';
import { readGolden, type Packed } from '../../reference/golden';

const { Bidirectional, Dense, Embedding, GRU, Input, loadTorchWeights, LSTM, Sequential, SimpleRNN } = lib;

const FOLDER = path.join(__dirname, '../../golden/formats/torch');
const fileOf = (name: string): string => path.join(FOLDER, `${name}.safetensors`);
const { files } = readGolden<{ files: { name: string; x: Packed; y: Packed }[] }>('formats/torch/files');

const all = { returnSequences: true };
const LAYERS: Record<string, () => lib.Layer[]> = {
  rnn: () => [new SimpleRNN(4, all)],
  rnn_relu_bidirectional: () => [new Bidirectional(new SimpleRNN(4, { ...all, activation: 'relu' }))],
  lstm: () => [new LSTM(4, all)],
  lstm_no_bias: () => [new LSTM(4, { ...all, useBias: false })],
  lstm_bidirectional_2: () => [new Bidirectional(new LSTM(4, all)), new Bidirectional(new LSTM(4, all))],
  gru: () => [new GRU(4, all)],
  gru_3: () => [new GRU(4, all), new GRU(4, all), new GRU(4, all)],
  gru_bidirectional: () => [new Bidirectional(new GRU(4, all))],
  linear: () => [new Dense(5)],
};

/** `ERR_SHAPE message`, or 'loaded'. */
const outcome = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'loaded',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  );

describe('what is refused', () => {
  test.each<[string, () => Promise<void>, RegExp]>([
    ['no layer', () => loadTorchWeights('lstm' as never, {}), /ERR_TYPE.*a layer/],
    ['no layers', () => loadTorchWeights([], {}), /ERR_TYPE.*none/],
    ['no state dict', () => loadTorchWeights(new Dense(2), 3 as never), /ERR_TYPE.*path, or arrays by name/],
    ['an array as a state dict', () => loadTorchWeights(new Dense(2), [[1]] as never), /ERR_TYPE/],
    ['a file that is not there', () => loadTorchWeights(new Dense(2), 'absent.safetensors'), /ERR_NOT_FOUND/],
    ['a file of something else', () => loadTorchWeights(new Dense(2), __filename), /ERR_DATA/],
    ['a prefix that is no text', () => loadTorchWeights(new Dense(2), {}, { prefix: 3 as never }), /ERR_TYPE/],
    [
      'a layer twice',
      () => {
        const lstm = new LSTM(4);
        return loadTorchWeights([lstm, lstm], fileOf('lstm'));
      },
      /ERR_CONFIG.*twice/,
    ],
    ['a layer that no module is', () => loadTorchWeights(new lib.Dropout(0.5), fileOf('lstm')), /ERR_CONFIG.*Dropout/],
    [
      'a stack with another layer',
      () => loadTorchWeights([new LSTM(4), new Dense(2)], fileOf('lstm')),
      /ERR_CONFIG.*recurrent layers/,
    ],
    [
      'a module that is missing',
      () => loadTorchWeights(new LSTM(4), fileOf('tagger'), { prefix: 'gru' }),
      /ERR_DATA.*"gru\.weight_ih_l0"/,
    ],
    [
      'a prefix that is the beginning of a name',
      () => loadTorchWeights(new Dense(2), fileOf('tagger'), { prefix: 'ta' }),
      /ERR_DATA.*"ta\.weight"/,
    ],
    [
      'fewer layers than num_layers',
      () => loadTorchWeights(new GRU(4), fileOf('gru_3')),
      /ERR_DATA.*_l[12].*num_layers/,
    ],
    [
      'more layers than num_layers',
      () => loadTorchWeights([new GRU(4), new GRU(4)], fileOf('gru')),
      /ERR_DATA.*"weight_ih_l1"/,
    ],
    [
      'one way of a module of both',
      () => loadTorchWeights(new GRU(4), fileOf('gru_bidirectional')),
      /ERR_DATA.*_reverse/,
    ],
    [
      'both ways of a module of one',
      () => loadTorchWeights(new Bidirectional(new GRU(4)), fileOf('gru')),
      /ERR_DATA.*_l0_reverse/,
    ],
    [
      'a bias that the layer lacks',
      () => loadTorchWeights(new LSTM(4, { useBias: false }), fileOf('lstm')),
      /ERR_DATA.*bias/,
    ],
    [
      'a bias that the module lacks',
      () => loadTorchWeights(new LSTM(4), fileOf('lstm_no_bias')),
      /ERR_DATA.*"bias_ih_l0"/,
    ],
    [
      'other units',
      () => loadTorchWeights(new LSTM(5), fileOf('lstm')),
      /ERR_SHAPE.*"weight_ih_l0" \[20, any\].*\[16, 3\]/,
    ],
    ['another class', () => loadTorchWeights(new LSTM(4), fileOf('gru')), /ERR_SHAPE.*\[12, 3\]/],
    [
      'a vocabulary of another size',
      () => loadTorchWeights(new Embedding(8, 3), fileOf('tagger'), { prefix: 'words' }),
      /ERR_SHAPE.*\[8, 3\].*\[9, 3\]/,
    ],
    [
      'an activation that nn.RNN lacks',
      () => loadTorchWeights(new SimpleRNN(4, { activation: 'elu' }), fileOf('rnn')),
      /ERR_CONFIG.*'elu'/,
    ],
    [
      'gates that nn.LSTM lacks',
      () => loadTorchWeights(new LSTM(4, { recurrentActivation: 'hard_sigmoid' }), fileOf('lstm')),
      /ERR_CONFIG.*hard_sigmoid/,
    ],
    [
      'a GRU that resets before',
      () => loadTorchWeights(new GRU(4, { resetAfter: false }), fileOf('gru')),
      /ERR_CONFIG.*resetAfter/,
    ],
    [
      'a layer that reads backwards',
      () => loadTorchWeights(new GRU(4, { goBackwards: true }), fileOf('gru')),
      /ERR_CONFIG.*goBackwards/,
    ],
    [
      'ragged arrays',
      () => loadTorchWeights(new Dense(2), { weight: [[1], [1, 2]], bias: [1, 2] } as never),
      /ERR_SHAPE/,
    ],
  ])('%s', async (_what, call, message) => {
    expect(await outcome(call())).toMatch(message);
  });

  test('a layer that was built for other features, and it keeps its weights', async () => {
    const lstm = new LSTM(4);
    lstm.build([null, null, 7]);
    const before = String(lstm.getWeights().map(({ data }) => data));
    expect(await outcome(loadTorchWeights(lstm, fileOf('lstm')))).toMatch(
      /ERR_SHAPE.*LSTM "lstm.*7 features.*received 3/,
    );
    expect(String(lstm.getWeights().map(({ data }) => data))).toBe(before);
  });

  test('where one layer of a stack does not fit, none is changed', async () => {
    const [lower, upper] = [new GRU(4, all), new GRU(4, all)];
    for (const layer of [lower, upper]) layer.build([null, null, 3]);
    const third = new GRU(4, { activation: 'relu' });
    const before = String(lower.getWeights()[0]!.data);
    expect(await outcome(loadTorchWeights([lower, upper, third], fileOf('gru_3')))).toMatch(/ERR_CONFIG/);
    expect(String(lower.getWeights()[0]!.data)).toBe(before);
  });
});

describe('modules of PyTorch', () => {
  test('there are ten state dicts', () => {
    expect(files.map(({ name }) => name)).toEqual([...Object.keys(LAYERS), 'tagger']);
  });

  const worst = (given: lib.NdArray, { data, shape }: Packed): number => {
    expect(given.shape).toEqual(shape);
    return data.reduce((most, value, i) => Math.max(most, Math.abs(value - given.data[i]!)), 0);
  };
  const goldenOf = (name: string) => files.find((file) => file.name === name)!;
  const floats = ({ data, shape }: Packed) => ({ data: Float32Array.from(data), shape });

  test.each(Object.keys(LAYERS))('%s: a layer computes the same', async (name) => {
    const { x, y } = goldenOf(name);
    const layers = LAYERS[name]!();
    await loadTorchWeights(layers.length > 1 ? layers : layers[0]!, fileOf(name));
    const model = new Sequential([new Input([null, 3]), ...layers]);
    expect(worst(await model.predict(floats(x)), y)).toBeLessThan(1e-6);
  });

  test('tagger: the modules of a model by their names', async () => {
    const { x, y } = goldenOf('tagger');
    const [words, lower, upper, tags] = [
      new Embedding(9, 3),
      new LSTM(4, all),
      new LSTM(4, all),
      new Dense(2, { useBias: false }),
    ];
    await loadTorchWeights(words, fileOf('tagger'), { prefix: 'words' });
    await loadTorchWeights([lower, upper], fileOf('tagger'), { prefix: 'lstm.' });
    await loadTorchWeights(tags, fileOf('tagger'), { prefix: 'tags' });
    const model = new Sequential([words, lower, upper, tags]);
    expect(worst(await model.predict({ data: Int32Array.from(x.data), shape: x.shape }), y)).toBeLessThan(1e-6);
  });

  test('arrays by name serve as a file does', async () => {
    const dense = new Dense(2);
    await loadTorchWeights(
      dense,
      {
        'head.weight': [
          [1, 2, 3],
          [4, 5, 6],
        ],
        'head.bias': Float32Array.of(7, 8),
      },
      { prefix: 'head' },
    );
    expect(dense.getWeights().map(({ data }) => [...data])).toEqual([
      [1, 4, 2, 5, 3, 6],
      [7, 8],
    ]);
  });

  test('arrays that are written to later change nothing', async () => {
    const [dense, embedding] = [new Dense(1), new Embedding(2, 1)];
    const [bias, table] = [Float32Array.of(7), { data: Float32Array.of(1, 2), shape: [2, 1] }];
    await loadTorchWeights(dense, { weight: [[1]], bias });
    await loadTorchWeights(embedding, { weight: table });
    bias[0] = table.data[0] = 9;
    expect([...dense.getWeights()[1]!.data]).toEqual([7]);
    expect([...embedding.getWeights()[0]!.data]).toEqual([1, 2]);
  });

  test('a stack of which one layer was built for other features is not built', async () => {
    const [lower, upper] = [new GRU(4, all), new GRU(4)];
    upper.build([null, null, 9]);
    expect(await outcome(loadTorchWeights([lower, upper, new GRU(4)], fileOf('gru_3')))).toMatch(
      /ERR_SHAPE.*9 features/,
    );
    expect(lower.isBuilt).toBe(false);
  });

  test('gates and biases go to their places', async () => {
    const [lstm, gru] = [new LSTM(1), new GRU(1)];
    const dict = (...rows: number[]) => ({
      weight_ih_l0: rows.map((row) => [row]),
      weight_hh_l0: rows.map((row) => [10 * row]),
      bias_ih_l0: rows,
      bias_hh_l0: rows.map((row) => 100 * row),
    });
    await loadTorchWeights(lstm, dict(1, 2, 3, 4));
    await loadTorchWeights(gru, dict(1, 2, 3));
    // i, f, c, o in both; r, z, n there are z, r, h here.
    expect(lstm.getWeights().map(({ data }) => [...data])).toEqual([
      [1, 2, 3, 4],
      [10, 20, 30, 40],
      [101, 202, 303, 404],
    ]);
    expect(gru.getWeights().map(({ data }) => [...data])).toEqual([
      [2, 1, 3],
      [20, 10, 30],
      [2, 1, 3, 200, 100, 300],
    ]);
  });
});
