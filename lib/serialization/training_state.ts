// SPDX-License-Identifier: MIT
// What a training is made of besides weights: with it, and the weights, it goes on to the same bits.
import { FloatSource, type Floats } from '../arrays/float_source';
import { describe, refusal } from '../util/validate';
import { isPlainObject } from './json';

/** What the optimizer of a compiled model holds. */
export interface OptimizerState {
  readonly className: string;
  /** Steps done. */
  readonly iterations: number;
  /** The rate at present; null where a schedule gives it. */
  readonly learningRate: number | null;
  /** Momenta and the like by name: `momentum/dense_1/kernel`. */
  readonly slots: Readonly<Record<string, Floats>>;
}

/** What layers hold besides weights. */
export interface LayersState {
  /** Seeds of the layers that draw (dropout, noise), in order. */
  readonly seeds: readonly number[];
  /** Rows of a batch whose states stateful layers hold; null where they begin at zero. */
  readonly statefulRows: number | null;
  readonly states: readonly Floats[];
}

export interface TrainingState {
  /** null before `compile`, or before the first step. */
  readonly optimizer: OptimizerState | null;
  readonly layers: LayersState;
}

/**
 * The state that a section of a file holds.
 *
 * @throws DataError `ERR_DATA` where it is none
 */
export function checkTrainingState(where: string, value: unknown): TrainingState {
  const { optimizer, layers } = fields(where, value);
  return {
    optimizer: optimizer === null ? null : checkOptimizer(where, optimizer),
    layers: checkLayers(where, layers),
  };
}

function checkOptimizer(where: string, value: unknown): OptimizerState {
  const { className, iterations, learningRate, slots: given } = fields(where, value);
  const slots = fields(where, given);
  if (
    typeof className !== 'string' ||
    !isCount(iterations) ||
    !(learningRate === null || (typeof learningRate === 'number' && learningRate >= 0 && learningRate < Infinity)) ||
    !Object.values(slots).every(isFloats)
  )
    throw refusal('ERR_DATA', where, 'the state of an optimizer', 'something else');
  return { className, iterations, learningRate, slots: slots as Record<string, Floats> };
}

function checkLayers(where: string, value: unknown): LayersState {
  const { seeds, statefulRows, states } = fields(where, value);
  if (
    !Array.isArray(seeds) ||
    !seeds.every(isCount) ||
    !(statefulRows === null || isCount(statefulRows)) ||
    !Array.isArray(states) ||
    !states.every(isFloats)
  )
    throw refusal('ERR_DATA', where, 'the state of layers', 'something else');
  return { seeds, statefulRows, states };
}

function fields(where: string, value: unknown): Record<string, unknown> {
  if (isPlainObject(value)) return value;
  throw refusal('ERR_DATA', where, 'the state of a training', describe(value));
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isFloats = (value: unknown): value is Floats => value instanceof Float32Array || value instanceof FloatSource;
