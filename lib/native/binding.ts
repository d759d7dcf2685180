// SPDX-License-Identifier: MIT
// The one typed seam between TypeScript and C++: these interfaces describe everything that the addon exports;
// load_addon.ts finds it. What crosses is fully resolved: every key is present, defaults live in TypeScript alone, and
// native code treats a missing key as its own bug. Arrays that JavaScript holds are allocated here and filled there.

/** Added to the loss: l1 · sum|w| + l2 · sum w² + orthogonal · the share of rows (or columns) that are not orthogonal. */
export interface NativePenalty {
  l1: number;
  l2: number;
  /** Factor of the orthogonal penalty; 0 for none. */
  orthogonal: number;
  /** Whether the rows of the weight shall be orthogonal; else its columns. */
  orthogonalByRows: boolean;
}

/** Applied to a weight after each step of the optimizer; norms are taken along `axis` of the weight in Keras' shape. */
export type NativeConstraint =
  | { kind: 'max_norm'; maxValue: number; axis: number }
  | { kind: 'non_neg' }
  | { kind: 'unit_norm'; axis: number }
  | { kind: 'min_max_norm'; minValue: number; maxValue: number; rate: number; axis: number };

/** Activations that the engine knows; the names are those of lib/activations. */
export type NativeActivation =
  | 'linear'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'softmax'
  | 'elu'
  | 'exponential'
  | 'hard_sigmoid'
  | 'legacy_hard_sigmoid'
  | 'softsign'
  | 'leaky_relu'
  | 'relu6'
  | 'celu'
  | 'selu'
  | 'gelu'
  | 'silu'
  | 'softplus'
  | 'squareplus'
  | 'soft_shrink'
  | 'hard_shrink'
  | 'tanh_shrink'
  | 'hard_tanh'
  | 'hard_silu'
  | 'log_sigmoid'
  | 'log_softmax'
  | 'mish'
  | 'sparse_plus'
  | 'sparse_sigmoid'
  | 'sparsemax';

/** What layers with weights have in common. One entry per weight of the layer, in order. */
export interface NativeWeighted {
  penalties: NativePenalty[];
  constraints: (NativeConstraint | null)[];
}

/** A recurrent layer; one that has no such gate or option is given the value that changes nothing. */
export interface NativeRecurrent extends NativeWeighted {
  kind: 'simple_rnn' | 'lstm' | 'gru';
  /** C of the inputs [N,T,C]. */
  features: number;
  units: number;
  /** Here and in `recurrentActivation`: none that mixes units. */
  activation: NativeActivation;
  /** Of the gates; `simple_rnn`: 'linear'. */
  recurrentActivation: NativeActivation;
  useBias: boolean;
  /** `gru` alone: whether the reset gate acts after the recurrent product. */
  resetAfter: boolean;
  returnSequences: boolean;
  goBackwards: boolean;
  /** Whether the states of a batch are those that the next batch begins with. */
  stateful: boolean;
  /** Whether outputs of masked steps are zero; else they repeat the output before. */
  zeroOutputForMask: boolean;
  dropout: number;
  recurrentDropout: number;
  seed: number;
}

/** How inputs become one, element by element. */
export type NativeMerge = 'add' | 'subtract' | 'multiply' | 'average' | 'maximum' | 'minimum';

/**
 * A layer as the engine sees it, `features` being C of its inputs. Weights in order:
 * embedding: embeddings [V,D];
 * simple_rnn, lstm, gru: kernel [C,G·H], recurrent kernel [H,G·H], bias if used, with G = 1, 4 (i, f, c, o) or 3 (z, r, h)
 * gates side by side: [G·H], and [2,3·H] for a gru with `resetAfter`;
 * dense: kernel [C,units], bias [units] if used;
 * einsum_dense: kernel [...featureShape,...unitShape], bias [...unitShape] if used;
 * attention: `dot`: scale [1] if used; `concat`: scale [1] if used, weight [1]; `additive`: scale [C] if used;
 * conv1d: kernel [kernelSize,C/groups,filters], bias [filters] if used;
 * layer_normalization: gamma [C] if `scale`, beta [C] if `center`;
 * batch_normalization: the same, then moving mean [C] and moving variance [C];
 * prelu: alpha, of its shape;
 * normalization: none where mean and variance are given, else mean and variance, of its shape, and a count [1];
 * the rest has none.
 *
 * Inputs and outputs: one of each, but for simple_rnn, lstm and gru, which may read initial states (h, and c of an lstm)
 * and give the last states after their output; merge and concatenate, which read several; dot, which reads two;
 * attention (see {@link NativeNodeCall}), which gives means [N,Tq,C] and scores [N,heads·Tq,Tv]; set_mask, which reads a
 * sequence and its mask [N,T]; masked_softmax, which reads x and its mask.
 */
