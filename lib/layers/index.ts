// SPDX-License-Identifier: MIT
// All layers, and the table that turns a config into one. A new layer needs a line in each of the two lists below.
import { Activation } from './activation';
import { Bidirectional } from './bidirectional';
import { Dense } from './dense';
import { Dropout } from './dropout';
import { Embedding } from './embedding';
import { Flatten } from './flatten';
import { GRU } from './gru';
import { Input } from './input';
import { LSTM } from './lstm';
import { Masking } from './masking';
import { registerLayers, type LayerClass } from './registry';
import { RepeatVector } from './repeat_vector';
import { SimpleRNN } from './simple_rnn';
import { TimeDistributed } from './time_distributed';

export { Layer, type LayerOptions } from './layer';
export { type CallOptions } from './call';
export { layerFromConfig, type LayerConfig } from './registry';
export { type WeightSpec } from './weights';
export { Activation, type ActivationOptions } from './activation';
export { Bidirectional, type BidirectionalOptions, type MergeMode } from './bidirectional';
export { Dense, type DenseOptions } from './dense';
export { Dropout, type DropoutOptions } from './dropout';
export { Embedding, type EmbeddingOptions } from './embedding';
export { Flatten, type FlattenOptions } from './flatten';
export { GRU, type GRUOptions } from './gru';
export { Input, type InputOptions } from './input';
export { LSTM, type LSTMOptions } from './lstm';
export { Masking, type MaskingOptions } from './masking';
export { type Recurrent } from './recurrent';
export { RepeatVector, type RepeatVectorOptions } from './repeat_vector';
export { SimpleRNN, type SimpleRNNOptions } from './simple_rnn';
export { TimeDistributed, type TimeDistributedOptions } from './time_distributed';

const CLASSES: readonly LayerClass[] = [
  Activation,
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  Input,
  LSTM,
  Masking,
  RepeatVector,
  SimpleRNN,
  TimeDistributed,
];
registerLayers(CLASSES);
