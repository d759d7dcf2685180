// SPDX-License-Identifier: MIT
#include "model/layer_factory.h"

#include <string>

#include "base/error.h"
#include "layers/activation_layer.h"
#include "layers/activity_regularization.h"
#include "layers/batch_normalization.h"
#include "layers/bidirectional.h"
#include "layers/conv1d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/gaussian_noise.h"
#include "layers/global_pool1d.h"
#include "layers/gru.h"
#include "layers/layer_normalization.h"
#include "layers/lstm.h"
#include "layers/masking.h"
#include "layers/pool1d.h"
#include "layers/repeat_vector.h"
#include "layers/reshape.h"
#include "layers/simple_rnn.h"
#include "layers/spatial_dropout1d.h"

namespace ostinato {
namespace {

void Expect(bool holds, const char* what) {
  if (!holds) throw Error(ErrorCode::kInternal, std::string("native model: ") + what);
}

RecurrentConfig ToRecurrentConfig(const LayerConfig& layer, size_t features) {
  RecurrentConfig config = {};
  config.features = features;
  config.units = layer.units;
  config.activation = layer.activation;
  config.recurrent_activation = layer.recurrent_activation;
  config.use_bias = layer.use_bias;
  config.reset_after = layer.reset_after;
  config.return_sequences = layer.return_sequences;
  config.go_backwards = layer.go_backwards;
  config.stateful = layer.stateful;
  config.zero_output = layer.zero_output;
  config.trainable = layer.trainable;
  config.dropout = static_cast<float>(layer.rate);
  config.recurrent_dropout = static_cast<float>(layer.recurrent_rate);
  config.seed = layer.seed;
  Expect(layer.weights.size() == (layer.use_bias ? 3u : 2u), "a recurrent layer has its weights");
  config.weights = layer.weights;
  return config;
}

std::unique_ptr<Recurrent> MakeRecurrent(const LayerConfig& layer, size_t features, Arena* arena) {
  const RecurrentConfig config = ToRecurrentConfig(layer, features);
  if (layer.kind == LayerConfig::Kind::kLstm) return std::make_unique<Lstm>(config, arena);
  if (layer.kind == LayerConfig::Kind::kGru) return std::make_unique<Gru>(config, arena);
  Expect(layer.kind == LayerConfig::Kind::kSimpleRnn, "a direction must be a recurrent layer");
  return std::make_unique<SimpleRnn>(config, arena);
}

size_t NormalizationWeights(const LayerConfig& layer) {
  return (layer.scale ? 1 : 0) + (layer.center ? 1 : 0);
}

// The layer, whose number of steps then runs on; -1 stays unknown.
std::unique_ptr<Layer> WithSteps(std::unique_ptr<Layer> made, FlowShape* shape) {
  if (shape->steps > 0) shape->steps = made->OutputSteps(shape->steps);
  return made;
}

}  // namespace

std::unique_ptr<Layer> MakeLayer(const LayerConfig& layer, FlowShape* shape, Arena* arena) {
  const size_t columns = shape->columns;
  switch (layer.kind) {
    case LayerConfig::Kind::kEmbedding:
      Expect(shape->sequence, "an embedding needs sequences of tokens");
      shape->columns = layer.units;
      Expect(layer.weights.size() == 1, "an embedding has one weight");
      return std::make_unique<Embedding>(
          EmbeddingConfig{layer.input_dim, layer.units, layer.trainable, layer.weights[0]}, arena);
    case LayerConfig::Kind::kSimpleRnn:
    case LayerConfig::Kind::kLstm:
    case LayerConfig::Kind::kGru:
      Expect(shape->sequence, "a recurrent layer needs a sequence");
      shape->sequence = layer.return_sequences;
      shape->columns = layer.units;
      return MakeRecurrent(layer, columns, arena);
    case LayerConfig::Kind::kBidirectional: {
      Expect(shape->sequence && layer.children.size() == 2, "a bidirectional layer needs a sequence");
      const LayerConfig &forward = layer.children[0], &backward = layer.children[1];
      shape->sequence = forward.return_sequences;
      shape->columns = layer.merge == MergeMode::kConcat ? forward.units + backward.units : forward.units;
      return std::make_unique<Bidirectional>(MakeRecurrent(forward, columns, arena),
                                             MakeRecurrent(backward, columns, arena), layer.merge, arena);
    }
    case LayerConfig::Kind::kMasking:
      Expect(shape->sequence, "masking needs a sequence");
      return std::make_unique<Masking>(static_cast<float>(layer.mask_value), arena);
    case LayerConfig::Kind::kRepeatVector:
      Expect(!shape->sequence, "repeat_vector needs vectors");
      shape->sequence = true;
      shape->steps = static_cast<int64_t>(layer.units);
      return std::make_unique<RepeatVector>(layer.units, arena);
    case LayerConfig::Kind::kReshape:
      Expect((shape->sequence ? static_cast<size_t>(shape->steps) : 1) * columns ==
                 (layer.steps > 0 ? layer.steps : 1) * layer.units,
             "reshape keeps the number of elements");
      shape->sequence = layer.steps > 0;
      if (shape->sequence) shape->steps = static_cast<int64_t>(layer.steps);
      shape->columns = layer.units;
      return std::make_unique<Reshape>(layer.steps, layer.units, arena);
    case LayerConfig::Kind::kConv1d:
      Expect(shape->sequence, "conv1d needs a sequence");
      Expect(columns % layer.groups == 0 && layer.units % layer.groups == 0, "conv1d needs whole groups");
      Expect(layer.weights.size() == (layer.use_bias ? 2u : 1u), "a convolution has its weights");
      shape->columns = layer.units;
      return WithSteps(std::make_unique<Conv1d>(
                           Conv1dConfig{columns, layer.units, layer.groups, layer.windows, layer.activation,
                                        layer.use_bias, layer.trainable, layer.weights},
                           arena),
                       shape);
    case LayerConfig::Kind::kPool1d:
      Expect(shape->sequence, "pooling needs a sequence");
      return WithSteps(std::make_unique<Pool1d>(layer.pool, layer.windows, arena), shape);
    case LayerConfig::Kind::kGlobalPool1d:
      Expect(shape->sequence, "pooling needs a sequence");
      shape->sequence = layer.keep_steps;
      shape->steps = 1;
      return std::make_unique<GlobalPool1d>(layer.pool, layer.keep_steps, arena);
    case LayerConfig::Kind::kLayerNormalization:
      Expect(layer.weights.size() == NormalizationWeights(layer), "a normalization has its weights");
      return std::make_unique<LayerNormalization>(
          LayerNormalizationConfig{columns, layer.epsilon, layer.center, layer.scale, layer.trainable,
                                   layer.weights},
          arena);
    case LayerConfig::Kind::kBatchNormalization:
      Expect(layer.weights.size() == NormalizationWeights(layer) + 2, "a normalization has its weights");
      return std::make_unique<BatchNormalization>(
          BatchNormalizationConfig{columns, layer.momentum, layer.epsilon, layer.center, layer.scale,
                                   layer.trainable, layer.weights},
          arena);
    case LayerConfig::Kind::kDense:
      shape->columns = layer.units;
      Expect(layer.weights.size() == (layer.use_bias ? 2u : 1u), "a dense layer has its weights");
      return std::make_unique<Dense>(
          DenseConfig{columns, layer.units, layer.activation, layer.use_bias, layer.trainable, layer.weights},
          arena);
    case LayerConfig::Kind::kActivation:
      return std::make_unique<ActivationLayer>(layer.activation, arena);
    case LayerConfig::Kind::kFlatten:
      if (shape->sequence) {
        Expect(shape->steps > 0, "flatten needs the number of timesteps");
        shape->columns *= static_cast<size_t>(shape->steps);
      }
      shape->sequence = false;
      return std::make_unique<Flatten>(arena);
    case LayerConfig::Kind::kDropout:
      return std::make_unique<Dropout>(static_cast<float>(layer.rate), layer.seed, arena);
    case LayerConfig::Kind::kSpatialDropout1d:
      Expect(shape->sequence, "spatial dropout needs a sequence");
      return std::make_unique<SpatialDropout1d>(static_cast<float>(layer.rate), layer.seed, arena);
    case LayerConfig::Kind::kGaussianNoise:
      return std::make_unique<GaussianNoise>(layer.stddev, layer.seed, arena);
    case LayerConfig::Kind::kActivityRegularization:
      return std::make_unique<ActivityRegularization>(static_cast<float>(layer.l1),
                                                      static_cast<float>(layer.l2), arena);
  }
  return nullptr;
}

}  // namespace ostinato
