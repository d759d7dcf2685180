// SPDX-License-Identifier: MIT
// The typed seam to the testing addon (native/testing): every kernel of every ISA that this machine has, the
// double-precision reference, random numbers and initializers.
// JavaScript allocates every array; wrong sizes are errors. OSTINATO_TESTING_ADDON names another file to load.
import path from 'node:path';
import type {
  NativeActivation,
  NativeInitializer,
  NativeLoss,
  NativeLossKind,
  NativeMetric,
  NativeOptimizer,
} from '../../lib/native/binding';

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

/** Of an LSTM; a GRU has three gates instead of four. */
export interface GatedArguments {
  batch: number;
  steps: number;
  inputs: number;
  units: number;
  activation: NativeActivation;
  recurrentActivation: NativeActivation;
  /** [batch, steps, inputs] */
  x: Float64Array;
  /** [inputs, 4 units] */
  kernel: Float64Array;
  /** [units, 4 units] */
  recurrentKernel: Float64Array;
  /** [4 units]; of a GRU that resets after the product [2, 3 units]. */
  bias: Float64Array | null;
  /** [batch, units] */
  initialState: Float64Array | null;
  /** [4, batch, inputs] */
  inputDropout: Float64Array | null;
  /** [4, batch, units] */
  recurrentDropout: Float64Array | null;
}

/** What {@link GatedArguments} lead to. */
export interface GatedGradients {
  /** [batch, steps, units] */
  dStates: Float64Array | null;
  kernelGradient: Float64Array;
  recurrentKernelGradient: Float64Array;
  biasGradient: Float64Array | null;
  xGradient: Float64Array;
  initialStateGradient: Float64Array;
}

export interface LstmArguments extends GatedArguments {
  /** [batch, units] */
  initialCarry: Float64Array | null;
}

