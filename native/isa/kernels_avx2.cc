// SPDX-License-Identifier: MIT
// Every kernel for AVX2 with FMA. Exports one symbol; built with the flags that sources.gypi lists for it.
#ifndef __AVX2__
#error "this file must be compiled for AVX2 with FMA"
#endif
#define OSTINATO_SIMD_AVX2
#include "dispatch/kernel_tables.h"
#include "kernels/all-inl.h"

namespace ostinato {

const KernelTable* Avx2Kernels() {
  static constexpr KernelTable table = MakeTable("avx2");
  return &table;
}

}  // namespace ostinato
