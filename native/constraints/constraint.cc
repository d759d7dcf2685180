// SPDX-License-Identifier: MIT
#include "constraints/constraint.h"

#include <algorithm>

#include "base/error.h"

namespace ostinato {
namespace {

constexpr size_t kElementsPerTask = 16384;

}  // namespace

ConstrainedLines::ConstrainedLines(const Constraint& constraint, const std::vector<size_t>& shape)
    : args_{
          constraint.kind, constraint.min_value, constraint.max_value, constraint.rate, nullptr, 1, 1, 0, 0} {
  const int rank = static_cast<int>(shape.size());
  const int axis = constraint.axis < 0 ? constraint.axis + rank : constraint.axis;
  if (axis < 0 || axis >= rank)
    throw Error(ErrorCode::kInternal, "native model: a weight lacks the axis of a constraint");
  for (int i = 0; i < rank; ++i) {
    const size_t size = shape[static_cast<size_t>(i)];
    if (i != axis) lines_ *= size;
    if (i == axis) args_.length = size;
    if (i > axis) args_.inner *= size;
  }
  lines_per_task_ = std::max<size_t>(1, kElementsPerTask / args_.length);
}

void ConstrainedLines::Run(const KernelTable& kernels, float* weight, size_t task) const {
  ConstrainArgs args = args_;
  args.weight = weight;
  args.begin = task * lines_per_task_;
  args.end = std::min(lines_, args.begin + lines_per_task_);
  kernels.constrain(args);
}

}  // namespace ostinato
