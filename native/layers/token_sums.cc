// SPDX-License-Identifier: MIT
#include "layers/token_sums.h"

#include <cstring>

namespace ostinato {

void TokenSums::Plan(const DistinctTokens& tokens, const float* b, size_t ldb, size_t n, size_t begin,
                     size_t end) {
  chunks_ = GradientChunks(begin, end);
  const size_t stride = PaddedStride(n);
  sums_.Resize(tokens.count * stride);
  begun_.Resize(chunks_.count() * stride);
  args_ = {b, ldb, n, tokens.positions, tokens.slot, tokens.starts, 0, 0, sums_.data(), stride, nullptr};
}

int32_t TokenSums::Begun(size_t chunk) const {
  const size_t first = chunks_.first(chunk);
  const int32_t token = args_.slot[args_.rows[first]];
  return static_cast<size_t>(args_.starts[token]) < first ? token : -1;
}

void TokenSums::RunPart(const KernelCalls& kernels, size_t chunk, size_t begin, size_t end) {
  float* begun = begun_.data() + chunk * stride();
  if (begin == chunks_.first(chunk)) std::memset(begun, 0, stride() * sizeof(float));
  GroupSumArgs args = args_;
  args.begin = begin;
  args.end = end;
  const int32_t token = args_.slot[args_.rows[begin]];
  args.begun = token == Begun(chunk) ? begun : sums() + static_cast<size_t>(token) * stride();
  kernels.group_sum(args);
}

void TokenSums::RunLead(const KernelCalls& kernels) {
  if (chunks_.begin > 0)
    kernels.column_sum({args_.b, args_.ldb, args_.n, args_.rows, 0, chunks_.begin, false, sums()});
}

void TokenSums::Reduce(const KernelCalls& kernels) {
  for (size_t chunk = 0; chunk < chunks_.count(); ++chunk) {
    const int32_t token = Begun(chunk);
    if (token >= 0)
      kernels.add(sums() + static_cast<size_t>(token) * stride(), begun_.data() + chunk * stride(), stride());
  }
}

}  // namespace ostinato
