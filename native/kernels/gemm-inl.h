// SPDX-License-Identifier: MIT
// Products that are not part of the time loop: packing, rows times a packed matrix, and sums of outer
// products.
#ifndef OSTINATO_KERNELS_GEMM_INL_H_
#define OSTINATO_KERNELS_GEMM_INL_H_

#include "kernels/tile-inl.h"

namespace ostinato {
namespace {

// Columns [first, first + width) of B, or of its transpose, as one panel.
void PackPanel(const PackArgs& args, size_t first, size_t width, float* out) {
  const size_t filled = first >= args.n ? 0 : (args.n - first < width ? args.n - first : width);
  if (filled < width)
    for (size_t i = 0; i < args.k; ++i)
      for (size_t j = filled; j < width; ++j) out[i * width + j] = 0.0f;
  if (!args.transposed) {
    for (size_t i = 0; i < args.k; ++i) {
      const float* row = args.b + i * args.ldb + first;
      size_t j = 0;
      for (; j + kLanes <= filled; j += kLanes) Store(out + i * width + j, Load(row + j));
      for (; j < filled; ++j) out[i * width + j] = row[j];
    }
    return;
  }
  // Squares of 16, so that whole lines are read and written.
  for (size_t i0 = 0; i0 < args.k; i0 += kLaneAlign) {
    const size_t i1 = args.k - i0 < kLaneAlign ? args.k : i0 + kLaneAlign;
    for (size_t j = 0; j < filled; ++j) {
      const float* row = args.b + (first + j) * args.ldb;
      for (size_t i = i0; i < i1; ++i) out[i * width + j] = row[i];
    }
  }
}

// Panels of kLanes columns of every gate. A vector of the ISA may be narrower than kLaneAlign.
void PackGates(const PackArgs& args, size_t begin, size_t end) {
  const size_t columns = args.n / args.gates;
  float* out = args.out + begin * args.k * args.gates;
  for (size_t first = begin; first < end; first += kLanes)
    for (size_t i = 0; i < args.k; ++i)
      for (size_t g = 0; g < args.gates; ++g, out += kLanes)
        Store(out, Load(args.b + i * args.ldb + g * columns + first));
}

void Pack(const PackArgs& args, size_t begin, size_t end) {
  if (args.gates > 0) return PackGates(args, begin, end);
  const size_t padded = PaddedColumns(args.n);
  for (size_t first = begin; first < end; first += kPanelColumns)
    PackPanel(args, first, PanelWidth(first, padded), args.out + first * args.k);
}

OSTINATO_OP size_t RowAt(const int32_t* index, size_t i) { return index ? static_cast<size_t>(index[i]) : i; }

struct GemmTile {
  const GemmArgs& args;
  size_t row;
  size_t first;  // column
  const float* panel;

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const float* a[R];
    Sums<R, V> sums;
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const size_t i = row + r;
      a[r] = args.a + RowAt(args.index, i) * args.lda;
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const size_t column = first + v * kLanes;
        sums.v[r][v] = args.bias         ? Load(args.bias + column)
                       : args.accumulate ? Load(args.c + i * args.ldc + column)
                                         : Zero();
      }
    }
    Multiply<R, V>(a, args.k, panel, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) Store(args.c + (row + r) * args.ldc + first + v * kLanes, sums.v[r][v]);
  }
};

void Gemm(const GemmArgs& args) {
  const size_t padded = PaddedColumns(args.n);
  for (size_t first = 0; first < padded; first += kPanelColumns) {
    const size_t width = PanelWidth(first, padded);
    const float* panel = args.packed + first * args.k;
    for (size_t row = args.begin; row < args.end;) {
      const size_t rows = NextTile(args.end - row);
      ForTile(rows, width, GemmTile{args, row, first, panel});
      row += rows;
    }
  }
}

// R columns of A times V vectors of B, over rows [begin, end). Meanwhile rows [next, next_end) are asked for,
// evenly, for the chunk behind this one: no hardware prefetcher follows panels, or rows in a given order.
struct OuterTile {
  const OuterArgs& args;
  size_t begin, end;
  size_t k0, first;
  bool load;
  size_t next, next_end;

  // Out of line, so that its code does not depend on what stands beside it: inlined next to a second form of
  // tile, the loop through an index fell from 85 to 66 % of the peak (GCC 12).
  template <size_t R, size_t V>
  __attribute__((noinline)) void Run() const {
    Sums<R, V> sums;
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v)
        sums.v[r][v] = load ? Load(args.c + (k0 + r) * args.ldc + first + v * kLanes) : Zero();
    size_t i = begin;
    for (size_t n = next; n < next_end; ++n) {
      AskFor(n);
      const size_t stop = i + (end - i) / (next_end - n);
      Steps(i, stop, sums);
      i = stop;
    }
    if (i < end) Steps(i, end, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) Store(args.c + (k0 + r) * args.ldc + first + v * kLanes, sums.v[r][v]);
  }

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Steps(size_t from, size_t to, Sums<R, V>& sums) const {
    if (args.rows) {
      for (size_t i = from; i < to; ++i) {
        const size_t row = static_cast<size_t>(args.rows[i]);
        Step(args.a + RowAt(args.index, row) * args.lda + k0, args.b + row * args.ldb + first, sums);
      }
    } else if (args.index) {
      const float* b = args.b + from * args.ldb + first;
      for (size_t i = from; i < to; ++i, b += args.ldb)
        Step(args.a + static_cast<size_t>(args.index[i]) * args.lda + k0, b, sums);
    } else {
      const float* a = args.a + from * args.lda + k0;
      const float* b = args.b + from * args.ldb + first;
      for (size_t i = from; i < to; ++i, a += args.lda, b += args.ldb) Step(a, b, sums);
    }
  }

  OSTINATO_OP_MEMBER void AskFor(size_t i) const {
    const size_t row = RowAt(args.rows, i), a_row = RowAt(args.index, row);
    for (size_t j = 0; j < args.k; j += kLaneAlign) PrefetchFar(args.a + a_row * args.lda + j);
    for (size_t j = 0; j < args.n; j += kLaneAlign) PrefetchFar(args.b + row * args.ldb + j);
  }

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER static void Step(const float* a, const float* b, Sums<R, V>& sums) {
    Vec y[V];
#pragma GCC unroll Unroll(8)
    for (size_t v = 0; v < V; ++v) y[v] = Load(b + v * kLanes);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const Vec x = Set1(a[r]);
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) sums.v[r][v] = MulAdd(x, y[v], sums.v[r][v]);
    }
  }
};

