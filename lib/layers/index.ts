// SPDX-License-Identifier: MIT
// All layers, and the table that turns a config into one. A new layer needs a line in each of the two lists below.
import { Activation } from './activation';
import { ActivityRegularization } from './activity_regularization';
import { PReLU } from './activations/prelu';
import { ELU, LeakyReLU, ReLU } from './activations/rectifiers';
import { Softmax } from './activations/softmax';
import { AdditiveAttention } from './attention/additive_attention';
import { Attention } from './attention/attention';
import { MultiHeadAttention } from './attention/multi_head_attention';
import { BatchNormalization } from './batch_normalization';
import { Bidirectional } from './bidirectional';
import { Conv1D } from './conv1d';
import { Dense } from './dense';
import { Dropout } from './dropout';
import { Embedding } from './embedding';
import { Flatten } from './flatten';
import { GaussianDropout } from './gaussian_dropout';
import { GaussianNoise } from './gaussian_noise';
import { GlobalAveragePooling1D, GlobalMaxPooling1D } from './global_pooling1d';
import { GRU } from './gru';
import { Input } from './input';
import { LayerNormalization } from './layer_normalization';
import { LSTM } from './lstm';
import { Masking } from './masking';
import { Concatenate } from './merging/concatenate';
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merging/merge';
import { Normalization } from './normalization/normalization';
import { Rescaling } from './normalization/rescaling';
import { UnitNormalization } from './normalization/unit_normalization';
import { Dot } from './merging/dot';
import { AveragePooling1D, MaxPooling1D } from './pooling1d';
import { registerLayers, type LayerClass } from './registry';
import { RepeatVector } from './repeat_vector';
import { Reshape } from './reshape';
import { RNN } from './rnn';
import { Cropping1D, ZeroPadding1D } from './reshaping/cropping_padding1d';
import { Permute } from './reshaping/permute';
import { Slice } from './reshaping/slice';
import { UpSampling1D } from './reshaping/up_sampling1d';
import { SimpleRNN } from './simple_rnn';
import { SpatialDropout1D } from './spatial_dropout1d';
import { TimeDistributed } from './time_distributed';

export { Layer, type LayerOptions } from './layer';
export { type ApplyOptions } from './apply';
export { type CallOptions } from './call';
export { layerFromConfig, type LayerConfig } from './registry';
export { type WeightSpec } from './weights';
export { Activation, type ActivationOptions } from './activation';
export { PReLU, type PReLUOptions } from './activations/prelu';
export {
  ELU,
  LeakyReLU,
  ReLU,
  type ELUOptions,
  type LeakyReLUOptions,
  type ReLUOptions,
} from './activations/rectifiers';
export { Softmax, type SoftmaxOptions } from './activations/softmax';
export { ActivityRegularization, type ActivityRegularizationOptions } from './activity_regularization';
export { AdditiveAttention, type AdditiveAttentionOptions } from './attention/additive_attention';
export { Attention, type AttentionOptions, type ScoreMode } from './attention/attention';
export { MultiHeadAttention, type MultiHeadAttentionOptions } from './attention/multi_head_attention';
export { type ProjectionOptions } from './attention/projection';
export { BatchNormalization, type BatchNormalizationOptions } from './batch_normalization';
export { Bidirectional, type BidirectionalOptions, type MergeMode } from './bidirectional';
export {
  GRUCell,
  LSTMCell,
  RecurrentCell,
  SimpleRNNCell,
  StackedRNNCells,
  type GRUCellOptions,
  type LSTMCellOptions,
  type SimpleRNNCellOptions,
} from './cells';
export { Conv1D, type Conv1DOptions } from './conv1d';
export { Dense, type DenseOptions } from './dense';
export { Dropout, type DropoutOptions } from './dropout';
export { Embedding, type EmbeddingOptions } from './embedding';
export { Flatten, type FlattenOptions } from './flatten';
export { GaussianDropout, type GaussianDropoutOptions } from './gaussian_dropout';
export { GaussianNoise, type GaussianNoiseOptions } from './gaussian_noise';
export { GlobalAveragePooling1D, GlobalMaxPooling1D, type GlobalPooling1DOptions } from './global_pooling1d';
export { GRU, type GRUOptions } from './gru';
export { Input, type InputOptions } from './input';
export { LayerNormalization, type LayerNormalizationOptions } from './layer_normalization';
export { LSTM, type LSTMOptions } from './lstm';
export { Masking, type MaskingOptions } from './masking';
export { concatenate, Concatenate, type ConcatenateOptions } from './merging/concatenate';
export {
  add,
  Add,
  average,
  Average,
  maximum,
  Maximum,
  minimum,
  Minimum,
  multiply,
  Multiply,
  subtract,
  Subtract,
  type MergeOptions,
} from './merging/merge';
export {
  Normalization,
  type AdaptBatch,
  type AdaptSource,
  type Moments,
  type NormalizationOptions,
} from './normalization/normalization';
export { Rescaling, type PerFeature, type RescalingOptions } from './normalization/rescaling';
export { UnitNormalization, type UnitNormalizationOptions } from './normalization/unit_normalization';
export { Dot, dot, type DotAxes, type DotOptions } from './merging/dot';
export { AveragePooling1D, MaxPooling1D, type Pooling1DOptions } from './pooling1d';
export { type Recurrent } from './recurrent';
export { RepeatVector, type RepeatVectorOptions } from './repeat_vector';
export { Reshape, type ReshapeOptions } from './reshape';
export { RNN, type RNNOptions } from './rnn';
export {
  Cropping1D,
  ZeroPadding1D,
  type BothEnds,
  type Cropping1DOptions,
  type ZeroPadding1DOptions,
} from './reshaping/cropping_padding1d';
export { Permute, type PermuteOptions } from './reshaping/permute';
export { type SliceRange } from './reshaping/ranges';
export { slice, Slice, type SliceOptions } from './reshaping/slice';
export { UpSampling1D, type UpSampling1DOptions } from './reshaping/up_sampling1d';
export { SimpleRNN, type SimpleRNNOptions } from './simple_rnn';
export { SpatialDropout1D, type SpatialDropout1DOptions } from './spatial_dropout1d';
export { TimeDistributed, type TimeDistributedOptions } from './time_distributed';

const CLASSES: readonly LayerClass[] = [
  Activation,
  ActivityRegularization,
  Add,
  Average,
  AdditiveAttention,
  Attention,
  AveragePooling1D,
  BatchNormalization,
  Bidirectional,
  Concatenate,
  Conv1D,
  Cropping1D,
  Dense,
  Dot,
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GaussianDropout,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
  Input,
  LayerNormalization,
  LeakyReLU,
  LSTM,
  Masking,
  Maximum,
  MaxPooling1D,
  Minimum,
  Multiply,
  Normalization,
  Permute,
  PReLU,
  ReLU,
  MultiHeadAttention,
  RepeatVector,
  Rescaling,
  Reshape,
  RNN,
  SimpleRNN,
  Slice,
  Softmax,
  SpatialDropout1D,
  Subtract,
  TimeDistributed,
  UnitNormalization,
  UpSampling1D,
  ZeroPadding1D,
];
registerLayers(CLASSES);
