// SPDX-License-Identifier: MIT
#include "layers/gaussian_noise.h"

#include "base/normal_quantile.h"
#include "base/random.h"

namespace ostinato {
namespace {

// The word in the middle of its interval, as a share of all words. 32 bits reach 6 deviations far.
double Share(uint32_t word) { return (static_cast<double>(word) + 0.5) / 4294967296.0; }

}  // namespace

GaussianNoiseNode::GaussianNoiseNode(const GaussianNoiseConfig& config, const NodeConfig& node)
    : config_(config), use_(node.use), output_(node.arena), factors_(node.arena) {}

Tensor GaussianNoiseNode::Forward(const Tensor& input, BatchContext& batch) {
  acts_ = batch.training && config_.stddev != 0.0;
  if (!acts_) return input;
  rows_ = RowCount(input);
  columns_ = input.columns;
  const size_t columns = columns_, stride = PaddedStride(columns);
  const CounterRng rng(SeedOfUse(config_.seed, use_), batch.iteration);
  output_.Resize(rows_ * stride);
  if (config_.multiplies) factors_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* x = RowAt(input, i);
      float* out = output_.data() + i * stride;
      uint64_t element = static_cast<uint64_t>(i) * columns;
      uint32_t words[4];
      rng.Block(element / 4, words);
      for (size_t c = 0; c < columns; ++c, ++element) {
        if (element % 4 == 0) rng.Block(element / 4, words);
        const double noise = config_.stddev * NormalQuantile(Share(words[element % 4]));
        if (config_.multiplies) {
          factors_[i * stride + c] = static_cast<float>(1.0 + noise);
          out[c] = x[c] * factors_[i * stride + c];
        } else {
          out[c] = static_cast<float>(x[c] + noise);
        }
      }
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  return RowsLike(input, output_.data(), stride, columns);
}

Gradient GaussianNoiseNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!acts_ || !config_.multiplies || !needs_input) return output;
  const size_t stride = PaddedStride(columns_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      for (size_t c = 0; c < columns_; ++c) output.data[i * output.stride + c] *= factors_[i * stride + c];
  });
  return output;
}

}  // namespace ostinato