export interface GruArguments extends GatedArguments {
  resetAfter: boolean;
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
  /** `states` and `carries` [batch, steps, units]. */
  lstmForward(a: LstmArguments & { states: Float64Array; carries: Float64Array }): void;
  /** `dLastState` and `dLastCarry` [batch, units]. */
  lstmBackward(
    a: LstmArguments &
      GatedGradients & {
        dLastState: Float64Array | null;
        dLastCarry: Float64Array | null;
        initialCarryGradient: Float64Array;
      },
  ): void;
  gruForward(a: GruArguments & { states: Float64Array }): void;
  gruBackward(a: GruArguments & GatedGradients & { dLast: Float64Array | null }): void;
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

/** Names as native/dispatch has them: best first. */
export type Isa = 'avx512' | 'avx2' | 'baseline' | 'neon' | 'scalar';

/** C = init + A[index] B for rows [begin, end); native/kernels/kernel_list.h has the layouts. */
export interface GemmArguments {
  a: Float32Array;
  index: Int32Array | null;
  lda: number;
  packed: Float32Array;
  k: number;
  n: number;
  bias: Float32Array | null;
  accumulate: boolean;
  c: Float32Array;
  ldc: number;
  begin: number;
  end: number;
}

export interface OuterArguments {
  a: Float32Array;
  index: Int32Array | null;
  lda: number;
  k: number;
  b: Float32Array;
  ldb: number;
  n: number;
  rows: Int32Array | null;
  begin: number;
  end: number;
  ahead: number;
  accumulate: boolean;
  c: Float32Array;
  ldc: number;
}

export interface ColumnSumArguments {
  b: Float32Array;
  ldb: number;
  n: number;
  rows: Int32Array | null;
  begin: number;
  end: number;
  accumulate: boolean;
  out: Float32Array;
}

export interface GroupSumArguments {
  b: Float32Array;
  ldb: number;
  n: number;
  rows: Int32Array;
  slot: Int32Array;
  starts: Int32Array;
  begin: number;
  end: number;
  out: Float32Array;
  ldo: number;
  begun: Float32Array;
}

export interface WalkArguments {
  tBegin: number;
  tEnd: number;
  steps: number;
  active: Int32Array;
  offsets: Int32Array;
  blocks: Int32Array;
  blockRows: number;
  units: number;
  stride: number;
  /** An index of ACTIVATIONS. */
  activation: number;
  /** The recurrent kernel forward, its transpose backward. */
  packed: Float32Array;
  states: Float32Array;
  inputs: Float32Array | null;
  inputIndex: Int32Array | null;
  doutputs: Float32Array | null;
  dlast: Float32Array | null;
  deltas: Float32Array | null;
  /** 0 simple_rnn, 1 lstm, 2 gru. What follows is what only some cells have; strides are `stride` where not given. */
  cell?: number;
  reverse?: 0 | 1;
  resetBefore?: 0 | 1;
  recurrentActivation?: number;
  packedCandidate?: Float32Array | null;
  recurrentBias?: Float32Array | null;
  inputStride?: number;
  gateStride?: number;
  deltaStride?: number;
  maskedStride?: number;
  cells?: Float32Array | null;
  gates?: Float32Array | null;
  resetStates?: Float32Array | null;
  masks?: Float32Array | null;
  masked?: Float32Array | null;
  dcells?: Float32Array | null;
  carry?: Float32Array | null;
}

/** Of native/kernels/kernel_list.h; backward where there is a gradient. */
export interface AttentionWeightsArguments {
  rows: number;
  columns: number;
  stride: number;
  scale: number;
  queries: Uint8Array | null;
  queryStride: number;
  keys: Float32Array | null;
  keyStride: number;
  causal: boolean;
  /** An index of NO_KEYS. */
  noKeys: number;
  weights: Float32Array;
  gradient: Float32Array | null;
}

/** Of native/kernels/kernel_list.h; backward where there is a dquery. */
export interface AdditiveScoresArguments {
  query: Float32Array;
  queryStride: number;
  rows: number;
  key: Float32Array;
  keyStride: number;
  columns: number;
  features: number;
  scale: number;
  weights: Float32Array;
  scores: Float32Array;
  stride: number;
  dquery: Float32Array | null;
  dqueryStride: number;
  accumulate: boolean;
  dkey: Float32Array | null;
  dkeyStride: number;
  dweights: Float32Array | null;
  dscale: Float32Array | null;
}

/** Rows of outputs as the engine has them (native/losses/rows.h). */
export interface RowsArguments {
  predictions: Float32Array;
  stride: number;
  rows: number;
  columns: number;
  targets: Float32Array;
  index: Int32Array | null;
  targetColumns: number;
  weights: Float32Array | null;
  rowsPerWeight: number;
  steps: number;
}

export interface UpdateArguments {
  /** An index of OPTIMIZER_KINDS. */
  kind: number;
  weight: Float32Array;
  slots: [Float32Array | null, Float32Array | null, Float32Array | null];
  gradient: Float32Array;
  gradientStride: number;
  slot: Int32Array | null;
  begin: number;
  end: number;
  columns: number;
  l1: number;
  l2: number;
  penaltyGradient: Float32Array | null;
  gradientScale: number;
  clipScale: number;
  clipValue: number;
  decay: number;
  rate: number;
  momentum: number;
  rho: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  momentumFactor: number;
  gradientFactor: number;
  velocityFactor: number;
  nesterov: boolean;
  centered: boolean;
  amsgrad: boolean;
}

export interface UnitVectorsArguments {
  weight: Float32Array;
  rows: number;
  columns: number;
  byRows: boolean;
  begin: number;
  end: number;
  units: Float32Array;
  stride: number;
  scales: Float32Array;
}

export interface OrthogonalArguments {
  units: Float32Array;
  stride: number;
  scales: Float32Array;
  count: number;
  length: number;
  begin: number;
  end: number;
  byRows: boolean;
  factor: number;
  work: Float32Array;
  gradient: Float32Array | null;
}

export interface ConstrainArguments {
  /** An index of CONSTRAINT_KINDS. */
  kind: number;
  minValue: number;
  maxValue: number;
  rate: number;
  weight: Float32Array;
  length: number;
  inner: number;
  begin: number;
  end: number;
}

/** In the order of NoKeys (native/kernels/kernel_list.h). */
export const NO_KEYS = ['lower', 'alike', 'none'] as const;

/** The enums of native/kernels/kernel_list.h, in their order. */
export const ACTIVATIONS = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'softmax',
  'elu',
  'exponential',
  'hard_sigmoid',
  'legacy_hard_sigmoid',
  'softsign',
  'leaky_relu',
  'relu6',
  'celu',
  'selu',
  'gelu',
  'silu',
  'softplus',
  'squareplus',
  'soft_shrink',
  'hard_shrink',
  'tanh_shrink',
  'hard_tanh',
  'hard_silu',
  'log_sigmoid',
  'log_softmax',
  'mish',
  'sparse_plus',
  'sparse_sigmoid',
  'sparsemax',
] as const satisfies readonly NativeActivation[];
export const CONSTRAINT_KINDS = ['none', 'max_norm', 'non_neg', 'unit_norm', 'min_max_norm'] as const;
export const OPTIMIZER_KINDS = ['sgd', 'rmsprop', 'adam', 'nadam', 'adamax', 'adagrad', 'adadelta', 'lion'] as const;

