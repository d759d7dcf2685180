// SPDX-License-Identifier: MIT
// Attention in the engine against the oracle in double: sizes around blocks and tails, every kind of mask, dropout, and what
// a layer does that nothing attends to.
import { clearSession, setThreads, type NdArray } from '../../../lib';
import { attentionLayer, type AttentionLayerProblem, type Shaped } from '../../reference/attention_layers';
import { drawFrom, type Draw } from '../../reference/random';
import { arraysOf, attentionLayerOf, describing, expectAttention, setWeights } from '../../support/attention_check';
import { gradientsOf, modelOf, outputsOf } from '../../support/graph_passes';
import { testingAddon } from '../../support/testing_addon';
import { worstError } from './engine_model';

beforeEach(() => clearSession());

type Recipe = Pick<AttentionLayerProblem, 'layer' | 'options'> & {
  rows: number;
  queries: number;
  keys: number;
  /** Of query, value and, where it is another than the value, key. */
  widths: [number, number, number?];
  /** q, v, k: masks of query, value and key; a, b: of pairs, or of keys for all queries. */
  masks?: string;
  causal?: boolean;
  scores?: boolean;
};

/** Weights of a layer as Keras shapes them, flat. */
function drawWeights(draw: Draw, { layer, options, widths }: Recipe): Float64Array[] {
  const [width, values, keys = values] = widths;
  const drawn = (size: number, scale = 0.5): Float64Array => draw.normal(size, scale).map(Math.fround);
  if (layer === 'AdditiveAttention') return options.useScale === false ? [] : [drawn(width)];
  if (layer === 'Attention')
    return [...(options.useScale ? [drawn(1)] : []), ...(options.scoreMode === 'concat' ? [drawn(1)] : [])];
  const { numHeads: heads = 1, keyDim = 1, useBias = true, outputShape } = options;
  const valueDim = options.valueDim ?? keyDim;
  const shapes = [
    [width, heads * keyDim],
    [keys, heads * keyDim],
    [values, heads * valueDim],
    [heads * valueDim, outputShape ?? width],
  ] as const;
  return shapes.flatMap(([from, to]) => [drawn(from * to), ...(useBias ? [drawn(to)] : [])]);
}

function problemOf(recipe: Recipe, seed: number): AttentionLayerProblem {
  const { rows, queries, keys, widths, masks = '' } = recipe;
  const draw = drawFrom(seed);
  const array = (...shape: number[]): Shaped => ({
    shape,
    data: draw.normal(shape.reduce((a, b) => a * b, 1)).map(Math.fround),
  });
  const mask = (...shape: number[]): Shaped => ({
    shape,
    data: draw
      .integers(
        shape.reduce((a, b) => a * b, 1),
        0,
        3,
      )
      .map((value) => (value === 0 ? 0 : 1)),
  });
  const [width, values, key] = widths;
  return {
    ...{ layer: recipe.layer, options: recipe.options },
    inputs: {
      query: array(rows, queries, width),
      value: array(rows, keys, values),
      ...(key === undefined ? {} : { key: array(rows, keys, key) }),
    },
    masks: {
      ...(masks.includes('q') ? { queryMask: mask(rows, queries) } : {}),
      ...(masks.includes('v') ? { valueMask: mask(rows, keys) } : {}),
      ...(masks.includes('k') ? { keyMask: mask(rows, keys) } : {}),
      ...(masks.includes('a') ? { attentionMask: mask(rows, queries, keys) } : {}),
      ...(masks.includes('b') ? { attentionMask: mask(rows, 1, keys) } : {}),
    },
    useCausalMask: recipe.causal ?? false,
    returnAttentionScores: recipe.scores ?? false,
    weights: drawWeights(draw, recipe),
  };
}

async function expectOracle(problem: AttentionLayerProblem, seed: number, layerSeed?: number): Promise<void> {
  const { outputs, gradients } = attentionLayer(problem);
  const draw = drawFrom(seed + 1);
  const slopes = outputs.map(({ length }) => draw.normal(length).map(Math.fround));
  const { weights, query, value, key } = gradients(slopes);
  const inputs = { query, value, ...(key === null ? {} : { key }) };
  await expectAttention(problem, { outputs, slopes, inputs, weights }, layerSeed);
}

