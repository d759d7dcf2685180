// SPDX-License-Identifier: MIT
// Names of layers on their way through models, configs, files and optimizers: one that was given is the name, one that the
// library made is counted anew in each model, and a reader can tell the two apart.
import {
  Adam,
  Bidirectional,
  clearSession,
  Dense,
  Embedding,
  GRU,
  Input,
  loadModel,
  LSTM,
  modelFromJson,
  Sequential,
  SGD,
  SimpleRNN,
  TimeDistributed,
  type Layer,
} from '../../../lib';
import { writeSafetensors } from '../../../lib/serialization/safetensors';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { namesIn } from '../../support/safetensors_names';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

beforeEach(() => clearSession());

const on = (...layers: Layer[]): Sequential => new Sequential([new Input([null, 3]), ...layers]);
const dense = (name?: string): Dense => new Dense(3, { name: name ?? null });
/** The part of the names before the weight, each once, in the order of the layers. */
async function layersIn(model: Sequential): Promise<string[]> {
  await model.saveWeights(at('names.safetensors'));
  const own = model.weights.map(({ layer, name }) => `${layer}/${name}`);
  expect(namesIn(at('names.safetensors'))).toHaveLength(own.length);
  const sorted = namesIn(at('names.safetensors')).map((name) => name.slice(0, name.lastIndexOf('/')));
  return [...new Set(sorted)];
}
const kernels = (model: Sequential): number[][] => model.getWeights().map(({ data }) => [...data]);

describe('misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['an empty name', () => dense(''), 'ERR_CONFIG'],
    ['a name with a slash, which parts names of weights', () => dense('a/b'), 'ERR_CONFIG'],
    ['the name of an input with a slash', () => new Input({ shape: [3], name: 'a/b' }), 'ERR_CONFIG'],
    ['an automatic name that is no text', () => new Dense(1, { automaticName: 3 as never }), 'ERR_TYPE'],
    ['two layers of one given name', () => on(dense('same'), dense('same')), 'ERR_CONFIG'],
    [
      'two directions of one name',
      () =>
        new Bidirectional(new LSTM(2, { name: 'forward_a' }), {
          backwardLayer: new LSTM(2, { name: 'forward_a', goBackwards: true }),
        }),
      'ERR_CONFIG',
    ],
  ])('%s is refused', (_title, make, code) => {
    expect(codeOf(make)).toBe(code);
  });
});

