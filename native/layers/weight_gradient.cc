// SPDX-License-Identifier: MIT
#include "layers/weight_gradient.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

constexpr size_t kChunkRows = 1024;
constexpr size_t kMaxChunks = 64;
// A gradient of more than this many sums (512 KB) is cut along itself: partial sums would not stay in L2. So
// is one of this many rows where there are too few rows of A and B for several chunks.
constexpr size_t kLargeSums = size_t{1} << 17, kLargeRows = 96, kFewRows = 4 * kChunkRows;
// Such blocks are narrow and tall: a block reads few columns of B, which tasks side by side do not share, and
// its sums (256 KB at most) stay in L2 while all rows pass. Against blocks of 64 rows over all columns, which
// read all of B each: 0.86 of the product of LSTM(512). A narrow B is read whole.
constexpr size_t kNarrowColumns = 256, kBlockRows = 512;
size_t BlockRows(size_t k, size_t n) { return n >= kNarrowColumns ? kBlockRows : k >= 256 ? 64 : 32; }
size_t BlockColumns(size_t n) { return n >= 4 * kNarrowColumns ? 128 : n >= kNarrowColumns ? 64 : n; }

}  // namespace

void WeightGradient::Plan(const float* a, const int32_t* index, size_t lda, size_t k, const float* b,
                          size_t ldb, size_t n, size_t begin, size_t end, bool bias) {
  outer_ = {a, index, lda, k, b, ldb, n, begin, end, false, nullptr, 0};
  bias_ = bias;
  stride_ = PaddedStride(n);
  const size_t rows = end - begin;
  if (k * stride_ > kLargeSums || (k >= kLargeRows && rows < kFewRows)) {
    block_rows_ = std::min(k, BlockRows(k, n));
    block_columns_ = BlockColumns(n);
    chunks_ = 1;
    chunk_rows_ = rows;
  } else {
    block_rows_ = k;
    block_columns_ = n;
    chunk_rows_ = std::max(kChunkRows, (rows + kMaxChunks - 1) / kMaxChunks);
    chunks_ = std::max<size_t>(1, (rows + chunk_rows_ - 1) / chunk_rows_);
  }
  blocks_down_ = (k + block_rows_ - 1) / block_rows_;
  blocks_ = blocks_down_ * ((n + block_columns_ - 1) / block_columns_);
  sum_.Resize(k * stride_);
  bias_sum_.Resize(stride_);
  if (chunks_ > 1) {
    partial_.Resize(chunks_ * k * stride_);
    bias_partial_.Resize(chunks_ * stride_);
  }
}

void WeightGradient::Run(const KernelTable& kernels, size_t task) {
  const size_t block = task % blocks_, chunk = task / blocks_;
  const size_t row = block % blocks_down_ * block_rows_, column = block / blocks_down_ * block_columns_;
  const size_t columns = std::min(block_columns_, outer_.n - column);
  OuterArgs args = outer_;
  args.begin = outer_.begin + chunk * chunk_rows_;
  args.end = std::min(outer_.end, args.begin + chunk_rows_);
  args.a += row;
  args.k = std::min(block_rows_, outer_.k - row);
  args.b += column;
  args.n = columns;
  args.c =
      (chunks_ > 1 ? partial_.data() + chunk * outer_.k * stride_ : sum_.data()) + row * stride_ + column;
  args.ldc = stride_;
  kernels.outer(args);
  if (!bias_ || row > 0) return;
  float* out = (chunks_ > 1 ? bias_partial_.data() + chunk * stride_ : bias_sum_.data()) + column;
  kernels.column_sum({args.b, args.ldb, columns, args.begin, args.end, false, out});
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