const RECIPES: Recipe[] = [
  { layer: 'Attention', options: {}, rows: 1, queries: 1, keys: 1, widths: [1, 1] },
  { layer: 'Attention', options: {}, rows: 9, queries: 3, keys: 8, widths: [16, 16], masks: 'qv', scores: true },
  { layer: 'Attention', options: { useScale: true }, rows: 4, queries: 17, keys: 16, widths: [5, 5], causal: true },
  { layer: 'Attention', options: {}, rows: 3, queries: 4, keys: 33, widths: [7, 17, 7], masks: 'v', scores: true },
  { layer: 'Attention', options: {}, rows: 2, queries: 10, keys: 18, widths: [32, 16, 32], masks: 'q', causal: true },
  {
    layer: 'Attention',
    options: { scoreMode: 'concat', useScale: true },
    rows: 5,
    queries: 4,
    keys: 7,
    widths: [9, 9],
  },
  { layer: 'AdditiveAttention', options: {}, rows: 6, queries: 5, keys: 9, widths: [16, 3, 16], masks: 'qv' },
  {
    layer: 'AdditiveAttention',
    options: {},
    rows: 2,
    queries: 17,
    keys: 5,
    widths: [33, 33],
    causal: true,
    scores: true,
  },
  {
    ...{ layer: 'MultiHeadAttention', options: { numHeads: 2, keyDim: 16 }, rows: 5, queries: 6, keys: 7 },
    ...{ widths: [16, 16], masks: 'qv' },
  },
  {
    ...{ layer: 'MultiHeadAttention', options: { numHeads: 3, keyDim: 16, valueDim: 32 }, rows: 3, queries: 5 },
    ...{ keys: 17, widths: [5, 6, 7], masks: 'vk', scores: true },
  },
  {
    ...{ layer: 'MultiHeadAttention', options: { numHeads: 2, keyDim: 8 }, rows: 4, queries: 9, keys: 9 },
    ...{ widths: [16, 16], masks: 'qva', causal: true },
  },
  {
    ...{ layer: 'MultiHeadAttention', options: { numHeads: 5, keyDim: 3, useBias: false, outputShape: 2 } },
    ...{ rows: 2, queries: 17, keys: 4, widths: [7, 7], masks: 'b', causal: true, scores: true },
  },
];

const named = (recipes: readonly Recipe[]) =>
  recipes.map((recipe, i) => [`${i}: ${recipe.layer} ${JSON.stringify(recipe.options)}`, recipe, i] as const);

test.each(named(RECIPES))('%s: outputs and gradients are those of the oracle', async (_, recipe, i) => {
  await expectOracle(problemOf(recipe, 600 + i), 700 + i);
});

describe('dropout', () => {
  const rate = 0.375;
  const layerSeed = 77;
  const dropping = (layer: AttentionLayerProblem['layer'], more: Partial<Recipe> = {}): Recipe => ({
    ...{ layer, rows: 3, queries: 5, keys: 6, widths: [4, 4], masks: 'v', ...more },
    options: { dropout: rate, ...(layer === 'MultiHeadAttention' ? { numHeads: 2, keyDim: 4 } : {}) },
  });

  /** What the engine draws for element i of the weights, all rows, heads and queries one after another. */
  function factorsOf({ layer, rows, queries, keys }: Recipe, seed: number, stream: number): Float64Array {
    const heads = layer === 'MultiHeadAttention' ? 2 : 1;
    const threshold = Math.floor(rate * 2 ** 32);
    return Float64Array.from({ length: rows * heads * queries * keys }, (_, index) =>
      testingAddon.reference.randomWord({ seed, stream, index }) < threshold ? 0 : 1 / (1 - rate),
    );
  }

  test.each<[string, Recipe]>([
    ['Attention', dropping('Attention')],
    ['Attention with scores, which are given after it', dropping('Attention', { scores: true })],
    ['AdditiveAttention', dropping('AdditiveAttention')],
    ['MultiHeadAttention', dropping('MultiHeadAttention')],
    ['MultiHeadAttention with scores, which are given before it', dropping('MultiHeadAttention', { scores: true })],
  ])('%s: a step of training learns through the weights that are left', async (_, recipe) => {
    const problem = problemOf(recipe, 800);
    await expectOracle({ ...problem, factors: factorsOf(recipe, layerSeed, 0) }, 801, layerSeed);
  });

  test('acts in training alone, and gives what is left of the weights', async () => {
    const recipe = dropping('Attention', { scores: true, masks: '' });
    const problem = problemOf(recipe, 802);
    const layer = attentionLayerOf(problem, layerSeed);
    const arrays = arraysOf(problem);
    const model = modelOf(arrays, describing(problem, layer));
    const [, scores] = await outputsOf(model, arrays);
    expect(worstError(scores!.data, attentionLayer(problem).outputs[1]!)).toBeLessThan(2e-6);
    // Batches predicted as in training count from a stream of their own.
    const factors = factorsOf(recipe, layerSeed, 2 ** 32);
    const wanted = attentionLayer({ ...problem, factors }).outputs;
    const got = await outputsOf(model, arrays, true);
    got.forEach(({ data }, i) => expect(worstError(data, wanted[i]!)).toBeLessThan(2e-6));
  });
});

