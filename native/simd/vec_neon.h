// SPDX-License-Identifier: MIT
// A vector of 4 floats on AArch64 NEON. See vec.h for the contract of each operation.
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__aarch64__)
#error "this file needs AArch64"
#endif

namespace ostinato {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kRegisters = 32;

struct Vec {
  float32x4_t v;
};

#define OSTINATO_OP static inline __attribute__((always_inline))
#define OSTINATO_OP_MEMBER inline __attribute__((always_inline))

OSTINATO_OP Vec Load(const float* p) { return {vld1q_f32(p)}; }
OSTINATO_OP Vec LoadN(const float* p, size_t n) {
  float lanes[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return {vld1q_f32(lanes)};
}
OSTINATO_OP void Store(float* p, Vec a) { vst1q_f32(p, a.v); }
OSTINATO_OP void StoreN(float* p, Vec a, size_t n) {
  float lanes[4];
  vst1q_f32(lanes, a.v);
  for (size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
OSTINATO_OP Vec Set1(float x) { return {vdupq_n_f32(x)}; }
OSTINATO_OP Vec Zero() { return {vdupq_n_f32(0.0f)}; }
OSTINATO_OP Vec Add(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
OSTINATO_OP Vec Sub(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
OSTINATO_OP Vec Mul(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
OSTINATO_OP Vec Div(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
OSTINATO_OP Vec MulAdd(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
OSTINATO_OP Vec NegMulAdd(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
OSTINATO_OP Vec Min(Vec a, Vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
OSTINATO_OP Vec Max(Vec a, Vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
OSTINATO_OP Vec Sqrt(Vec a) { return {vsqrtq_f32(a.v)}; }
OSTINATO_OP Vec Abs(Vec a) { return {vabsq_f32(a.v)}; }
OSTINATO_OP Vec IfLess(Vec a, Vec b, Vec yes, Vec no) {
  return {vbslq_f32(vcltq_f32(a.v, b.v), yes.v, no.v)};
}
OSTINATO_OP Vec IfNan(Vec a, Vec yes, Vec no) { return {vbslq_f32(vceqq_f32(a.v, a.v), no.v, yes.v)}; }
OSTINATO_OP Vec Pow2(Vec n) {
  const int32x4_t i = vaddq_s32(vcvtnq_s32_f32(n.v), vdupq_n_s32(127));
  return {vreinterpretq_f32_s32(vshlq_n_s32(i, 23))};
}
OSTINATO_OP void Prefetch(const void* p) { __builtin_prefetch(p); }
OSTINATO_OP void PrefetchFar(const void* p) { __builtin_prefetch(p, 0, 2); }

}  // namespace
}  // namespace ostinato
