// SPDX-License-Identifier: MIT
// The cases of test/golden/attention.json.
import { given, readGolden, type Packed } from '../reference/golden';
import type { AttentionLayerProblem } from '../reference/attention_layers';
import type { DotProblem } from '../reference/attention';

export interface DotCase {
  axes: number | [number, number];
  normalize: boolean;
  inputs: [Packed, Packed];
  outputs: Packed;
  slopes: Packed;
  gradients: [Packed, Packed];
}

export interface AttentionCase {
  layer: AttentionLayerProblem['layer'];
  options: Record<string, unknown>;
  inputs: { query: Packed; value: Packed; key?: Packed };
  masks: Record<string, Packed>;
  call: { use_causal_mask: boolean; return_attention_scores: boolean };
  names: string[];
  weights: Packed[];
  outputs: Packed[];
  slopes: Packed[];
  gradients: { weights: Packed[]; inputs: Record<string, Packed> };
}

export const attentionGolden = () =>
  readGolden<Record<'attention' | 'multi_head' | 'without_keys', AttentionCase[]> & { dot: DotCase[] }>('attention');

export const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const camelKeys = (record: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [camel(key), value as unknown]));

/** The options of the layer as the package names them. */
export const optionsOf = (one: AttentionCase): AttentionLayerProblem['options'] => camelKeys(one.options);

export function problemOf(one: AttentionCase): AttentionLayerProblem {
  const shaped = (packed: Packed) => ({ shape: packed.shape, data: given(packed) });
  const { query, value, key } = one.inputs;
  return {
    layer: one.layer,
    options: optionsOf(one),
    inputs: { query: shaped(query), value: shaped(value), ...(key === undefined ? {} : { key: shaped(key) }) },
    masks: camelKeys(one.masks),
    useCausalMask: one.call.use_causal_mask,
    returnAttentionScores: one.call.return_attention_scores,
    weights: one.weights.map(given),
  };
}

export function dotProblemOf({ axes, normalize, inputs }: DotCase): DotProblem {
  const list = typeof axes === 'number' ? [axes, axes] : axes;
  return {
    rows: inputs[0].shape[0]!,
    shapes: inputs.map(({ shape }) => shape.slice(1)) as DotProblem['shapes'],
    x: inputs.map(given) as DotProblem['x'],
    axes: list.map((axis, i) => (axis < 0 ? axis + inputs[i]!.shape.length : axis)) as [number, number],
    normalize,
  };
}
