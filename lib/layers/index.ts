// SPDX-License-Identifier: MIT
// All layers, and the table that turns a config into one. A new layer needs a line in each of the two lists below.
import { Activation } from './activation';
import { ActivityRegularization } from './activity_regularization';
import { BatchNormalization } from './batch_normalization';
import { Bidirectional } from './bidirectional';
import { Conv1D } from './conv1d';
import { Dense } from './dense';
import { Dropout } from './dropout';
import { Embedding } from './embedding';
import { Flatten } from './flatten';
import { GaussianNoise } from './gaussian_noise';
import { GlobalAveragePooling1D, GlobalMaxPooling1D } from './global_pooling1d';
import { GRU } from './gru';
import { Input } from './input';
import { LayerNormalization } from './layer_normalization';
import { LSTM } from './lstm';
import { Masking } from './masking';
import { AveragePooling1D, MaxPooling1D } from './pooling1d';
import { registerLayers, type LayerClass } from './registry';
import { RepeatVector } from './repeat_vector';
import { Reshape } from './reshape';
import { RNN } from './rnn';
import { SimpleRNN } from './simple_rnn';
import { SpatialDropout1D } from './spatial_dropout1d';
import { TimeDistributed } from './time_distributed';

export { Layer, type LayerOptions } from './layer';
export { type ApplyOptions } from './apply';
export { type CallOptions } from './call';
export { layerFromConfig, type LayerConfig } from './registry';
export { type WeightSpec } from './weights';
export { Activation, type ActivationOptions } from './activation';
export { ActivityRegularization, type ActivityRegularizationOptions } from './activity_regularization';
export { BatchNormalization, type BatchNormalizationOptions } from './batch_normalization';
export { Bidirectional, type BidirectionalOptions, type MergeMode } from './bidirectional';
export {
  GRUCell,
  LSTMCell,
  SimpleRNNCell,
  StackedRNNCells,
  type GRUCellOptions,
  type LSTMCellOptions,
  type RecurrentCell,
  type SimpleRNNCellOptions,
} from './cells';
export { Conv1D, type Conv1DOptions } from './conv1d';
export { Dense, type DenseOptions } from './dense';
export { Dropout, type DropoutOptions } from './dropout';
export { Embedding, type EmbeddingOptions } from './embedding';
export { Flatten, type FlattenOptions } from './flatten';
export { GaussianNoise, type GaussianNoiseOptions } from './gaussian_noise';
export { GlobalAveragePooling1D, GlobalMaxPooling1D, type GlobalPooling1DOptions } from './global_pooling1d';
export { GRU, type GRUOptions } from './gru';
export { Input, type InputOptions } from './input';
export { LayerNormalization, type LayerNormalizationOptions } from './layer_normalization';
export { LSTM, type LSTMOptions } from './lstm';
export { Masking, type MaskingOptions } from './masking';
export { AveragePooling1D, MaxPooling1D, type Pooling1DOptions } from './pooling1d';
export { type Recurrent } from './recurrent';
export { RepeatVector, type RepeatVectorOptions } from './repeat_vector';
export { Reshape, type ReshapeOptions } from './reshape';
export { RNN, type RNNOptions } from './rnn';
export { SimpleRNN, type SimpleRNNOptions } from './simple_rnn';
export { SpatialDropout1D, type SpatialDropout1DOptions } from './spatial_dropout1d';
export { TimeDistributed, type TimeDistributedOptions } from './time_distributed';

const CLASSES: readonly LayerClass[] = [
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
  LayerNormalization,
  LSTM,
  Masking,
  MaxPooling1D,
  RepeatVector,
  Reshape,
  RNN,
  SimpleRNN,
  SpatialDropout1D,
  TimeDistributed,
];
registerLayers(CLASSES);