export type NativeLayerConfig =
  | ({ kind: 'embedding'; inputDim: number; outputDim: number; maskZero: boolean } & NativeWeighted)
  | NativeRecurrent
  | ({
      kind: 'dense';
      features: number;
      units: number;
      activation: NativeActivation;
      useBias: boolean;
    } & NativeWeighted)
  /** A dense layer whose weights have several axes for features or units: they lie side by side in its rows. */
  | ({
      kind: 'einsum_dense';
      featureShape: number[];
      unitShape: number[];
      activation: NativeActivation;
      useBias: boolean;
    } & NativeWeighted)
  | ({
      kind: 'conv1d';
      features: number;
      filters: number;
      kernelSize: number;
      strides: number;
      padding: 'valid' | 'same' | 'causal';
      dilationRate: number;
      groups: number;
      activation: NativeActivation;
      useBias: boolean;
    } & NativeWeighted)
  | ({
      kind: 'layer_normalization';
      features: number;
      epsilon: number;
      center: boolean;
      scale: boolean;
    } & NativeWeighted)
  | ({
      kind: 'batch_normalization';
      features: number;
      momentum: number;
      epsilon: number;
      center: boolean;
      scale: boolean;
    } & NativeWeighted)
  | { kind: 'pool1d'; pool: 'max' | 'average'; poolSize: number; strides: number; padding: 'valid' | 'same' }
  | { kind: 'global_pool1d'; pool: 'max' | 'average'; keepdims: boolean }
  | { kind: 'masking'; maskValue: number }
  | { kind: 'set_mask' }
  | { kind: 'merge'; merge: NativeMerge }
  /** Along the features, or along the timesteps. */
  | { kind: 'concatenate'; alongSteps: boolean }
  /** Product of two inputs over one axis of each: 1 or 2, of a vector 1. */
  | { kind: 'dot'; axes: [number, number]; normalize: boolean }
  | ({
      kind: 'attention';
      /** scale · q k; weight · sum of tanh(scale · (q + k)); sum of weights · tanh(q + k). */
      score: 'dot' | 'concat' | 'additive';
      /** Side by side in the columns of query, key and value. */
      heads: number;
      /** C of a query, where there is a weight for each; else 0. */
      features: number;
      /** Where no weight is. */
      scale: number;
      useScale: boolean;
      /** Whether masks, dropout and scores are those of Keras' MultiHeadAttention; else those of its Attention. */
      multiHead: boolean;
      dropout: number;
      seed: number;
    } & NativeWeighted)
  | { kind: 'repeat_vector'; n: number }
  /**
   * Timesteps begin, begin + stride, ... before end, as numpy slices (null: from or to the end), each `repeats` times, then
   * zeros before and after. With `dropsAxis` the one step that is left is a vector.
   */
  | {
      kind: 'select_steps';
      begin: number | null;
      end: number | null;
      stride: number;
      repeats: number;
      before: number;
      after: number;
      keepsMask: boolean;
      dropsAxis: boolean;
    }
  /** Features begin, begin + stride, ..., all of which there are. */
  | { kind: 'slice_features'; begin: number; count: number; stride: number }
  /** Timesteps, whose number is known, and features change places. */
  | { kind: 'permute' }
  /** One or two sizes after the batch, all known. */
  | { kind: 'reshape'; targetShape: number[] }
  | { kind: 'activation'; activation: NativeActivation }
  /** Parts of sequences as rows of the batch, each as long; 0: every timestep is one. */
  | { kind: 'fold'; parts: number }
  /** Parts that are vectors as timesteps; a sequence as second input gives the mask. */
  | { kind: 'unfold' }
  /** A sequence with its masked timesteps, and without its mask. */
  | { kind: 'unmask' }
  /** Over the features that a second input, of x's axes or 1, has above a half; zero elsewhere. */
  | { kind: 'masked_softmax' }
  /** x above `threshold`, at most `maxValue` (Infinity for none); below it slope · (x - threshold). */
  | { kind: 'rectifier'; maxValue: number; slope: number; threshold: number; slopeAtThreshold: 0 | 1 }
  | { kind: 'elu'; alpha: number }
  /** `shape` of alpha: [C or 1], or of sequences [T or 1,C or 1]. */
  | ({ kind: 'prelu'; shape: number[] } & NativeWeighted)
  | { kind: 'unit_normalization' }
  /** One for all features, or one for each. */
  | { kind: 'rescaling'; scale: Float32Array; offset: Float32Array }
  /** `shape` as of a prelu; mean and variance of that size, or empty where they are weights. */
  | ({
      kind: 'normalization';
      shape: number[];
      invert: boolean;
      mean: Float32Array;
      variance: Float32Array;
    } & NativeWeighted)
  | { kind: 'flatten' }
  | { kind: 'dropout'; rate: number; seed: number }
  | { kind: 'spatial_dropout1d'; rate: number; seed: number }
  /** Noise is added, or 1 and noise multiply. */
  | { kind: 'gaussian_noise'; stddev: number; multiplies: boolean; seed: number }
  /** Penalizes its input, which passes through: the penalty of a batch is divided by its rows. */
  | { kind: 'activity_regularization'; l1: number; l2: number };

