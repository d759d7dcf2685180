// SPDX-License-Identifier: MIT
// Dot, Attention, AdditiveAttention and MultiHeadAttention against Keras: outputs, attention scores, and gradients by all
// inputs and weights.
import {
  Activation,
  AdditiveAttention,
  Attention,
  Bidirectional,
  clearSession,
  Dense,
  Dot,
  dot,
  Embedding,
  Flatten,
  GRU,
  Input,
  LSTM,
  MultiHeadAttention,
  NdArray,
  SimpleRNN,
} from '../../lib';
import { Model } from '../../lib/models';
import type { SymbolicTensor } from '../../lib/graph/symbolic_tensor';
import { given, readGolden, type Packed } from '../reference/golden';
import {
  arraysOf,
  attentionLayerOf,
  describing,
  expectAttention,
  GRADIENT_TOLERANCE,
  OUTPUT_TOLERANCE,
} from '../support/attention_check';
import { attentionGolden, camel, problemOf, type AttentionCase, type DotCase } from '../support/attention_goldens';
import { gradientsOf, modelOf, outputsOf } from '../support/graph_passes';
import { engineGradients, floats, ids, worstError } from '../unit/contract/engine_model';

const golden = attentionGolden();

beforeEach(() => clearSession());

async function expectCase(one: AttentionCase): Promise<void> {
  const problem = problemOf(one);
  const arrays = arraysOf(problem);
  const layer = attentionLayerOf(problem);
  const model = modelOf(arrays, describing(problem, layer));
  expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual(
    one.names.map((name, i) => [name.includes('/') ? name : camel(name), one.weights[i]!.shape]),
  );
  expect(model.outputs.map(({ shape }) => shape.slice(1))).toEqual(one.outputs.map(({ shape }) => shape.slice(1)));
  await expectAttention(problem, {
    outputs: one.outputs.map(({ data }) => data),
    slopes: one.slopes.map(({ data }) => data),
    inputs: Object.fromEntries(Object.entries(one.gradients.inputs).map(([name, { data }]) => [name, data])),
    weights: one.gradients.weights.map(({ data }) => data),
  });
}

describe('attention.json', () => {
  const named = (cases: AttentionCase[]) =>
    cases.map((one, i) => [`${i}: ${one.layer} ${JSON.stringify(one.options)}`, one] as const);

  test.each(named(golden.attention))('%s', (_, one) => expectCase(one));
  test.each(named(golden.multi_head))('%s', (_, one) => expectCase(one));
  test.each(named(golden.without_keys))('queries without keys: %s', (_, one) => expectCase(one));

  const dots = golden.dot.map(
    (one) => [`${JSON.stringify(one.inputs.map(({ shape }) => shape))} over ${JSON.stringify(one.axes)}`, one] as const,
  );
  test.each(dots)('Dot of %s', async (_, { axes, normalize, inputs, outputs, slopes, gradients }: DotCase) => {
    const arrays = inputs.map((packed, i) => ({ name: `x${i}`, shape: packed.shape, data: given(packed) }));
    const describeDot = ({ x0, x1 }: Readonly<Record<string, SymbolicTensor>>): SymbolicTensor =>
      new Dot(axes, { normalize }).apply([x0!, x1!]);
    const [got] = await outputsOf(modelOf(arrays, describeDot), arrays);
    expect(got!.shape).toEqual(outputs.shape);
    expect(worstError(got!.data, outputs.data)).toBeLessThan(OUTPUT_TOLERANCE);
    const learnt = await gradientsOf(arrays, describeDot, [slopes.data]);
    gradients.forEach(({ data }, i) => expect(worstError(learnt[`x${i}`]!, data)).toBeLessThan(GRADIENT_TOLERANCE));
  });
});

