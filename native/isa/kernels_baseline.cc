// SPDX-License-Identifier: MIT
// Every kernel for x86-64 without any extension. Exports one symbol; built with the flags that sources.gypi
// lists for it.
#ifndef __SSE2__
#error "this file must be compiled for x86-64 without any extension"
#endif
#define OSTINATO_SIMD_SSE2
#include "dispatch/kernel_tables.h"
#include "kernels/all-inl.h"

namespace ostinato {

const KernelTable* BaselineKernels() {
  static constexpr KernelTable table = MakeTable("baseline");
  return &table;
}

}  // namespace ostinato
