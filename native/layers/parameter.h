// SPDX-License-Identifier: MIT
// A weight of a layer. Weights lie as Keras lays them out, without padding.
#ifndef OSTINATO_LAYERS_PARAMETER_H_
#define OSTINATO_LAYERS_PARAMETER_H_

#include <algorithm>
#include <vector>

#include "base/arena.h"
#include "constraints/constraint.h"
#include "regularizers/orthogonal.h"

namespace ostinato {

// What the user asked for of one weight.
struct WeightConfig {
  float l1 = 0, l2 = 0, orthogonal = 0;
  bool orthogonal_by_rows = true;
  Constraint constraint;
};

struct Parameter {
  // `shape_` is Keras'; the last `inner` of its axes make a row: a vector [n] is one row of n, a kernel [k,
  // in, out] k * in rows of out.
  Parameter(Arena* arena, std::vector<size_t> shape_, const WeightConfig& config_, size_t inner = 1)
      : shape(std::move(shape_)),
        rows(1),
        columns(1),
        config(config_),
        value(arena),
        orthogonal(arena),
        penalties(arena) {
    for (size_t i = 0; i < shape.size(); ++i) (i + inner < shape.size() ? rows : columns) *= shape[i];
    value.Resize(rows * columns);
    orthogonal.Set(config.orthogonal, config.orthogonal_by_rows, rows, columns);
  }

  size_t size() const { return rows * columns; }
  double Penalty(const KernelTable& kernels, WorkerPool& pool) {
    double sum = 0.0;
    if (config.l1 != 0.0f || config.l2 != 0.0f) {
      constexpr size_t kChunk = size_t{1} << 16;
      penalties.Resize((size() + kChunk - 1) / kChunk);
      pool.For(penalties.size(), [&](size_t chunk) {
        const size_t begin = chunk * kChunk;
        penalties[chunk] =
            kernels.penalty(value.data() + begin, std::min(kChunk, size() - begin), config.l1, config.l2);
      });
      for (size_t chunk = 0; chunk < penalties.size(); ++chunk) sum += penalties[chunk];
    }
    if (orthogonal.is_set()) sum += orthogonal.Value(value.data(), kernels, pool);
    return sum;
  }

  std::vector<size_t> shape;
  size_t rows, columns;
  WeightConfig config;
  StateBuffer<float> value;
  OrthogonalPenalty orthogonal;
  Buffer<double> penalties;  // of chunks
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_PARAMETER_H_
