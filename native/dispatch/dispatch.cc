// SPDX-License-Identifier: MIT
#include "dispatch/dispatch.h"

#include "base/error.h"
#include "base/variable.h"
#include "dispatch/cpu_features.h"
#include "dispatch/kernel_tables.h"

namespace ostinato {

const std::vector<const KernelTable*>& AvailableKernels() {
  static const std::vector<const KernelTable*> tables = [] {
    std::vector<const KernelTable*> found;
#if defined(__x86_64__)
    const CpuFeatures features = DetectCpuFeatures();
    if (features.avx512) found.push_back(Avx512Kernels());
    if (features.avx2) found.push_back(Avx2Kernels());
    found.push_back(BaselineKernels());
#elif defined(__aarch64__)
    found.push_back(NeonKernels());
#endif
    found.push_back(ScalarKernels());
    return found;
  }();
  return tables;
}

const KernelTable* FindKernels(const std::string& isa) {
  for (const KernelTable* table : AvailableKernels())
    if (isa == table->isa) return table;
  return nullptr;
}

const KernelTable& Kernels() {
  static const KernelTable* const chosen = [] {
    const std::string forced = Variable("OSTINATO_ISA");
    if (forced.empty()) return AvailableKernels().front();
    if (const KernelTable* table = FindKernels(forced)) return table;
    std::string names;
    for (const KernelTable* table : AvailableKernels())
      names += (names.empty() ? "" : ", ") + std::string(table->isa);
    throw Error(ErrorCode::kConfig, "OSTINATO_ISA: expected one of " + names +
                                        " (what this machine can run), received '" + forced +
                                        "'. Unset it to let ostinato choose.");
  }();
  return *chosen;
}

}  // namespace ostinato
