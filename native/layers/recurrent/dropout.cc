// SPDX-License-Identifier: MIT
#include "layers/recurrent/dropout.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "layers/pack.h"

namespace ostinato {
namespace {

// State masks come from another stream than input masks of the same step.
constexpr uint64_t kStateStream = uint64_t{1} << 63;

}  // namespace

CellDropout::CellDropout(CellBatch* use, uint64_t number, Arena* arena)
    : use_(*use),
      number_(number),
      input_masks_(arena),
      ones_(arena),
      masked_inputs_(arena),
      packed_gate_(arena),
      input_gradient_(arena),
      gate_gradient_(arena) {}

// masks[r] of `count` blocks of `columns`, each element 0 or 1 / (1 - rate).
void CellDropout::Draw(float rate, uint64_t stream, size_t count, size_t columns, size_t stride,
                       Buffer<float>* masks, BatchContext& batch) {
  const size_t rows = use_.layout().rows(), width = PaddedColumns(columns);
  const uint64_t seed = SeedOfUse(use_.config.seed, number_);
  masks->Resize(rows * stride);
  ones_.Resize(width);
  std::fill(ones_.data(), ones_.data() + width, 1.0f);
  ForChunks(batch.pool, 0, rows, 32, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t block = 0; block < count; ++block)
        batch.kernels.dropout({ones_.data(), masks->data() + r * stride + block * width, 1, columns, width,
                               rate, seed, stream, (block * rows + r) * columns});
  });
}

void CellDropout::DrawStateMasks(BatchContext& batch) {
  const size_t stride = use_.sizes.masked_stride;
  Draw(use_.config.recurrent_dropout, batch.iteration | kStateStream, use_.cell.gates, use_.config.units,
       stride, &use_.state_masks, batch);
  use_.masked_states.Resize(use_.layout().state_count() * stride);
}

// Keras draws an input mask for each gate where there is recurrent dropout, else one for all
// (keras/src/layers/rnn/lstm.py, implementations 1 and 2).
size_t CellDropout::input_masks() const {
  return use_.config.recurrent_dropout > 0.0f && use_.cell.kind != CellKind::kSimpleRnn ? use_.cell.gates : 1;
}

// Calls body(begin, end) for chunks of all step positions but the unused one: the rows of one step each, in
// order.
template <class Body>
void CellDropout::ForPositions(BatchContext& batch, Body&& body) {
  const BatchLayout& layout = use_.layout();
  batch.pool.For(layout.steps(), [&](size_t t) {
    const size_t begin = layout.base() + static_cast<size_t>(layout.offsets()[t]);
    body(begin, begin + static_cast<size_t>(layout.active()[t]));
  });
}

void CellDropout::Project(BatchContext& batch) {
  const size_t padded = use_.sizes.padded, features = use_.config.features, width = PaddedColumns(features);
  const size_t count = input_masks(), each = use_.cell.gates / count * padded,
               columns = use_.cell.gates * padded;
  const size_t positions = use_.layout().step_count();
  const Tensor& input = use_.input;
  mask_stride_ = PaddedStride(count * width);
  Draw(use_.config.dropout, batch.iteration, count, features, mask_stride_, &input_masks_, batch);
  masked_inputs_.Resize(positions * mask_stride_);
  std::memset(masked_inputs_.data(), 0, mask_stride_ * sizeof(float));
  std::memset(use_.projected(), 0, columns * sizeof(float));
  packed_gate_.Resize(features * columns);
  for (size_t i = 0; i < count; ++i) {
    const PackArgs packs[] = {{use_.weights.kernel() + i * each, columns, features, each, false,
                               packed_gate_.data() + i * features * each, 0}};
    Pack(batch.kernels, &batch.pool, packs);
  }
  ForPositions(batch, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p) {
      const float* x = RowAt(input, p);
      const float* mask = input_masks_.data() + (p - begin) * mask_stride_;
      float* out = masked_inputs_.data() + p * mask_stride_;
      for (size_t i = 0; i < count; ++i)
        for (size_t c = 0; c < features; ++c) out[i * width + c] = x[c] * mask[i * width + c];
    }
    for (size_t i = 0; i < count; ++i)
      batch.kernels.gemm({masked_inputs_.data() + i * width, nullptr, mask_stride_,
                          packed_gate_.data() + i * features * each, features, each,
                          use_.weights.bias() + i * each, false, use_.projected() + i * each,
                          use_.projected_stride(), begin, end});
  });
}

