// SPDX-License-Identifier: MIT
// A vector of 8 floats on AVX2 with FMA. See vec.h for the contract of each operation.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__AVX2__) || !defined(__FMA__)
#error "this file needs AVX2 and FMA"
#endif

namespace ostinato {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kRegisters = 16;

struct Vec {
  __m256 v;
};

#define OSTINATO_OP static inline __attribute__((always_inline))
#define OSTINATO_OP_MEMBER inline __attribute__((always_inline))

OSTINATO_OP __m256i FirstLanes(size_t n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
}

OSTINATO_OP Vec Load(const float* p) { return {_mm256_loadu_ps(p)}; }
OSTINATO_OP Vec LoadN(const float* p, size_t n) { return {_mm256_maskload_ps(p, FirstLanes(n))}; }
OSTINATO_OP void Store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
OSTINATO_OP void StoreN(float* p, Vec a, size_t n) { _mm256_maskstore_ps(p, FirstLanes(n), a.v); }
OSTINATO_OP Vec Set1(float x) { return {_mm256_set1_ps(x)}; }
OSTINATO_OP Vec Zero() { return {_mm256_setzero_ps()}; }
OSTINATO_OP Vec Add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
OSTINATO_OP Vec Sub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
OSTINATO_OP Vec Mul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
OSTINATO_OP Vec Div(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
OSTINATO_OP Vec MulAdd(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
OSTINATO_OP Vec NegMulAdd(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
OSTINATO_OP Vec Min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
OSTINATO_OP Vec Max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
OSTINATO_OP Vec Sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
OSTINATO_OP Vec Abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
OSTINATO_OP Vec IfLess(Vec a, Vec b, Vec yes, Vec no) {
  return {_mm256_blendv_ps(no.v, yes.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
OSTINATO_OP Vec IfNan(Vec a, Vec yes, Vec no) {
  return {_mm256_blendv_ps(no.v, yes.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
OSTINATO_OP Vec Pow2(Vec n) {
  const __m256i i = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(i, 23))};
}
OSTINATO_OP void Prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
OSTINATO_OP void PrefetchFar(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

}  // namespace
}  // namespace ostinato
