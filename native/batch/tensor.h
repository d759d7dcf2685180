// SPDX-License-Identifier: MIT
// What flows between nodes: views of rows, never owners. One logical row per sample (kSamples, in the order
// of the layout) or per step position (kSteps; see batch_layout.h).
#ifndef OSTINATO_BATCH_TENSOR_H_
#define OSTINATO_BATCH_TENSOR_H_

#include <cstddef>
#include <cstdint>

namespace ostinato {

class BatchLayout;

enum class Space { kSamples, kSteps };

// What the masked steps of a tensor hold, which its layout leaves out: the row of the unused position, or
// that of the last step that counted (before the first: the unused position's).
enum class MaskFill { kUnused, kCarry };

// The different tokens of a batch: token u stands at tokens[u]; position p holds token slot[p]; the positions
// of token u are positions[starts[u] .. starts[u + 1]), ascending.
struct DistinctTokens {
  size_t count = 0;
  const int32_t* tokens = nullptr;
  const int32_t* slot = nullptr;
  const int32_t* starts = nullptr;
  const int32_t* positions = nullptr;
};

// Logical row i lies at data + index[i] * stride (index null: at i).
struct Tensor {
  Space space = Space::kSamples;
  const float* data = nullptr;
  const int32_t* index = nullptr;
  size_t stride = 0;
  size_t columns = 0;
  // Set where equal tokens have equal rows (the output of an embedding): index is then tokens[slot[.]].
  const DistinctTokens* distinct = nullptr;
  const BatchLayout* layout = nullptr;
  MaskFill fill = MaskFill::kUnused;
  // Of a plain layout whose masked steps are there: nonzero at the positions that count. Null where all do.
  const uint8_t* counts = nullptr;
  // Token ids instead of rows: that of each position; `data` is null.
  const int32_t* tokens = nullptr;
  // Where the rows of the layout are parts of samples, `parts` of each one after another: [N, parts, ...] of
  // the user is [N * parts, ...] here. 0 where rows are samples.
  size_t parts = 0;
};

// The gradient of a tensor: row i at data + i * stride, padding zero. With per_distinct, row u is the sum
// over the positions of token u.
struct Gradient {
  float* data = nullptr;
  size_t stride = 0;
  bool per_distinct = false;
};

}  // namespace ostinato

#endif  // OSTINATO_BATCH_TENSOR_H_