/** A layer and its weights. All models that use it share it; it is freed when nothing refers to it any more. */
export interface NativeLayer {
  /** Number of weights (arrays). */
  readonly weightCount: number;
  readonly memoryBytes: number;
  /** Whether a model computes with it. */
  readonly busy: boolean;
  /** Copies weight `index` into `out`, which has its size. ERR_BUSY while a model trains it. */
  readWeight(index: number, out: Float32Array): void;
  /** ERR_BUSY while a model computes with it. */
  writeWeight(index: number, values: Float32Array): void;
  /**
   * What a weight is to be, which it becomes on compute threads before it is next used: values drawn as by `initialize`, or
   * a copy of `values`, which nobody may change any more. Until a weight is given values it is zero. ERR_BUSY as above.
   */
  drawWeight(index: number, initializer: NativeInitializer, seed: number): void;
  adoptWeight(index: number, values: Float32Array): void;
  /** Seed of what is drawn in training. ERR_BUSY while a model computes with it. */
  setSeed(seed: number): void;
}

/** The exact shortcuts (docs/architecture.md); all on except in tests that compare on and off. */
export interface NativeShortcuts {
  /** Project each different token of a batch once. */
  tokenProjection: boolean;
  /** Sum the gate gradients per token before the products that need them. */
  reverseProjection: boolean;
  /** Walk the padding that rows begin with once for all rows. */
  sharedPadding: boolean;
  /** One pass over time per slice of rows, without a barrier at every timestep. */
  fusedWalk: boolean;
  /** At small batches, walk the layers of a stack beside each other, each a part of the steps behind the one below. */
  overlapLayers: boolean;
}

/** What a node is called with besides its inputs. */
export type NativeNodeCall = {
  /** Inputs: query, values, keys with `hasKey`, a mask [N,Tq,Tv] or [N,1,Tv] with `hasMask`. */
  kind: 'attention';
  hasKey: boolean;
  hasMask: boolean;
  /** Whether no query attends to keys behind it. */
  causal: boolean;
  /** Whether the second output is read. */
  givesScores: boolean;
};

/** What a model reads: `tokens`: int32 ids [N,T]; `values`: float32 [N, ...shape]. */
export interface NativeInput {
  kind: 'tokens' | 'values';
  /** Axes after the batch; -1 where unknown until a batch comes (only the timesteps of a sequence may be). */
  shape: number[];
}

/** One use of a layer. */
export interface NativeNode {
  /** Index into the layers of the model. */
  layer: number;
  /** Values. */
  inputs: number[];
  /** Whether the outputs of a recurrent layer are turned round, as those of the second direction of a Bidirectional are. */
  flipsOutputs: boolean;
  /** Null for kinds that take none. */
  call: NativeNodeCall | null;
}

/**
 * A model as a graph. Values are numbered: the inputs, then the outputs of every node in the order of the nodes; a node
 * comes after what it reads.
 */
export interface NativeModelConfig {
  inputs: NativeInput[];
  /** Each once, in the order of their weights in the model. */
  layers: NativeLayer[];
  nodes: NativeNode[];
  /** Values that nodes give. */
  outputs: number[];
  shortcuts: NativeShortcuts;
}

