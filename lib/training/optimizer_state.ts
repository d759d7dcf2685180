// SPDX-License-Identifier: MIT
// What an optimizer holds, taken out of the engine under the names of weights and put back.
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
  const arrays = callEngine(() => native.optimizerState());
  const slots = arrays.map((array, index): [string, Float32Array] => {
    const values = new Float32Array(array.size);
    callEngine(() => native.readOptimizer(index, values));
    return [slotName(array, weightNames), values];
  });
  return {
    className: optimizer.className,
    iterations: native.iterations,
    learningRate: followsSchedule(optimizer) ? null : optimizer.learningRate,
    slots: Object.fromEntries(slots),
  };
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
    if (given?.length === array.size) return given;
    throw refusal('ERR_DATA', where, `${array.size} numbers as ${describe(name)}`, given ? `${given.length}` : 'none');
  });
  const others = Object.keys(state.slots).length - arrays.length;
  if (others !== 0) throw refusal('ERR_DATA', where, "the optimizer's arrays alone", `${others} more`);
  values.forEach((array, index) => callEngine(() => native.writeOptimizer(index, array)));
  callEngine(() => native.setIterations(state.iterations));
  if (state.learningRate !== null && !followsSchedule(optimizer)) optimizer.learningRate = state.learningRate;
}

function slotName({ name, weight }: NativeOptimizerArray, weightNames: readonly string[]): string {
  return weight < 0 ? name : `${name}/${weightNames[weight]!}`;
}

function followsSchedule(optimizer: Optimizer): boolean {
  return optimizer.schedule !== undefined;
}
