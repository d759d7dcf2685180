// SPDX-License-Identifier: MIT
// CPUID says what the processor has, XCR0 what the system saves at a context switch; both must agree.
#include "dispatch/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ostinato {

#if defined(__x86_64__)
namespace {

unsigned long long ExtendedControl() {
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<unsigned long long>(high) << 32) | low;
}

}  // namespace

CpuFeatures DetectCpuFeatures() {
  CpuFeatures features = {false, false};
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  const bool os_saves = (c & bit_OSXSAVE) != 0;
  const bool fma = (c & bit_FMA) != 0;
  if (!os_saves || !fma || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
  const unsigned long long saved = ExtendedControl();
  constexpr unsigned long long kYmm = 0x6, kZmm = 0xe6;
  constexpr unsigned kAvx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  features.avx2 = (b & bit_AVX2) != 0 && (saved & kYmm) == kYmm;
  features.avx512 = features.avx2 && (b & kAvx512) == kAvx512 && (saved & kZmm) == kZmm;
  return features;
}
#else
CpuFeatures DetectCpuFeatures() { return {false, false}; }
#endif

}  // namespace ostinato