export type NativeSchedule =
  | {
      kind: 'exponential_decay' | 'inverse_time_decay';
      initialLearningRate: number;
      decaySteps: number;
      decayRate: number;
      staircase: boolean;
    }
  /** `boundaries` ascend; there is one value more. */
  | { kind: 'piecewise_constant_decay'; boundaries: number[]; values: number[] }
  | {
      kind: 'polynomial_decay';
      initialLearningRate: number;
      decaySteps: number;
      endLearningRate: number;
      power: number;
      cycle: boolean;
    }
  | {
      kind: 'cosine_decay';
      initialLearningRate: number;
      decaySteps: number;
      alpha: number;
      warmupTarget: number | null;
      warmupSteps: number;
    }
  | {
      kind: 'cosine_decay_restarts';
      initialLearningRate: number;
      decaySteps: number;
      tMul: number;
      mMul: number;
      alpha: number;
    };

/** How an optimizer moves an element of a weight by its gradient. */
export type NativeRule =
  | { kind: 'sgd'; momentum: number; nesterov: boolean }
  | { kind: 'rmsprop'; rho: number; momentum: number; epsilon: number; centered: boolean }
  | { kind: 'adam'; beta1: number; beta2: number; epsilon: number; amsgrad: boolean }
  | { kind: 'nadam' | 'adamax'; beta1: number; beta2: number; epsilon: number }
  | { kind: 'adagrad'; initialAccumulatorValue: number; epsilon: number }
  | { kind: 'adadelta'; rho: number; epsilon: number }
  | { kind: 'lion'; beta1: number; beta2: number };

/** What surrounds the rule, whichever it is. */
export interface NativeOptimizerSettings {
  learningRate: number | NativeSchedule;
  /** 0 for none; `decays` says of each weight whether it does. */
  weightDecay: number;
  decays: boolean[];
  /** Largest norm of the gradient of each weight and of all together, largest size of an element; 0 for no limit. */
  clipnorm: number;
  globalClipnorm: number;
  clipvalue: number;
  useEma: boolean;
  emaMomentum: number;
  /** Steps from one overwriting of the weights to the next; 0 for never. */
  emaOverwriteFrequency: number;
  /** 1 for none. */
  lossScaleFactor: number;
  /** Batches of one step. */
  gradientAccumulationSteps: number;
}

export type NativeOptimizer = NativeRule & NativeOptimizerSettings;

export interface NativeOptimizerArray {
  name: string;
  weight: number;
  size: number;
}

/** How a loss makes one number of its rows; `none` (standalone calls alone) leaves one number for each. */
export type NativeReduction = 'sum_over_batch_size' | 'sum' | 'mean_with_sample_weight' | 'none';

/** A loss; targets are ids for `sparse_categorical_crossentropy`, labels for `ctc`, of the outputs' shape for the rest. */
export type NativeLoss = { reduction: NativeReduction } & (
  | { kind: 'binary_crossentropy' | 'categorical_crossentropy'; fromLogits: boolean; labelSmoothing: number }
  /** Rows of the class `ignoreClass` count nothing; null for none. */
  | { kind: 'sparse_categorical_crossentropy'; fromLogits: boolean; ignoreClass: number | null }
  | {
      kind: 'binary_focal_crossentropy';
      fromLogits: boolean;
      labelSmoothing: number;
      alpha: number;
      gamma: number;
      applyClassBalancing: boolean;
    }
  | {
      kind: 'categorical_focal_crossentropy';
      fromLogits: boolean;
      labelSmoothing: number;
      /** Of all classes, or of each. */
      alpha: Float64Array;
      gamma: number;
    }
  | { kind: 'huber'; delta: number }
  /** `byRow`: each row by itself, not all rows of a batch as one. */
  | { kind: 'dice'; byRow: boolean }
  | { kind: 'tversky'; alpha: number; beta: number; byRow: boolean }
  | {
      kind:
        | 'mean_squared_error'
        | 'mean_absolute_error'
        | 'mean_absolute_percentage_error'
        | 'mean_squared_logarithmic_error'
        | 'log_cosh'
        | 'cosine_similarity'
        | 'hinge'
        | 'squared_hinge'
        | 'categorical_hinge'
        | 'kl_divergence'
        | 'poisson'
        /** Targets are labels, from 1, of each sample; 0 fills rows up behind them. */
        | 'ctc';
    }
);

export type NativeLossKind = NativeLoss['kind'];

/**
 * A metric: a state of doubles, zero at first, that the engine adds to batch by batch; C are the columns of the outputs.
 * Its result is computed in TypeScript (lib/metrics).
 */
