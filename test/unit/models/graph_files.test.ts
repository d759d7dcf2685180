// SPDX-License-Identifier: MIT
// Models of any graph as configs, JSON and files: what comes back computes the same, and what was one layer is one layer.
import {
  add,
  Bidirectional,
  clearSession,
  concatenate,
  Dense,
  Dropout,
  Embedding,
  GRU,
  Input,
  loadModel,
  LSTM,
  Model,
  modelFromJson,
  OstinatoError,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  TimeDistributed,
  type SymbolicTensor,
} from '../../../lib';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';
import { ids, numbers, run, type Batch } from '../../support/graph_run';
import { namesIn } from '../../support/safetensors_names';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

beforeEach(() => {
  clearSession();
  setRandomSeed(5);
});

interface Case {
  readonly model: Model;
  readonly x: readonly Batch[];
  /** Weights (arrays), each once. */
  readonly weights: number;
}

const words = (name: string): Input => new Input([null], { dtype: 'int32', name });

const CASES: Readonly<Record<string, () => Case>> = {
  'a chain': () => {
    const x = new Input([null, 3]);
    return { model: new Model(x, new Dense(2).apply(new LSTM(4).apply(x))), x: [numbers([2, 5, 3])], weights: 5 };
  },
  'two inputs': () => {
    const [text, meta] = [words('words'), new Input([3], { name: 'meta' })];
    const read = new LSTM(4).apply(new Embedding(9, 3, { maskZero: true }).apply(text));
    const model = new Model([text, meta], new Dense(1, { name: 'score' }).apply(concatenate([read, meta])));
    return { model, x: [ids([2, 5], 9), numbers([2, 3])], weights: 6 };
  },
  'inputs and outputs by name': () => {
    const [a, b] = [new Input([3]), new Input([3])];
    const [one, two] = [new Dense(2).apply(add([a, b])), new Dense(1).apply(b)];
    const model = new Model({ left: a, right: b }, { first: one, second: two });
    return { model, x: [numbers([2, 3]), numbers([2, 3], 1)], weights: 4 };
  },
  'a layer for two inputs': () => {
    const [a, b] = [words('a'), words('b')];
    const [embedding, reader] = [new Embedding(9, 3), new GRU(4)];
    const both = [a, b].map((input) => reader.apply(embedding.apply(input)));
    return { model: new Model([a, b], add(both)), x: [ids([2, 5], 9), ids([2, 4], 9, 2)], weights: 4 };
  },
  'a layer after itself': () => {
    const x = new Input([4]);
    const layer = new Dense(4, { activation: 'tanh' });
    return { model: new Model(x, layer.apply(layer.apply(x))), x: [numbers([3, 4])], weights: 2 };
  },
  'states handed over': () => {
    const [from, to] = [new Input([null, 3]), new Input([null, 2])];
    const [, h, c] = new LSTM(4, { returnState: true }).apply<SymbolicTensor[]>(from);
    const decoded = new LSTM(4, { returnSequences: true }).apply(to, { initialState: [h!, c!] });
    const model = new Model([from, to], new Dense(2).apply(decoded));
    return { model, x: [numbers([2, 5, 3]), numbers([2, 3, 2])], weights: 8 };
  },
  'a mask of its own': () => {
    const [x, mask] = [new Input([4, 3]), new Input([4])];
    const model = new Model([x, mask], new LSTM(3).apply(x, { mask }));
    return {
      model,
      x: [numbers([2, 4, 3]), { data: Float32Array.of(1, 1, 0, 1, 0, 1, 1, 0), shape: [2, 4] }],
      weights: 3,
    };
  },
  'models as layers': () => {
    const x = new Input([null, 3], { name: 'x' });
    const inner = new Input([null, 3], { name: 'inner' });
    const [sequence, h] = new GRU(3, { returnState: true, returnSequences: true }).apply<SymbolicTensor[]>(inner);
    const encoder = new Model(inner, [sequence!, h!], { name: 'encoder' });
    const head = new Sequential([new LSTM(3), new Dense(3)], { name: 'head' });
    const [states, last] = encoder.apply<SymbolicTensor[]>(x);
    return { model: new Model(x, add([head.apply(states!), last!])), x: [numbers([2, 4, 3])], weights: 8 };
  },
  'a model for two inputs': () => {
    const tower = new Sequential([new Embedding(9, 3), new Bidirectional(new LSTM(2)), new Dropout(0.2)]);
    const [a, b] = [words('a'), words('b')];
    const model = new Model([a, b], concatenate([tower.apply(a), tower.apply(b)]));
    return { model, x: [ids([2, 5], 9), ids([2, 4], 9, 2)], weights: 7 };
  },
  'a layer here and in a model within': () => {
    const [a, b] = [words('a'), words('b')];
    const embedding = new Embedding(9, 3, { name: 'table' });
    const tower = new Sequential([embedding, new LSTM(4)], { name: 'tower' });
    const here = new SimpleRNN(4).apply(embedding.apply(b));
    return {
      model: new Model([a, b], add([tower.apply(a), here])),
      x: [ids([2, 5], 9), ids([2, 5], 9, 1)],
      weights: 7,
    };
  },
  'a model within two models': () => {
    const reader = new Sequential([new Embedding(9, 3), new LSTM(4)], { name: 'reader' });
    const [a, b] = [words('a'), words('b')];
    const [one, other] = ['one', 'other'].map((name) => new Sequential([reader, new Dense(4)], { name }));
    return {
      model: new Model([a, b], add([one!.apply(a), other!.apply(b)])),
      x: [ids([2, 5], 9), ids([2, 3], 9)],
      weights: 8,
    };
  },
  'a model for every part': () => {
    const part = new Sequential([new Input([null, 3]), new LSTM(4), new Dense(2)]);
    const x = new Input([2, null, 3]);
    const model = new Model(x, new SimpleRNN(3).apply(new TimeDistributed(part).apply(x)));
    return { model, x: [numbers([2, 2, 4, 3])], weights: 8 };
  },
  'a Sequential of models': () => {
    const x = new Input([4]);
    const inner = new Model(x, new Dense(3).apply(x));
    const model = new Sequential([new Input([4]), inner, new Sequential([new Dense(2), new Dense(2)])]);
    return { model, x: [numbers([2, 4])], weights: 6 };
  },
  'a direction of a Bidirectional': () => {
    const x = new Input([null, 3]);
    const both = new Bidirectional(new GRU(2));
    const model = new Model(x, concatenate([both.apply(x), both.backwardLayer.apply(x)]));
    return { model, x: [numbers([2, 4, 3])], weights: 6 };
  },
  'a model cut out of another': () => {
    const x = new Input([null, 3]);
    const first = new LSTM(4, { returnSequences: true }).apply(x);
    const second = new LSTM(4, { returnSequences: true, returnState: true });
    const [y, h] = second.apply<SymbolicTensor[]>(first);
    const last = new Dense(2).apply(y!);
    expect(new Model(x, [last, h!]).isBuilt).toBe(true);
    return { model: new Model(first, [last, h!]), x: [numbers([2, 3, 4])], weights: 5 };
  },
};

