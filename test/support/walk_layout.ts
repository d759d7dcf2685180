// SPDX-License-Identifier: MIT
// Rows that join the time loop at different steps, laid out as WalkArgs has it: at step t the first active[t] rows walk,
// row r stands at offsets[t] + r.

export interface WalkLayout {
  steps: number;
  rows: number;
  active: Int32Array;
  offsets: Int32Array;
  /** Rows of inputs and deltas. */
  stepCount: number;
  /** Rows of states: those after the last step follow. */
  stateCount: number;
}

export function walkLayout(active: readonly number[]): WalkLayout {
  const offsets = [0];
  for (const count of active) offsets.push(offsets.at(-1)! + count);
  const stepCount = offsets.at(-1)!;
  const rows = active.at(-1) ?? 0;
  return {
    steps: active.length,
    rows,
    active: Int32Array.from(active),
    offsets: Int32Array.from(offsets),
    stepCount,
    stateCount: stepCount + rows,
  };
}

/** State rows that nobody walks to: where rows join. */
export function joiningStates({ steps, active, offsets }: WalkLayout): number[] {
  const found: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (let r = t === 0 ? 0 : active[t - 1]!; r < active[t]!; r++) found.push(offsets[t]! + r);
  }
  return found;
}

/** All blocks of `blockRows` rows. */
export const allBlocks = (rows: number, blockRows: number): Int32Array =>
  Int32Array.from({ length: Math.ceil(rows / blockRows) }, (_, i) => i);

/** Activations that a walk may have. */
export const WALKED = ['tanh', 'sigmoid', 'tanh', 'relu', 'linear', 'tanh', 'elu', 'softsign', 'hard_sigmoid'] as const;
