// SPDX-License-Identifier: MIT
#include "layers/weight_gradient.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

constexpr size_t kChunkRows = 1024;
constexpr size_t kMaxChunks = 64;
// A gradient of this many rows and more than this many sums (512 KB) is cut along itself, in groups of A's
// columns: partial sums would not stay in L2. Every group reads all of B, which for a wide B comes from L3
// each time: there the groups are wider. What is smaller reads B once (LSTM(128): 0.91 of a step, GRU(128):
// 0.92, SimpleRNN(128): 0.86, against groups of 32), unless there are too few rows for several chunks.
constexpr size_t kLargeRows = 96, kLargeSums = size_t{1} << 17, kFewRows = 4 * kChunkRows;
size_t GroupColumns(size_t k) { return k >= 256 ? 64 : 32; }

}  // namespace

void WeightGradient::Plan(const float* a, const int32_t* index, size_t lda, size_t k, const float* b,
                          size_t ldb, size_t n, size_t begin, size_t end, bool bias) {
  outer_ = {a, index, lda, k, b, ldb, n, begin, end, false, nullptr, 0};
  bias_ = bias;
  stride_ = PaddedStride(n);
  const size_t rows = end - begin;
  if (k >= kLargeRows && (k * stride_ > kLargeSums || rows < kFewRows)) {
    group_columns_ = GroupColumns(k);
    groups_ = (k + group_columns_ - 1) / group_columns_;
    chunks_ = 1;
    chunk_rows_ = rows;
  } else {
    group_columns_ = k;
    groups_ = 1;
    chunk_rows_ = std::max(kChunkRows, (rows + kMaxChunks - 1) / kMaxChunks);
    chunks_ = std::max<size_t>(1, (rows + chunk_rows_ - 1) / chunk_rows_);
  }
  sum_.Resize(k * stride_);
  bias_sum_.Resize(stride_);
  if (chunks_ > 1) {
    partial_.Resize(chunks_ * k * stride_);
    bias_partial_.Resize(chunks_ * stride_);
  }
}

void WeightGradient::Run(const KernelTable& kernels, size_t task) {
  const size_t group = task % groups_, chunk = task / groups_;
  OuterArgs args = outer_;
  args.begin = outer_.begin + chunk * chunk_rows_;
  args.end = std::min(outer_.end, args.begin + chunk_rows_);
  args.a += group * group_columns_;
  args.k = std::min(group_columns_, outer_.k - group * group_columns_);
  args.c = (chunks_ > 1 ? partial_.data() + chunk * outer_.k * stride_ : sum_.data()) +
           group * group_columns_ * stride_;
  args.ldc = stride_;
  kernels.outer(args);
  if (bias_ && group == 0) {
    float* out = chunks_ > 1 ? bias_partial_.data() + chunk * stride_ : bias_sum_.data();
    kernels.column_sum({outer_.b, outer_.ldb, outer_.n, args.begin, args.end, false, out});
  }
}

void WeightGradient::Reduce(const KernelTable& kernels) {
  if (chunks_ == 1) return;
  const size_t size = outer_.k * stride_;
  std::memcpy(sum_.data(), partial_.data(), size * sizeof(float));
  for (size_t chunk = 1; chunk < chunks_; ++chunk)
    kernels.add(sum_.data(), partial_.data() + chunk * size, size);
  if (!bias_) return;
  std::memcpy(bias_sum_.data(), bias_partial_.data(), stride_ * sizeof(float));
  for (size_t chunk = 1; chunk < chunks_; ++chunk)
    kernels.add(bias_sum_.data(), bias_partial_.data() + chunk * stride_, stride_);
}

}  // namespace ostinato
