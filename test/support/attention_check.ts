// SPDX-License-Identifier: MIT
// A layer of attention in the engine against what a golden or the oracle says: outputs, scores, gradients by all inputs and
// weights.
import {
  AdditiveAttention,
  Attention,
  MultiHeadAttention,
  NdArray,
  type AttentionOptions,
  type Layer,
  type MultiHeadAttentionOptions,
} from '../../lib';
import type { AttentionLayerProblem, Shaped } from '../reference/attention_layers';
import { worstError } from '../unit/contract/engine_model';
import { gradientsOf, modelOf, outputsOf, type Describe, type Named } from './graph_passes';

// Single precision, sums of up to some dozen terms behind a softmax.
export const OUTPUT_TOLERANCE = 2e-6;
// Relative to the largest entry, as in gradients.test.ts.
export const GRADIENT_TOLERANCE = 1e-4;
/** Where all of a gradient cancels, as that of a key's bias, what is left is the rounding of others. */
const CANCELLED = 1e-2;

/** What the layer shall give; gradients of sum(output * slopes) by the name of an input, and in the order of the weights. */
export interface AttentionTruth {
  outputs: readonly ArrayLike<number>[];
  slopes: readonly ArrayLike<number>[];
  inputs: Readonly<Record<string, ArrayLike<number>>>;
  weights: readonly ArrayLike<number>[];
}

export function attentionLayerOf({ layer, options }: AttentionLayerProblem, seed: number | null = null): Layer {
  const { numHeads, keyDim, ...others } = { ...options, ...(seed === null ? {} : { seed }) };
  if (layer === 'Attention') return new Attention(others as AttentionOptions);
  if (layer === 'AdditiveAttention') return new AdditiveAttention(others as AttentionOptions);
  return new MultiHeadAttention(numHeads!, keyDim!, others as MultiHeadAttentionOptions);
}

export function arraysOf({ inputs, masks }: AttentionLayerProblem): Named[] {
  return Object.entries<Shaped>({ ...inputs, ...masks }).map(([name, { shape, data }]) => ({ name, shape, data }));
}

/** The layer applied as the problem says. */
export function describing(problem: AttentionLayerProblem, layer: Layer): Describe {
  const { useCausalMask, returnAttentionScores } = problem;
  return ({ query, value, key, ...masks }) => {
    const inputs = [query!, value!, ...(key === undefined ? [] : [key])];
    return layer.apply(inputs, { ...masks, useCausalMask, returnAttentionScores });
  };
}

export function setWeights(problem: AttentionLayerProblem, layer: Layer): void {
  layer.setWeights(problem.weights.map((data, i) => new NdArray(Float32Array.from(data), layer.weightSpecs[i]!.shape)));
}

function expectGradient(got: ArrayLike<number>, wanted: ArrayLike<number>, largest: number): void {
  const apart = Array.from(wanted, (value, i) => Math.abs(value - got[i]!));
  const size = Math.max(...Array.from(wanted, Math.abs));
  expect(Math.max(...apart)).toBeLessThanOrEqual(GRADIENT_TOLERANCE * Math.max(size, CANCELLED * largest));
}

/** Forward with each input by itself, then a step of training with all inputs in one. */
export async function expectAttention(
  problem: AttentionLayerProblem,
  truth: AttentionTruth,
  seed?: number,
): Promise<void> {
  const arrays = arraysOf(problem);
  const isTraining = problem.factors !== undefined && problem.factors !== null;
  if (!isTraining) {
    const layer = attentionLayerOf(problem, seed);
    const model = modelOf(arrays, describing(problem, layer));
    setWeights(problem, layer);
    const outputs = await outputsOf(model, arrays);
    expect(outputs).toHaveLength(truth.outputs.length);
    outputs.forEach((got, i) => expect(worstError(got.data, truth.outputs[i]!)).toBeLessThan(OUTPUT_TOLERANCE));
  }
  const learner = attentionLayerOf(problem, seed);
  const got = await gradientsOf(
    arrays,
    describing(problem, learner),
    truth.slopes,
    () => setWeights(problem, learner),
    isTraining ? truth.outputs : null,
  );
  const weights = learner.weightSpecs.map(({ name }) => got[`${learner.name}/${name}`]!);
  const pairs = [
    ...Object.entries(truth.inputs).map(([name, wanted]) => [got[name]!, wanted] as const),
    ...truth.weights.map((wanted, i) => [weights[i]!, wanted] as const),
  ];
  const largest = Math.max(...pairs.map(([, wanted]) => Math.max(...Array.from(wanted, Math.abs))));
  for (const [own, wanted] of pairs) expectGradient(own, wanted, largest);
}