// The share [from, to) of args.k of rows [begin, end) of a panel of B. Inlined by force: GCC holds a function
// that only asks for lines to be without effect, and leaves out its calls.
OSTINATO_OP void PrefetchPanel(const OuterArgs& args, size_t first, size_t begin, size_t end, size_t from,
                               size_t to) {
  const size_t rows = end - begin, stop = begin + rows * to / args.k;
  for (size_t i = begin + rows * from / args.k; i < stop; ++i) {
    const float* row = args.b + RowAt(args.rows, i) * args.ldb + first;
    for (size_t j = 0; j < kPanelColumns; j += kLaneAlign) Prefetch(row + j);
  }
}

void Outer(const OuterArgs& args) {
  // 128 rows of a panel of B (16 KB) and of a tile of A stay in L1 while all tiles of A pass. 64 rows: 0.98
  // of the speed; 192: 0.98 of it where A is wide.
  constexpr size_t kChunk = 128, kNarrow = 64;
  const size_t padded = PaddedColumns(args.n);
  if (args.begin == args.end && !args.accumulate) {
    for (size_t k = 0; k < args.k; ++k)
      for (size_t j = 0; j < padded; ++j) args.c[k * args.ldc + j] = 0.0f;
  }
  for (size_t begin = args.begin; begin < args.end; begin += kChunk) {
    const size_t end = args.end - begin < kChunk ? args.end : begin + kChunk;
    const size_t ahead = args.ahead - end < kChunk ? args.ahead - end : kChunk;
    const bool load = args.accumulate || begin != args.begin;
    size_t done = 0, asked = end;
    for (size_t first = 0; first < padded; first += kPanelColumns) {
      const size_t width = PanelWidth(first, padded);
      for (size_t k0 = 0; k0 < args.k;) {
        const size_t rows = NextTile(args.k - k0);
        // Of wide rows each panel asks for the next, which no hardware prefetcher sees coming.
        if (padded > kNarrow && first + width < padded)
          PrefetchPanel(args, first + width, begin, end, k0, k0 + rows);
        done += rows * width;
        const size_t next = asked;
        if (ahead > 0) asked = end + ahead * done / (args.k * padded);
        ForTile(rows, width, OuterTile{args, begin, end, k0, first, load, next, asked});
        k0 += rows;
      }
    }
  }
}

void ColumnSum(const ColumnSumArgs& args) {
  const size_t padded = PaddedColumns(args.n);
  for (size_t first = 0; first < padded; first += kLanes) {
    Vec sum = args.accumulate ? Load(args.out + first) : Zero();
    for (size_t i = args.begin; i < args.end; ++i)
      sum = Add(sum, Load(args.b + RowAt(args.rows, i) * args.ldb + first));
    Store(args.out + first, sum);
  }
}

void GroupSum(const GroupSumArgs& args) {
  const size_t padded = PaddedColumns(args.n);
  for (size_t i = args.begin; i < args.end;) {
    const size_t group = static_cast<size_t>(args.slot[args.rows[i]]);
    const size_t last = static_cast<size_t>(args.starts[group + 1]);
    const size_t end = last < args.end ? last : args.end;
    const bool load = static_cast<size_t>(args.starts[group]) < i;
    float* out = load ? args.begun : args.out + group * args.ldo;
    size_t first = 0;
    // Two vectors at a time: each gathered row is one or two lines, and the additions of one row are
    // independent.
    for (; first + 2 * kLanes <= padded; first += 2 * kLanes) {
      Vec s0 = load ? Load(out + first) : Zero(), s1 = load ? Load(out + first + kLanes) : Zero();
      for (size_t j = i; j < end; ++j) {
        const float* row = args.b + static_cast<size_t>(args.rows[j]) * args.ldb + first;
        s0 = Add(s0, Load(row));
        s1 = Add(s1, Load(row + kLanes));
      }
      Store(out + first, s0);
      Store(out + first + kLanes, s1);
    }
    for (; first < padded; first += kLanes) {
      Vec sum = load ? Load(out + first) : Zero();
      for (size_t j = i; j < end; ++j)
        sum = Add(sum, Load(args.b + static_cast<size_t>(args.rows[j]) * args.ldb + first));
      Store(out + first, sum);
    }
    i = end;
  }
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_GEMM_INL_H_
