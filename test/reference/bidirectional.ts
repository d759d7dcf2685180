// SPDX-License-Identifier: MIT
// Oracle: two recurrent layers over the same inputs in opposite directions, from keras/src/layers/rnn/bidirectional.py.
// The second's sequence is turned around before both are merged; masked steps give 0 where sequences are returned.
import {
  recurrentBackward,
  recurrentForward,
  type Cell,
  type RecurrentGradients,
  type RecurrentProblem,
} from './recurrent';

export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

export interface Direction {
  cell: Cell;
  problem: RecurrentProblem;
}

export interface BidirectionalProblem {
  /** Both read the same `x` and `mask`; one of them goes backwards. */
  forward: Direction;
  backward: Direction;
  /** null: the two outputs one after the other, not merged. */
  mergeMode: MergeMode | null;
  returnSequences: boolean;
}

export interface BidirectionalResult {
  /** [batch, steps or 1, merged width], or the two of them where they are not merged. */
  outputs: Float64Array[];
  /** Forward's, then backward's. */
  states: Float64Array[];
}

export function bidirectionalForward(p: BidirectionalProblem): BidirectionalResult {
  const forward = recurrentForward(p.forward.cell, asChild(p, p.forward));
  const backward = recurrentForward(p.backward.cell, asChild(p, p.backward));
  const [a, b] = both(p, forward, backward);
  const states = [...forward.states, ...backward.states];
  if (p.mergeMode === null) return { outputs: [a, b], states };
  return { outputs: [merge(p.mergeMode, a, b, p.forward.problem.units)], states };
}

/** Gradients of the two layers, given those of the outputs and, if any, of the states. */
export function bidirectionalBackward(
  p: BidirectionalProblem,
  dOutputs: Float64Array[],
  dStates: Float64Array[] | null = null,
): { forward: RecurrentGradients; backward: RecurrentGradients; x: Float64Array } {
  const a = recurrentForward(p.forward.cell, asChild(p, p.forward));
  const b = recurrentForward(p.backward.cell, asChild(p, p.backward));
  const [da, db] =
    p.mergeMode === null
      ? [dOutputs[0]!, dOutputs[1]!]
      : mergeBackward(p.mergeMode, ...both(p, a, b), dOutputs[0]!, p.forward.problem.units);
  const split = p.forward.cell.states;
  const gradients = (direction: Direction, d: Float64Array, states: Float64Array[] | null): RecurrentGradients =>
    recurrentBackward(direction.cell, asChild(p, direction), {
      [p.returnSequences ? 'outputs' : 'last']: d,
      states,
    });
  const forward = gradients(p.forward, da, dStates && dStates.slice(0, split));
  const turned = p.returnSequences ? reverseSteps(db, p.backward.problem) : db;
  const backward = gradients(p.backward, turned, dStates && dStates.slice(split));
  return { forward, backward, x: forward.x.map((value, i) => value + backward.x[i]!) };
}

function asChild(p: BidirectionalProblem, { problem }: Direction): RecurrentProblem {
  return { ...problem, zeroOutputForMask: p.returnSequences };
}

type Results = Record<'outputs' | 'last', Float64Array>;

function both(p: BidirectionalProblem, forward: Results, backward: Results): [Float64Array, Float64Array] {
  if (!p.returnSequences) return [forward.last, backward.last];
  return [forward.outputs, reverseSteps(backward.outputs, p.backward.problem)];
}

/** `sequence` [batch, steps, units] with the steps of every row in the opposite order. */
function reverseSteps(sequence: Float64Array, { steps, units }: { steps: number; units: number }): Float64Array {
  return sequence.map((_, i) => {
    const position = Math.floor(i / units);
    const t = position % steps;
    return sequence[(position - t + (steps - 1 - t)) * units + (i % units)]!;
  });
}

function merge(mode: MergeMode, a: Float64Array, b: Float64Array, units: number): Float64Array {
  switch (mode) {
    case 'concat': {
      const width = b.length / (a.length / units);
      const merged = new Float64Array(a.length + b.length);
      for (let row = 0; row * units < a.length; row++) {
        merged.set(a.subarray(row * units, (row + 1) * units), row * (units + width));
        merged.set(b.subarray(row * width, (row + 1) * width), row * (units + width) + units);
      }
      return merged;
    }
    case 'sum':
      return a.map((value, i) => value + b[i]!);
    case 'ave':
      return a.map((value, i) => (value + b[i]!) / 2);
    case 'mul':
      return a.map((value, i) => value * b[i]!);
  }
}

function mergeBackward(
  mode: MergeMode,
  a: Float64Array,
  b: Float64Array,
  d: Float64Array,
  units: number,
): [Float64Array, Float64Array] {
  switch (mode) {
    case 'concat': {
      const width = b.length / (a.length / units);
      return [
        a.map((_, i) => d[Math.floor(i / units) * (units + width) + (i % units)]!),
        b.map((_, i) => d[Math.floor(i / width) * (units + width) + units + (i % width)]!),
      ];
    }
    case 'sum':
      return [d, d];
    case 'ave':
      return [d.map((value) => value / 2), d.map((value) => value / 2)];
    case 'mul':
      return [d.map((value, i) => value * b[i]!), d.map((value, i) => value * a[i]!)];
  }
}
