// SPDX-License-Identifier: MIT
// Picks the vector of floats of the ISA that the including object is compiled for. Every vec_<isa>.h has the
// same operations, all inlined and with internal linkage, on a type Vec of kLanes floats:
//   Load, Store           kLanes floats, any alignment;  LoadN, StoreN: the first n < kLanes, zeros behind
//   Set1, Zero, Add, Sub, Mul, Div, Sqrt, Abs            lane by lane
//   MulAdd(a, b, c)       a * b + c, fused where the ISA can;  NegMulAdd(a, b, c): c - a * b
//   Min, Max(a, b)        b where a is not less (not greater): so b where either is NaN
//   IfLess(a, b, x, y)    a < b ? x : y (y where unordered);  IfNan(a, x, y)
//   Pow2(n)               2^n for whole n from -126 to 127
//   Prefetch(p)           the line at p, soon to be read
//   PrefetchFar(p)        the line at p on its way to L2, to be read later
// MSVC-style builds (no always_inline attribute) are not supported yet.
#ifndef OSTINATO_SIMD_VEC_H_
#define OSTINATO_SIMD_VEC_H_

#if defined(OSTINATO_SIMD_AVX512)
#include "simd/vec_avx512.h"
#elif defined(OSTINATO_SIMD_AVX2)
#include "simd/vec_avx2.h"
#elif defined(OSTINATO_SIMD_SSE2)
#include "simd/vec_sse2.h"
#elif defined(OSTINATO_SIMD_NEON)
#include "simd/vec_neon.h"
#else
#include "simd/vec_scalar.h"
#endif

namespace ostinato {
namespace {

// How often `#pragma GCC unroll` repeats a loop: `n` times, but in the scalar kernels once. Nobody waits for
// those, and unrolled they are larger than any others.
constexpr int Unroll(int n) { return kLanes > 1 ? n : 1; }

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_SIMD_VEC_H_
