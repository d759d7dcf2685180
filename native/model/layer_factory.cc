// SPDX-License-Identifier: MIT
#include "model/layer_factory.h"

#include <string>

#include "base/error.h"
#include "layers/activation_layer.h"
#include "layers/bidirectional.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/gru.h"
#include "layers/lstm.h"
#include "layers/masking.h"
#include "layers/simple_rnn.h"

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
  }
  return nullptr;
}

}  // namespace ostinato
