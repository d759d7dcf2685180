// SPDX-License-Identifier: MIT
// Constraints on weights (keras/src/constraints): after each step of the optimizer a weight is put back where
// it may be. The arithmetic is a kernel.
#ifndef OSTINATO_CONSTRAINTS_CONSTRAINT_H_
#define OSTINATO_CONSTRAINTS_CONSTRAINT_H_

#include <vector>

#include "kernels/kernel_list.h"

namespace ostinato {

struct Constraint {
  ConstraintKind kind = ConstraintKind::kNone;
  float min_value = 0, max_value = 0, rate = 1;
  int axis = 0;  // norms go along it; counted from the end where negative
};

// The lines of a weight of `shape` under a constraint, cut into tasks that depend on the shape alone.
class ConstrainedLines {
 public:
  // Throws Error (a bug of ours) where the shape lacks the axis.
  ConstrainedLines(const Constraint& constraint, const std::vector<size_t>& shape);

  size_t tasks() const { return (lines_ + lines_per_task_ - 1) / lines_per_task_; }
  void Run(const KernelTable& kernels, float* weight, size_t task) const;

 private:
  ConstrainArgs args_;
  size_t lines_ = 1, lines_per_task_ = 1;
};

}  // namespace ostinato

#endif  // OSTINATO_CONSTRAINTS_CONSTRAINT_H_