export type NativeMetric =
  /** State: total and weight of a mean over rows. */
  | {
      kind:
        | 'accuracy'
        | 'categorical_accuracy'
        | 'sparse_categorical_accuracy'
        | 'cosine_similarity'
        | 'pearson_correlation'
        | 'concordance_correlation'
        | 'mean';
    }
  | { kind: 'binary_accuracy'; threshold: number }
  | { kind: 'top_k_categorical_accuracy'; k: number }
  | { kind: 'sparse_top_k_categorical_accuracy'; k: number; fromSortedIds: boolean }
  | { kind: 'loss'; loss: NativeLoss }
  /** State: a total. */
  | { kind: 'sum' }
  | NativeConfusion
  /** State [4,C]: true positives, false positives, false negatives, true labels. Threshold null: the largest output. */
  | { kind: 'f_beta'; threshold: number | null }
  /** State: [4,C] sums of squared targets, targets, squared errors and weights, then the number of elements. */
  | { kind: 'r2' }
  | NativeClassMatrix;

/**
 * How many outputs lie between two thresholds. State [G,2,n + 1]: for each group of columns the weights of true labels,
 * then of false ones, by how many of the n thresholds (0 to n) lie below the output. G is C with `byColumn`, else 1.
 */
export interface NativeConfusion {
  kind: 'confusion';
  /** Ascending. */
  thresholds: Float32Array;
  /** Thresholds divide [0, 1] evenly; with `belowFirst` the first of them lies just below 0. */
  even: boolean;
  belowFirst: boolean;
  fromLogits: boolean;
  byColumn: boolean;
  /** The only column that counts, or null. */
  column: number | null;
  /** Outputs that are not among the k largest of a row lie below all; 0 for none. */
  topK: number;
  /** [C] weights of columns, or empty. */
  labelWeights: Float64Array;
}

/** State [classes,classes]: weights by class of the target, then of the output. */
export interface NativeClassMatrix {
  kind: 'class_matrix';
  classes: number;
  ignoreClass: number | null;
  /** Targets (outputs) are ids, one or more in a row; else scores, the largest of which names the class of the row. */
  sparseTargets: boolean;
  sparsePredictions: boolean;
  /** Outputs of at least this are of class 1, others of class 0; or null. */
  threshold: number | null;
}

/** What is asked of one output. */
export interface NativeHead {
  /** null where nothing is: the output is for `predict` alone. */
  loss: NativeLoss | null;
  /** Of the loss in the total. */
  weight: number;
  /** `weighted`: whether the metric looks at the weights of a data set. */
  metrics: (NativeMetric & { weighted: boolean })[];
}

export interface NativeCompileConfig {
  optimizer: NativeOptimizer;
  /** Of each weight: whether training changes it. */
  trainable: boolean[];
  /** Of each weight: whether its layer trains, which may have other weights alone. */
  layerTrainable: boolean[];
  /** One for each output. */
  heads: NativeHead[];
}

/**
 * Outputs [rows,columns] with targets [rows,targetColumns], for losses and metrics by themselves. Labels are
 * [rows / steps,targetColumns].
 */
export interface NativeRows {
  predictions: Float32Array;
  rows: number;
  columns: number;
  /** null for `mean` and `sum`. */
  targets: Float32Array | null;
  targetColumns: number;
  /** [rows / rowsPerWeight], or null where every row weighs 1. */
  weights: Float32Array | null;
  rowsPerWeight: number;
  /** Rows of one sample. */
  steps: number;
}

/** Labels from logits [rows,steps,columns]; `done` is told the first row that has a timestep without a probability. */
export interface NativeCtcDecode {
  logits: Float32Array;
  rows: number;
  steps: number;
  columns: number;
  /** [rows] timesteps that count, from 0. */
  lengths: Int32Array;
  /** The column that stands for no label. */
  blank: number;
  /** 0: greedy. */
  beamWidth: number;
  /** 1 where greedy. */
  topPaths: number;
  /** Greedy alone. */
  mergeRepeated: boolean;
  /** Filled: [topPaths,rows,steps], -1 behind the labels. */
  paths: Int32Array;
  /** Filled: [rows,topPaths]. */
  scores: Float32Array;
}

/**
 * A native copy of inputs and targets, taken at construction: what happens to the caller's arrays later changes nothing.
 * Targets are float32 [N,K] or [N,T,K] flattened; sparse targets hold class ids as float32 [N] or [N,T].
 */
