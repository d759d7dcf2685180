// SPDX-License-Identifier: MIT
#include "losses/reduction.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ostinato {
namespace {

// What has a value: each row.
class RowValues {
 public:
  RowValues(const Loss& loss, const Rows& rows) : loss_(loss), rows_(rows) {}

  size_t count() const { return rows_.count; }
  RowChunks chunks() const { return RowChunks(rows_); }
  bool Counts(size_t i) const { return loss_.Counts(rows_.target(i)); }
  double weight(size_t i) const { return rows_.weight(i); }
  double Value(size_t i, double scale, float* gradient) const {
    return loss_.Row(rows_.prediction(i), rows_.target(i), rows_.columns, scale,
                     gradient ? gradient + i * rows_.stride : nullptr);
  }

 private:
  const Loss& loss_;
  const Rows& rows_;
};

// Or each sample that has any rows.
class SampleValues {
 public:
  SampleValues(const Loss& loss, const Rows& rows) : loss_(loss), rows_(rows), order_(rows.count) {
    const auto sample_of = [&](size_t row) { return rows.target_row(row) / rows.steps; };
    std::unordered_map<size_t, size_t> next;  // of each sample the number of rows, then the place of the next
    std::vector<size_t> samples;
    for (size_t row = 0; row < rows.count; ++row)
      if (++next[sample_of(row)] == 1) samples.push_back(sample_of(row));
    std::sort(samples.begin(), samples.end());
    begins_.push_back(0);
    for (const size_t sample : samples) {
      const size_t begin = begins_.back();
      begins_.push_back(begin + std::exchange(next[sample], begin));
    }
    for (size_t row = 0; row < rows.count; ++row) order_[next[sample_of(row)]++] = static_cast<int32_t>(row);
    const auto earlier = [&](int32_t a, int32_t b) {
      return rows.target_row(static_cast<size_t>(a)) < rows.target_row(static_cast<size_t>(b));
    };
    for (size_t i = 0; i < count(); ++i) {
      const auto begin = order_.begin() + static_cast<ptrdiff_t>(begins_[i]);
      const auto end = order_.begin() + static_cast<ptrdiff_t>(begins_[i + 1]);
      if (!std::is_sorted(begin, end, earlier)) std::sort(begin, end, earlier);
    }
  }

  size_t count() const { return begins_.size() - 1; }
  RowChunks chunks() const { return RowChunks(count(), rows_.steps * rows_.columns); }
  bool Counts(size_t) const { return true; }
  double weight(size_t i) const { return rows_.weight(static_cast<size_t>(order_[begins_[i]])); }
  double Value(size_t i, double scale, float* gradient) const {
    return loss_.Sample({rows_, order_.data() + begins_[i], begins_[i + 1] - begins_[i]}, scale, gradient);
  }

 private:
  const Loss& loss_;
  const Rows& rows_;
  std::vector<int32_t> order_;  // of the rows: by sample, then by timestep
  std::vector<size_t> begins_;
};

template <class Values>
LossSums SumWeights(const Values& values) {
  LossSums sums;
  for (size_t i = 0; i < values.count(); ++i) {
    if (!values.Counts(i)) continue;
    sums.count += 1.0;
    sums.weights += values.weight(i);
  }
  return sums;
}

// Sum of weight times value; gradients are scaled by `factor`, and by their weights unless `whole`.
template <class Values>
double SumValues(const Values& values, bool whole, double factor, WorkerPool* pool, float* gradient) {
  const RowChunks chunks = values.chunks();
  double partial[kMaxRowChunks] = {};
  ForRowChunks(chunks, pool, [&](size_t chunk, size_t begin, size_t end) {
    double sum = partial[chunk];
    for (size_t i = begin; i < end; ++i) {
      if (!values.Counts(i)) continue;
      const double weight = values.weight(i);
      sum += weight * values.Value(i, whole ? factor : factor * weight, gradient);
    }
    partial[chunk] = sum;
  });
  double total = 0.0;
  for (size_t chunk = 0; chunk < chunks.count; ++chunk) total += partial[chunk];
  return total;
}

// Calls body with the values of a loss, whichever have one.
template <class Body>
auto WithValues(Loss& loss, const Rows& rows, const Body& body) {
  loss.Begin(rows);
  return loss.is_sequential() ? body(SampleValues(loss, rows)) : body(RowValues(loss, rows));
}

// What no loss writes: padding, and rows that do not count.
void ClearGradient(const Loss& loss, const Rows& rows, WorkerPool* pool, float* gradient) {
  ForRowChunks(RowChunks(rows), pool, [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const bool counts = loss.is_sequential() || loss.Counts(rows.target(i));
      float* slope = gradient + i * rows.stride;
      for (size_t j = counts ? rows.columns : 0; j < PaddedColumns(rows.columns); ++j) slope[j] = 0.0f;
    }
  });
}

// Of a mean.
double Divisor(const LossSums& sums, Reduction reduction) {
  return reduction == Reduction::kMeanWithSampleWeight ? sums.weights : sums.count;
}

}  // namespace

LossSums SumLoss(Loss& loss, const Rows& rows, WorkerPool* pool) {
  return WithValues(loss, rows, [&](const auto& values) {
    LossSums sums = SumWeights(values);
    sums.values = SumValues(values, loss.is_whole(), 0.0, pool, nullptr);
    return sums;
  });
}

double LossOf(const LossSums& sums, Reduction reduction) {
  const double divisor = reduction == Reduction::kSum ? 1.0 : Divisor(sums, reduction);
  return divisor == 0.0 ? 0.0 : sums.values / divisor;
}

double ComputeLoss(Loss& loss, Reduction reduction, const Rows& rows, WorkerPool* pool, float* gradient,
                   double scale) {
  if (gradient) ClearGradient(loss, rows, pool, gradient);
  return WithValues(loss, rows, [&](const auto& values) {
    const LossSums sums = SumWeights(values);
    const bool whole = loss.is_whole();
    // The value of a whole batch is no sum: without weights there is nothing to add up.
    const bool is_sum = reduction == Reduction::kSum && !(whole && !rows.weights);
    const double divisor = Divisor(sums, reduction);
    const double factor = is_sum ? 1.0 : (divisor == 0.0 ? 0.0 : 1.0 / divisor);
    const double slope = scale * (whole ? factor * sums.weights : factor);
    const double sum = SumValues(values, whole, slope, pool, gradient);
    return is_sum ? sum : (divisor == 0.0 ? 0.0 : sum / divisor);
  });
}

void RowLosses(Loss& loss, const Rows& rows, WorkerPool* pool, float* out) {
  WithValues(loss, rows, [&](const auto& values) {
    ForRowChunks(values.chunks(), pool, [&](size_t, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i)
        out[i] =
            values.Counts(i) ? static_cast<float>(values.weight(i) * values.Value(i, 0.0, nullptr)) : 0.0f;
    });
  });
}

}  // namespace ostinato
