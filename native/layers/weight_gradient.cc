// SPDX-License-Identifier: MIT
#include "layers/weight_gradient.h"

#include <algorithm>
#include <cstring>

#include "threading/touch_pages.h"

namespace ostinato {
namespace {

// A gradient of more than this many sums (512 KB) is cut along itself: partial sums would not stay in L2. So
// is one of this many rows where there are too few rows of A and B for several chunks.
constexpr size_t kLargeSums = size_t{1} << 17, kLargeRows = 96, kFewRows = 4 * GradientChunks::kRows;
// Such blocks are narrow and tall: a block reads few columns of B, which tasks side by side do not share, and
// its sums (256 KB at most) stay in L2 while all rows pass. Against blocks of 64 rows over all columns, which
// read all of B each: 0.86 of the product of LSTM(512). A narrow B is read whole.
constexpr size_t kNarrowColumns = 256, kBlockRows = 512;
// Rows of B up to this wide come fast enough as a stream, and slower in any other order (SimpleRNN(32): 1.07
// of a step).
constexpr size_t kStreamedColumns = 64;
size_t BlockRows(size_t k, size_t n) { return n >= kNarrowColumns ? kBlockRows : k >= 256 ? 64 : 32; }
size_t BlockColumns(size_t n) { return n >= 4 * kNarrowColumns ? 128 : n >= kNarrowColumns ? 64 : n; }

}  // namespace

void WeightGradient::Plan(const float* a, const int32_t* index, size_t lda, size_t k, const float* b,
                          size_t ldb, size_t n, size_t begin, size_t end, bool bias, const int32_t* order) {
  bias_ = bias;
  stride_ = PaddedStride(n);
  chunks_ = GradientChunks(begin, end);
  const bool in_blocks = k * stride_ > kLargeSums || (k >= kLargeRows && end - begin < kFewRows);
  if (in_blocks) chunks_.each = std::max<size_t>(1, end - begin);
  block_rows_ = in_blocks ? std::min(k, BlockRows(k, n)) : k;
  block_columns_ = in_blocks ? BlockColumns(n) : n;
  blocks_down_ = (k + block_rows_ - 1) / block_rows_;
  blocks_ = blocks_down_ * ((n + block_columns_ - 1) / block_columns_);
  // Of no rows there is one chunk all the same, which makes the sums zero.
  partials_ = std::max<size_t>(1, chunks_.count());
  const bool follows = order && begin < end && !in_blocks && PaddedColumns(n) > kStreamedColumns;
  outer_ = {a, index, lda, k, b, ldb, n, follows ? order : nullptr, begin, end, end, false, nullptr, 0};
  if (sum_.Resize(k * stride_)) TouchPages(&WorkerPool::Instance(), sum_);
  bias_sum_.Resize(stride_);
  if (partials_ > 1) {
    partial_.Resize(partials_ * k * stride_);
    bias_partial_.Resize(partials_ * stride_);
  }
}

void WeightGradient::Run(const KernelCalls& kernels, size_t task) {
  const size_t chunk = task / blocks_;
  Multiply(kernels, chunk, task % blocks_, chunks_.first(chunk), chunks_.last(chunk), chunks_.last(chunk));
}

void WeightGradient::RunPart(const KernelCalls& kernels, size_t chunk, size_t begin, size_t end,
                             size_t ahead) {
  Multiply(kernels, chunk, 0, begin, end, ahead);
}

void WeightGradient::Multiply(const KernelCalls& kernels, size_t chunk, size_t block, size_t begin,
                              size_t end, size_t ahead) {
  const bool accumulate = begin != chunks_.first(chunk);
  const size_t row = block % blocks_down_ * block_rows_, column = block / blocks_down_ * block_columns_;
  const size_t columns = std::min(block_columns_, outer_.n - column);
  float* sums = partials_ > 1 ? partial_.data() + chunk * outer_.k * stride_ : sum_.data();
  OuterArgs args = outer_;
  args.begin = begin;
  args.end = end;
  args.ahead = ahead;
  args.accumulate = accumulate;
  args.a += row;
  args.k = std::min(block_rows_, outer_.k - row);
  args.b += column;
  args.n = columns;
  args.c = sums + row * stride_ + column;
  args.ldc = stride_;
  kernels.outer(args);
  if (!bias_ || row > 0) return;
  float* bias_sums = partials_ > 1 ? bias_partial_.data() + chunk * stride_ : bias_sum_.data();
  kernels.column_sum({args.b, args.ldb, columns, args.rows, begin, end, accumulate, bias_sums + column});
}

// With the first row, the sums of B's columns too.
void WeightGradient::Reduce(const KernelCalls& kernels, size_t begin, size_t end) {
  if (partials_ == 1) return;
  const size_t first = begin * stride_, size = (end - begin) * stride_;
  float* sums = sum_.data() + first;
  std::memcpy(sums, partial_.data() + first, size * sizeof(float));
  for (size_t chunk = 1; chunk < partials_; ++chunk)
    kernels.add(sums, partial_.data() + chunk * outer_.k * stride_ + first, size);
  if (!bias_ || begin > 0) return;
  std::memcpy(bias_sum_.data(), bias_partial_.data(), stride_ * sizeof(float));
  for (size_t chunk = 1; chunk < partials_; ++chunk)
    kernels.add(bias_sum_.data(), bias_partial_.data() + chunk * stride_, stride_);
}

}  // namespace ostinato