size_t CellDropout::PlanKernel(std::vector<WeightGradient>* gradients) {
  const size_t features = use_.config.features, width = PaddedColumns(features), count = input_masks();
  const size_t each = use_.cell.gates / count * use_.sizes.padded, positions = use_.layout().step_count();
  for (size_t i = 0; i < count; ++i)
    (*gradients)[i].Plan(masked_inputs_.data() + i * width, nullptr, mask_stride_, features,
                         use_.input_deltas() + i * each, use_.sizes.delta_stride, each, 0, positions,
                         use_.config.use_bias);
  return count;
}

Gradient CellDropout::InputGradient(BatchContext& batch) {
  const size_t features = use_.config.features, width = PaddedColumns(features), count = input_masks();
  const size_t each = use_.cell.gates / count * use_.sizes.padded,
               columns = use_.cell.gates * use_.sizes.padded;
  const size_t positions = use_.layout().step_count(), stride = PaddedStride(features);
  packed_gate_.Resize(columns * width);
  for (size_t i = 0; i < count; ++i) {
    const PackArgs packs[] = {{use_.weights.kernel() + i * each, columns, each, features, true,
                               packed_gate_.data() + i * each * width, 0}};
    Pack(batch.kernels, &batch.pool, packs);
  }
  input_gradient_.Resize(positions * stride);
  gate_gradient_.Resize(positions * stride);
  std::memset(input_gradient_.data(), 0, stride * sizeof(float));
  ForPositions(batch, [&](size_t begin, size_t end) {
    std::memset(input_gradient_.data() + begin * stride, 0, (end - begin) * stride * sizeof(float));
    for (size_t i = 0; i < count; ++i) {
      batch.kernels.gemm({use_.input_deltas() + i * each, nullptr, use_.sizes.delta_stride,
                          packed_gate_.data() + i * each * width, each, features, nullptr, false,
                          gate_gradient_.data(), stride, begin, end});
      for (size_t p = begin; p < end; ++p)
        for (size_t c = 0; c < features; ++c)
          input_gradient_[p * stride + c] +=
              gate_gradient_[p * stride + c] * input_masks_[(p - begin) * mask_stride_ + i * width + c];
    }
  });
  return {input_gradient_.data(), stride, false};
}

// Masks stand in the order of the walk, as the deltas do.
void CellDropout::StateGradient(const int32_t* index, size_t rows, float* out, BatchContext& batch) {
  const CellSizes& sizes = use_.sizes;
  const size_t padded = sizes.padded, units = use_.config.units, columns = use_.cell.gates * padded;
  const float* deltas = use_.deltas() + use_.layout().base() * sizes.delta_stride;
  std::memset(out, 0, rows * sizes.stride * sizeof(float));
  packed_gate_.Resize(padded * padded);
  gate_gradient_.Resize(rows * sizes.stride);
  for (size_t g = use_.weights.reset_before() ? 1 : 0; g < use_.cell.gates; ++g) {
    const PackArgs packs[] = {
        {use_.weights.recurrent() + g * padded, columns, padded, units, true, packed_gate_.data(), 0}};
    Pack(batch.kernels, &batch.pool, packs);
    ForChunks(batch.pool, 0, rows, 32, [&](size_t begin, size_t end) {
      batch.kernels.gemm({deltas + g * padded, index, sizes.delta_stride, packed_gate_.data(), padded, units,
                          nullptr, false, gate_gradient_.data(), sizes.stride, begin, end});
      for (size_t r = begin; r < end; ++r)
        for (size_t u = 0; u < units; ++u)
          out[r * sizes.stride + u] += gate_gradient_[r * sizes.stride + u] *
                                       use_.state_masks[r * sizes.masked_stride + g * padded + u];
    });
  }
}

}  // namespace ostinato
