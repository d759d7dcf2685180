// SPDX-License-Identifier: MIT
// Recurrent layers by ONNX' RNN, LSTM and GRU. These read the first `sequence_lens` timesteps of each row; a mask may leave
// out any. A masked timestep leaves the state as it is: so the timesteps that count are moved to the front, in their order,
// and what they gave is moved back. That is exact for every mask, and costs nothing where there is none.
import { CELL_FUNCTIONS, type CellFunction } from './activations';
import { CELL_OPERATORS, gatesOf, toOnnxBias, toOnnxKernel, type CellClass } from './cell_weights';
import { ELEMENT, type Attribute } from './schema';
import type { Recurrent } from '../../layers';
import type { NativeActivation } from '../../native/binding';
import type { Exporter, Given } from './exporter';
import { withoutEnd, type GraphWriter, type Value } from './graph_writer';

/** Before the first element, whatever the size of the axis. */
const OPEN_BEGIN = -2147483647;

/** The timesteps of [N,T,...] in reverse. */
export function reversed(graph: GraphWriter, value: string): string {
  return graph.node('Slice', [value, ...[[-1], [OPEN_BEGIN], [1], [-1]].map((range) => graph.ints(range))]);
}

/** A sequence whose timesteps that count stand first. */
interface Packed {
  readonly sequence: string;
  /** Timesteps that count, int32 [N]; at least 1, for the operators want one. */
  readonly lengths: string;
  /** Where a row has any, bool [N,1]. */
  readonly hasSteps: string;
  /** Timesteps that count up to each, it included, int32 [N,T]. */
  readonly ranks: string;
  /** The mask as int32 [N,T]. */
  readonly counts: string;
}

function pack(graph: GraphWriter, input: Value, mask: string): Packed {
  const [axis, one] = [graph.ints([1], []), graph.int32(1)];
  const counts = graph.cast(mask, ELEMENT.int32);
  const number = graph.node('ReduceSum', [counts, graph.ints([1])], { keepdims: { int: 1 } });
  const ranks = graph.node('CumSum', [counts, axis]);
  const others = graph.node('CumSum', [graph.node('Sub', [one, counts]), axis]);
  // Each timestep has a place of its own: those that count in their order, then the others in theirs.
  const behind = graph.node('Where', [mask, ranks, graph.node('Add', [number, others])]);
  const places = graph.cast(graph.node('Sub', [behind, one]), ELEMENT.int64);
  const each = expanded(graph, places, input.shape[2]!);
  return {
    sequence: graph.node('ScatterElements', [input.name, each, input.name], { axis: { int: 1 } }),
    lengths: graph.node('Squeeze', [graph.node('Max', [number, one]), graph.ints([1])]),
    hasSteps: graph.node('Greater', [number, graph.int32(0)]),
    ranks,
    counts,
  };
}

/** Places [N,T] for each of the features, [N,T,C]. */
function expanded(graph: GraphWriter, places: string, features: number): string {
  const steps = graph.node('Unsqueeze', [places, graph.ints([2])]);
  return graph.node('Expand', [steps, graph.ints([1, 1, features])]);
}

/**
 * What packed timesteps gave, back at all timesteps: a masked one has what the one before it in the order of reading gave, and
 * before the first the state that was given.
 */
function unpack(
  graph: GraphWriter,
  layer: Recurrent,
  given: string,
  mask: string,
  packed: Packed,
  begin: string | undefined,
): string {
  const { ranks, counts } = packed;
  const one = graph.int32(1);
  // Forwards the last that counts so far; backwards the next.
  const wanted = graph.node('Sub', [ranks, layer.goBackwards ? counts : one]);
  const last = graph.node('Sub', [graph.node('Unsqueeze', [packed.lengths, graph.ints([1])]), one]);
  const isThere = layer.goBackwards
    ? graph.node('And', [graph.node('LessOrEqual', [wanted, last]), packed.hasSteps])
    : graph.node('Greater', [ranks, graph.int32(0)]);
  const places = graph.cast(graph.node('Max', [graph.node('Min', [wanted, last]), graph.int32(0)]), ELEMENT.int64);
  const moved = graph.node('GatherElements', [given, expanded(graph, places, layer.units)], { axis: { int: 1 } });
  const isZero = layer.zeroOutputForMask || begin === undefined;
  const kept = graph.node('Unsqueeze', [layer.zeroOutputForMask ? mask : isThere, graph.ints([2])]);
  return graph.node('Where', [
    kept,
    moved,
    isZero ? graph.floats([0]) : graph.node('Unsqueeze', [begin, graph.ints([1])]),
  ]);
}