describe('a name that was given', () => {
  test('is the name in files, whatever it looks like', async () => {
    const model = on(dense('dense_7'), dense('lstm_4'), dense('dense_3'));
    expect((await layersIn(model)).sort()).toEqual(['dense_3', 'dense_7', 'lstm_4']);
  });

  test('takes the weights of that name from a file of another program, and no others', async () => {
    const kernel = Float32Array.from({ length: 9 }, (_, i) => i / 8);
    const tensors = ['dense_1', 'dense_3'].flatMap((layer, i) => [
      { name: `${layer}/kernel`, shape: [3, 3], data: kernel.map((value) => value + i) },
      { name: `${layer}/bias`, shape: [3], data: new Float32Array(3).fill(i) },
    ]);
    await writeSafetensors('test', at('foreign.safetensors'), tensors, {}, { overwrite: true });
    const both = on(dense('dense_3'), dense('dense_1'));
    await both.loadWeights(at('foreign.safetensors'));
    expect(kernels(both)).toEqual([tensors[2], tensors[3], tensors[0], tensors[1]].map((tensor) => [...tensor!.data]));
    const alone = on(dense('dense_3'));
    await alone.loadWeights(at('foreign.safetensors'), { skipMismatch: true });
    expect(kernels(alone)).toEqual([[...tensors[2]!.data], [...tensors[3]!.data]]);
  });

  test('does not take the weights of a layer with another number, also where mismatches are passed over', async () => {
    await on(new LSTM(2)).saveWeights(at('lstm.safetensors'));
    const model = on(new LSTM(2, { name: 'lstm_2' }));
    const before = kernels(model);
    await model.loadWeights(at('lstm.safetensors'), { skipMismatch: true });
    expect(kernels(model)).toEqual(before);
    await expect(model.loadWeights(at('lstm.safetensors'))).rejects.toThrow('"lstm_2/kernel"');
  });

  test('may be one that files or JavaScript use themselves', async () => {
    for (const name of [
      'model',
      'training',
      'compile',
      'assets',
      'format',
      '__metadata__',
      '__proto__',
      'constructor',
    ]) {
      const model = on(dense(name), new Dense(1));
      model.compile({ optimizer: new SGD(0.1, { momentum: 0.9 }), loss: 'mse' });
      await model.trainOnBatch([[[1, 2, 3]]], [[[1]]]);
      await model.save(at('odd.safetensors'));
      const same = await loadModel<Sequential>(at('odd.safetensors'));
      expect(kernels(same)).toEqual(kernels(model));
      expect(same.getConfig()).toEqual(model.getConfig());
      expect(await codeOfAsync(on(new Dense(1)).loadWeights(at('odd.safetensors')))).toBe('ERR_DATA');
    }
  });

  test('stays where an automatic one is the same, which becomes the next that is free', async () => {
    const [first, second] = [new Dense(3), new Dense(3)];
    const model = on(first, second, dense('dense_1'), dense('dense_4'));
    expect(model.layers.map(({ name }) => name)).toEqual(['dense_3', 'dense_2', 'dense_1', 'dense_4']);
    model.add(new Dense(3));
    expect(model.layers.at(-1)!.name).toBe('dense_5');
    expect(model.getLayer('dense_3')).toBe(first);
    const names = ['dense_3', 'dense_2', 'dense_1', 'dense_4', 'dense_5'];
    expect(model.weights.map(({ layer }) => layer)).toEqual(names.flatMap((name) => [name, name]));
    clearSession();
    model.add(new Dense(3));
    expect(model.layers.at(-1)!.name).toBe('dense_6');
    expect((await layersIn(model)).sort()).toEqual([1, 2, 3, 4, 5, 6].map((number) => `dense_${number}`));
  });

  test('stays with the layer of the model where another is refused', () => {
    const model = on(new Dense(3));
    expect(codeOf(() => model.add(new Embedding(3, 3, { name: 'dense_1' })))).toBe('ERR_CONFIG');
    expect(model.layers[0]!.name).toBe('dense_1');
  });
});

describe('an automatic name', () => {
  test('is counted in the model, past names that were given', async () => {
    new Dense(1);
    const layers = [new Dense(3), new Dense(3), new SimpleRNN(3, { returnSequences: true }), new Dense(3)];
    expect(layers.map(({ name }) => name)).toEqual(['dense_2', 'dense_3', 'simple_rnn_1', 'dense_4']);
    const model = on(layers[0]!, dense('dense_1'), layers[1]!, layers[2]!, layers[3]!);
    const names = ['dense_2', 'dense_1', 'dense_3', 'simple_rnn_1', 'dense_4'];
    expect((await layersIn(model)).sort()).toEqual([...names].sort());
    // The one that was given holds what it was given, the others follow in order.
    await model.saveWeights(at('w.safetensors'));
    const other = on(
      new Dense(3),
      dense('dense_1'),
      new Dense(3),
      new SimpleRNN(3, { returnSequences: true }),
      dense(),
    );
    await other.loadWeights(at('w.safetensors'));
    expect(kernels(other)).toEqual(kernels(model));
  });

  test('finds the weights of a model that was numbered otherwise', async () => {
    await on(new Dense(3), new Dense(3)).saveWeights(at('w.safetensors'));
    for (let i = 0; i < 5; i++) new Dense(1);
    const model = on(new Dense(3), new Dense(3));
    expect(model.layers.map(({ name }) => name)).toEqual(['dense_8', 'dense_9']);
    await model.loadWeights(at('w.safetensors'));
  });

  test('of a model that was loaded gives way: another layer may be added in its place', async () => {
    await on(new Dense(3), new Dense(3)).save(at('m.safetensors'));
    clearSession();
    const model = await loadModel<Sequential>(at('m.safetensors'));
    model.pop();
    model.add(new Dense(2));
    expect(model.layers.map(({ name }) => name)).toEqual(['dense_1', 'dense_2']);
    model.add(new Dense(4));
    expect(model.layers.map(({ name }) => name)).toEqual(['dense_1', 'dense_2', 'dense_3']);
    expect(await layersIn(model)).toEqual(['dense_1', 'dense_2', 'dense_3']);
  });
});

