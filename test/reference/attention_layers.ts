// SPDX-License-Identifier: MIT
// Oracle: Attention, AdditiveAttention and MultiHeadAttention as Keras has them, weights, masks and all, in double.
import { attentionBackward, attentionForward, type AttentionProblem } from './attention';
import { denseBackward, denseForward, type DenseGradients, type DenseProblem } from './dense';

/** An array with its shape. */
export interface Shaped {
  shape: readonly number[];
  data: ArrayLike<number>;
}

export interface AttentionLayerProblem {
  layer: 'Attention' | 'AdditiveAttention' | 'MultiHeadAttention';
  options: {
    useScale?: boolean;
    scoreMode?: 'dot' | 'concat';
    numHeads?: number;
    keyDim?: number;
    valueDim?: number | null;
    useBias?: boolean;
    outputShape?: number | null;
    dropout?: number;
  };
  inputs: { query: Shaped; value: Shaped; key?: Shaped };
  /** 0 where a step, or a pair of query and key, does not count. */
  masks: { queryMask?: Shaped; valueMask?: Shaped; keyMask?: Shaped; attentionMask?: Shaped };
  useCausalMask: boolean;
  returnAttentionScores: boolean;
  weights: Float64Array[];
  /** What dropout multiplies weights with; null outside training. */
  factors?: Float64Array | null;
}

export interface AttentionLayerGradients {
  query: Float64Array;
  value: Float64Array;
  /** Where a key of its own was given. */
  key: Float64Array | null;
  weights: Float64Array[];
}

const doubles = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]!);

function attendsOf(p: AttentionLayerProblem): AttentionProblem['attends'] {
  const isMultiHead = p.layer === 'MultiHeadAttention';
  const [queries, keys] = [p.inputs.query.shape[1]!, p.inputs.value.shape[1]!];
  const { queryMask, valueMask, keyMask, attentionMask } = p.masks;
  return (row, i, j) => {
    if (p.useCausalMask && j > i) return false;
    if (valueMask?.data[row * keys + j] === 0) return false;
    if (!isMultiHead) return true;
    if (keyMask?.data[row * keys + j] === 0 || queryMask?.data[row * queries + i] === 0) return false;
    if (attentionMask === undefined) return true;
    const steps = attentionMask.shape[1]!;
    return attentionMask.data[(row * steps + (steps === 1 ? 0 : i)) * keys + j] !== 0;
  };
}

/** What a layer gives, and the gradients of the sums of slopes times that. */
export function attentionLayer(p: AttentionLayerProblem): {
  outputs: Float64Array[];
  gradients: (slopes: readonly (Float64Array | null)[]) => AttentionLayerGradients;
} {
  return p.layer === 'MultiHeadAttention' ? multiHeadAttention(p) : attention(p);
}

function attention(p: AttentionLayerProblem): ReturnType<typeof attentionLayer> {
  const { query, value, key = value } = p.inputs;
  const [rows, queries, width] = query.shape as [number, number, number];
  const isAdditive = p.layer === 'AdditiveAttention';
  const isConcat = p.options.scoreMode === 'concat';
  const useScale = p.options.useScale ?? isAdditive;
  const ones = new Float64Array(width).fill(1);
  const core: AttentionProblem = {
    ...{ rows, queries, keys: value.shape[1]!, heads: 1, keyDim: width, valueDim: value.shape[2]! },
    score: isAdditive || isConcat ? 'tanh' : 'dot',
    query: doubles(query.data),
    key: doubles(key.data),
    value: doubles(value.data),
    scale: useScale && !isAdditive ? p.weights[0]! : Float64Array.of(1),
    sumWeights: isConcat ? ones.map(() => p.weights.at(-1)![0]!) : useScale && isAdditive ? p.weights[0]! : ones,
    attends: attendsOf(p),
    noKeys: 'lower',
    queryMask: p.masks.queryMask?.data ?? null,
    factors: p.factors ?? null,
  };
  const { output, dropped } = attentionForward(core);
  return {
    outputs: p.returnAttentionScores ? [output, dropped] : [output],
    gradients: ([dy, dd]) => {
      const g = attentionBackward(core, dy ?? new Float64Array(output.length), null, dd ?? null);
      const total = Float64Array.of(g.sumWeights.reduce((a, b) => a + b, 0));
      const weights = isAdditive ? [g.sumWeights] : [...(useScale ? [g.scale] : []), ...(isConcat ? [total] : [])];
      const own = p.inputs.key !== undefined;
      return {
        query: g.query,
        value: own ? g.value : sum(g.value, g.key),
        key: own ? g.key : null,
        weights: p.weights.length === 0 ? [] : weights,
      };
    },
  };
}

function multiHeadAttention(p: AttentionLayerProblem): ReturnType<typeof attentionLayer> {
  const { query, value, key = value } = p.inputs;
  const { numHeads: heads = 1, keyDim = 1, useBias = true, dropout = 0 } = p.options;
  const valueDim = p.options.valueDim ?? keyDim;
  const [rows, queries, width] = query.shape as [number, number, number];
  const keys = value.shape[1]!;
  const each = useBias ? 2 : 1;
  const dense = (index: number, x: Float64Array, inputs: number, units: number): DenseProblem => ({
    ...{ rows: x.length / inputs, inputs, units, activation: 'linear', x },
    kernel: p.weights[index * each]!,
    bias: useBias ? p.weights[index * each + 1]! : null,
  });
  const projections = [
    dense(0, doubles(query.data), width, heads * keyDim),
    dense(1, doubles(key.data), key.shape[2]!, heads * keyDim),
    dense(2, doubles(value.data), value.shape[2]!, heads * valueDim),
  ] as const;
  const [q, k, v] = projections.map(denseForward) as [Float64Array, Float64Array, Float64Array];
  const core: AttentionProblem = {
    ...{ rows, queries, keys, heads, keyDim, valueDim, score: 'dot', query: q, key: k, value: v },
    scale: Float64Array.of(1 / Math.sqrt(keyDim)),
    sumWeights: new Float64Array(0),
    attends: attendsOf(p),
    noKeys: dropout > 0 || p.returnAttentionScores ? 'none' : 'alike',
    queryMask: null,
    factors: p.factors ?? null,
  };
  const { output, weights } = attentionForward(core);
  const last = dense(3, output, heads * valueDim, p.options.outputShape ?? width);
  const y = denseForward(last);
  return {
    outputs: p.returnAttentionScores ? [y, weights] : [y],
    gradients: ([dy, dw]) => {
      const lastGradients = denseBackward(last, dy ?? new Float64Array(y.length));
      const g = attentionBackward(core, lastGradients.x, dw ?? null);
      const parts = [g.query, g.key, g.value].map((d, i) => denseBackward(projections[i]!, d)) as [
        DenseGradients,
        DenseGradients,
        DenseGradients,
      ];
      const own = p.inputs.key !== undefined;
      return {
        query: parts[0].x,
        value: own ? parts[2].x : sum(parts[2].x, parts[1].x),
        key: own ? parts[1].x : null,
        weights: [...parts, lastGradients].flatMap(({ kernel, bias }) => (useBias ? [kernel, bias] : [kernel])),
      };
    },
  };
}
