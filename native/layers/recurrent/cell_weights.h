// SPDX-License-Identifier: MIT
// The weights of a cell, packed for the kernels: how its gates lie in rows and in panels.
#ifndef OSTINATO_LAYERS_RECURRENT_CELL_WEIGHTS_H_
#define OSTINATO_LAYERS_RECURRENT_CELL_WEIGHTS_H_

#include <deque>

#include "base/arena.h"
#include "kernels/kernel_list.h"
#include "layers/parameter.h"
#include "threading/worker_pool.h"

namespace ostinato {

// How a cell's blocks of Hp columns lie. Keras' order of gates is that of the inputs.
struct CellShape {
  CellKind kind;
  size_t gates;                   // of inputs and of the kernels
  size_t kept;                    // blocks of gates and of deltas
  size_t input_deltas;            // first block of deltas that belongs to the inputs
  const size_t* recurrent_order;  // gates of the recurrent kernel in the order in which the walk wants them
};

// Columns and strides of a cell's rows.
struct CellSizes {
  size_t padded;         // Hp
  size_t stride;         // of every row of H floats
  size_t back_rows;      // of the transposed recurrent kernel
  size_t input_stride;   // of projected rows
  size_t delta_stride;   // of gates and deltas
  size_t masked_stride;  // of state masks and masked states
};

class CellWeights {
 public:
  static constexpr size_t kKernel = 0, kRecurrent = 1, kBias = 2;

  CellWeights(size_t features, size_t units, bool use_bias, const CellShape& cell, bool reset_before,
              Arena* arena);

  const CellShape& cell() const { return cell_; }
  const CellSizes& sizes() const { return sizes_; }
  bool reset_before() const { return reset_before_; }
  // A GRU whose reset gate comes after the product has a bias there too.
  bool two_biases() const { return cell_.kind == CellKind::kGru && !reset_before_ && use_bias_; }
  // Whether sums over the walk's gates lie as Keras lays out the recurrent kernel, padding aside.
  bool keeps_order() const;

  // On the threads of `pool`, or where that is null on this one.
  void Pack(const std::deque<Parameter>& parameters, const KernelTable& kernels, WorkerPool* pool);

  // All after Pack. The kernel with each gate padded; panels of it, and of its transpose.
  const float* kernel() const { return kernel_; }
  // The same of the recurrent kernel, gates in the order of the walk.
  const float* recurrent() const { return recurrent_; }
  const float* packed_kernel() const { return packed_kernel_.data(); }
  const float* packed_kernel_back() const { return packed_kernel_back_.data(); }
  // Added with the inputs.
  const float* bias() const { return bias_.data(); }
  // Of a GRU's candidate, scaled by its reset gate; null for other cells.
  const float* recurrent_bias() const { return two_biases() ? recurrent_bias_.data() : nullptr; }
  const float* packed_recurrent() const { return packed_recurrent_.data(); }
  const float* packed_recurrent_back() const { return packed_recurrent_back_.data(); }
  // Where the candidate is computed after the other gates, its block is a product of its own.
  const float* packed_candidate() const { return packed_candidate_.data(); }
  const float* packed_candidate_back() const { return packed_candidate_back_.data(); }

 private:
  const float* Spread(const Parameter& from, size_t rows, const size_t* order, WorkerPool* pool,
                      Buffer<float>* to) const;
  void PackBias(const Parameter& parameter);

  size_t features_, units_;
  bool use_bias_, reset_before_;
  CellShape cell_;
  CellSizes sizes_;
  const float *kernel_ = nullptr, *recurrent_ = nullptr;
  DerivedBuffer<float> spread_kernel_, spread_recurrent_, bias_, recurrent_bias_;
  DerivedBuffer<float> packed_kernel_, packed_kernel_back_, packed_recurrent_, packed_recurrent_back_;
  DerivedBuffer<float> packed_candidate_, packed_candidate_back_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_CELL_WEIGHTS_H_
