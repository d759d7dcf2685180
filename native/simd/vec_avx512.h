// SPDX-License-Identifier: MIT
// A vector of 16 floats on AVX-512 (F, BW, DQ, VL). See vec.h for the contract of each operation.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__AVX512F__) || !defined(__AVX512DQ__)
#error "this file needs AVX-512"
#endif

namespace ostinato {
namespace {

constexpr size_t kLanes = 16;
constexpr size_t kRegisters = 32;

struct Vec {
  __m512 v;
};

#define OSTINATO_OP static inline __attribute__((always_inline))
#define OSTINATO_OP_MEMBER inline __attribute__((always_inline))

OSTINATO_OP __mmask16 FirstLanes(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }

OSTINATO_OP Vec Load(const float* p) { return {_mm512_loadu_ps(p)}; }
OSTINATO_OP Vec LoadN(const float* p, size_t n) { return {_mm512_maskz_loadu_ps(FirstLanes(n), p)}; }
OSTINATO_OP void Store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
OSTINATO_OP void StoreN(float* p, Vec a, size_t n) { _mm512_mask_storeu_ps(p, FirstLanes(n), a.v); }
OSTINATO_OP Vec Set1(float x) { return {_mm512_set1_ps(x)}; }
OSTINATO_OP Vec Zero() { return {_mm512_setzero_ps()}; }
OSTINATO_OP Vec Add(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
OSTINATO_OP Vec Sub(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
OSTINATO_OP Vec Mul(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
OSTINATO_OP Vec Div(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
OSTINATO_OP Vec MulAdd(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
OSTINATO_OP Vec NegMulAdd(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
// GCC 12 warns of uninitialized values in its own unmasked forms of these; a full mask costs nothing.
constexpr __mmask16 kAll = 0xffff;
OSTINATO_OP Vec Min(Vec a, Vec b) { return {_mm512_maskz_min_ps(kAll, a.v, b.v)}; }
OSTINATO_OP Vec Max(Vec a, Vec b) { return {_mm512_maskz_max_ps(kAll, a.v, b.v)}; }
OSTINATO_OP Vec Sqrt(Vec a) { return {_mm512_maskz_sqrt_ps(kAll, a.v)}; }
OSTINATO_OP Vec Abs(Vec a) { return {_mm512_maskz_andnot_ps(kAll, _mm512_set1_ps(-0.0f), a.v)}; }
OSTINATO_OP Vec IfLess(Vec a, Vec b, Vec yes, Vec no) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), no.v, yes.v)};
}
OSTINATO_OP Vec IfNan(Vec a, Vec yes, Vec no) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), no.v, yes.v)};
}
OSTINATO_OP Vec Pow2(Vec n) {
  const __m512i i = _mm512_add_epi32(_mm512_maskz_cvtps_epi32(kAll, n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, i, 23))};
}
OSTINATO_OP void Prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
OSTINATO_OP void PrefetchFar(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

}  // namespace
}  // namespace ostinato
