// SPDX-License-Identifier: MIT
// The one symbol of each ISA object.
#ifndef OSTINATO_DISPATCH_KERNEL_TABLES_H_
#define OSTINATO_DISPATCH_KERNEL_TABLES_H_

#include "kernels/kernel_list.h"

namespace ostinato {

const KernelTable* ScalarKernels();
const KernelTable* BaselineKernels();  // x86-64
const KernelTable* Avx2Kernels();
const KernelTable* Avx512Kernels();
const KernelTable* NeonKernels();

}  // namespace ostinato

#endif  // OSTINATO_DISPATCH_KERNEL_TABLES_H_
