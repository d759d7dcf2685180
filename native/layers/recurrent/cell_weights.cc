// SPDX-License-Identifier: MIT
#include "layers/recurrent/cell_weights.h"

#include <algorithm>
#include <cstring>

#include "layers/pack.h"
#include "threading/ranges.h"

namespace ostinato {
namespace {

constexpr size_t kGateOrder[] = {0, 1, 2, 3};
// Floats of a task that copies weights.
constexpr size_t kSpreadFloats = size_t{1} << 16;

CellSizes SizesOf(size_t units, const CellShape& cell, bool reset_before) {
  const size_t padded = PaddedColumns(units);
  return {padded,
          PaddedStride(units),
          cell.gates == 1 ? units : (cell.gates - reset_before) * padded,
          PaddedStride(cell.gates * padded),
          PaddedStride(cell.kept * padded),
          PaddedStride(cell.gates * padded)};
}

}  // namespace

CellWeights::CellWeights(size_t features, size_t units, bool use_bias, const CellShape& cell,
                         bool reset_before, Arena* arena)
    : features_(features),
      units_(units),
      use_bias_(use_bias),
      reset_before_(reset_before),
      cell_(cell),
      sizes_(SizesOf(units, cell, reset_before)),
      spread_kernel_(arena),
      spread_recurrent_(arena),
      bias_(arena),
      recurrent_bias_(arena),
      packed_kernel_(arena),
      packed_kernel_back_(arena),
      packed_recurrent_(arena),
      packed_recurrent_back_(arena),
      packed_candidate_(arena),
      packed_candidate_back_(arena) {}

bool CellWeights::keeps_order() const {
  return units_ == sizes_.padded &&
         std::equal(cell_.recurrent_order, cell_.recurrent_order + cell_.gates, kGateOrder);
}

// A weight of Keras' layout with every gate padded to whole vectors, gates in `order`; the weight itself
// where that is the same.
const float* CellWeights::Spread(const Parameter& from, size_t rows, const size_t* order, WorkerPool* pool,
                                 Buffer<float>* to) const {
  const size_t units = units_, gates = cell_.gates, padded = sizes_.padded;
  if (units == padded && std::equal(order, order + gates, kGateOrder)) return from.value.data();
  if (to->Resize(rows * gates * padded) == false) to->Zero();
  const size_t each = std::max<size_t>(1, kSpreadFloats / (gates * padded));
  ForRanges(pool, rows, each, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      for (size_t g = 0; g < gates; ++g)
        std::memcpy(to->data() + (i * gates + g) * padded, from.value.data() + (i * gates + order[g]) * units,
                    units * sizeof(float));
  });
  return to->data();
}

void CellWeights::Pack(const std::deque<Parameter>& parameters, const KernelTable& kernels,
                       WorkerPool* pool) {
  const size_t features = features_, units = units_, padded = sizes_.padded, columns = cell_.gates * padded;
  packed_kernel_.Resize(features * columns);
  packed_kernel_back_.Resize(columns * PaddedColumns(features));
  packed_recurrent_.Resize(units * columns);
  packed_recurrent_back_.Resize(columns * padded);
  bias_.Resize(columns);
  bias_.Zero();
  recurrent_bias_.Resize(padded);
  recurrent_bias_.Zero();
  if (reset_before_) {
    packed_candidate_.Resize(units * padded);
    packed_candidate_back_.Resize(padded * padded);
  }
  const float* kernel = kernel_ = Spread(parameters[kKernel], features, kGateOrder, pool, &spread_kernel_);
  const float* recurrent = recurrent_ =
      Spread(parameters[kRecurrent], units, cell_.recurrent_order, pool, &spread_recurrent_);
  // Where the candidate is computed after the other gates, its block (the first) is a product of its own.
  const size_t first = reset_before_ ? padded : 0, width = columns - first;
  const size_t side_by_side = cell_.kind == CellKind::kSimpleRnn ? 0 : width / padded;
  const PackArgs packs[] = {
      {kernel, columns, features, columns, false, packed_kernel_.data(), 0},
      {recurrent + first, columns, units, width, false, packed_recurrent_.data(), side_by_side},
      {recurrent + first, columns, sizes_.back_rows, units, true, packed_recurrent_back_.data(), 0},
      {kernel, columns, columns, features, true, packed_kernel_back_.data(), 0},
      {recurrent, columns, units, padded, false, packed_candidate_.data(), 1},
      {recurrent, columns, padded, units, true, packed_candidate_back_.data(), 0},
  };
  ostinato::Pack(kernels, pool, packs, reset_before_ ? 6 : 4);
  if (use_bias_) PackBias(parameters[kBias]);
}

// What is added before a gate's activation is added with the inputs; only the recurrent bias of a GRU's
// candidate is scaled by its reset gate.
void CellWeights::PackBias(const Parameter& parameter) {
  const size_t units = units_, gates = cell_.gates, padded = sizes_.padded;
  const float* bias = parameter.value.data();
  for (size_t g = 0; g < gates; ++g)
    std::memcpy(bias_.data() + g * padded, bias + g * units, units * sizeof(float));
  if (!two_biases()) return;
  const float* recurrent = bias + gates * units;
  for (size_t g = 0; g + 1 < gates; ++g)
    for (size_t u = 0; u < units; ++u) bias_[g * padded + u] += recurrent[g * units + u];
  std::memcpy(recurrent_bias_.data(), recurrent + (gates - 1) * units, units * sizeof(float));
}

}  // namespace ostinato
