// SPDX-License-Identifier: MIT
// What a training is made of besides weights: with it, and the weights, it goes on to the same bits.

/** What the optimizer of a compiled model holds. */
export interface OptimizerState {
  readonly className: string;
  /** Steps done. */
  readonly iterations: number;
  /** The rate at present; null where a schedule gives it. */
  readonly learningRate: number | null;
  /** Momenta and the like by name: `momentum/dense_1/kernel`. */
  readonly slots: Readonly<Record<string, Float32Array>>;
}

/** What layers hold besides weights. */
export interface LayersState {
  /** Seeds of the layers that draw (dropout, noise), in order. */
  readonly seeds: readonly number[];
  /** Rows of a batch whose states stateful layers hold; null where they begin at zero. */
  readonly statefulRows: number | null;
  readonly states: readonly Float32Array[];
}

export interface TrainingState {
  /** null before `compile`, or before the first step. */
  readonly optimizer: OptimizerState | null;
  readonly layers: LayersState;
}