describe('configs', () => {
  test('say which names the library made, and nothing of others', () => {
    expect(new Dense(1).getConfig()).toMatchObject({ name: 'dense_1', automaticName: 'dense_1' });
    expect(Object.keys(dense('dense_1').getConfig())).not.toContain('automaticName');
  });

  test('make layers whose names are of the same kind, unless another name is written in', () => {
    const layer = new Dense(1);
    const copy = Dense.fromConfig(layer.getConfig());
    expect([copy.name, copy.hasAutomaticName]).toEqual([layer.name, true]);
    const named = Dense.fromConfig({ ...layer.getConfig(), name: 'dense_5' });
    expect([named.name, named.hasAutomaticName]).toEqual(['dense_5', false]);
    const anew = Dense.fromConfig({ ...layer.getConfig(), name: null });
    expect([anew.name, anew.hasAutomaticName]).toEqual(['dense_2', true]);
    const given = Dense.fromConfig(dense('mine').getConfig());
    expect([given.name, given.hasAutomaticName]).toEqual(['mine', false]);
  });

  test('of models within models say it too: their weights are found in files, whatever the program made before', async () => {
    new Sequential([]);
    const within = (): Layer => new TimeDistributed(new Sequential([new Dense(3)]));
    const model = on(within(), within());
    await model.save(at('nested.safetensors'));
    const names = [1, 2].map((number) => `time_distributed_${number}/sequential_1/dense_1`);
    expect(await layersIn(model)).toEqual(names);
    const loaded = await loadModel<Sequential>(at('nested.safetensors'));
    expect(await layersIn(loaded)).toEqual(names);
    expect(kernels(loaded)).toEqual(kernels(model));
    expect(loaded.hasAutomaticName).toBe(true);
  });

  test('keep both kinds apart in files, JSON and copies of models, and from file to file', async () => {
    new Dense(1);
    const model = on(
      new Dense(3),
      dense('dense_9'),
      new Bidirectional(new LSTM(2, { name: 'lstm_5', returnSequences: true })),
      new Bidirectional(new GRU(2, { returnSequences: true }), { name: 'both' }),
      new TimeDistributed(dense('dense_4')),
    );
    await model.save(at('first.safetensors'));
    const first = namesIn(at('first.safetensors'));
    for (const copy of [
      await loadModel<Sequential>(at('first.safetensors')),
      modelFromJson<Sequential>(model.toJson()),
      Sequential.fromConfig(model.getConfig()),
    ]) {
      expect(copy.getConfig()).toEqual(model.getConfig());
      await copy.save(at('again.safetensors'));
      expect(namesIn(at('again.safetensors'))).toEqual(first);
    }
  });
});

