// SPDX-License-Identifier: MIT
// Every kernel for AVX-512 (F, BW, DQ, VL). Exports one symbol; built with the flags that sources.gypi lists
// for it.
#ifndef __AVX512F__
#error "this file must be compiled for AVX-512 (F, BW, DQ, VL)"
#endif
#define OSTINATO_SIMD_AVX512
#include "dispatch/kernel_tables.h"
#include "kernels/all-inl.h"

namespace ostinato {

const KernelTable* Avx512Kernels() {
  static constexpr KernelTable table = MakeTable("avx512");
  return &table;
}

}  // namespace ostinato