describe('attention_models.json', () => {
  interface Case {
    name: string;
    tokens: Packed;
    outputs: Packed;
    r: Packed;
    weights: Record<string, Packed[]>;
    gradients: Record<string, Packed[]>;
  }
  const { models } = readGolden<{ models: Case[] }>('attention_models');
  type Build = (words: SymbolicTensor) => SymbolicTensor;

  const embedded = (words: SymbolicTensor, maskZero: boolean): SymbolicTensor =>
    new Embedding(9, 4, { maskZero, name: maskZero ? 'masked' : 'whole' }).apply(words);
  const gru = (name: string, units: number) => new GRU(units, { returnSequences: true, name });
  const lstm = (name: string, units: number) => new LSTM(units, { returnSequences: true, name });
  const last = (units: number) => new Dense(units, { name: 'last' });
  const name = 'attention';

  const builds: Record<string, Build> = {
    masked_query: (words) => {
      const [query, value] = [
        gru('query', 5).apply(embedded(words, true)),
        lstm('value', 5).apply(embedded(words, false)),
      ];
      return last(3).apply(new Attention({ useScale: true, name }).apply([query, value]));
    },
    masked_value: (words) => {
      const [query, value] = [
        gru('query', 5).apply(embedded(words, false)),
        lstm('value', 5).apply(embedded(words, true)),
      ];
      return last(3).apply(new Attention({ useScale: true, name }).apply([query, value]));
    },
    both_masked: (words) => {
      const read = embedded(words, true);
      const value = new Bidirectional(new LSTM(3, { returnSequences: true }), { name: 'value' }).apply(read);
      const context = new AdditiveAttention({ name }).apply([gru('query', 6).apply(read), value]);
      return new SimpleRNN(4, { name: 'last' }).apply(context);
    },
    own_key: (words) => {
      const read = embedded(words, true);
      const query = lstm('query', 5).apply(embedded(words, false));
      const key = new Dense(5, { name: 'key' }).apply(gru('reader', 4).apply(read));
      return last(3).apply(new Attention({ name }).apply([query, read, key], { useCausalMask: true }));
    },
    self_attention: (words) => {
      const read = embedded(words, true);
      const context = new MultiHeadAttention(2, 3, { name }).apply([read, read], { useCausalMask: true });
      return gru('last', 4).apply(context);
    },
    heads: (words) => {
      const [query, value] = [
        gru('query', 5).apply(embedded(words, false)),
        lstm('value', 6).apply(embedded(words, true)),
      ];
      const layer = new MultiHeadAttention(2, 4, { outputShape: 3, name });
      const [context] = layer.apply<SymbolicTensor[]>([query, value], { returnAttentionScores: true });
      return last(3).apply(context!);
    },
    dots: (words) => {
      const [query, value] = [
        gru('query', 5).apply(embedded(words, false)),
        lstm('value', 5).apply(embedded(words, true)),
      ];
      const weights = new Activation('softmax').apply(dot([query, value], [2, 2]));
      return last(3).apply(dot([weights, value], [2, 1]));
    },
    siamese: (words) => {
      const left = new LSTM(5, { name: 'left' }).apply(embedded(words, true));
      const right = new GRU(5, { name: 'right' }).apply(embedded(words, false));
      return last(2).apply(new Dot(1, { normalize: true }).apply([left, right]));
    },
    shared: (words) => {
      const attend = new Attention({ useScale: true, scoreMode: 'concat', name });
      const [first, second] = [
        gru('query', 4).apply(embedded(words, false)),
        lstm('value', 4).apply(embedded(words, true)),
      ];
      const both = [attend.apply([first, second]), attend.apply([second, first])];
      return last(3).apply(new Dot(1).apply(both));
    },
  };

  test('every model of the golden is described here', () => {
    expect(models.map((one) => one.name)).toEqual(Object.keys(builds));
  });

  test.each(models.map((one) => [one.name, one] as const))(
    '%s',
    async (which, { tokens, outputs, r, weights, gradients }) => {
      const words = new Input([tokens.shape[1]!], { dtype: 'int32' });
      // A loss leaves masked steps out, which count here.
      const model = new Model(words, new Flatten().apply(builds[which]!(words)));
      for (const [layer, values] of Object.entries(weights))
        model.getLayer(layer).setWeights(values.map(({ data, shape }) => new NdArray(Float32Array.from(data), shape)));
      const x = ids(tokens.data, tokens.shape);
      const got = (await model.predict(x)).data;
      expect(worstError(got, outputs.data)).toBeLessThan(5e-6);
      const scale = got.length / 2;
      const targets = got.map((value, i) => value - r.data[i]! * scale);
      const rows = tokens.shape[0]!;
      const learnt = await engineGradients(model, 'mse', x, floats(targets, [rows, got.length / rows]));
      const expected = Object.entries(gradients).flatMap(([layer, list]) => list.map(({ data }) => ({ layer, data })));
      expect(model.weights.map(({ layer }) => layer).sort()).toEqual(expected.map(({ layer }) => layer).sort());
      const largest = Math.max(...expected.flatMap(({ data }) => data.map(Math.abs)));
      for (const layer of Object.keys(gradients)) {
        const own = model.weights.flatMap((weight, i) => (weight.layer === layer ? [learnt.weights[i]!] : []));
        own.forEach((values, i) => {
          const wanted = gradients[layer]![i]!.data;
          const apart = Math.max(...wanted.map((value, e) => Math.abs(value - values[e]!)));
          const size = Math.max(...wanted.map(Math.abs));
          expect(apart).toBeLessThanOrEqual(2 * GRADIENT_TOLERANCE * Math.max(size, 0.01 * largest));
        });
      }
    },
  );
});