const bytes = (arrays: readonly { readonly data: Float32Array }[]): string =>
  arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')).join();

const rename = (text: string, from: string, to: string): string => text.replaceAll(`"${from}"`, `"${to}"`);

describe('misuse', () => {
  const described = (): Record<string, unknown> & { layers: Record<string, unknown>[] } =>
    JSON.parse(JSON.stringify(CASES['states handed over']!().model.getConfig())) as never;
  type Config = ReturnType<typeof described>;
  const layer = (config: Config, name: string): { calls: Record<string, unknown>[]; config: Record<string, unknown> } =>
    config.layers.find((item) => (item['config'] as { name: string }).name === name) as never;

  test.each<[string, (config: Config) => unknown, string, RegExp]>([
    [
      'calls in a circle',
      (config) => (layer(config, 'lstm_1').calls[0]!['inputs'] = [['dense_1', 0, 0]]),
      'ERR_CONFIG',
      /in no circle, received "lstm_1", which reads "dense_1"/,
    ],
    [
      'a layer that reads itself',
      (config) => (layer(config, 'dense_1').calls[0]!['inputs'] = [['dense_1', 0, 0]]),
      'ERR_CONFIG',
      /in no circle, received "dense_1", which reads "dense_1"/,
    ],
    [
      'a layer that is missing, with the nearest',
      (config) => (layer(config, 'dense_1').calls[0]!['inputs'] = [['lstm_3', 0, 0]]),
      'ERR_CONFIG',
      /received "lstm_3"\. Did you mean "lstm_1"\?/,
    ],
    [
      'a call that is missing',
      (config) => (layer(config, 'dense_1').calls[0]!['inputs'] = [['lstm_2', 1, 0]]),
      'ERR_CONFIG',
      /received "lstm_2", call 1/,
    ],
    [
      'an output that is missing',
      (config) => (layer(config, 'dense_1').calls[0]!['inputs'] = [['lstm_1', 0, 3]]),
      'ERR_CONFIG',
      /one of 3 outputs of "lstm_1", received "lstm_1", call 0, output 3/,
    ],
    ['a layer twice', (config) => config.layers.push(config.layers[2]!), 'ERR_CONFIG', /"lstm_1" twice/],
    [
      'an input of the name of a layer',
      (config) => (layer(config, 'input_1').config['name'] = 'dense_1'),
      'ERR_CONFIG',
      /"dense_1" twice/,
    ],
    [
      'an input that is not listed',
      (config) => (config['inputs'] as unknown[]).pop(),
      'ERR_CONFIG',
      /depends on "input_2" .*List it among the inputs/,
    ],
    ['an output that is missing', (config) => (config['outputs'] = [['dense_2', 0, 0]]), 'ERR_CONFIG', /"dense_2"/],
    ['no outputs', (config) => delete config['outputs'], 'ERR_TYPE', /outputs of the model/],
    ['no calls', (config) => delete (layer(config, 'dense_1') as { calls?: unknown }).calls, 'ERR_TYPE', /"dense_1"/],
    ['a call that is none', (config) => (layer(config, 'dense_1').calls[0] = null as never), 'ERR_TYPE', /"dense_1"/],
    [
      'a place that is none',
      (config) => (layer(config, 'dense_1').calls[0]!['inputs'] = [['lstm_2', -1, 0]]),
      'ERR_TYPE',
      /\[layer, call, output\]/,
    ],
    [
      'an option of a call that does not exist',
      (config) => (layer(config, 'dense_1').calls[0]!['training'] = true),
      'ERR_UNKNOWN_OPTION',
      /'training'/,
    ],
    [
      'states of another size',
      (config) => (layer(config, 'lstm_1').config['units'] = 5),
      'ERR_SHAPE',
      /initialState to be \[N,4\] and \[N,4\]/,
    ],
    [
      'a class that does not exist',
      (config) => (config.layers[2]!['className'] = 'LSTN'),
      'ERR_UNKNOWN_NAME',
      /Did you mean 'lstm'/,
    ],
    ['a number of sharing that is none', (config) => (config.layers[2]!['shared'] = 'a'), 'ERR_TYPE', /shared/],
    ['trainable that is no boolean', (config) => (config['trainable'] = 1), 'ERR_TYPE', /trainable/],
    ['no layers', (config) => (config.layers = 3 as never), 'ERR_TYPE', /layers, inputs, outputs/],
  ])('%s in a config is refused, and named', (_title, spoil, code, message) => {
    const config = described();
    spoil(config);
    expect(codeOf(() => Model.fromConfig(config))).toBe(code);
    expect(messageOf(() => Model.fromConfig(config))).toMatch(message);
  });

  test('one number for layers of two classes is refused', () => {
    const text = CASES['a layer here and in a model within']!().model.toJson();
    const spoilt = text.replace('"className":"Embedding"', '"className":"LSTM"').replace('"inputDim":9,', '"units":9,');
    const spoil = text.replace('"className":"Embedding"', '"className":"Dropout"');
    expect(text.indexOf('"shared":1')).toBeGreaterThan(0);
    for (const given of [spoilt, spoil])
      expect(codeOf(() => modelFromJson(given))).toMatch(/^ERR_(CONFIG|UNKNOWN_OPTION|TYPE)$/);
  });

  test.each<[string, () => unknown, string]>([
    ['a model that is nothing', () => modelFromJson('null'), 'ERR_DATA'],
    ['a model that is a layer', () => modelFromJson('{"className":"Dense","config":{"units":3}}'), 'ERR_DATA'],
    ['a model of another library', () => modelFromJson('{"className":"Functional","config":{}}'), 'ERR_DATA'],
    ['a model without a graph', () => modelFromJson('{"className":"Model","config":{}}'), 'ERR_TYPE'],
  ])('%s is refused', (_title, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('weights of another graph are refused, and nothing is changed', async () => {
    const [one, other] = [CASES['two inputs']!().model, CASES['models as layers']!().model];
    await one.saveWeights(at('one.safetensors'));
    const before = bytes(other.getWeights());
    expect(await codeOfAsync(other.loadWeights(at('one.safetensors')))).toBe('ERR_DATA');
    expect(bytes(other.getWeights())).toBe(before);
  });

  test('whatever a file says of its layers, the answer is a model or a typed error', () => {
    const text = CASES['models as layers']!().model.toJson();
    let models = 0;
    for (let i = 0; i < text.length; i += 7)
      for (const piece of ['0', '"', 'null', '[]'])
        try {
          modelFromJson(text.slice(0, i) + piece + text.slice(i + 1));
          models++;
        } catch (error) {
          if (!(error instanceof OstinatoError)) throw error;
          expect(error.code).not.toBe('ERR_INTERNAL');
        }
    expect(models).toBeGreaterThan(0);
  });
});

describe('a model that is made again', () => {
  test.each(Object.keys(CASES))('%s: of its config computes the same with the same weights', async (name) => {
    const { model, x, weights } = CASES[name]!();
    expect(model.weights).toHaveLength(weights);
    const config = JSON.parse(JSON.stringify(model.getConfig())) as object;
    const again = model instanceof Sequential ? Sequential.fromConfig(config) : Model.fromConfig(config);
    expect(JSON.parse(JSON.stringify(again.getConfig()))).toEqual(config);
    expect(again.weights).toHaveLength(weights);
    expect(bytes(await run(again, x))).not.toBe(bytes(await run(model, x)));
    again.setWeights(model.getWeights());
    expect(bytes(await run(again, x))).toBe(bytes(await run(model, x)));
    expect([again.inputNames, again.outputNames]).toEqual([model.inputNames, model.outputNames]);
  });

  test.each(Object.keys(CASES))('%s: of its file is of the same class and computes the same', async (name) => {
    const { model, x } = CASES[name]!();
    await model.save(at('model.safetensors'));
    clearSession();
    const again = await loadModel(at('model.safetensors'));
    expect(again.className).toBe(model.className);
    expect(bytes(await run(again, x))).toBe(bytes(await run(model, x)));
  });

  test('trains on to the same bits, with the momenta and the numbers that its layers draw', async () => {
    const make = (): Model => {
      const x = new Input([null], { dtype: 'int32' });
      const tower = new Sequential([new Embedding(9, 3), new LSTM(4, { dropout: 0.3 })]);
      return new Model(x, new Dense(1).apply(new Dropout(0.4).apply(tower.apply(x))));
    };
    const [model, tokens] = [make(), { ...ids([16, 6], 9), shape: [16, 6] }];
    const y = numbers([16, 1]).data;
    const train = async (trained: Model): Promise<string> => {
      await trained.fit(tokens, y, { epochs: 2, verbose: 0, batchSize: 4, seed: 3 });
      return bytes(trained.getWeights());
    };
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await train(model);
    await model.save(at('model.safetensors'));
    const again = await loadModel(at('model.safetensors'));
    expect(await train(again)).toBe(await train(model));
  });
});

describe('what was one layer', () => {
  test('is one layer again, with one set of weights, wherever it stands', () => {
    const again = modelFromJson(CASES['a layer here and in a model within']!().model.toJson());
    const tower = again.getLayer('tower') as Sequential;
    expect(tower.getLayer('table')).toBe(again.getLayer('table'));
    expect(again.weights).toHaveLength(7);
  });

  test('is one model again, within two models', () => {
    const again = modelFromJson(CASES['a model within two models']!().model.toJson());
    const readers = ['one', 'other'].map((name) => (again.getLayer(name) as Model).getLayer('reader'));
    expect(readers[0]).toBe(readers[1]);
  });

  test('is one direction again', () => {
    const again = modelFromJson(CASES['a direction of a Bidirectional']!().model.toJson());
    const both = again.layers.find((layer): layer is Bidirectional => layer instanceof Bidirectional)!;
    expect(again.layers).toContain(both.backwardLayer);
  });

  test('is another one in another model: configs share nothing with what they were made of', () => {
    const { model } = CASES['a layer for two inputs']!();
    const [one, other] = [modelFromJson(model.toJson()), modelFromJson(model.toJson())];
    expect(one.layers.filter((layer) => other.layers.includes(layer) || model.layers.includes(layer))).toEqual([]);
  });

  test('is marked in the config only where it stands at several places', () => {
    const marks = (name: string): number => CASES[name]!().model.toJson().split('"shared":').length - 1;
    expect(marks('a layer here and in a model within')).toBe(2);
    expect(marks('a layer for two inputs')).toBe(0);
    expect(marks('models as layers')).toBe(0);
  });

  test('is not taken for another where two layers of one config have no number', () => {
    const tower = (): Sequential => new Sequential([new Dense(3, { name: 'd' })]);
    const x = new Input([3]);
    const again = modelFromJson(new Model(x, add([tower().apply(x), tower().apply(x)])).toJson());
    expect(again.weights).toHaveLength(4);
  });
});

describe('what a model lets be trained', () => {
  test('is its own flag and those of its layers, all of which come back', () => {
    const x = new Input([3]);
    const inner = new Sequential([new Dense(3, { name: 'a' }), new Dense(3, { name: 'b', trainable: false })], {
      name: 'inner',
    });
    const model = new Model(x, new Dense(1, { name: 'c' }).apply(inner.apply(x)));
    const trained = ({ weights }: Model): string[] =>
      weights.filter((w) => w.trainable).map((w) => `${w.layer}/${w.name}`);
    expect(trained(model)).toEqual(['inner/a/kernel', 'inner/a/bias', 'c/kernel', 'c/bias']);
    inner.trainable = false;
    inner.getLayer('b').trainable = true;
    expect(trained(model)).toEqual(['c/kernel', 'c/bias']);
    const again = modelFromJson(model.toJson());
    expect(trained(again)).toEqual(['c/kernel', 'c/bias']);
    expect((again.getLayer('inner') as Model).getLayer('b').trainable).toBe(true);
    again.trainable = true;
    expect(trained(again)).toHaveLength(6);
  });
});

describe('names of weights in files', () => {
  test('tell the way to the weight, and count the layers of each model by themselves', async () => {
    const make = (): Model => {
      const [a, b] = [words('a'), words('b')];
      const tower = new Sequential([new Embedding(9, 3), new Bidirectional(new LSTM(2)), new Dense(2), new Dense(2)]);
      const outer = new Dense(2, { name: 'last' }).apply(new Dense(2).apply(add([tower.apply(a), tower.apply(b)])));
      return new Model([a, b], outer);
    };
    await make().saveWeights(at('first.safetensors'));
    const wanted = [
      'dense_1/bias',
      'dense_1/kernel',
      'last/bias',
      'last/kernel',
      'sequential_1/bidirectional_1/backward_lstm_1/bias',
      'sequential_1/bidirectional_1/backward_lstm_1/kernel',
      'sequential_1/bidirectional_1/backward_lstm_1/recurrent_kernel',
      'sequential_1/bidirectional_1/forward_lstm_1/bias',
      'sequential_1/bidirectional_1/forward_lstm_1/kernel',
      'sequential_1/bidirectional_1/forward_lstm_1/recurrent_kernel',
      'sequential_1/dense_1/bias',
      'sequential_1/dense_1/kernel',
      'sequential_1/dense_2/bias',
      'sequential_1/dense_2/kernel',
      'sequential_1/embedding_1/embeddings',
    ];
    expect(namesIn(at('first.safetensors')).sort()).toEqual(wanted);
    const second = make();
    await second.saveWeights(at('second.safetensors'));
    expect(namesIn(at('second.safetensors')).sort()).toEqual(wanted);
    await second.loadWeights(at('first.safetensors'));
  });

  test.each(Object.keys(CASES))('%s: are as many as there are weights, and no two are the same', async (name) => {
    const { model, weights } = CASES[name]!();
    await model.saveWeights(at('names.safetensors'));
    expect(new Set(namesIn(at('names.safetensors'))).size).toBe(weights);
  });

  test('do not meet where a layer was given the name that another gets', async () => {
    const { name } = new Dense(3);
    const model = new Sequential([new Input([null, 3]), new GRU(2, { name }), new Dense(3)]);
    await model.saveWeights(at('names.safetensors'));
    const biases = namesIn(at('names.safetensors')).filter((each) => each.endsWith('bias'));
    expect(biases.sort()).toEqual(['dense_1/bias', 'dense_2/bias']);
  });

  test('survive another name in the program: a file of a model that was made later fits', async () => {
    const { model } = CASES['models as layers']!();
    await model.saveWeights(at('w.safetensors'));
    const later = modelFromJson(rename(model.toJson(), 'dense_1', 'dense_41'));
    await later.loadWeights(at('w.safetensors'));
    expect(bytes(later.getWeights())).toBe(bytes(model.getWeights()));
  });
});
