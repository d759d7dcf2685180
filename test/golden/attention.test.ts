// SPDX-License-Identifier: MIT
// Dot, Attention, AdditiveAttention and MultiHeadAttention against Keras: outputs, attention scores, and gradients by all
// inputs and weights.
import {
  AdditiveAttention,
  Attention,
  clearSession,
  Dot,
  MultiHeadAttention,
  NdArray,
  type AttentionOptions,
  type Layer,
  type MultiHeadAttentionOptions,
} from '../../lib';
import { given } from '../reference/golden';
import { attentionGolden, camel, optionsOf, type AttentionCase, type DotCase } from '../support/attention_goldens';
import { gradientsOf, modelOf, outputsOf, type Named } from '../support/graph_passes';
import { worstError } from '../unit/contract/engine_model';
import type { SymbolicTensor } from '../../lib/graph/symbolic_tensor';

// Single precision, sums of up to some dozen terms behind a softmax.
const OUTPUT_TOLERANCE = 2e-6;
// Relative to the largest entry, as in gradients.test.ts.
const GRADIENT_TOLERANCE = 1e-4;

const golden = attentionGolden();

beforeEach(() => clearSession());

function layerOf(one: AttentionCase): Layer {
  const { numHeads, keyDim, ...options } = optionsOf(one);
  if (one.layer === 'Attention') return new Attention(options as AttentionOptions);
  if (one.layer === 'AdditiveAttention') return new AdditiveAttention(options as AttentionOptions);
  return new MultiHeadAttention(numHeads!, keyDim!, options as MultiHeadAttentionOptions);
}

function arraysOf(one: AttentionCase): Named[] {
  const { query, value, key } = one.inputs;
  const inputs = { query, value, ...(key === undefined ? {} : { key }) };
  const masks = Object.entries(one.masks).map(([name, mask]) => [camel(name), mask] as const);
  return [...Object.entries(inputs), ...masks].map(([name, packed]) => ({
    name,
    shape: packed.shape,
    data: given(packed),
  }));
}

/** Applies a layer as the case says. */
function described(one: AttentionCase, layer: Layer) {
  return (tensors: Readonly<Record<string, SymbolicTensor>>): SymbolicTensor[] => {
    const { query, value, key, ...masks } = tensors;
    const { use_causal_mask: useCausalMask, return_attention_scores: returnAttentionScores } = one.call;
    const inputs = [query!, value!, ...(key === undefined ? [] : [key])];
    const given = layer.apply<SymbolicTensor[]>(inputs, { ...masks, useCausalMask, returnAttentionScores });
    return Array.isArray(given) ? given : [given];
  };
}

const setWeights = (one: AttentionCase, layer: Layer) => (): void =>
  layer.setWeights(one.weights.map(({ data, shape }) => new NdArray(Float32Array.from(data), shape)));

async function expectCase(one: AttentionCase): Promise<void> {
  const arrays = arraysOf(one);
  const layer = layerOf(one);
  const model = modelOf(arrays, described(one, layer));
  setWeights(one, layer)();
  expect(layer.weightSpecs.map(({ name }) => name)).toEqual(
    one.names.map((name) => (name.includes('/') ? name : camel(name))),
  );
  const outputs = await outputsOf(model, arrays);
  outputs.forEach((got, i) => {
    expect(got.shape).toEqual(one.outputs[i]!.shape);
    expect(worstError(got.data, one.outputs[i]!.data)).toBeLessThan(OUTPUT_TOLERANCE);
  });
  const learner = layerOf(one);
  const gradients = await gradientsOf(
    arrays,
    described(one, learner),
    one.slopes.map(({ data }) => data),
    setWeights(one, learner),
  );
  const expected = { ...one.gradients.inputs } as Record<string, { data: number[] }>;
  learner.weightSpecs.forEach(({ name }, i) => (expected[`${learner.name}/${name}`] = one.gradients.weights[i]!));
  const largest = Math.max(...Object.values(expected).flatMap(({ data }) => data.map(Math.abs)));
  for (const [name, { data }] of Object.entries(expected)) {
    // Where all of a gradient cancels, as that of a key's bias, what is left is the rounding of others.
    const apart = Math.max(...data.map((value, i) => Math.abs(value - gradients[name]![i]!)));
    const own = Math.max(...data.map(Math.abs));
    expect(apart).toBeLessThanOrEqual(GRADIENT_TOLERANCE * Math.max(own, 0.01 * largest));
  }
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
