// SPDX-License-Identifier: MIT
// Every kernel one float at a time: for processors without a file of their own, and a witness in tests.
// Compiled without auto-vectorization, by which GCC 12 reads past the last row of a matrix (two floats loaded
// as four).
#include "dispatch/kernel_tables.h"
#include "kernels/all-inl.h"

namespace ostinato {

const KernelTable* ScalarKernels() {
  static constexpr KernelTable table = MakeTable("scalar");
  return &table;
}

}  // namespace ostinato