export interface NativeDataset {
  readonly rows: number;
  /** Of each input the smallest and largest token id (0 and -1 for values), so that TypeScript can refuse ids. */
  readonly tokenRanges: readonly (readonly [number, number])[];
  readonly memoryBytes: number;
  /**
   * Frees the copy now rather than when it is collected; a run that goes on keeps it. Nothing may be done with it then.
   * Idempotent.
   */
  release(): void;
}

export interface NativeDatasetSpec {
  rows: number;
  /** One for each input of the model; `shape` are the axes after the batch: [T] of tokens, [T,C] or [C] of values. */
  inputs: { shape: number[]; data: Int32Array | Float32Array }[];
  /** One for each output of the model; none for `predict`. */
  targets: NativeTargets[];
}

/** What one output shall be. */
export interface NativeTargets {
  /** null where the output has no loss. */
  data: Float32Array | null;
  /** Elements of one row of `data`. */
  size: number;
  /** Sample weights [N] or, one per timestep of the output, [N,T]; null where all are 1. */
  weights: Float32Array | null;
  /** Elements of one row of `weights`: 1, or the timesteps of the output; 0 where there are none. */
  weightSize: number;
}

export type NativeRunMode = 'train' | 'evaluate' | 'predict';

/** Which jobs go first: those that somebody waits for, before those that take their time. */
export type NativePriority = 'serving' | 'training';

/** A run: batches of `order[begin..end)` (null: rows begin..end in their own order), `batchSize` rows each. */
export interface NativeRun {
  mode: NativeRunMode;
  priority: NativePriority;
  /** At least one. Several, not for `predict`: each is a batch of its own, and begin..end are all rows of all of them. */
  datasets: readonly NativeDataset[];
  order: Int32Array | null;
  begin: number;
  end: number;
  batchSize: number;
  /**
   * `predict`: for each output of the model [dataset rows, output size], or null where it is not wanted; row i of the
   * run's order is written at row begin + i. Otherwise null.
   */
  outputs: (Float32Array | null)[] | null;
  /**
   * `train` and `evaluate`: read when the run starts and written, batch after batch added, when it ends:
   * [loss total, loss weight, where several outputs have one the loss total of each, then state after state the metrics of
   * the first output, of the second...]. The loss total weighs each batch by its rows and includes weights of losses and
   * penalties; those of the outputs are without both. Otherwise null.
   */
  totals: Float64Array | null;
  /** `predict`: whether dropout and the like act as they do in training. */
  training: boolean;
  /**
   * `predict` and `evaluate`: a batch that needs more bytes than this is computed part by part, where its rows do not depend
   * on each other and the loss and the metrics are sums over rows. Not for `train`.
   */
  maxWorkspace: number;
}

/** `code` is null on success. `rowsDone` is less than asked for where `stop()` ended the run early. */
export type NativeDone = (code: string | null, message: string, rowsDone: number, seconds: number) => void;

/** An array of a model. */
export interface NativePlace {
  kind: 'weight' | 'optimizer' | 'states';
  index: number;
}

/** An array of JavaScript and what of a model belongs to it. */
export interface NativeCopy extends NativePlace {
  values: Float32Array;
}

/** `code` is null on success. */
export type NativeCopied = (code: string | null, message: string) => void;

