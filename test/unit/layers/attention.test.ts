// SPDX-License-Identifier: MIT
// Attention, AdditiveAttention, MultiHeadAttention: what they refuse, shapes, weights, configs, masks that go on, sharing.
import { readFileSync } from 'node:fs';
import {
  AdditiveAttention,
  Attention,
  clearSession,
  Dense,
  Dot,
  Embedding,
  Flatten,
  GRU,
  Input,
  MultiHeadAttention,
  NdArray,
  Sequential,
  setRandomSeed,
  type Layer,
} from '../../../lib';
import type { ApplyOptions } from '../../../lib';
import type { SymbolicTensor } from '../../../lib/graph/symbolic_tensor';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { codeOf, messageOf } from '../../support/error_code';
import { outputsOf, type Named } from '../../support/graph_passes';
import { temporaryFolder } from '../../support/temporary_folder';
import { floats, ids } from '../contract/engine_model';

beforeEach(() => {
  clearSession();
  setRandomSeed(3);
});

const inFolder = temporaryFolder();
const heads = (options: object = {}): MultiHeadAttention => new MultiHeadAttention(2, 3, options);
const input = (...shape: (number | null)[]): SymbolicTensor => new Input(shape);

describe('attention: misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['useScale that is no boolean', () => new Attention({ useScale: 1 as never }), 'ERR_TYPE'],
    ['an unknown scoreMode', () => new Attention({ scoreMode: 'sum' as never }), 'ERR_CONFIG'],
    [
      'a scoreMode for additive scores',
      () => new AdditiveAttention({ scoreMode: 'dot' } as never),
      'ERR_UNKNOWN_OPTION',
    ],
    ['dropout of everything', () => new Attention({ dropout: 1 }), 'ERR_CONFIG'],
    ['negative dropout', () => new AdditiveAttention({ dropout: -0.1 }), 'ERR_CONFIG'],
    ['a seed that is none', () => heads({ seed: -1 }), 'ERR_CONFIG'],
    ['an option of another spelling', () => new Attention({ use_scale: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['no heads', () => new MultiHeadAttention(0, 3), 'ERR_CONFIG'],
    ['half a head', () => new MultiHeadAttention(1.5, 3), 'ERR_CONFIG'],
    ['heads of no size', () => new MultiHeadAttention(2, 0), 'ERR_CONFIG'],
    ['a keyDim that is a text', () => new MultiHeadAttention(2, '3' as never), 'ERR_TYPE'],
    ['values of no size', () => heads({ valueDim: 0 }), 'ERR_CONFIG'],
    ['an outputShape of two sizes', () => heads({ outputShape: [2, 3] }), 'ERR_CONFIG'],
    ['an empty outputShape', () => heads({ outputShape: [] }), 'ERR_CONFIG'],
    ['other attentionAxes', () => heads({ attentionAxes: [1] }), 'ERR_CONFIG'],
    ['a sliding window', () => heads({ slidingWindow: 2 }), 'ERR_CONFIG'],
    ['a gate', () => heads({ useGate: true }), 'ERR_CONFIG'],
    ['an unknown initializer', () => heads({ kernelInitializer: 'glort_uniform' }), 'ERR_UNKNOWN_NAME'],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  const apply = (layer: Layer, shapes: (number | null)[][], options?: ApplyOptions) => () =>
    layer.apply(
      shapes.map((shape) => input(...shape)),
      options,
    );
  const pair = [
    [4, 3],
    [5, 3],
  ];

  test.each<[string, () => unknown, string]>([
    ['one input', apply(new Attention(), [[4, 3]]), 'ERR_CONFIG'],
    ['four inputs', apply(new Attention(), [...pair, [5, 3], [5, 3]]), 'ERR_CONFIG'],
    ['an array of numbers', () => new Attention().apply([[1, 2]] as never), 'ERR_TYPE'],
    ['a query that is a vector', apply(new Attention(), [[3], [5, 3]]), 'ERR_SHAPE'],
    ['a value that is a vector', apply(heads(), [[4, 3], [3]]), 'ERR_SHAPE'],
    [
      'unknown features',
      apply(new Attention(), [
        [4, null],
        [5, null],
      ]),
      'ERR_SHAPE',
    ],
    [
      'query and value of two widths',
      apply(new Attention(), [
        [4, 3],
        [5, 2],
      ]),
      'ERR_SHAPE',
    ],
    [
      'query and key of two widths',
      apply(new AdditiveAttention(), [
        [4, 3],
        [5, 3],
        [5, 2],
      ]),
      'ERR_SHAPE',
    ],
    ['fewer keys than values', apply(new Attention(), [...pair, [4, 3]]), 'ERR_SHAPE'],
    ['fewer keys than values, in heads', apply(heads(), [...pair, [4, 7]]), 'ERR_SHAPE'],
    ['a mask of nobody', apply(new Attention(), pair, { mask: input(4) }), 'ERR_CONFIG'],
    ['useCausalMask that is no boolean', apply(new Attention(), pair, { useCausalMask: 1 }), 'ERR_TYPE'],
    ['returnAttentionScores of null', apply(heads(), pair, { returnAttentionScores: null }), 'ERR_TYPE'],
    ['a mask that is an array', apply(new Attention(), pair, { valueMask: [1, 0] }), 'ERR_TYPE'],
    ['a mask of too many steps', apply(new Attention(), pair, { valueMask: input(4) }), 'ERR_SHAPE'],
    ['a mask of three axes for two', apply(heads(), pair, { queryMask: input(4, 1) }), 'ERR_SHAPE'],
    ['a mask of queries by values, turned', apply(heads(), pair, { attentionMask: input(5, 4) }), 'ERR_SHAPE'],
    [
      'a mask of pairs where there is none',
      apply(new Attention(), pair, { attentionMask: input(4, 5) }),
      'ERR_UNKNOWN_OPTION',
    ],
    ['an unknown option', apply(new Attention(), pair, { causal: true }), 'ERR_UNKNOWN_OPTION'],
    ['a place in a row of layers', () => new Sequential([new Input([4, 3]), new Attention()]), 'ERR_CONFIG'],
  ])('%s: refused', (_, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('what does not suit is named', () => {
    expect(
      messageOf(
        apply(new Attention({ name: 'luong' }), [
          [4, 3],
          [5, 3],
          [4, 3],
        ]),
      ),
    ).toBe('Attention "luong".apply: expected as many keys as values, received (None, 4, 3) and (None, 5, 3).');
    expect(messageOf(apply(heads({ name: 'mha' }), pair, { attentionMask: input(4, 4) }))).toBe(
      'MultiHeadAttention "mha".apply: expected attentionMask of shape [N,Tq,Tv] = (None, 4, 5), or [N,1,Tv], received ' +
        '(None, 4, 4).',
    );
  });

  test('a layer that was built for one width refuses another, and stays as it was', () => {
    for (const layer of [new AdditiveAttention(), heads()]) {
      apply(layer, pair)();
      const before = layer.getWeights();
      expect(
        codeOf(
          apply(layer, [
            [4, 2],
            [5, 2],
          ]),
        ),
      ).toBe('ERR_SHAPE');
      expect(layer.getWeights()).toEqual(before);
      apply(layer, [
        [7, 3],
        [2, 3],
      ])();
    }
  });

  test('keys and values that differ in their number only once data comes are refused then', () => {
    const model = (([query, value, key]) =>
      new Model([query!, value!, key!], new Attention({ name: 'late' }).apply([query!, value!, key!])))(
      [1, 2, 3].map(() => input(null, 3)),
    );
    const specs = [4, 5, 6].map((steps) => ({ shape: [2, steps, 3], dtype: 'float32' as const }));
    expect(messageOf(() => model.outputSpecs(specs))).toBe(
      'Attention "late": expected as many keys as values, received (2, 6, 3) and (2, 5, 3).',
    );
  });

  test.each([
    ['Attention', () => new Attention({ name: 'attend' })],
    ['MultiHeadAttention', () => heads({ name: 'attend' })],
  ])('a stream of a model with %s is refused by its name', (className, make) => {
    const x = input(null, 3);
    const model = new Model([x], make().apply([x, x]));
    expect(messageOf(() => model.openStream())).toBe(
      `model_1.openStream: expected layers that go on by timesteps, received ${className} "attend", which attends to a ` +
        'whole sequence. Call predict on whole sequences instead.',
    );
  });
});

describe('shapes and weights', () => {
  test('of attention', () => {
    const layer = new Attention({ useScale: true, scoreMode: 'concat' });
    const [y, scores] = layer.apply<SymbolicTensor[]>([input(null, 3), input(5, 4), input(5, 3)], {
      returnAttentionScores: true,
    });
    expect([y!.shape, scores!.shape]).toEqual([
      [null, null, 4],
      [null, null, 5],
    ]);
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([
      ['scale', []],
      ['concatScoreWeight', []],
    ]);
    expect(layer.getWeights().map(({ data }) => data[0])).toEqual([1, 1]);
    expect(layer.countParams()).toBe(2);
  });

  test('of additive attention', () => {
    const layer = new AdditiveAttention();
    expect(layer.apply([input(4, 3), input(5, 3)]).shape).toEqual([null, 4, 3]);
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([['scale', [3]]]);
    const without = new AdditiveAttention({ useScale: false });
    without.apply([input(4, 3), input(5, 3)]);
    expect(without.weightSpecs).toEqual([]);
  });

  test('of several heads', () => {
    const layer = new MultiHeadAttention(2, 3, { valueDim: 4, outputShape: 6 });
    const [y, scores] = layer.apply<SymbolicTensor[]>([input(7, 5), input(null, 8), input(null, 9)], {
      returnAttentionScores: true,
    });
    expect([y!.shape, scores!.shape]).toEqual([
      [null, 7, 6],
      [null, 2, 7, null],
    ]);
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([
      ['query/kernel', [5, 2, 3]],
      ['query/bias', [2, 3]],
      ['key/kernel', [9, 2, 3]],
      ['key/bias', [2, 3]],
      ['value/kernel', [8, 2, 4]],
      ['value/bias', [2, 4]],
      ['attention_output/kernel', [2, 4, 6]],
      ['attention_output/bias', [6]],
    ]);
    expect(layer.countParams()).toBe(30 + 6 + 54 + 6 + 64 + 8 + 48 + 6);
  });

  test('kernels of heads begin within the limits of their shapes', () => {
    const layer = new MultiHeadAttention(8, 16);
    layer.build([null, 4, 64]);
    const largest = layer
      .getWeights()
      .map(({ data }) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    // Keras' fans of [C,H,K] are C H and C K; of [H,V,C] they are H V and H C.
    const limit = (fanIn: number, fanOut: number): number => Math.sqrt(6 / (fanIn + fanOut));
    for (const i of [0, 2, 4]) expect(largest[i]).toBeCloseTo(limit(64 * 8, 64 * 16), 3);
    expect(largest[6]).toBeCloseTo(limit(8 * 16, 8 * 64), 3);
    expect([largest[1], largest[3], largest[5], largest[7]]).toEqual([0, 0, 0, 0]);
  });

  test('a summary shows what layers give, where their first input alone would tell another shape', () => {
    const [query, value, key] = [input(4, 3), input(5, 7), input(5, 3)];
    const context = new Attention({ useScale: true }).apply([query, value, key]);
    const y = new Dot([2, 1]).apply([new MultiHeadAttention(2, 3).apply([context, value]), input(7, 2)]);
    const last = y.node!.inputs[1]!;
    const model = new Model([query, value, key, last], y);
    const lines: string[] = [];
    model.summary({ printFn: (line) => lines.push(line) });
    const rows = lines.filter((line) => /\((Attention|Mult|Dot)/.test(line)).map((line) => line.split(/\s{2,}/));
    expect(rows.map(([name, ...columns]) => [name!.slice(0, 11), ...columns])).toEqual([
      ['attention_1', '(None, 4, 7)', '1', 'input_1[0][0]', ''],
      ['multi_head_', '193', 'attention_1[0][0]', ''],
      ['dot_1 (Dot)', '(None, 4, 2)', '0', 'multi_head_attention_1[0][0]', ''],
    ]);
  });

  test('a layer that is frozen freezes its projections', () => {
    const layer = heads({ trainable: false });
    layer.build([null, 4, 3]);
    expect(layer.weightSpecs.every(({ trainable }) => !trainable)).toBe(true);
  });
});

describe('graphs', () => {
  const arrays = (...shapes: number[][]): Named[] => {
    const draw = drawFrom(91);
    return shapes.map((shape, i) => ({
      name: `x${i}`,
      shape,
      data: draw.normal(shape.reduce((a, b) => a * b, 1)).map(Math.fround),
    }));
  };

  test('a model is made again by its config: masks, options of the call, both uses of a layer', async () => {
    const [query, value, mask] = [input(4, 3), input(5, 3), input(5)];
    const layer = heads();
    const [y, scores] = layer.apply<SymbolicTensor[]>([query!, value!], {
      ...{ valueMask: mask, useCausalMask: true, returnAttentionScores: true },
    });
    const again = layer.apply([y!, value!]);
    const model = new Model([query!, value!, mask!], [again, scores!]);
    const copy = Model.fromConfig(JSON.parse(JSON.stringify(model.getConfig())) as object);
    expect(copy.getConfig()).toEqual(model.getConfig());
    copy.setWeights(model.getWeights());
    const given = arrays([2, 4, 3], [2, 5, 3], [2, 5]);
    given[2] = { ...given[2]!, data: [1, 0, 1, 1, 0, 1, 1, 1, 0, 0] };
    const [got, wanted] = [await outputsOf(copy, given), await outputsOf(model, given)];
    expect(got.map(({ data }) => data)).toEqual(wanted.map(({ data }) => data));
  });

  test('a weight that is one number is set by an array of no axes, as an NdArray or plain', () => {
    const [query, value] = [input(4, 3), input(5, 3)];
    const model = new Model([query, value], new Attention({ useScale: true }).apply([query, value]));
    model.setWeights([{ data: Float32Array.of(0.25), shape: [] }]);
    expect(model.getWeights()).toEqual([new NdArray(Float32Array.of(0.25), [])]);
    expect(codeOf(() => model.setWeights([{ data: Float32Array.of(1, 2), shape: [] }]))).toBe('ERR_SHAPE');
  });

  test('weights go through a file, by the names that Keras has for them', async () => {
    const make = (): Model => {
      const [query, value] = [input(4, 3), input(5, 3)];
      const context = new Attention({ useScale: true, name: 'luong' }).apply([query, value]);
      return new Model([query, value], heads({ name: 'mha' }).apply([context, value]));
    };
    const [model, copy] = [make(), make()];
    model.setWeights(
      model.getWeights().map(
        ({ data, shape }) =>
          new NdArray(
            data.map((value) => value + 0.5),
            shape,
          ),
      ),
    );
    const file = inFolder('weights.safetensors');
    await model.saveWeights(file);
    await copy.loadWeights(file);
    expect(copy.getWeights()).toEqual(model.getWeights());
    const header = readFileSync(file, 'latin1');
    for (const name of ['luong/scale', 'mha/query/kernel', 'mha/attention_output/bias'])
      expect(header).toContain(`"${name}"`);
  });

  test('scores sum to 1 over the keys that count, and a key that is masked has none', async () => {
    const [query, value, mask] = [input(4, 3), input(5, 3), input(5)];
    const [, scores] = new Attention().apply<SymbolicTensor[]>([query, value], {
      ...{ valueMask: mask, returnAttentionScores: true },
    });
    const given = arrays([2, 4, 3], [2, 5, 3], [2, 5]);
    given[2] = { ...given[2]!, data: [1, 0, 1, 1, 0, 0, 1, 1, 0, 1] };
    const [got] = await outputsOf(new Model([query, value, mask], scores!), given);
    for (let n = 0; n < 2; n++)
      for (let i = 0; i < 4; i++) {
        const row = Array.from(got!.data.slice((n * 4 + i) * 5, (n * 4 + i + 1) * 5));
        expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
        row.forEach((weight, j) => expect(weight === 0).toBe(given[2]!.data[n * 5 + j] === 0));
      }
  });

  test('a key that is the value itself changes no bit', async () => {
    const [query, value] = [input(4, 3), input(5, 3)];
    const layer = new Attention({ useScale: true });
    const outputs = [layer.apply([query, value]), layer.apply([query, value, value])];
    const [left, right] = await outputsOf(new Model([query, value], outputs), arrays([3, 4, 3], [3, 5, 3]));
    expect(left!.data).toEqual(right!.data);
  });

  test('two uses of a layer drop different weights, one use the same as another model with its seed', async () => {
    const make = (): Model => {
      const [query, value] = [input(8, 3), input(8, 3)];
      const layer = new Attention({ dropout: 0.5, seed: 4 });
      return new Model([query, value], [layer.apply([query, value]), layer.apply([query, value])]);
    };
    const given = arrays([3, 8, 3], [3, 8, 3]);
    const [first, second] = await outputsOf(make(), given, true);
    expect(first!.data).not.toEqual(second!.data);
    const again = await outputsOf(make(), given, true);
    expect(again.map(({ data }) => data)).toEqual([first!.data, second!.data]);
  });

  test('timesteps may be unknown until a batch comes, and differ from batch to batch', async () => {
    const [query, value] = [input(null, 3), input(null, 3)];
    const model = new Model(
      [query, value],
      heads().apply<SymbolicTensor[]>([query, value], { returnAttentionScores: true }),
    );
    for (const [queries, keys] of [
      [4, 5],
      [2, 9],
      [7, 1],
    ] as const) {
      const [y, scores] = await outputsOf(model, arrays([2, queries, 3], [2, keys, 3]));
      expect([y!.shape, scores!.shape]).toEqual([
        [2, queries, 3],
        [2, 2, queries, keys],
      ]);
    }
  });

  test('an encoder and a decoder with attention learn to turn a sequence round', async () => {
    const [steps, symbols] = [5, 6];
    const words = new Input([steps], { dtype: 'int32' });
    const read = new Embedding(symbols, 8).apply(words);
    const encoded = new GRU(16, { returnSequences: true }).apply(read);
    const decoded = new GRU(16, { returnSequences: true, goBackwards: true }).apply(read);
    const context = new Attention({ useScale: true }).apply([decoded, encoded]);
    const both = heads({ outputShape: 16 }).apply([context, decoded]);
    const model = new Model(words, new Dense(symbols, { activation: 'softmax' }).apply(both));
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
    const rows = 256;
    const tokens = drawFrom(92).integers(rows * steps, 0, symbols);
    const turned = tokens.map((_, i) => tokens[i - (i % steps) + (steps - 1 - (i % steps))]!);
    const history = await model.fit(ids(tokens, [rows, steps]), ids(turned, [rows, steps]), {
      ...{ epochs: 30, batchSize: 16, verbose: 0 },
    });
    expect(history.history['accuracy']!.at(-1)).toBeGreaterThan(0.9);
  });

  test('a penalty on activity is paid for each projection', async () => {
    const x = input(2, 3);
    const layer = heads({ activityRegularizer: 'l2' });
    const y = layer.apply([x, x]);
    const model = new Model(x, new Flatten().apply(y));
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const data = floats(drawFrom(93).normal(12), [2, 2, 3]);
    const outputs = await model.predict(data);
    const loss = await model.testOnBatch<number>(data, outputs);
    // What the projections of query, key and value give, and the output: 0.01 of their squares, by the row.
    const projected = layer.getWeights().slice(0, 6);
    let squares = outputs.data.reduce((sum, value) => sum + value * value, 0);
    for (let part = 0; part < 6; part += 2)
      for (let row = 0; row < 4; row++)
        for (let unit = 0; unit < 6; unit++) {
          let sum = projected[part + 1]!.data[unit]!;
          for (let c = 0; c < 3; c++) sum += data.data[row * 3 + c]! * projected[part]!.data[c * 6 + unit]!;
          squares += sum * sum;
        }
    expect(loss).toBeCloseTo((0.01 * squares) / 2, 5);
  });
});
