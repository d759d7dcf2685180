// SPDX-License-Identifier: MIT
// Timesteps that move, and layers for each timestep or each part.
import { useOf, type Exporter, type Given, type Use } from './exporter';
import { ELEMENT } from './schema';
import type { TimeDistributed } from '../../layers';
import type { Shape } from '../../types';
import type { Axis, GraphWriter, Value } from './graph_writer';

/** Beyond every axis. */
const OPEN = 2147483647;

/** A range of an axis, as numpy has it: [begin, end, stride], null where open. */
export function slice(
  graph: GraphWriter,
  value: string,
  axis: number,
  [begin, end = null, stride = 1]: readonly [begin: number | null, end?: number | null, stride?: number],
): string {
  const first = begin ?? (stride > 0 ? 0 : OPEN);
  const last = end ?? (stride > 0 ? OPEN : -OPEN);
  return graph.node('Slice', [value, ...[[first], [last], [axis], [stride]].map((each) => graph.ints(each))]);
}

/** Each timestep several times, and zeros before and behind; of numbers [N,T,C] or ids [N,T]. */
export function moveSteps(
  graph: GraphWriter,
  { name, shape, isIds }: Value,
  { repeats = 1, before = 0, after = 0 }: { repeats?: number; before?: number; after?: number },
): string {
  const rest = shape.slice(2) as number[];
  let moved = name;
  if (repeats > 1) {
    const each = graph.node('Expand', [graph.unsqueeze(name, 2), graph.ints([1, 1, repeats, ...rest.map(() => 1)])]);
    moved = graph.reshape(each, [0, -1, ...rest]);
  }
  if (before + after === 0) return moved;
  const zeros = (steps: number): number[] => [0, steps, ...rest.map(() => 0)];
  const pads = graph.ints([...zeros(before), ...zeros(after)]);
  if (!isIds) return graph.node('Pad', [moved, pads]);
  return graph.cast(graph.node('Pad', [graph.cast(moved, ELEMENT.int64), pads]), ELEMENT.int32);
}

/** An axis that is known, or that of a value. */
const axisOf = (shape: Shape, index: number, name: string): Axis => shape[index] ?? { of: name, axis: index };

/** Timesteps, or the parts of [N,A,...], as rows for the layer within. */
export function distributed(exporter: Exporter, layer: TimeDistributed, { inputs }: Use): Given[] {
  const { graph } = exporter;
  const { layer: inner } = layer;
  const input = inputs[0]!;
  const add = (value: Value): Value =>
    graph.within(inner.className, () => exporter.addLayer(inner, useOf([value]))[0]!);
  if (inner.isPositionWise) return [add(input)];
  const { name, shape, mask, isIds } = input;
  const isOfParts = shape.length === 4 || isIds;
  const rest = shape.slice(2).map((_, index) => axisOf(shape, index + 2, name));
  const given = add({
    name: graph.reshape(name, [-1, ...rest]),
    shape: [null, ...shape.slice(2)],
    isIds,
    mask: mask !== null && isOfParts ? graph.reshape(mask, [-1, axisOf(shape, 2, name)]) : null,
  });
  const back = (value: string, axes: number): string => {
    const [, parts] = shape as [number | null, number | null];
    const own = Array.from({ length: axes }, (_, index) => axisOf(given.shape, index + 1, given.name));
    const front: Axis[] =
      parts === null
        ? [
            { of: name, axis: 0 },
            { of: name, axis: 1 },
          ]
        : [-1, parts];
    return graph.reshape(value, [...front, ...own]);
  };
  const output = back(given.name, given.shape.length - 1);
  if (given.shape.length === 2) return [{ name: output, mask: isOfParts ? null : mask }];
  // Keras asks the layer within for no mask.
  const isOwn = inner.parts.some((part) => part.layer.makesMask);
  return [{ name: output, mask: given.mask === null || isOwn ? null : back(given.mask, 1) }];
}
