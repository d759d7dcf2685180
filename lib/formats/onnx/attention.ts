// SPDX-License-Identifier: MIT
// Attention by plain operators: scores of queries and keys, their softmax over the keys that count, means of the values.
import { ELEMENT } from './schema';
import type { AdditiveAttention, Attention, Layer, MultiHeadAttention } from '../../layers';
import type { Exporter, Given, Use } from './exporter';
import type { GraphWriter, Value } from './graph_writer';

/** A mask [N,T] with axes put in at these places. */
function spread(graph: GraphWriter, mask: string, axes: readonly number[]): string {
  return axes.reduce((name, axis) => graph.node('Unsqueeze', [name, graph.ints([axis])]), mask);
}

/** Keys up to each query, bool [Tq,Tv]. */
function causal(graph: GraphWriter, query: Value, value: Value): string {
  const numbers = ({ name }: Value): string => {
    const size = graph.node('Squeeze', [graph.size(name, 1), graph.ints([0])]);
    return graph.node('Range', [graph.ints([0], []), size, graph.ints([1], [])]);
  };
  return graph.node('LessOrEqual', [numbers(value), graph.node('Unsqueeze', [numbers(query), graph.ints([1])])]);
}

const all = (graph: GraphWriter, masks: readonly (string | null)[]): string | null =>
  masks
    .filter((mask) => mask !== null)
    .reduce<string | null>((both, mask) => (both === null ? mask : graph.node('And', [both, mask])), null);

const softmax = (graph: GraphWriter, scores: string): string => graph.node('Softmax', [scores], { axis: { int: -1 } });

export function spellAttention(exporter: Exporter, layer: Attention | AdditiveAttention, use: Use): Given[] {
  const { graph } = exporter;
  const query = exporter.masked(use.inputs[0]!, use.tensors['queryMask']);
  const value = exporter.masked(use.inputs[1]!, use.tensors['valueMask']);
  const key = use.inputs[2] ?? value;
  const plain = scoresOf(exporter, layer, query.name, key.name);
  const kept = all(graph, [
    value.mask && spread(graph, value.mask, [1]),
    use.extra['useCausalMask'] === true ? spread(graph, causal(graph, query, value), [0]) : null,
  ]);
  // Where none counts, all do, as they lie.
  const lowered = graph.floats([-1e9]);
  const scores = kept === null ? plain : graph.node('Where', [kept, plain, graph.node('Add', [plain, lowered])]);
  const weights = softmax(graph, scores);
  const means = graph.node('MatMul', [weights, value.name]);
  const name =
    query.mask === null ? means : graph.node('Where', [spread(graph, query.mask, [2]), means, graph.floats([0])]);
  return [
    { name, mask: query.mask },
    { name: weights, mask: null },
  ];
}

function scoresOf(exporter: Exporter, layer: Attention | AdditiveAttention, query: string, key: string): string {
  const { graph } = exporter;
  const names = exporter.weightNames(layer);
  const isAdditive = layer.className === 'AdditiveAttention';
  const scale = layer.useScale ? names[0] : undefined;
  if (!isAdditive && layer.scoreMode === 'dot') {
    const product = graph.node('MatMul', [query, graph.transpose(key, [0, 2, 1])]);
    return scale === undefined ? product : graph.node('Mul', [product, scale]);
  }
  const sums = graph.node('Add', [graph.unsqueeze(query, 2), graph.unsqueeze(key, 1)]);
  const bent = graph.node('Tanh', [scale === undefined || isAdditive ? sums : graph.node('Mul', [sums, scale])]);
  const weighed = isAdditive && scale !== undefined ? graph.node('Mul', [bent, scale]) : bent;
  const sum = graph.node('ReduceSum', [weighed, graph.ints([-1])], { keepdims: { int: 0 } });
  return isAdditive ? sum : graph.node('Mul', [sum, names.at(-1)!]);
}

export function spellMultiHeadAttention(exporter: Exporter, layer: MultiHeadAttention, use: Use): Given[] {
  const { graph } = exporter;
  const { numHeads, keyDim, valueDim, dropout } = layer;
  const { tensors, extra } = use;
  const query = exporter.masked(use.inputs[0]!, tensors['queryMask']);
  const value = exporter.masked(use.inputs[1]!, tensors['valueMask']);
  const key = exporter.masked(use.inputs[2] ?? value, tensors['keyMask']);
  const [forQuery, forKey, forValue, , forOutput] = layer.sublayers as readonly Layer[];
  /** [N,T,C] to [N,H,T,K]. */
  const heads = (input: Value, part: Layer, size: number): string => {
    const whole = projected(exporter, input.name, part, input.shape.at(-1)!, numHeads * size);
    return graph.transpose(graph.reshape(whole, [0, 0, numHeads, size]), [0, 2, 1, 3]);
  };
  const [q, k, v] = [heads(query, forQuery!, keyDim), heads(key, forKey!, keyDim), heads(value, forValue!, valueDim)];
  const product = graph.node('MatMul', [q, graph.transpose(k, [0, 1, 3, 2])]);
  const plain = graph.node('Mul', [product, graph.floats([1 / Math.sqrt(keyDim)])]);
  const { attentionMask } = tensors;
  const kept = all(graph, [
    query.mask && spread(graph, query.mask, [1, 3]),
    value.mask && spread(graph, value.mask, [1, 2]),
    key.mask && spread(graph, key.mask, [1, 2]),
    attentionMask === undefined ? null : spread(graph, graph.cast(attentionMask.name, ELEMENT.bool), [1]),
    extra['useCausalMask'] === true ? causal(graph, query, value) : null,
  ]);
  const hidden = graph.floats([-3e38]);
  let weights = softmax(graph, kept === null ? plain : graph.node('Where', [kept, plain, hidden]));
  // A query without keys attends to all alike, or to none.
  const isNone = dropout > 0 || extra['returnAttentionScores'] === true;
  if (kept !== null && isNone) weights = graph.node('Where', [kept, weights, graph.floats([0])]);
  const means = graph.transpose(graph.node('MatMul', [weights, v]), [0, 2, 1, 3]);
  const width = numHeads * valueDim;
  const features = layer.computeOutputShape(use.inputs.map(({ shape }) => shape))[2]!;
  const output = graph.within('output', () =>
    projected(exporter, graph.reshape(means, [0, 0, width]), forOutput!, width, features),
  );
  return [
    { name: output, mask: query.mask },
    { name: weights, mask: null },
  ];
}

function projected(exporter: Exporter, x: string, part: Layer, features: number, units: number): string {
  const { graph } = exporter;
  const [kernel, bias] = exporter.weightNames(part, [[features, units], [units]]);
  const product = graph.node('MatMul', [x, kernel!]);
  return bias === undefined ? product : graph.node('Add', [product, bias]);
}