describe('layers within wrappers', () => {
  const partsOf = async (layer: Layer): Promise<string[]> =>
    (await layersIn(on(layer))).map((name) => name.split('/').slice(1).join('/')).sort();

  test('are named after the layer that was given, whose number stays where its name was given', async () => {
    new LSTM(1);
    const sequences = { returnSequences: true };
    expect(await partsOf(new Bidirectional(new LSTM(2)))).toEqual(['backward_lstm_1', 'forward_lstm_1']);
    expect(await partsOf(new Bidirectional(new LSTM(2, { name: 'lstm_7' })))).toEqual([
      'backward_lstm_7',
      'forward_lstm_7',
    ]);
    expect(await partsOf(new Bidirectional(new LSTM(2, { name: 'encoder' })))).toEqual([
      'backward_encoder',
      'forward_encoder',
    ]);
    const backwardLayer = new GRU(2, { name: 'gru_8', goBackwards: true });
    expect(await partsOf(new Bidirectional(new LSTM(2), { backwardLayer }))).toEqual(['forward_lstm_1', 'gru_8']);
    expect(await partsOf(new TimeDistributed(dense('dense_7')))).toEqual(['dense_7']);
    expect(await partsOf(new TimeDistributed(new Dense(2)))).toEqual(['dense_1']);
    const copy = new LSTM(2, sequences).copyWith({ name: 'mine' });
    expect([copy.name, copy.hasAutomaticName]).toEqual(['mine', false]);
  });

  test('find their weights in a model whose layers were numbered otherwise', async () => {
    const make = (): Sequential => on(new Bidirectional(new LSTM(2, { name: 'lstm_7' })), new Dense(1));
    const model = make();
    await model.saveWeights(at('w.safetensors'));
    new Bidirectional(new LSTM(2));
    const other = make();
    await other.loadWeights(at('w.safetensors'));
    expect(kernels(other)).toEqual(kernels(model));
  });
});

describe('optimizers', () => {
  const x = [[[1, 2, 3]]];
  const y = [[[1]]];

  test('keep their state under the names that weights have in files, and go on from it', async () => {
    const make = (): Sequential => {
      const model = on(
        new Dense(3),
        dense('dense_1'),
        new Bidirectional(new SimpleRNN(2, { name: 'simple_rnn_3', returnSequences: true })),
        new Dense(1),
      );
      model.compile({ optimizer: new Adam(0.01), loss: 'mse' });
      return model;
    };
    const model = make();
    await model.trainOnBatch(x, y);
    await model.save(at('m.safetensors'));
    const slots = namesIn(at('m.safetensors')).filter((name) => name.startsWith('/training/optimizer/slots/momentum'));
    expect(slots).toHaveLength(model.weights.length);
    expect(slots).toContain('/training/optimizer/slots/momentum/dense_1/kernel');
    expect(slots.some((name) => name.endsWith('/forward_simple_rnn_3/recurrent_kernel'))).toBe(true);
    const same = await loadModel<Sequential>(at('m.safetensors'));
    await model.trainOnBatch(x, y);
    await same.trainOnBatch(x, y);
    expect(kernels(same)).toEqual(kernels(model));
  });

  test('leave weights out of the decay by the name of a layer within a wrapper as it was given', () => {
    const decays = (varNames: string[]): boolean[] => {
      const optimizer = new SGD(0.1, { weightDecay: 0.1 });
      optimizer.excludeFromWeightDecay({ varNames });
      const again = SGD.fromConfig(optimizer.getConfig());
      const names = ['forward_myEncoder/kernel', 'forward_myEncoder/recurrent_kernel', 'backward_lstm_1/kernel'];
      expect(again.toNative(names)).toEqual(optimizer.toNative(names));
      return optimizer.toNative(names).decays;
    };
    expect(decays(['forward_myEncoder'])).toEqual([false, false, true]);
    expect(decays(['forward_myEncoder/recurrentKernel'])).toEqual([true, false, true]);
    expect(decays(['forward_myEncoder/recurrent_kernel'])).toEqual([true, false, true]);
    expect(decays(['backward_lstm_1'])).toEqual([true, true, false]);
    expect(decays(['recurrentKernel'])).toEqual([true, false, true]);
    expect(decays(['forward_my_encoder'])).toEqual([true, true, true]);
  });
});
