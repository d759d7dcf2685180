// SPDX-License-Identifier: MIT
// Every kernel for AArch64. Exports one symbol; built with the flags that sources.gypi lists for it.
#ifndef __aarch64__
#error "this file must be compiled for AArch64"
#endif
#define OSTINATO_SIMD_NEON
#include "dispatch/kernel_tables.h"
#include "kernels/all-inl.h"

namespace ostinato {

const KernelTable* NeonKernels() {
  static constexpr KernelTable table = MakeTable("neon");
  return &table;
}

}  // namespace ostinato
