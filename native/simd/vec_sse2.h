// SPDX-License-Identifier: MIT
// A vector of 4 floats on baseline x86-64 (SSE2). No fused multiply-add here: MulAdd rounds twice. See vec.h
// for the contract of each operation.
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__SSE2__)
#error "this file needs SSE2"
#endif

namespace ostinato {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kRegisters = 16;

struct Vec {
  __m128 v;
};

#define OSTINATO_OP static inline __attribute__((always_inline))
#define OSTINATO_OP_MEMBER inline __attribute__((always_inline))

OSTINATO_OP __m128 Blend(__m128 mask, __m128 yes, __m128 no) {
  return _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no));
}

OSTINATO_OP Vec Load(const float* p) { return {_mm_loadu_ps(p)}; }
OSTINATO_OP Vec LoadN(const float* p, size_t n) {
  float lanes[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return {_mm_loadu_ps(lanes)};
}
OSTINATO_OP void Store(float* p, Vec a) { _mm_storeu_ps(p, a.v); }
OSTINATO_OP void StoreN(float* p, Vec a, size_t n) {
  float lanes[4];
  _mm_storeu_ps(lanes, a.v);
  for (size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
OSTINATO_OP Vec Set1(float x) { return {_mm_set1_ps(x)}; }
OSTINATO_OP Vec Zero() { return {_mm_setzero_ps()}; }
OSTINATO_OP Vec Add(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
OSTINATO_OP Vec Sub(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
OSTINATO_OP Vec Mul(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
OSTINATO_OP Vec Div(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
OSTINATO_OP Vec MulAdd(Vec a, Vec b, Vec c) { return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)}; }
OSTINATO_OP Vec NegMulAdd(Vec a, Vec b, Vec c) { return {_mm_sub_ps(c.v, _mm_mul_ps(a.v, b.v))}; }
OSTINATO_OP Vec Min(Vec a, Vec b) { return {_mm_min_ps(a.v, b.v)}; }
OSTINATO_OP Vec Max(Vec a, Vec b) { return {_mm_max_ps(a.v, b.v)}; }
OSTINATO_OP Vec Sqrt(Vec a) { return {_mm_sqrt_ps(a.v)}; }
OSTINATO_OP Vec Abs(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
OSTINATO_OP Vec IfLess(Vec a, Vec b, Vec yes, Vec no) { return {Blend(_mm_cmplt_ps(a.v, b.v), yes.v, no.v)}; }
OSTINATO_OP Vec IfNan(Vec a, Vec yes, Vec no) { return {Blend(_mm_cmpunord_ps(a.v, a.v), yes.v, no.v)}; }
OSTINATO_OP Vec Pow2(Vec n) {
  const __m128i i = _mm_add_epi32(_mm_cvtps_epi32(n.v), _mm_set1_epi32(127));
  return {_mm_castsi128_ps(_mm_slli_epi32(i, 23))};
}
OSTINATO_OP void Prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
OSTINATO_OP void PrefetchFar(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

}  // namespace
}  // namespace ostinato
