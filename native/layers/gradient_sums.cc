// SPDX-License-Identifier: MIT
#include "layers/gradient_sums.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

constexpr size_t kRowsPerTask = 128;

// Calls body(i) for the rows below `count`.
template <class Body>
void ForRows(WorkerPool& pool, size_t count, Body&& body) {
  pool.For((count + kRowsPerTask - 1) / kRowsPerTask, [&](size_t task) {
    for (size_t i = task * kRowsPerTask; i < std::min(count, (task + 1) * kRowsPerTask); ++i) body(i);
  });
}

}  // namespace

GradientSums::GradientSums(const std::vector<Parameter*>& parameters, Arena* arena) : zeros_(arena) {
  size_t widest = 0;
  for (const Parameter* parameter : parameters) {
    sums_.emplace_back(parameter, arena);
    places_[parameter] = &sums_.back();
    widest = std::max(widest, parameter->columns);
  }
  zeros_.Resize(PaddedStride(widest));
}

void GradientSums::Begin() {
  for (Sum& sum : sums_) sum.uses.clear();
}

void GradientSums::Add(const Parameter& parameter, const WeightRows& rows) {
  places_.at(&parameter)->uses.push_back(rows);
}

const WeightRows& GradientSums::Of(const Parameter& parameter) const { return places_.at(&parameter)->rows; }

void GradientSums::Finish(const KernelTable& kernels, WorkerPool& pool) {
  for (Sum& sum : sums_) {
    if (sum.uses.empty()) {
      // A stride of 0: every row is the row of zeros.
      sum.rows = {zeros_.data(), 0, nullptr, nullptr};
    } else if (sum.uses.size() == 1) {
      sum.rows = sum.uses[0];
    } else if (sum.uses[0].slot) {
      SumTokens(&sum, kernels, pool);
    } else {
      SumDense(&sum, kernels, pool);
    }
  }
}

void GradientSums::SumDense(Sum* sum, const KernelTable& kernels, WorkerPool& pool) {
  const size_t columns = sum->parameter->columns, stride = PaddedStride(columns);
  sum->values.Resize(sum->parameter->rows * stride);
  ForRows(pool, sum->parameter->rows, [&](size_t i) {
    float* to = sum->values.data() + i * stride;
    std::memcpy(to, sum->uses[0].data + i * sum->uses[0].stride, columns * sizeof(float));
    for (size_t use = 1; use < sum->uses.size(); ++use)
      kernels.add(to, sum->uses[use].data + i * sum->uses[use].stride, columns);
  });
  sum->rows = {sum->values.data(), stride, nullptr, nullptr};
}

void GradientSums::SumTokens(Sum* sum, const KernelTable& kernels, WorkerPool& pool) {
  const size_t columns = sum->parameter->columns, stride = PaddedStride(columns);
  // The tokens of the last batch are forgotten one by one: a vocabulary may be far larger than a batch.
  if (sum->slots.Resize(sum->parameter->rows) || !sum->tokens.has_memory()) {
    std::memset(sum->slots.data(), 0xff, sum->slots.size() * sizeof(int32_t));
  } else {
    for (size_t u = 0; u < sum->count; ++u) sum->slots[static_cast<size_t>(sum->tokens[u])] = -1;
  }
  sum->count = 0;
  size_t most = 0, widest = 0;
  for (const WeightRows& use : sum->uses) {
    most += use.distinct->count;
    widest = std::max(widest, use.distinct->count);
  }
  sum->tokens.Resize(most);
  sum->values.Resize(most * stride);
  sum->place.Resize(widest);
  for (const WeightRows& use : sum->uses) {
    const size_t known = sum->count;
    for (size_t u = 0; u < use.distinct->count; ++u) {
      const int32_t token = use.distinct->tokens[u];
      int32_t& slot = sum->slots[static_cast<size_t>(token)];
      if (slot < 0) {
        slot = static_cast<int32_t>(sum->count);
        sum->tokens[sum->count++] = token;
      }
      sum->place[u] = slot;
    }
    // The tokens of one use differ, so its rows go to different places.
    ForRows(pool, use.distinct->count, [&](size_t u) {
      const size_t place = static_cast<size_t>(sum->place[u]);
      float* to = sum->values.data() + place * stride;
      const float* from = use.data + u * use.stride;
      if (place < known)
        kernels.add(to, from, columns);
      else
        std::memcpy(to, from, columns * sizeof(float));
    });
  }
  sum->rows = {sum->values.data(), stride, sum->slots.data(), nullptr};
}

}  // namespace ostinato
