// SPDX-License-Identifier: MIT
// A vector of one float, for processors without a file of their own and as the plainest witness in tests. See
// vec.h for the contract of each operation.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace ostinato {
namespace {

constexpr size_t kLanes = 1;
constexpr size_t kRegisters = 16;

struct Vec {
  float v;
};

// A witness need not be fast: what is inlined is left to the compiler.
#define OSTINATO_OP static inline
#define OSTINATO_OP_MEMBER inline

OSTINATO_OP Vec Load(const float* p) { return {*p}; }
OSTINATO_OP Vec LoadN(const float*, size_t) { return {0.0f}; }
OSTINATO_OP void Store(float* p, Vec a) { *p = a.v; }
OSTINATO_OP void StoreN(float*, Vec, size_t) {}
OSTINATO_OP Vec Set1(float x) { return {x}; }
OSTINATO_OP Vec Zero() { return {0.0f}; }
OSTINATO_OP Vec Add(Vec a, Vec b) { return {a.v + b.v}; }
OSTINATO_OP Vec Sub(Vec a, Vec b) { return {a.v - b.v}; }
OSTINATO_OP Vec Mul(Vec a, Vec b) { return {a.v * b.v}; }
OSTINATO_OP Vec Div(Vec a, Vec b) { return {a.v / b.v}; }
OSTINATO_OP Vec MulAdd(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
OSTINATO_OP Vec NegMulAdd(Vec a, Vec b, Vec c) { return {c.v - a.v * b.v}; }
OSTINATO_OP Vec Min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
OSTINATO_OP Vec Max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
OSTINATO_OP Vec Sqrt(Vec a) { return {sqrtf(a.v)}; }
OSTINATO_OP Vec Abs(Vec a) { return {fabsf(a.v)}; }
OSTINATO_OP Vec IfLess(Vec a, Vec b, Vec yes, Vec no) { return a.v < b.v ? yes : no; }
OSTINATO_OP Vec IfNan(Vec a, Vec yes, Vec no) { return a.v != a.v ? yes : no; }
OSTINATO_OP Vec Pow2(Vec n) {
  const uint32_t bits = static_cast<uint32_t>(static_cast<int32_t>(n.v) + 127) << 23;
  float x;
  memcpy(&x, &bits, sizeof x);
  return {x};
}
OSTINATO_OP void Prefetch(const void*) {}
OSTINATO_OP void PrefetchFar(const void*) {}

}  // namespace
}  // namespace ostinato
