// SPDX-License-Identifier: MIT
// The register block of every matrix product: R rows times one panel of V vectors, accumulated over k in
// ascending order. A row's sums do not depend on the rows beside it, so any split of rows into tiles of two
// or more rows gives the same bits; a single row splits k four ways to hide the latency of the multiply-add.
#ifndef OSTINATO_KERNELS_TILE_INL_H_
#define OSTINATO_KERNELS_TILE_INL_H_

#include "kernels/kernel_list.h"
#include "simd/vec.h"

namespace ostinato {
namespace {

// Registers: R x 2 sums, two vectors of the panel, one broadcast. 8 rows fill 32 of them well; of 16, six
// rows leave room, and with four the multiply-adds wait for each other (8 sums, latency 4, 2 per cycle).
constexpr size_t kTileRows = kRegisters >= 32 ? 8 : 6;
// Rows of one sequence step that walk together. With 16 lanes four rows keep the multiply-adds busy, and
// small blocks overlap: while one waits for its activation, the next multiplies.
constexpr size_t kWalkRows = kRegisters >= 32 && kLanes >= 16 ? 4 : kTileRows;
constexpr size_t kPanelVectors = kLaneAlign / kLanes < 2 ? 2 : (kLanes == 1 ? 8 : 2);
constexpr size_t kPanelColumns = kPanelVectors * kLanes;

template <size_t R, size_t V>
struct Sums {
  Vec v[R][V];
};

// sums += A B, rows of A at a[0..R).
template <size_t R, size_t V>
OSTINATO_OP void MultiplyTile(const float* const* a, size_t k, const float* panel, Sums<R, V>& sums) {
  const float* rows[R];
#pragma GCC unroll Unroll(8)
  for (size_t r = 0; r < R; ++r) rows[r] = a[r];
  for (size_t i = 0; i < k; ++i) {
    Vec b[V];
#pragma GCC unroll Unroll(8)
    for (size_t v = 0; v < V; ++v) b[v] = Load(panel + i * V * kLanes + v * kLanes);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const Vec x = Set1(rows[r][i]);
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) sums.v[r][v] = MulAdd(x, b[v], sums.v[r][v]);
    }
  }
}

// The same for one row, k split four ways: ((s0 + s1) + (s2 + s3)), s0 begins with the given sums.
template <size_t V>
OSTINATO_OP void MultiplyRow(const float* a, size_t k, const float* panel, Sums<1, V>& sums) {
  Vec part[4][V];
#pragma GCC unroll Unroll(8)
  for (size_t v = 0; v < V; ++v) {
    part[0][v] = sums.v[0][v];
    part[1][v] = part[2][v] = part[3][v] = Zero();
  }
  size_t i = 0;
  for (; i + 4 <= k; i += 4) {
#pragma GCC unroll Unroll(4)
    for (size_t s = 0; s < 4; ++s) {
      const Vec x = Set1(a[i + s]);
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v)
        part[s][v] = MulAdd(x, Load(panel + (i + s) * V * kLanes + v * kLanes), part[s][v]);
    }
  }
  for (; i < k; ++i) {
    const Vec x = Set1(a[i]);
#pragma GCC unroll Unroll(8)
    for (size_t v = 0; v < V; ++v)
      part[0][v] = MulAdd(x, Load(panel + i * V * kLanes + v * kLanes), part[0][v]);
  }
#pragma GCC unroll Unroll(8)
  for (size_t v = 0; v < V; ++v) sums.v[0][v] = Add(Add(part[0][v], part[1][v]), Add(part[2][v], part[3][v]));
}

template <size_t R, size_t V>
OSTINATO_OP void Multiply(const float* const* a, size_t k, const float* panel, Sums<R, V>& sums) {
  if constexpr (R == 1) {
    MultiplyRow<V>(a[0], k, panel, sums);
  } else {
    MultiplyTile<R, V>(a, k, panel, sums);
  }
}

// Rows of the next tile where `rest` rows are left: rather two even tiles than a full one and a thin one.
OSTINATO_OP size_t NextTile(size_t rest) {
  if (rest <= kTileRows) return rest;
  return rest < 2 * kTileRows ? (rest + 1) / 2 : kTileRows;
}

// Calls f.template Run<R, V>() for run-time rows (1..kTileRows).
template <size_t V, class F>
OSTINATO_OP void ForRows(size_t rows, F&& f) {
  switch (rows) {
    case 1:
      return f.template Run<1, V>();
    case 2:
      return f.template Run<2, V>();
    case 3:
      return f.template Run<3, V>();
    case 4:
      return f.template Run<4, V>();
    case 5:
      return f.template Run<5, V>();
    case 6:
      return f.template Run<6, V>();
    default:
      break;
  }
  if constexpr (kTileRows > 6) {
    if (rows == 7) return f.template Run<7, V>();
    f.template Run<8, V>();
  }
}

template <class F>
OSTINATO_OP void ForTile(size_t rows, size_t columns, F&& f) {
  if (columns == kPanelColumns) {
    ForRows<kPanelVectors>(rows, f);
  } else {
    // Padded columns are a multiple of 16: only AVX-512 panels (32 columns) leave half of one.
    if constexpr (kPanelColumns > kLaneAlign) ForRows<kLaneAlign / kLanes>(rows, f);
  }
}

OSTINATO_OP size_t PanelWidth(size_t first, size_t padded) {
  return padded - first < kPanelColumns ? padded - first : kPanelColumns;
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_TILE_INL_H_