export interface NativeModel {
  /** Number of weights (arrays) of all layers. */
  readonly weightCount: number;
  /** Bytes of weights, gradients, optimizer slots and workspace held at present, those of its layers included. */
  readonly memoryBytes: number;
  /** Of these, what no call needs between two batches; and how often memory was taken since the model was made. */
  readonly workspaceBytes: number;
  readonly allocations: number;
  readonly busy: boolean;
  /**
   * Copies on compute threads, in the order of the calls and of runs: what is copied out is as it is now, whatever comes
   * after. Calls that read or write at once wait for it. The arrays are to be left alone until `done` is called. With a
   * store, its arrays are filled, one for each place. Numbers that stand alone in an optimizer are not copied so. ERR_BUSY as
   * for a run that reads weights.
   */
  copyOut(copies: readonly NativeCopy[], store: null, done: NativeCopied): void;
  copyOut(places: readonly NativePlace[], store: NativeStore, done: NativeCopied): void;
  /**
   * Changes weights and arrays of the optimizer, not states, with the arrays of a store, all at once and without a copy;
   * in the order of the calls, as `copyOut`. ERR_BUSY as for a run that writes weights.
   */
  exchange(places: readonly NativePlace[], store: NativeStore, done: NativeCopied): void;
  /** Has weights drawn, and packed for streams, on compute threads. */
  prepare(done: NativeCopied): void;
  /** Sets optimizer, losses and metrics; optimizer slots begin at zero, iterations at 0. */
  compile(config: NativeCompileConfig): void;
  setLearningRate(learningRate: number): void;
  /**
   * Starts a run on the compute threads; `done` is called later on this thread, exactly once. ERR_BUSY while one runs, while
   * another model trains one of the layers, and in training also while another model computes with one.
   */
  run(run: NativeRun, done: NativeDone): void;
  /** Stateful layers, or that at `layer` of the layers, begin at zero again. ERR_BUSY while a run goes on. */
  resetStates(layer: number | null): void;
  /**
   * Optimizer steps done, as Keras' `optimizer.iterations` counts them, and the learning rate of the next; 0 before
   * `compile`. While a run goes on, as they were before it. What follows throws ERR_BUSY then.
   */
  readonly iterations: number;
  readonly learningRate: number;
  setIterations(iterations: number): void;
  /**
   * The arrays that the optimizer holds, in the order of their index. `name` is Keras', in snake case; `weight` the index
   * of the weight that it belongs to, -1 for a number that stands alone. With `iterations`, the weights and the states of
   * layers they are all that training depends on: written back, it goes on to the same bits.
   */
  optimizerState(): NativeOptimizerArray[];
  readOptimizer(index: number, out: Float32Array): void;
  writeOptimizer(index: number, values: Float32Array): void;
  /** Writes the moving averages over the weights where the optimizer keeps some and has done a step; as `exchange`. */
  applyEma(done: NativeCopied): void;
  /**
   * Elements of the states that each use of a stateful layer carries into the next batch, row after row; 0 where it begins
   * at zero. In the order of the nodes.
   */
  layerStates(): number[];
  readLayerStates(index: number, out: Float32Array): void;
  /** Takes as many rows as there are values, a whole number of them; none makes the layer begin at zero. */
  writeLayerStates(index: number, values: Float32Array): void;
  /**
   * Drops the batch that the present run has in work, and ends the run; nothing happens where none is under way. True where
   * the run moves the weights at this moment: it ends that step, which may take a while, and does not call back. The model is
   * free at once; what is asked of it comes after the step.
   */
  stop(): boolean;
  /**
   * Ends a window of time: gives back every array of the workspace of which less than half was needed in it, down to what
   * was, unless all of them are below 16 MB together. While a run goes on, at its end. False where another window could give
   * back no more.
   */
  sweep(): boolean;
  /** Gives back the workspace, and what is computed from weights alone, now. ERR_BUSY while a run goes on. */
  trim(): void;
  /** Frees all native memory now; the object is unusable afterwards. Idempotent; ERR_BUSY while a run goes on. */
  dispose(): void;
}

/**
 * Arrays of floats outside of JavaScript, zero at first. `read` and `write` copy a part of one, from `begin` on, on compute
 * threads; one call at a time has a store. What V8 lets go of stays with the system until a collection, and goes back in
 * one piece, which holds up every thread of the process that asks for memory; a store goes in small ones when it is released.
 */
export interface NativeStore {
  read(index: number, begin: number, out: Float32Array, done: NativeCopied): void;
  write(index: number, begin: number, values: Float32Array, done: NativeCopied): void;
  /** Idempotent; a call that has the store keeps it to its end. */
  release(): void;
}

/**
 * Streams of one model: each keeps states between its timesteps, at a place (a number from 0) of its own. They step on
 * the JavaScript thread while the model rests: ERR_BUSY while a run goes on, ERR_DISPOSED once it was disposed.
 */
export interface NativeStreams {
  /** Numbers that a stream keeps, for readState and writeState. */
  readonly stateSize: number;
  readonly memoryBytes: number;
  /** Streams that are open. */
  readonly count: number;
  isOpen(place: number): boolean;
  /**
   * Opens the lowest place that is free; a stream begins with a value for each input that is a vector. Here and in reset:
   * ERR_BUSY and ERR_DISPOSED only where there are such inputs, for what follows from them is computed then.
   */
  open(constants: Float32Array[]): number;
  close(place: number): void;
  /** The stream begins anew, with other values or, null, with those that it has. */
  reset(place: number, constants: Float32Array[] | null): void;
  /** Fills `out` (`count` elements) with the places that are open, ascending. */
  places(out: Int32Array): void;
  readState(place: number, out: Float32Array): void;
  writeState(place: number, values: Float32Array): void;
  /**
   * Returns a function that goes one timestep of the stream at place 0 on, from and to these: one row in and one row out, kept
   * until disposed and never detached.
   */
  pin(inputs: (Float32Array | Int32Array)[], outputs: Float32Array[]): () => void;
  /**
   * One timestep of the streams at `which`, or of all in the order of `places`: for each input that is a sequence [rows,C] or
   * tokens [rows], for each output [rows,units]. Returns 0; or what is refused first, and no stream has gone on then:
   * -1 - row where its place is not open or comes twice, 1 + input * rows + row where a token is outside the vocabulary.
   */
  step(inputs: (Float32Array | Int32Array)[], outputs: Float32Array[], which: Int32Array | null): number;
  /** Frees all memory now. Idempotent. */
  dispose(): void;
}

