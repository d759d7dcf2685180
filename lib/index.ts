// SPDX-License-Identifier: MIT
// Everything that is public, by name. What is not here is free to change.
import './door';
import * as imdb from './datasets/imdb';
import * as reuters from './datasets/reuters';
import { syntheticReviews } from './datasets/synthetic_reviews';
import * as sequence from './preprocessing/sequence';
import { textDatasetFromDirectory } from './preprocessing/text_dataset';
import { timeseriesDatasetFromArray } from './preprocessing/timeseries';
import { toCategorical } from './preprocessing/to_categorical';
import * as text from './text';

export * as callbacks from './callbacks';
export * as constraints from './constraints';
export * as initializers from './initializers';
export * as layers from './layers';
export * as losses from './losses';
export * as metrics from './metrics';
export * as models from './models';
export * as optimizers from './optimizers';
export * as regularizers from './regularizers';
export * as schedules from './schedules';
export { sequence };

/** Data sets: `datasets.imdb.loadData({ numWords: 10000 })`. */
export const datasets = Object.freeze({ imdb, reuters, syntheticReviews });

/** Preparation of data: `preprocessing.sequence.padSequences(rows, { maxlen: 500 })`, `new preprocessing.text.Tokenizer()`. */
export const preprocessing = Object.freeze({
  sequence,
  text,
  timeseriesDatasetFromArray,
  textDatasetFromDirectory,
  toCategorical,
});

export {
  loadAssets,
  loadModel,
  modelFromJson,
  Sequential,
  type LoadModelOptions,
  type LoadWeightsOptions,
  type ModelWeight,
  type SaveOptions,
  type SaveWeightsOptions,
  type SequentialConfig,
  type SequentialOptions,
  type SummaryOptions,
} from './models';
export {
  Activation,
  ActivityRegularization,
  AveragePooling1D,
  BatchNormalization,
  Bidirectional,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
  Input,
  Layer,
  LayerNormalization,
  LSTM,
  Masking,
  MaxPooling1D,
  RepeatVector,
  Reshape,
  SimpleRNN,
  SpatialDropout1D,
  TimeDistributed,
  type ActivationOptions,
  type ActivityRegularizationOptions,
  type BatchNormalizationOptions,
  type BidirectionalOptions,
  type CallOptions,
  type Conv1DOptions,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type FlattenOptions,
  type GaussianNoiseOptions,
  type GlobalPooling1DOptions,
  type GRUOptions,
  type InputOptions,
  type LayerConfig,
  type LayerNormalizationOptions,
  type LayerOptions,
  type LSTMOptions,
  type MaskingOptions,
  type MergeMode,
  type Pooling1DOptions,
  type Recurrent,
  type RepeatVectorOptions,
  type ReshapeOptions,
  type SimpleRNNOptions,
  type SpatialDropout1DOptions,
  type TimeDistributedOptions,
  type WeightSpec,
} from './layers';
export {
  gru,
  lstm,
  simpleRnn,
  type GruParameters,
  type LstmParameters,
  type RecurrentParameters,
  type SimpleRnnParameters,
} from './functional';

export { activationNames, type ActivationLike, type ActivationName } from './activations';
export {
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  Identity,
  Initializer,
  LecunNormal,
  LecunUniform,
  Ones,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
  type InitializerConfig,
  type InitializerLike,
  type InitializerName,
} from './initializers';
export {
  L1,
  L1L2,
  L2,
  OrthogonalRegularizer,
  Regularizer,
  l1,
  l1l2,
  l2,
  type L1L2Options,
  type OrthogonalRegularizerOptions,
  type RegularizerConfig,
  type RegularizerLike,
  type RegularizerName,
} from './regularizers';
export {
  Constraint,
  MaxNorm,
  MinMaxNorm,
  NonNeg,
  UnitNorm,
  type ConstraintConfig,
  type ConstraintLike,
  type ConstraintName,
  type MaxNormOptions,
  type MinMaxNormOptions,
} from './constraints';

