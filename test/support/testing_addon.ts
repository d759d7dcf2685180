// SPDX-License-Identifier: MIT
// The typed seam to the testing addon (native/testing): the double-precision reference, random numbers and initializers.
// JavaScript allocates every array; wrong sizes are errors. OSTINATO_TESTING_ADDON names another file to load.
import path from 'node:path';
import type { NativeActivation, NativeInitializer, NativeLossKind, NativeOptimizer } from '../../lib/native/binding';

export interface SimpleRnnArguments {
  batch: number;
  steps: number;
  inputs: number;
  units: number;
  activation: NativeActivation;
  /** [batch, steps, inputs] */
  x: Float64Array;
  /** [inputs, units] */
  kernel: Float64Array;
  /** [units, units] */
  recurrentKernel: Float64Array;
  /** [units] */
  bias: Float64Array | null;
  /** [batch, units] */
  initialState: Float64Array | null;
}

export interface DenseArguments {
  rows: number;
  inputs: number;
  units: number;
  activation: NativeActivation;
  /** [rows, inputs] */
  x: Float64Array;
  /** [inputs, units] */
  kernel: Float64Array;
  /** [units] */
  bias: Float64Array | null;
}

/** native/testing/reference_bindings.cc. What a function computes goes to the arrays named last in its arguments. */
export interface ReferenceBindings {
  /** One block of Philox4x32-10: counter and out of four words, key of two. */
  philox(a: { counter: Uint32Array; key: Uint32Array; out: Uint32Array }): void;
  /** Words begin, begin + 1, ... of a stream. */
  randomWords(a: { seed: number; stream: number; begin: number; out: Uint32Array }): void;
  randomWord(a: { seed: number; stream: number; index: number }): number;
  /** Doubles 0, 1, ... of a stream: in [0, 1), or in (0, 1) if `open`. */
  uniforms(a: { seed: number; stream: number; open: boolean; out: Float64Array }): void;
  permutation(a: { seed: number; stream: number; out: Int32Array }): void;
  normalQuantile(a: { p: number }): number;
  initialize(a: { initializer: NativeInitializer; shape: number[]; seed: number; out: Float32Array }): void;

  activate(a: { activation: NativeActivation; rows: number; columns: number; x: Float64Array; y: Float64Array }): void;
  activateBackward(a: {
    activation: NativeActivation;
    rows: number;
    columns: number;
    x: Float64Array;
    dy: Float64Array;
    dx: Float64Array;
  }): void;
  simpleRnnForward(a: SimpleRnnArguments & { states: Float64Array }): void;
  simpleRnnBackward(
    a: SimpleRnnArguments & {
      /** [batch, steps, units] */
      dStates: Float64Array | null;
      /** [batch, units] */
      dLast: Float64Array | null;
      kernelGradient: Float64Array;
      recurrentKernelGradient: Float64Array;
      biasGradient: Float64Array;
      xGradient: Float64Array;
      initialStateGradient: Float64Array;
    },
  ): void;
  denseForward(a: DenseArguments & { y: Float64Array }): void;
  denseBackward(
    a: DenseArguments & {
      dy: Float64Array;
      kernelGradient: Float64Array;
      biasGradient: Float64Array;
      xGradient: Float64Array;
    },
  ): void;
  embeddingForward(a: {
    vocabulary: number;
    dim: number;
    tokens: Int32Array;
    embeddings: Float64Array;
    y: Float64Array;
  }): void;
  embeddingBackward(a: {
    vocabulary: number;
    dim: number;
    tokens: Int32Array;
    dy: Float64Array;
    gradient: Float64Array;
  }): void;
  /** Returns the mean loss. `targets`: class ids [rows] for the sparse loss. */
  loss(a: {
    kind: NativeLossKind;
    fromLogits: boolean;
    rows: number;
    columns: number;
    targets: Float64Array;
    predictions: Float64Array;
    gradient: Float64Array | null;
  }): number;
  /**
   * Moves `weights` and `slots`, three arrays of the weights' size one after the other: sgd momentum; rmsprop velocity,
   * momentum, average gradient; adam momentum, velocity, velocity hat. `iteration` begins at 1.
   */
  optimizerStep(a: {
    optimizer: NativeOptimizer;
    iteration: number;
    gradient: Float64Array;
    weights: Float64Array;
    slots: Float64Array;
  }): void;
}

export interface TestingAddon {
  reference: ReferenceBindings;
}

const file =
  process.env['OSTINATO_TESTING_ADDON'] ??
  path.resolve(__dirname, '..', '..', 'build', 'Release', 'ostinato_testing.node');

/** The loaded testing addon; `npm test` builds it. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a .node file can only be required
export const testingAddon = require(file) as TestingAddon;
