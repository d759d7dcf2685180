// SPDX-License-Identifier: MIT
// Vector tanh, sigmoid, exp and the activations built on them. Bounds are tested in
// test/native/activations.test.ts.
#ifndef OSTINATO_KERNELS_MATH_INL_H_
#define OSTINATO_KERNELS_MATH_INL_H_

#include "kernels/kernel_list.h"
#include "simd/vec.h"

namespace ostinato {
namespace {

// tanh(x) = x P(x^2) / Q(x^2), both of degree 4, fitted here (Loeb iterations with Lawson weights, relative
// error 6.4e-9 before rounding) on [-8, 8]; at most 6 ulp in float32 with a fused multiply-add (5.33 over
// every float), 7 without (6.59), |y| <= 1, odd to the bit, NaN in NaN out. Beyond 8 the value stays at
// tanh(8) = 1 - 2.3e-7. A 32-entry table by permutation is as exact but loses on AVX2 (gathers).
OSTINATO_OP Vec Tanh(Vec x) {
  // The constant comes first: Min and Max return their second argument where either is NaN.
  const Vec c = Max(Set1(-8.0f), Min(Set1(8.0f), x));
  const Vec y = Mul(c, c);
  Vec p = MulAdd(Set1(1.523063098e-08f), y, Set1(2.189481529e-05f));
  Vec q = MulAdd(Set1(8.522533790e-07f), y, Set1(3.411307407e-04f));
  p = MulAdd(p, y, Set1(3.571607405e-03f));
  q = MulAdd(q, y, Set1(2.616447955e-02f));
  p = MulAdd(p, y, Set1(1.344450563e-01f));
  q = MulAdd(q, y, Set1(4.677783251e-01f));
  p = MulAdd(p, y, Set1(1.0f));
  q = MulAdd(q, y, Set1(1.0f));
  return Div(Mul(c, p), q);
}

// e^x by x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor polynomial of degree 7 (truncation 5e-9). Arguments
// below -87 give 0 within float32's range of normal numbers; above 88.37 infinity. At most 2 ulp. NaN in, NaN
// out.
OSTINATO_OP Vec Exp(Vec x) {
  const Vec c = Max(Set1(-87.0f), Min(Set1(88.37f), x));
  const Vec magic = Set1(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest whole number
  const Vec n = Sub(MulAdd(c, Set1(1.44269504088896f), magic), magic);
  // ln 2 in two parts, the first with zeros below so that n times it is exact.
  Vec r = NegMulAdd(n, Set1(0.693359375f), c);
  r = NegMulAdd(n, Set1(-2.12194440e-4f), r);
  Vec p = MulAdd(Set1(1.0f / 5040.0f), r, Set1(1.0f / 720.0f));
  p = MulAdd(p, r, Set1(1.0f / 120.0f));
  p = MulAdd(p, r, Set1(1.0f / 24.0f));
  p = MulAdd(p, r, Set1(1.0f / 6.0f));
  p = MulAdd(p, r, Set1(0.5f));
  p = MulAdd(p, r, Set1(1.0f));
  p = MulAdd(p, r, Set1(1.0f));
  // n reaches 127 and p below 1.42: the product stays in range when the power is applied in two halves.
  const Vec half = Sub(MulAdd(n, Set1(0.5f), magic), magic);
  Vec y = Mul(Mul(p, Pow2(half)), Pow2(Sub(n, half)));
  y = IfLess(x, Set1(-87.0f), Zero(), y);
  y = IfLess(Set1(88.37f), x, Set1(__builtin_inff()), y);
  return IfNan(x, x, y);
}

// 1 / (1 + e^-|x|), mirrored: at most 4 ulp, also in the far tails (down to e^-87).
OSTINATO_OP Vec Sigmoid(Vec x) {
  const Vec e = Exp(Sub(Zero(), Abs(x)));
  const Vec d = Add(Set1(1.0f), e);
  return IfNan(x, x, IfLess(x, Zero(), Div(e, d), Div(Set1(1.0f), d)));
}

OSTINATO_OP Vec Activate(Activation kind, Vec x) {
  switch (kind) {
    case Activation::kTanh:
      return Tanh(x);
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kRelu:
      return IfLess(x, Zero(), Zero(), x);
    case Activation::kElu:
      return IfLess(x, Zero(), Sub(Exp(x), Set1(1.0f)), x);
    case Activation::kExponential:
      return Exp(x);
    case Activation::kHardSigmoid:
      return IfNan(x, x, Max(Zero(), Min(Set1(1.0f), MulAdd(x, Set1(1.0f / 6.0f), Set1(0.5f)))));
    case Activation::kSoftsign:
      return Div(x, Add(Set1(1.0f), Abs(x)));
    case Activation::kLinear:
    case Activation::kSoftmax:  // whole rows: SoftmaxRows
      break;
  }
  return x;
}

// The logistic function as a gate needs it, with an absolute error of 2e-7: half as many operations as
// Sigmoid, whose relative error stays small in the tails.
OSTINATO_OP Vec GateSigmoid(Vec x) {
  const Vec half = Set1(0.5f);
  return MulAdd(half, Tanh(Mul(half, x)), half);
}

// dx = dy f'(x), with f' written in terms of y = f(x); x is read where ActivationNeedsInput.
OSTINATO_OP Vec ActivationGradient(Activation kind, Vec, Vec y, Vec dy) {
  switch (kind) {
    case Activation::kTanh:
      return Mul(dy, NegMulAdd(y, y, Set1(1.0f)));
    case Activation::kSigmoid:
      return Mul(dy, NegMulAdd(y, y, y));
    case Activation::kRelu:
      return IfLess(Zero(), y, dy, Zero());
    case Activation::kElu:
      return IfLess(y, Zero(), Mul(dy, Add(y, Set1(1.0f))), dy);
    case Activation::kExponential:
      return Mul(dy, y);
    case Activation::kHardSigmoid: {
      const Vec inside = IfLess(Zero(), y, IfLess(y, Set1(1.0f), Set1(1.0f / 6.0f), Zero()), Zero());
      return Mul(dy, inside);
    }
    case Activation::kSoftsign: {
      const Vec d = Sub(Set1(1.0f), Abs(y));
      return Mul(dy, Mul(d, d));
    }
    case Activation::kLinear:
    case Activation::kSoftmax:
      break;
  }
  return dy;
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_MATH_INL_H_
