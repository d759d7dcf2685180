// SPDX-License-Identifier: MIT
// What this processor and its operating system can run. Compiled without ISA flags and never with LTO, so
// that the check itself runs anywhere.
#ifndef OSTINATO_DISPATCH_CPU_FEATURES_H_
#define OSTINATO_DISPATCH_CPU_FEATURES_H_

namespace ostinato {

struct CpuFeatures {
  bool avx2;    // AVX2 and FMA, and the system saves YMM
  bool avx512;  // F, BW, DQ and VL, and the system saves ZMM and masks
};

CpuFeatures DetectCpuFeatures();

}  // namespace ostinato

#endif  // OSTINATO_DISPATCH_CPU_FEATURES_H_
