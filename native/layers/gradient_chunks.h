// SPDX-License-Identifier: MIT
// How sums over many rows are cut into partial sums: a matter of their number alone.
#ifndef OSTINATO_LAYERS_GRADIENT_CHUNKS_H_
#define OSTINATO_LAYERS_GRADIENT_CHUNKS_H_

#include <algorithm>
#include <cstddef>

namespace ostinato {

struct GradientChunks {
  static constexpr size_t kRows = 1024, kMost = 64;

  size_t begin = 0, end = 0, each = kRows;

  GradientChunks() = default;
  GradientChunks(size_t from, size_t to)
      : begin(from), end(to), each(std::max(kRows, (to - from + kMost - 1) / kMost)) {}

  size_t count() const { return (end - begin + each - 1) / each; }
  size_t first(size_t chunk) const { return begin + chunk * each; }
  size_t last(size_t chunk) const { return std::min(end, first(chunk) + each); }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GRADIENT_CHUNKS_H_
