// SPDX-License-Identifier: MIT
// What an optimizer holds, taken out of the engine under the names of weights and put back.
import { allocate } from '../arrays/nested_arrays';
import { callEngine } from '../native/engine';
import { describe, refusal } from '../util/validate';
import type { NativeModel, NativeOptimizerArray } from '../native/binding';
import type { Optimizer } from '../optimizers';
import type { OptimizerState } from '../serialization';

/**
 * @param weightNames names of the weights in the engine's order
 */
export function readOptimizerState(
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
): OptimizerState {
  const slots = readArrays(native).map(({ array, values }) => [slotName(array, weightNames), values] as const);
  return {
    className: optimizer.className,
    iterations: native.iterations,
    learningRate: followsSchedule(optimizer) ? null : optimizer.learningRate,
    slots: Object.fromEntries(slots),
  };
}

/** Moving averages by the number of their weight; undefined before the first step, when they are none yet. */
export function readAverages(native: NativeModel): Map<number, Float32Array> | undefined {
  const arrays = readArrays(native);
  const isBegun = native.iterations > 0 || arrays.some(({ array, values }) => isBatchCount(array) && values[0]! > 0);
  if (!isBegun) return undefined;
  const averages = arrays.filter(({ array }) => array.name === 'average');
  return new Map(averages.map(({ array, values }) => [array.weight, values]));
}

/**
 * Lets an optimizer go on from a state; nothing is changed where it does not fit.
 *
 * @throws DataError `ERR_DATA` where the state is of another optimizer or of other weights
 */
export function writeOptimizerState(
  where: string,
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
  state: OptimizerState,
): void {
  if (state.className !== optimizer.className)
    throw refusal('ERR_DATA', where, `a state of ${optimizer.className}`, `one of ${describe(state.className)}`);
  const arrays = callEngine(() => native.optimizerState());
  const values = arrays.map((array) => {
    const name = slotName(array, weightNames);
    const given = Object.hasOwn(state.slots, name) ? state.slots[name] : undefined;
    if (given?.length !== array.size)
      throw refusal('ERR_DATA', where, `${array.size} numbers as ${describe(name)}`, `${given?.length ?? 'none'}`);
    if (isBatchCount(array)) checkBatchCount(where, optimizer, given[0]!);
    return given;
  });
  const others = Object.keys(state.slots).length - arrays.length;
  if (others !== 0) throw refusal('ERR_DATA', where, "the optimizer's arrays alone", `${others} more`);
  values.forEach((array, index) => callEngine(() => native.writeOptimizer(index, array)));
  callEngine(() => native.setIterations(state.iterations));
  if (state.learningRate !== null && !followsSchedule(optimizer)) optimizer.learningRate = state.learningRate;
}

function readArrays(native: NativeModel): { array: NativeOptimizerArray; values: Float32Array }[] {
  return callEngine(() => native.optimizerState()).map((array, index) => {
    const values = allocate(`optimizer ${array.name}`, () => new Float32Array(array.size));
    callEngine(() => native.readOptimizer(index, values));
    return { array, values };
  });
}

/** Whether it is the number of batches whose gradients have been added up for the next step. */
function isBatchCount({ name }: NativeOptimizerArray): boolean {
  return name === 'accumulated_batches';
}

function checkBatchCount(where: string, { gradientAccumulationSteps }: Optimizer, count: number): void {
  const most = (gradientAccumulationSteps ?? 1) - 1;
  if (!Number.isInteger(count) || count < 0 || count > most)
    throw refusal('ERR_DATA', where, `at most ${most} accumulated batches`, String(count));
}

function slotName({ name, weight }: NativeOptimizerArray, weightNames: readonly string[]): string {
  return weight < 0 ? name : `${name}/${weightNames[weight]!}`;
}

function followsSchedule(optimizer: Optimizer): boolean {
  return optimizer.schedule !== undefined;
}
