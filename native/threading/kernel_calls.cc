// SPDX-License-Identifier: MIT
#include "threading/kernel_calls.h"

#include <algorithm>

namespace ostinato {
namespace {

// Columns of packed matrices and units of walks are cut at panels of any instruction set.
constexpr size_t kColumns = 32;
// Rows of sums are cut where the kernel itself begins anew: there its sums have been in memory anyway.
constexpr size_t kRows = 128;

constexpr size_t RoundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// Of `size`, how many to a piece: all of `each` cost, at most `budget` a piece, whole `unit`s.
size_t PieceSize(size_t size, size_t each, size_t budget, size_t unit) {
  const size_t pieces = std::max<size_t>(1, size * each / budget);
  return std::max(unit, RoundUp((size + pieces - 1) / pieces, unit));
}

size_t ProductGates(CellKind cell) {
  return cell == CellKind::kSimpleRnn ? 1 : cell == CellKind::kGru ? 3 : 4;
}

}  // namespace

void KernelCalls::gemm(const GemmArgs& args) const {
  const size_t columns = PaddedColumns(args.n);
  const size_t each = PieceSize(columns, (args.end - args.begin) * args.k, products(), kColumns);
  for (size_t first = 0; first < columns && WorkerPool::Yield(); first += each) {
    GemmArgs piece = args;
    piece.packed += first * args.k;
    piece.n = std::min(each, args.n - first);
    if (args.bias) piece.bias += first;
    piece.c += first;
    KernelTable::gemm(piece);
  }
}

void KernelCalls::outer(const OuterArgs& args) const {
  const size_t each = PieceSize(args.end - args.begin, args.k * args.n, products(), kRows);
  OuterArgs piece = args;
  do {
    if (!WorkerPool::Yield()) return;
    piece.end = std::min(args.end, piece.begin + each);
    KernelTable::outer(piece);
    piece.begin = piece.end;
    piece.accumulate = true;
  } while (piece.begin < args.end);
}

void KernelCalls::column_sum(const ColumnSumArgs& args) const {
  const size_t each = PieceSize(args.end - args.begin, args.n, elements(), kRows);
  ColumnSumArgs piece = args;
  do {
    if (!WorkerPool::Yield()) return;
    piece.end = std::min(args.end, piece.begin + each);
    KernelTable::column_sum(piece);
    piece.begin = piece.end;
    piece.accumulate = true;
  } while (piece.begin < args.end);
}

void KernelCalls::group_sum(const GroupSumArgs& args) const {
  if (WorkerPool::Yield()) KernelTable::group_sum(args);
}

// Steps are cut from each other where a step is short, and else the units of each step: a kernel takes units
// one after another for all rows, so that weights are read no more often. A GRU with reset_before needs all
// units of the first product in the second, and is cut between rows.
void KernelCalls::Walk(const WalkArgs& args, bool backward) const {
  const size_t rows = args.block_count * args.block_rows, steps = args.t_end - args.t_begin;
  const size_t step = rows * args.units * ProductGates(args.cell) * (args.unit_end - args.unit_begin);
  if (step <= products()) return WalkSteps(args, backward, PieceSize(steps, step, products(), 1));
  if (!args.reset_before)
    return WalkUnits(args, backward,
                     PieceSize(args.unit_end - args.unit_begin, step / (args.unit_end - args.unit_begin),
                               products(), kColumns));
  const size_t each = PieceSize(args.block_count, step / args.block_count, products(), 1);
  for (size_t first = 0; first < args.block_count; first += each) {
    WalkArgs piece = args;
    piece.blocks += first;
    piece.block_count = std::min(each, args.block_count - first);
    WalkSteps(piece, backward, 1);
  }
}

void KernelCalls::WalkSteps(const WalkArgs& args, bool backward, size_t each) const {
  const bool descends = backward != args.reverse;
  const auto walk = backward ? KernelTable::walk_backward : KernelTable::walk_forward;
  WalkArgs piece = args;
  for (size_t done = 0; done < args.t_end - args.t_begin && WorkerPool::Yield(); done += each) {
    piece.t_begin = args.t_begin;
    piece.t_end = args.t_end;
    if (descends) {
      piece.t_end -= done;
      if (piece.t_end - piece.t_begin > each) piece.t_begin = piece.t_end - each;
    } else {
      piece.t_begin += done;
      piece.t_end = std::min(piece.t_end, piece.t_begin + each);
    }
    walk(piece);
  }
}

void KernelCalls::WalkUnits(const WalkArgs& args, bool backward, size_t each) const {
  const bool descends = backward != args.reverse;
  const auto walk = backward ? KernelTable::walk_backward : KernelTable::walk_forward;
  WalkArgs piece = args;
  for (size_t done = 0; done < args.t_end - args.t_begin; ++done) {
    piece.t_begin = descends ? args.t_end - 1 - done : args.t_begin + done;
    piece.t_end = piece.t_begin + 1;
    for (size_t unit = args.unit_begin; unit < args.unit_end; unit += each) {
      if (!WorkerPool::Yield()) return;
      piece.unit_begin = unit;
      piece.unit_end = std::min(args.unit_end, unit + each);
      walk(piece);
    }
  }
}

namespace {

// Calls body(begin, end) for pieces of the rows.
template <class Body>
void ForRowPieces(size_t rows, size_t columns, size_t budget, Body&& body) {
  const size_t each = PieceSize(rows, columns, budget, 1);
  for (size_t begin = 0; begin < rows && WorkerPool::Yield(); begin += each)
    body(begin, std::min(rows, begin + each));
}

ActivationArgs RowsOf(ActivationArgs args, size_t begin, size_t end) {
  const size_t at = begin * args.stride;
  args.x += at;
  if (args.y) args.y += at;
  if (args.pre) args.pre += at;
  args.out += at;
  args.rows = end - begin;
  return args;
}

}  // namespace

void KernelCalls::activate(const ActivationArgs& args) const {
  ForRowPieces(args.rows, args.columns, elements(),
               [&](size_t begin, size_t end) { KernelTable::activate(RowsOf(args, begin, end)); });
}

void KernelCalls::activation_gradient(const ActivationArgs& args) const {
  ForRowPieces(args.rows, args.columns, elements(),
               [&](size_t begin, size_t end) { KernelTable::activation_gradient(RowsOf(args, begin, end)); });
}

void KernelCalls::dropout(const DropoutArgs& args) const {
  ForRowPieces(args.rows, args.columns, elements(), [&](size_t begin, size_t end) {
    DropoutArgs piece = args;
    piece.x += begin * args.stride;
    piece.out += begin * args.stride;
    piece.rows = end - begin;
    piece.first += static_cast<uint64_t>(begin) * args.columns;
    KernelTable::dropout(piece);
  });
}

}  // namespace ostinato