export {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CategoricalCrossentropy,
  CategoricalFocalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  CTC,
  ctcDecode,
  Dice,
  Hinge,
  Huber,
  KLDivergence,
  LogCosh,
  Loss,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
  Tversky,
  type BinaryFocalCrossentropyOptions,
  type CategoricalFocalCrossentropyOptions,
  type CosineSimilarityOptions,
  type CrossentropyOptions,
  type CtcDecodeOptions,
  type HuberOptions,
  type LossCallOptions,
  type LossIdentifier,
  type LossOptions,
  type OverlapOptions,
  type Reduction,
  type SparseCategoricalCrossentropyOptions,
  type TverskyOptions,
} from './losses';
export {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  Lion,
  Nadam,
  Optimizer,
  RMSprop,
  SGD,
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
  type AdamWOptions,
  type AdamaxOptions,
  type LionOptions,
  type NadamOptions,
  type OptimizerConfig,
  type OptimizerIdentifier,
  type OptimizerOptions,
  type RMSpropOptions,
  type SGDOptions,
} from './optimizers';
export {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  type ExponentialDecayOptions,
  type InverseTimeDecayOptions,
  type PiecewiseConstantDecayOptions,
  type PolynomialDecayOptions,
  type ScheduleConfig,
} from './schedules';
export {
  Accuracy,
  AUC,
  BinaryAccuracy,
  BinaryIoU,
  CategoricalAccuracy,
  ConcordanceCorrelation,
  F1Score,
  FalseNegatives,
  FalsePositives,
  FBetaScore,
  IoU,
  LogCoshError,
  LossMetric,
  Mean,
  MeanIoU,
  Metric,
  PearsonCorrelation,
  Precision,
  PrecisionAtRecall,
  R2Score,
  Recall,
  RecallAtPrecision,
  RootMeanSquaredError,
  SensitivityAtSpecificity,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  SpecificityAtSensitivity,
  Sum,
  TopKCategoricalAccuracy,
  TrueNegatives,
  TruePositives,
  type AUCOptions,
  type BinaryAccuracyOptions,
  type BinaryIoUOptions,
  type F1ScoreOptions,
  type FBetaScoreOptions,
  type MeanIoUOptions,
  type MetricIdentifier,
  type PrecisionOptions,
  type R2ScoreOptions,
  type RateAtRateOptions,
  type SimilarityOptions,
  type SparseTopKOptions,
  type ThresholdOptions,
  type TopKOptions,
} from './metrics';
export {
  BackupAndRestore,
  Callback,
  CSVLogger,
  EarlyStopping,
  History,
  LambdaCallback,
  LearningRateScheduler,
  ModelCheckpoint,
  ProgbarLogger,
  ReduceLROnPlateau,
  SwapEMAWeights,
  TensorBoard,
  TerminateOnNaN,
  type BackupAndRestoreOptions,
  type CallbackModel,
  type CallbackParams,
  type CallbackPassOptions,
  type FitProgress,
  type CSVLoggerOptions,
  type EarlyStoppingOptions,
  type LambdaCallbackOptions,
  type LearningRateSchedulerOptions,
  type Logs,
  type ModelCheckpointOptions,
  type ProgbarLoggerOptions,
  type ReduceLROnPlateauOptions,
  type SwapEMAWeightsOptions,
  type TensorBoardOptions,
  type TerminateOnNaNOptions,
} from './callbacks';
export type {
  BatchOptions,
  CompileOptions,
  EvaluateOptions,
  Batch,
  ClassWeight,
  FitOptions,
  TrainBatchOptions,
  PredictOptions,
  Verbosity,
} from './training/options';
export type { BatchSource } from './training/source_feed';

export { Stream, StreamGroup, type Timestep } from './streams';
export type { GatherOptions } from './training/gather';
export { decodeReview, wordDecoder, type DecodeOptions } from './datasets/word_index';
export { padSequences } from './preprocessing/sequence';
export { toCategorical } from './preprocessing/to_categorical';
export {
  textDatasetFromDirectory,
  type BatchSequence,
  type LabelMode,
  type TextBatch,
  type TextDataset,
  type TextDatasetOptions,
} from './preprocessing/text_dataset';
export {
  timeseriesDatasetFromArray,
  type SeriesArray,
  type TimeseriesDataset,
  type TimeseriesOptions,
} from './preprocessing/timeseries';
export {
  hashingTrick,
  IntegerLookup,
  oneHot,
  StringLookup,
  textToWordSequence,
  TextVectorization,
  Tokenizer,
  tokenizerFromJson,
  type HashingOptions,
  type IntegerLookupConfig,
  type IntegerLookupOptions,
  type LookupInput,
  type LookupOptions,
  type LookupOutputMode,
  type LookupSource,
  type MatrixMode,
  type NestedStrings,
  type StringLookupConfig,
  type StringLookupOptions,
  type TextInput,
  type TextSource,
  type TextVectorizationConfig,
  type TextVectorizationOptions,
  type TokenizerOptions,
  type WordOptions,
} from './text';
export { NdArray, type SumArray } from './ndarray';
export type { AbortSignalLike, ArrayInput, NestedArray, NestedInput, NumericTypedArray, Shape } from './types';
export { clearSession } from './util/session';
export { setRandomSeed } from './util/seeds';
export { cpuInfo, setThreads } from './native/machine';
export type { CpuInfo } from './native/binding';
export {
  ConfigError,
  DataError,
  InternalError,
  NativeLoadError,
  OstinatoError,
  ShapeError,
  StateError,
  type ErrorCode,
} from './errors';
