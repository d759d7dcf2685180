// SPDX-License-Identifier: MIT
// The kernels as jobs call them. A long call is cut into pieces of a few milliseconds with a preemption point
// before each, along axes on which the cut changes neither bits nor the order of memory. Where the job stops,
// what is left of a call stays undone.
#ifndef OSTINATO_THREADING_KERNEL_CALLS_H_
#define OSTINATO_THREADING_KERNEL_CALLS_H_

#include "kernels/kernel_list.h"
#include "threading/worker_pool.h"

namespace ostinato {

// Calls of the table that are not named here are short.
struct KernelCalls : KernelTable {
  explicit KernelCalls(const KernelTable& table) : KernelTable(table) {}

  void gemm(const GemmArgs& args) const;
  void outer(const OuterArgs& args) const;
  void column_sum(const ColumnSumArgs& args) const;
  void group_sum(const GroupSumArgs& args) const;
  void walk_forward(const WalkArgs& args) const { Walk(args, false); }
  void walk_backward(const WalkArgs& args) const { Walk(args, true); }
  void activate(const ActivationArgs& args) const;
  void activation_gradient(const ActivationArgs& args) const;
  void dropout(const DropoutArgs& args) const;

 private:
  // Multiply-adds and elements of a piece.
  size_t products() const { return WorkerPool::Stretch(lanes << 20); }
  size_t elements() const { return WorkerPool::Stretch(lanes << 16); }
  void Walk(const WalkArgs& args, bool backward) const;
  void WalkSteps(const WalkArgs& args, bool backward, size_t each) const;
  void WalkUnits(const WalkArgs& args, bool backward, size_t each) const;
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_KERNEL_CALLS_H_
