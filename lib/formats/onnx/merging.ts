// SPDX-License-Identifier: MIT
// Layers of several inputs.
import { ELEMENT } from './schema';
import type { Concatenate, Dot } from '../../layers';
import type { Exporter, Given, Use } from './exporter';
import type { GraphWriter, Value } from './graph_writer';

/** A step counts where it counts in any; where one has no mask, all do. */
export function mergedMask(graph: GraphWriter, masks: readonly (string | null)[]): string | null {
  if (masks.some((mask) => mask === null)) return null;
  return (masks as string[]).reduce((merged, mask) => (merged === mask ? mask : graph.node('Or', [merged, mask])));
}

/** A value of fewer axes stands at every timestep. */
function ofRank(graph: GraphWriter, value: Value, rank: number): Value {
  if (value.shape.length >= rank) return value;
  const [batch, ...rest] = value.shape;
  return ofRank(
    graph,
    { ...value, name: graph.node('Unsqueeze', [value.name, graph.ints([1])]), shape: [batch!, 1, ...rest] },
    rank,
  );
}

/** What a masked input is replaced with, so that it leaves the others as they are. */
const NEUTRAL: Readonly<Record<string, number>> = Object.freeze({ Mul: 1, Max: -Infinity, Min: Infinity });

export function spellMerge(operator: 'Add' | 'Average' | 'Max' | 'Min' | 'Mul' | 'Sub') {
  return (exporter: Exporter, _layer: unknown, { inputs }: Use): Given[] => {
    const { graph } = exporter;
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    const values = inputs.map((input) => ofRank(graph, input, rank));
    const mask = mergedMask(
      graph,
      values.map((value) => value.mask),
    );
    const neutral = NEUTRAL[operator];
    if (neutral === undefined || values.every((value) => value.mask === null))
      return [{ name: merged(graph, operator, values), mask }];
    const stepsOf = (name: string): string => graph.node('Unsqueeze', [name, graph.ints([-1])]);
    const left = values.map((value) =>
      value.mask === null
        ? value
        : { ...value, name: graph.node('Where', [stepsOf(value.mask), value.name, graph.floats([neutral])]) },
    );
    const name = merged(graph, operator, left);
    if (mask === null) return [{ name, mask }];
    // Where all are masked: 0 of a product, else the first input.
    const otherwise = operator === 'Mul' ? graph.floats([0]) : values[0]!.name;
    return [{ name: graph.node('Where', [stepsOf(mask), name, otherwise]), mask }];
  };
}

function merged(graph: GraphWriter, operator: string, values: readonly Value[]): string {
  const each = operator === 'Average' ? 'Add' : operator;
  const whole = values.map(({ name }) => name).reduce((sum, name) => graph.node(each, [sum, name]));
  return operator === 'Average' ? graph.node('Div', [whole, graph.floats([values.length])]) : whole;
}

export function spellConcatenate(exporter: Exporter, layer: Concatenate, { inputs }: Use): Given[] {
  const { graph } = exporter;
  const { length: rank } = inputs[0]!.shape;
  const axis = layer.axis < 0 ? layer.axis + rank : layer.axis;
  const names = inputs.map(({ name }) => name);
  const name = names.length === 1 ? names[0]! : graph.node('Concat', names, { axis: { int: axis } });
  const masks = inputs.map(({ mask }) => mask);
  if (axis === rank - 1) return [{ name, mask: mergedMask(graph, masks) }];
  if (masks.every((mask) => mask === null)) return [{ name, mask: null }];
  if (masks.length === 1) return [{ name, mask: masks[0]! }];
  const whole = inputs.map((input) => input.mask ?? everyStep(graph, input));
  return [{ name, mask: graph.node('Concat', whole, { axis: { int: axis } }) }];
}

/** A mask of a value that has none: every timestep counts. */
function everyStep(graph: GraphWriter, { name, shape }: Value): string {
  const steps = graph.node('Slice', [graph.node('Shape', [name]), graph.ints([0]), graph.ints([shape.length - 1])]);
  return graph.node('Expand', [graph.cast(graph.int32(1), ELEMENT.bool), steps]);
}

export function spellDot(exporter: Exporter, layer: Dot, { inputs }: Use): Given[] {
  const { graph } = exporter;
  const given = typeof layer.axes === 'number' ? [layer.axes, layer.axes] : layer.axes;
  const sides = inputs.map(({ name, shape }, index) => {
    const axis = given[index]! < 0 ? given[index]! + shape.length : given[index]!;
    return { name: layer.normalize ? normalized(graph, name, axis) : name, rank: shape.length, axis };
  });
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
  // [N, kept, summed] times [N, summed, kept]
  const left = a.rank === 2 ? graph.unsqueeze(a.name, 1) : a.axis === 1 ? graph.transpose(a.name, [0, 2, 1]) : a.name;
  const right = b.rank === 2 ? graph.unsqueeze(b.name, 2) : b.axis === 2 ? graph.transpose(b.name, [0, 2, 1]) : b.name;
  const product = graph.node('MatMul', [left, right]);
  if (a.rank === 2) return [{ name: graph.squeeze(product, 1), mask: null }];
  return [{ name: b.rank === 2 ? graph.squeeze(product, 2) : product, mask: null }];
}

function normalized(graph: GraphWriter, name: string, axis: number): string {
  const length = graph.node('ReduceL2', [name], { axes: { ints: [axis] }, keepdims: { int: 1 } });
  return graph.node('Div', [name, graph.node('Max', [length, graph.floats([1e-7])])]);
}
