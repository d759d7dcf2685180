// SPDX-License-Identifier: MIT
// Plain sizes and constants that every room may use, ISA objects included: no std containers, nothing emitted
// as a weak symbol.
#ifndef OSTINATO_BASE_PLAIN_H_
#define OSTINATO_BASE_PLAIN_H_

#include <stddef.h>
#include <stdint.h>

namespace ostinato {

// Rows of every internal matrix are padded to this many floats (one AVX-512 vector, one cache line), so that
// kernels have no column tails. Padding holds zeros.
constexpr size_t kLaneAlign = 16;

// Compute threads at most.
constexpr size_t kMaxThreads = 256;

// Row length in memory of a row of `columns` floats. Strides of a multiple of 1 KB are bumped by a line: rows
// 4 KB apart share the same L1 sets.
constexpr size_t PaddedStride(size_t columns) {
  const size_t padded = (columns + kLaneAlign - 1) / kLaneAlign * kLaneAlign;
  return padded >= 256 && padded % 256 == 0 ? padded + kLaneAlign : padded;
}

constexpr size_t PaddedColumns(size_t columns) {
  return (columns + kLaneAlign - 1) / kLaneAlign * kLaneAlign;
}

}  // namespace ostinato

#endif  // OSTINATO_BASE_PLAIN_H_