test('a scale of zero passes nothing on, and learns all the same', async () => {
  for (const widths of [
    [5, 5],
    [5, 4, 5],
  ] as const) {
    const recipe: Recipe = {
      layer: 'Attention',
      options: { useScale: true },
      rows: 3,
      queries: 4,
      keys: 5,
      widths: [...widths],
    };
    await expectOracle({ ...problemOf(recipe, 810), weights: [Float64Array.of(0)] }, 811);
  }
});

test('where only the scores are read, their gradient alone comes back', async () => {
  const recipe: Recipe = {
    layer: 'Attention',
    options: {},
    rows: 3,
    queries: 4,
    keys: 5,
    widths: [6, 6],
    scores: true,
  };
  const problem = problemOf(recipe, 820);
  const { outputs, gradients } = attentionLayer(problem);
  const slopes = drawFrom(821).normal(outputs[1]!.length).map(Math.fround);
  const wanted = gradients([null, slopes]);
  const layer = attentionLayerOf(problem);
  const got = await gradientsOf(
    arraysOf(problem),
    ({ query, value }) => layer.apply<never>([query!, value!], { returnAttentionScores: true })[1],
    [slopes],
  );
  expect(worstError(got['query']!, wanted.query)).toBeLessThan(1e-4);
  expect(worstError(got['value']!, wanted.value)).toBeLessThan(1e-4);
});

test('no query sees a key behind it, whatever that holds', async () => {
  const recipe: Recipe = {
    layer: 'Attention',
    options: {},
    rows: 2,
    queries: 5,
    keys: 5,
    widths: [3, 3],
    causal: true,
  };
  const problem = problemOf(recipe, 830);
  const [whole] = await outputsOf(
    modelOf(arraysOf(problem), describing(problem, attentionLayerOf(problem))),
    arraysOf(problem),
  );
  const changed = arraysOf(problem).map((array) => ({ ...array, data: Float32Array.from(array.data) }));
  // The last value of row 0.
  changed[1]!.data.fill(50, 4 * 3, 5 * 3);
  const [other] = await outputsOf(modelOf(changed, describing(problem, attentionLayerOf(problem))), changed);
  expect(other!.data.slice(0, 12)).toEqual(whole!.data.slice(0, 12));
  expect(other!.data.slice(12, 15)).not.toEqual(whole!.data.slice(12, 15));
  expect(other!.data.slice(15)).toEqual(whole!.data.slice(15));
});

test('the bits are the same on any number of threads', async () => {
  const results: (NdArray | Float64Array)[][] = [];
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    for (const [i, recipe] of [RECIPES[1]!, RECIPES[6]!, RECIPES[9]!].entries()) {
      const problem = problemOf({ ...recipe, options: { ...recipe.options, dropout: 0.2 } }, 840 + i);
      const layer = attentionLayerOf(problem, 5);
      const arrays = arraysOf(problem);
      const model = modelOf(arrays, describing(problem, layer));
      setWeights(problem, layer);
      const outputs = await outputsOf(model, arrays, true);
      const learner = attentionLayerOf(problem, 5);
      const slopes = outputs.map(({ data }) => data);
      const gradients = await gradientsOf(arrays, describing(problem, learner), slopes, () =>
        setWeights(problem, learner),
      );
      (results[i] ??= []).push(...outputs, ...Object.values(gradients));
    }
  }
  setThreads(2);
  const bits = (value: NdArray | Float64Array): Float64Array | Float32Array => ('data' in value ? value.data : value);
  for (const list of results) {
    const each = list.length / 3;
    for (let i = 0; i < each; i++) {
      expect(bits(list[i + each]!)).toEqual(bits(list[i]!));
      expect(bits(list[i + 2 * each]!)).toEqual(bits(list[i]!));
    }
  }
});