export type NativeInitializer =
  | { kind: 'constant'; value: number }
  | { kind: 'values'; values: Float32Array }
  | { kind: 'identity'; gain: number }
  | { kind: 'random_uniform'; minval: number; maxval: number }
  | { kind: 'random_normal' | 'truncated_normal'; mean: number; stddev: number }
  | {
      kind: 'variance_scaling';
      scale: number;
      mode: 'fan_in' | 'fan_out' | 'fan_avg';
      distribution: 'truncated_normal' | 'untruncated_normal' | 'uniform';
    }
  | { kind: 'orthogonal'; gain: number };

export interface CpuInfo {
  /** The instruction set whose kernels run: `baseline` (SSE2 on x64), `avx2`, `avx512` or `neon`. */
  isa: string;
  /** All that this machine can run, best first. */
  available: string[];
  /** Compute threads in use. */
  threads: number;
  /** Threads where `setThreads` was not called: `OSTINATO_THREADS`, else `cores`. */
  defaultThreads: number;
  /** Cores that this process may use at once, by affinity and the cgroup's quota. */
  cores: number;
}

/** Data [rows,steps,columns] (steps 1 for vectors), and a parameter of it: one for all timesteps and features, or one for each. */
export interface NativeMomentsShape {
  rows: number;
  steps: number;
  columns: number;
  /** `steps` or 1, and `columns` or 1. */
  parameterSteps: number;
  parameterFeatures: number;
}

export interface NativeBinding {
  NativeLayer: new (config: NativeLayerConfig) => NativeLayer;
  NativeModel: new (config: NativeModelConfig) => NativeModel;
  NativeDataset: new (spec: NativeDatasetSpec) => NativeDataset;
  NativeStore: new (sizes: readonly number[]) => NativeStore;
  NativeStreams: new (model: NativeModel) => NativeStreams;
  /** Fills `out` (row-major, of `shape`) from a counter-based stream given by `seed`. */
  initialize(initializer: NativeInitializer, shape: number[], seed: number, out: Float32Array): void;
  /** Fills `out` with a permutation of 0..n-1 given by `seed` (an integer of up to 53 bits) and `stream` (the epoch). */
  permutation(seed: number, stream: number, out: Int32Array): void;
  /** The learning rate of a step, counted from 0. */
  scheduledRate(schedule: NativeSchedule, step: number): number;
  /** The loss of rows; with reduction `none` 0, and one number a row goes to `values`. */
  computeLoss(loss: NativeLoss, rows: NativeRows, values: Float32Array | null): number;
  /** Decodes on the compute threads; `done` is called later on this thread, exactly once. See NativeCtcDecode. */
  ctcDecode(spec: NativeCtcDecode, done: NativeDone): void;
  /** Adds rows to the state of a metric. */
  updateMetric(metric: NativeMetric, rows: NativeRows, state: Float64Array): void;
  /** Adds data to the state of means and variances: [1 + 2 · size of the parameter], zero at first. */
  addMoments(values: Float32Array, shape: NativeMomentsShape, state: Float64Array): void;
  /** Mean and variance of all data so far, of the parameter's size. */
  readMoments(state: Float64Array, mean: Float32Array, variance: Float32Array): void;
  cpuInfo(): CpuInfo;
  /** 1..256; at any time. */
  setThreads(threads: number): void;
  /**
   * For tests. Counts preemption points from here on. At number `point` it cancels the job that passes it (`cancel`), or lets
   * serving jobs begin, which are held back until then (`serve`): points of training count, and that one waits until there are
   * `jobs` of them. With `hold` points count at which a job commits: there it waits until it is told to stop.
   */
  testPreemption(how: 'off' | 'serve' | 'cancel' | 'hold', point: number, jobs: number): void;
  /** Preemption points counted. */
  preemptionPoints(): number;
}