/** native/testing/loss_bindings.cc. Nothing is checked there: sizes are the caller's. */
export interface LossBindings {
  /** The reduced loss; `gradient` [rows, stride], or null. */
  loss(loss: NativeLoss, a: RowsArguments & { gradient: Float32Array | null }): number;
  /** Adds to the state. */
  metric(metric: NativeMetric, a: RowsArguments, state: Float64Array): void;
}

/** native/testing/kernel_bindings.cc. Nothing is checked there: sizes are the caller's. */
export interface KernelBindings {
  isas(): Isa[];
  pack(
    isa: Isa,
    b: Float32Array,
    ldb: number,
    k: number,
    n: number,
    transposed: boolean,
    out: Float32Array,
    gates?: number,
  ): void;
  gemm(isa: Isa, a: GemmArguments): void;
  outer(isa: Isa, a: OuterArguments): void;
  columnSum(isa: Isa, a: ColumnSumArguments): void;
  groupSum(isa: Isa, a: GroupSumArguments): void;
  walkForward(isa: Isa, a: WalkArguments): void;
  walkBackward(isa: Isa, a: WalkArguments): void;
  /**
   * out = f(x) where y is null; otherwise out = f'(x) dy, with dy in `x`, f's output in `y` and, where the activation's
   * derivative needs it, f's input in `pre`.
   */
  activate(
    isa: Isa,
    activation: number,
    x: Float32Array,
    y: Float32Array | null,
    out: Float32Array,
    rows: number,
    columns: number,
    stride: number,
    pre?: Float32Array | null,
  ): void;
  attentionWeights(isa: Isa, a: AttentionWeightsArguments): void;
  additiveScores(isa: Isa, a: AdditiveScoresArguments): void;
  dropout(
    isa: Isa,
    x: Float32Array,
    out: Float32Array,
    rows: number,
    columns: number,
    stride: number,
    rate: number,
    key: number,
    stream: number,
    first: number,
  ): void;
  update(isa: Isa, a: UpdateArguments): void;
  gradientSquares(isa: Isa, a: UpdateArguments): number;
  accumulate(isa: Isa, a: UpdateArguments, sums: Float32Array): void;
  averageWeights(isa: Isa, weight: Float32Array, average: Float32Array, momentum: number): void;
  penalty(isa: Isa, weight: Float32Array, l1: number, l2: number): number;
  unitVectors(isa: Isa, a: UnitVectorsArguments): void;
  orthogonal(isa: Isa, a: OrthogonalArguments): number;
  constrain(isa: Isa, a: ConstrainArguments): void;
  add(isa: Isa, out: Float32Array, x: Float32Array): void;
  /** Multiply-add FLOP per second of so many threads at once. */
  peak(isa: Isa, threads: number, seconds: number): number;
  /** Seconds of one sequence through a SimpleRNN, best of the rounds. */
  timeForward(isa: Isa, a: { units: number; steps: number; features: number; rounds: number }): number;
  /** An array that ends, or begins, at an unreadable page. Its memory is never given back. */
  guarded(elements: number, atEnd: boolean): Float32Array;
  /** The cgroup quota in whole cores, 0 for none: files under `root`, the text of /proc/self/cgroup. */
  cgroupCores(root: string, membership: string): number;
}

export interface TestingAddon extends KernelBindings, LossBindings {
  reference: ReferenceBindings;
}

const file =
  process.env['OSTINATO_TESTING_ADDON'] ??
  path.resolve(__dirname, '..', '..', 'build', 'Release', 'ostinato_testing.node');

/** The loaded testing addon; `npm test` builds it. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a .node file can only be required
export const testingAddon = require(file) as TestingAddon;
