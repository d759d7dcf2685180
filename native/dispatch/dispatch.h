// SPDX-License-Identifier: MIT
// The choice of one kernel table, once, at load. OSTINATO_ISA forces one by name.
#ifndef OSTINATO_DISPATCH_DISPATCH_H_
#define OSTINATO_DISPATCH_DISPATCH_H_

#include <string>
#include <vector>

#include "kernels/kernel_list.h"

namespace ostinato {

// Tables that this machine can run, best first; the last one is plain scalar code.
const std::vector<const KernelTable*>& AvailableKernels();

// The table in use: the first available one, or the one that OSTINATO_ISA names. Throws Error kConfig where
// it names none that this machine can run.
const KernelTable& Kernels();

// Looks a table up by name, or null.
const KernelTable* FindKernels(const std::string& isa);

}  // namespace ostinato

#endif  // OSTINATO_DISPATCH_DISPATCH_H_
