// SPDX-License-Identifier: MIT
// What an optimizer holds, taken out of the engine under the names of weights and put back.
import { copyIn } from '../native/copies';
import { callEngine } from '../native/engine';
import { describe, refusal } from '../util/validate';
import type { NativeCopy, NativeModel, NativeOptimizerArray } from '../native/binding';
import type { Optimizer } from '../optimizers';
import type { OptimizerState } from '../serialization';

/**
 * What an optimizer holds at present.
 *
 * @param weightNames names of the weights in the engine's order
 * @param copies arrays of the state that are yet to be filled are added to these
 */
export function readOptimizerState(
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
  copies: NativeCopy[],
): OptimizerState {
  const slots = callEngine(() => native.optimizerState()).map((array, index) => {
    const values = new Float32Array(array.size);
    if (isBatchCount(array)) callEngine(() => native.readOptimizer(index, values));
    else copies.push({ kind: 'optimizer', index, values });
    return [slotName(array, weightNames), values] as const;
  });
  return {
    className: optimizer.className,
    iterations: native.iterations,
    learningRate: followsSchedule(optimizer) ? null : optimizer.learningRate,
    slots: Object.fromEntries(slots),
  };
}

/** Where the optimizer has the moving averages, by the number of their weight; undefined before the first step. */
export function findAverages(native: NativeModel): Map<number, number> | undefined {
  const arrays = callEngine(() => native.optimizerState());
  const hasBatches = (array: NativeOptimizerArray, index: number): boolean => {
    const count = new Float32Array(1);
    if (isBatchCount(array)) callEngine(() => native.readOptimizer(index, count));
    return count[0]! > 0;
  };
  if (native.iterations === 0 && !arrays.some(hasBatches)) return undefined;
  return new Map(arrays.flatMap(({ name, weight }, index) => (name === 'average' ? [[weight, index] as const] : [])));
}

/**
 * Lets an optimizer go on from a state; nothing is changed where it does not fit.
 *
 * @throws DataError `ERR_DATA` where the state is of another optimizer or of other weights
 */
export async function writeOptimizerState(
  where: string,
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
  state: OptimizerState,
): Promise<void> {
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
  const all: NativeCopy[] = values.map((each, index) => ({ kind: 'optimizer', index, values: each }));
  await copyIn(
    native,
    all.filter((_, index) => !isBatchCount(arrays[index]!)),
  );
  values.forEach((count, index) => {
    if (isBatchCount(arrays[index]!)) callEngine(() => native.writeOptimizer(index, count));
  });
  callEngine(() => native.setIterations(state.iterations));
  if (state.learningRate !== null && !followsSchedule(optimizer)) optimizer.learningRate = state.learningRate;
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
