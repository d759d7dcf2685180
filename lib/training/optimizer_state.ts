// SPDX-License-Identifier: MIT
// What an optimizer holds, taken out of the engine under the names of weights and put back.
import { toArray, type Floats } from '../arrays/float_source';
import { callEngine } from '../native/engine';
import { describe, refusal } from '../util/validate';
import type { NativeModel, NativeOptimizerArray } from '../native/binding';
import type { FloatStore } from '../native/float_store';
import type { Optimizer } from '../optimizers';
import type { OptimizerState } from '../serialization';

/**
 * What an optimizer holds at present.
 *
 * @param weightNames names of the weights in the engine's order
 * @param store has arrays of the state added to it, which are yet to be filled
 */
export function readOptimizerState(
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
  store: FloatStore,
): OptimizerState {
  const slots = callEngine(() => native.optimizerState()).map((array, index) => {
    const values = isBatchCount(array) ? readBatchCount(native, index) : store.add('optimizer', index, array.size);
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
  const hasBatches = (array: NativeOptimizerArray, index: number): boolean =>
    isBatchCount(array) && readBatchCount(native, index)[0]! > 0;
  if (native.iterations === 0 && !arrays.some(hasBatches)) return undefined;
  return new Map(arrays.flatMap(({ name, weight }, index) => (name === 'average' ? [[weight, index] as const] : [])));
}

/** A state that fits an optimizer. */
export interface FittingState {
  /** Arrays by their index in the engine. */
  readonly arrays: readonly { readonly index: number; readonly values: Floats }[];
  /** Sets all that is no array. */
  setNumbers(): void;
}

/**
 * Checks that an optimizer can go on from a state. Changes nothing.
 *
 * @throws (rejects) DataError `ERR_DATA` where the state is of another optimizer or of other weights; what its sources throw
 */
export async function checkOptimizerState(
  where: string,
  native: NativeModel,
  optimizer: Optimizer,
  weightNames: readonly string[],
  state: OptimizerState,
): Promise<FittingState> {
  if (state.className !== optimizer.className)
    throw refusal('ERR_DATA', where, `a state of ${optimizer.className}`, `one of ${describe(state.className)}`);
  const expected = callEngine(() => native.optimizerState());
  const all = expected.map((array, index) => {
    const name = slotName(array, weightNames);
    const values = Object.hasOwn(state.slots, name) ? state.slots[name] : undefined;
    if (values?.length !== array.size)
      throw refusal('ERR_DATA', where, `${array.size} numbers as ${describe(name)}`, `${values?.length ?? 'none'}`);
    return { index, values, isCount: isBatchCount(array) };
  });
  const others = Object.keys(state.slots).length - all.length;
  if (others !== 0) throw refusal('ERR_DATA', where, "the optimizer's arrays alone", `${others} more`);
  const counts: { index: number; count: Float32Array }[] = [];
  for (const { index, values, isCount } of all) {
    if (!isCount) continue;
    const count = await toArray(where, values);
    checkBatchCount(where, optimizer, count[0]!);
    counts.push({ index, count });
  }
  return {
    arrays: all.filter(({ isCount }) => !isCount),
    setNumbers() {
      for (const { index, count } of counts) callEngine(() => native.writeOptimizer(index, count));
      callEngine(() => native.setIterations(state.iterations));
      if (state.learningRate !== null && !followsSchedule(optimizer)) optimizer.learningRate = state.learningRate;
    },
  };
}

/** Whether it is the number of batches whose gradients have been added up for the next step. */
function isBatchCount({ name }: NativeOptimizerArray): boolean {
  return name === 'accumulated_batches';
}

function readBatchCount(native: NativeModel, index: number): Float32Array {
  const count = new Float32Array(1);
  callEngine(() => native.readOptimizer(index, count));
  return count;
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