/** The attributes that say the activations of a cell. */
function functionsOf(exporter: Exporter, layer: Recurrent): Record<string, Attribute> {
  const { activation, className } = layer;
  const gates = (layer as { readonly recurrentActivation?: NativeActivation }).recurrentActivation ?? 'linear';
  const wanted = { SimpleRNN: [activation], LSTM: [gates, activation, activation], GRU: [gates, activation] };
  const functions = wanted[className as CellClass].map((name): CellFunction => {
    const known = CELL_FUNCTIONS[name];
    if (known !== undefined) return known;
    const names = Object.keys(CELL_FUNCTIONS).join(', ');
    throw exporter.refuse(layer, `an activation that ONNX' ${className} has: ${names}`, `'${name}'`);
  });
  const numbers = (key: 'alpha' | 'beta'): number[] =>
    functions.flatMap((each) => (each[key] === undefined ? [] : [each[key]]));
  const [alpha, beta] = [numbers('alpha'), numbers('beta')];
  return {
    activations: { texts: functions.map(({ name }) => name) },
    ...(alpha.length === 0 ? {} : { activation_alpha: { floats: alpha } }),
    ...(beta.length === 0 ? {} : { activation_beta: { floats: beta } }),
  };
}

/** Names of the operator's weights: W, R, B. */
function weightsOf(exporter: Exporter, layer: Recurrent): string[] {
  const { graph } = exporter;
  const cell = layer.className as CellClass;
  const { units } = layer;
  const columns = units * gatesOf(cell);
  const [kernel, recurrent, bias] = exporter.weightsOf(layer);
  const laidOut = ({ name, data }: { readonly name: string; readonly data: Float32Array }): string => {
    const rows = toOnnxKernel(cell, units, data);
    return graph.weight(name, [1, columns, rows.length / columns], rows);
  };
  if (bias === undefined) return [laidOut(kernel!), laidOut(recurrent!), ''];
  const both = new Float32Array(2 * columns);
  for (let at = 0; at < bias.data.length; at += columns)
    both.set(toOnnxBias(cell, units, bias.data.subarray(at, at + columns)), at);
  return [laidOut(kernel!), laidOut(recurrent!), graph.weight(bias.name, [1, 2 * columns], both)];
}

/**
 * The output of a recurrent layer, and its last states.
 *
 * @param flipsOutputs whether a sequence that is read backwards is given in its own order
 */
export function spellRecurrent(
  exporter: Exporter,
  layer: Recurrent,
  input: Value,
  initialState: readonly Value[],
  flipsOutputs = false,
): Given[] {
  const { graph } = exporter;
  if (layer.stateful)
    throw exporter.refuse(
      layer,
      'a layer whose states begin anew with each call',
      'stateful: true',
      'Hand its states over: returnState, and apply(x, { initialState }).',
    );
  const { mask } = input;
  const packed = mask === null ? null : pack(graph, input, mask);
  const sequence = graph.node('Transpose', [packed?.sequence ?? input.name], { perm: { ints: [1, 0, 2] } });
  const first = initialState.map(({ name }) => graph.node('Unsqueeze', [name, graph.ints([0])]));
  const operator = CELL_OPERATORS[layer.className as CellClass];
  const attributes: Record<string, Attribute> = {
    hidden_size: { int: layer.units },
    ...(layer.goBackwards ? { direction: { text: 'reverse' } } : {}),
    ...functionsOf(exporter, layer),
    ...(operator === 'GRU'
      ? { linear_before_reset: { int: (layer as { readonly resetAfter?: boolean }).resetAfter === true ? 1 : 0 } }
      : {}),
  };
  const inputs = withoutEnd([sequence, ...weightsOf(exporter, layer), packed?.lengths ?? '', ...first]);
  const given = graph.nodeOf(operator, inputs, attributes, [
    ':0',
    ...layer.stateSizes.map((_, index) => `:${index + 1}`),
  ]);
  const states = given.slice(1).map((name, index): Given => {
    const last = graph.squeeze(name, 0);
    if (packed === null) return { name: last, mask: null };
    const begin = initialState[index]?.name ?? graph.floats([0]);
    return { name: graph.node('Where', [packed.hasSteps, last, begin]), mask: null };
  });
  if (!layer.returnSequences) return [states[0]!, ...states];
  const steps = graph.transpose(graph.squeeze(given[0]!, 1), [1, 0, 2]);
  const output = packed === null ? steps : unpack(graph, layer, steps, mask!, packed, initialState[0]?.name);
  const isReversed = layer.goBackwards !== flipsOutputs;
  const turned = (name: string): string => (isReversed ? reversed(graph, name) : name);
  return [{ name: turned(output), mask: mask && turned(mask) }, ...states];
}
