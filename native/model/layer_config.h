// SPDX-License-Identifier: MIT
// Layers and models as plain data, every field resolved: what crosses the seam.
#ifndef OSTINATO_MODEL_LAYER_CONFIG_H_
#define OSTINATO_MODEL_LAYER_CONFIG_H_

#include <cstdint>
#include <vector>

#include "kernels/kernel_list.h"
#include "layers/bidirectional.h"
#include "layers/layer.h"
#include "layers/pool1d.h"

namespace ostinato {

struct LayerConfig {
  enum class Kind {
    kEmbedding,
    kSimpleRnn,
    kLstm,
    kGru,
    kBidirectional,
    kMasking,
    kRepeatVector,
    kReshape,
    kDense,
    kConv1d,
    kPool1d,
    kGlobalPool1d,
    kLayerNormalization,
    kBatchNormalization,
    kActivation,
    kFlatten,
    kDropout,
    kSpatialDropout1d,
    kGaussianNoise,
    kActivityRegularization
  } kind;
  size_t input_dim = 0;  // embedding
  size_t units = 0;      // embedding: output_dim; conv1d: filters; repeat_vector: n; reshape: columns
  size_t steps = 0;      // reshape: 0 for a vector
  size_t groups = 1;     // conv1d
  Windows windows = {1, 1, 1, WindowPadding::kValid};
  PoolKind pool = PoolKind::kMax;
  Activation activation = Activation::kLinear, recurrent_activation = Activation::kLinear;
  bool use_bias = false, return_sequences = false, trainable = true;
  bool mask_zero = false, reset_after = false, go_backwards = false, stateful = false, zero_output = false;
  double rate = 0, recurrent_rate = 0;
  bool center = true, scale = true, keep_steps = false;
  double momentum = 0, epsilon = 0;
  double mask_value = 0, stddev = 0, l1 = 0, l2 = 0;
  uint64_t seed = 0;
  MergeMode merge = MergeMode::kConcat;
  std::vector<LayerConfig> children;  // bidirectional: forward, backward
  std::vector<WeightConfig> weights;
};

struct ModelConfig {
  bool is_tokens = false;
  std::vector<int64_t> input_shape;  // of one row, -1 where only a batch tells
  std::vector<LayerConfig> layers;
  Shortcuts shortcuts;
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_LAYER_CONFIG_H_
