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
// tanh(8) = 1 - 2.3e-7. Tried and lost: 32 polynomials of degree 5, their terms by permutation. 3 ulp, no
// division and a third of the multiply-adds, but more instructions: LSTM(32) 1.05 of a step on AVX-512 (Zen
// 4).
struct Fraction {
  Vec p, q;
};
OSTINATO_OP Fraction TanhFraction(Vec x) {
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
  return {Mul(c, p), q};
}

OSTINATO_OP Vec Tanh(Vec x) {
  const Fraction f = TanhFraction(x);
  return Div(f.p, f.q);
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

// log(1 + t) for t in [0, 1]: 2 atanh(t / (2 + t)) by its Taylor polynomial of degree 15 (truncation 1.4e-9).
OSTINATO_OP Vec Log1p(Vec t) {
  const Vec s = Div(t, Add(Set1(2.0f), t));
  const Vec z = Mul(s, s);
  Vec p = MulAdd(Set1(1.0f / 15.0f), z, Set1(1.0f / 13.0f));
  p = MulAdd(p, z, Set1(1.0f / 11.0f));
  p = MulAdd(p, z, Set1(1.0f / 9.0f));
  p = MulAdd(p, z, Set1(1.0f / 7.0f));
  p = MulAdd(p, z, Set1(1.0f / 5.0f));
  p = MulAdd(p, z, Set1(1.0f / 3.0f));
  const Vec twice = Add(s, s);
  return MulAdd(Mul(twice, z), p, twice);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): at most 3 ulp, also in the far tail (down to e^-87).
OSTINATO_OP Vec Softplus(Vec x) { return Add(Max(Zero(), x), Log1p(Exp(Sub(Zero(), Abs(x))))); }

// 1 - e^-y for y >= 0, without cancellation: the Taylor polynomial of degree 8 below 1/4.
OSTINATO_OP Vec OneMinusExp(Vec y) {
  Vec p = NegMulAdd(y, Set1(1.0f / 8.0f), Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 7.0f)), p, Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 6.0f)), p, Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 5.0f)), p, Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 4.0f)), p, Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 3.0f)), p, Set1(1.0f));
  p = NegMulAdd(Mul(y, Set1(1.0f / 2.0f)), p, Set1(1.0f));
  return IfLess(y, Set1(0.25f), Mul(y, p), Sub(Set1(1.0f), Exp(Sub(Zero(), y))));
}

// The normal distribution: its density and the probability of less than x. With t = 1 / (1 + 0.3 |x|) the
// tail is e^(-x^2/2) p(t), p of degree 10 without constant term, fitted here (Lawson weights, relative
// error 1.1e-8 with the coefficients rounded) for |x| <= 14. From -13 on, x times it is within 7 ulp where
// multiply-adds are fused; else the rounding of x^2 adds up to x^2/2 ulp for negative x.
struct Normal {
  Vec density, below;
};
OSTINATO_OP Normal NormalAt(Vec x) {
  const Vec a = Abs(x);
  const Vec t = Div(Set1(1.0f), MulAdd(Set1(0.3f), a, Set1(1.0f)));
  Vec p = MulAdd(Set1(-2.061282657e-02f), t, Set1(1.123757586e-01f));
  p = MulAdd(p, t, Set1(-2.280674726e-01f));
  p = MulAdd(p, t, Set1(1.915816367e-01f));
  p = MulAdd(p, t, Set1(-7.924728096e-02f));
  p = MulAdd(p, t, Set1(9.605779499e-02f));
  p = MulAdd(p, t, Set1(7.842559367e-02f));
  p = MulAdd(p, t, Set1(1.102273241e-01f));
  p = MulAdd(p, t, Set1(1.195728406e-01f));
  p = MulAdd(p, t, Set1(1.196866333e-01f));
  const Vec square = Mul(x, x);
  // What the square lost, where the ISA can tell; infinite squares have lost nothing that matters.
  const Vec lost = IfLess(square, Set1(1000.0f), NegMulAdd(x, x, square), Zero());
  const Vec power = Exp(Mul(Set1(-0.5f), square));
  const Vec e = MulAdd(Mul(power, Set1(0.5f)), lost, power);
  const Vec tail = Mul(Mul(t, p), e);
  return {Mul(e, Set1(0.39894228040143f)), IfLess(x, Zero(), tail, Sub(Set1(1.0f), tail))};
}

// tanh(log(1 + e^x)) and its slope. With e = e^x it is n / (n + 2), n = e (e + 2), and with f = e^-x, for
// x >= 0, (1 + 2f) / (1 + 2f + 2f^2): nothing cancels and nothing overflows. x times it is within 4 ulp.
struct MishFactor {
  Vec value, slope;
};
OSTINATO_OP MishFactor MishAt(Vec x) {
  const Vec e = Exp(Sub(Zero(), Abs(x)));
  const Vec twice = Add(e, e), square = Mul(e, e);
  const Vec numerator = IfLess(x, Zero(), Add(square, twice), Add(Set1(1.0f), twice));
  const Vec denominator = Add(numerator, IfLess(x, Zero(), Set1(2.0f), Add(square, square)));
  const Vec inverse = Div(Set1(1.0f), denominator);
  const Vec up = Mul(Mul(Set1(4.0f), IfLess(x, Zero(), e, square)), Add(Set1(1.0f), e));
  return {Div(numerator, denominator), Mul(Mul(up, inverse), inverse)};
}

constexpr float kSeluScale = 1.0507009873554804934193349852946f;
constexpr float kSeluAlpha = 1.6732632423543772848170429916717f;

// The constant comes first, here and below: Min and Max return their second argument where either is NaN.
OSTINATO_OP Vec Clamp(float low, Vec x, float high) { return Max(Set1(low), Min(Set1(high), x)); }

OSTINATO_OP Vec HardSigmoid(Vec x) { return Clamp(0.0f, MulAdd(x, Set1(1.0f / 6.0f), Set1(0.5f)), 1.0f); }

// Every activation of a vector. Compiled once, not into each tile of a kernel: Activate inlines the two that
// hot loops are made of.
__attribute__((noinline)) Vec ActivateAny(Activation kind, Vec x) {
  switch (kind) {
    case Activation::kTanh:
      return Tanh(x);
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kRelu:
      return IfLess(x, Zero(), Zero(), x);
    case Activation::kElu:
    case Activation::kCelu:
      return IfLess(x, Zero(), Sub(Exp(x), Set1(1.0f)), x);
    case Activation::kSelu: {
      const Vec low = Mul(Set1(kSeluAlpha), Sub(Exp(x), Set1(1.0f)));
      return Mul(Set1(kSeluScale), IfLess(x, Zero(), low, x));
    }
    case Activation::kExponential:
      return Exp(x);
    case Activation::kHardSigmoid:
      return HardSigmoid(x);
    case Activation::kLegacyHardSigmoid:  // of Keras 1 and 2, and of TensorFlow.js
      return Clamp(0.0f, MulAdd(x, Set1(0.2f), Set1(0.5f)), 1.0f);
    case Activation::kSoftsign:
      return Div(x, Add(Set1(1.0f), Abs(x)));
    case Activation::kLeakyRelu:
      return IfLess(x, Zero(), Mul(Set1(0.2f), x), x);
    case Activation::kRelu6:
      return Clamp(0.0f, x, 6.0f);
    case Activation::kGelu:
      return Mul(x, NormalAt(x).below);
    case Activation::kSilu:  // at most 4 ulp
      return Mul(x, Sigmoid(x));
    case Activation::kSoftplus:
      return Softplus(x);
    case Activation::kLogSigmoid:
      return Sub(Zero(), Softplus(Sub(Zero(), x)));
    case Activation::kSquareplus: {
      // h = (|x| + sqrt(x^2 + 4)) / 2, and 1 / h, which is the same, where x is negative.
      const Vec a = Abs(x);
      const Vec root = IfLess(a, Set1(1e9f), Sqrt(MulAdd(x, x, Set1(4.0f))), a);
      const Vec h = Add(Mul(Set1(0.5f), a), Mul(Set1(0.5f), root));
      return IfNan(x, x, IfLess(x, Zero(), Div(Set1(1.0f), h), h));
    }
    case Activation::kSoftShrink:
      return Sub(x, Clamp(-0.5f, x, 0.5f));
    case Activation::kHardShrink:
      return IfNan(x, x, IfLess(Set1(0.5f), Abs(x), x, Zero()));
    case Activation::kTanhShrink:
      return Sub(x, Tanh(x));
    case Activation::kHardTanh:
      return Clamp(-1.0f, x, 1.0f);
    case Activation::kHardSilu:
      return Mul(x, HardSigmoid(x));
    case Activation::kMish:
      return Mul(x, MishAt(x).value);
    case Activation::kSparsePlus: {
      const Vec up = Add(Clamp(-1.0f, x, 1.0f), Set1(1.0f));
      return IfLess(Set1(1.0f), x, x, Mul(Set1(0.25f), Mul(up, up)));
    }
    case Activation::kSparseSigmoid:
      return Mul(Set1(0.5f), Add(Clamp(-1.0f, x, 1.0f), Set1(1.0f)));
    case Activation::kLinear:
    case Activation::kSoftmax:  // whole rows, as the next two: elementwise-inl.h
    case Activation::kLogSoftmax:
    case Activation::kSparsemax:
      break;
  }
  return x;
}

// What the time loops apply to gates. The logistic function by tanh has an absolute error of 2e-7, in half as
// many operations as Sigmoid, whose relative error stays small in the tails. Divisions would take a third of
// such a step, so values of one row share one, 1 / (q0 q1) being enough for both: two roundings more each.
// Every q lies within [1, 300].
OSTINATO_OP Vec GateSigmoid(Vec x) {
  const Vec half = Set1(0.5f);
  return MulAdd(half, Tanh(Mul(half, x)), half);
}
OSTINATO_OP void TanhPair(Vec& x, Vec& y) {
  const Fraction f = TanhFraction(x), g = TanhFraction(y);
  const Vec r = Div(Set1(1.0f), Mul(f.q, g.q));
  x = Mul(f.p, Mul(r, g.q));
  y = Mul(g.p, Mul(r, f.q));
}
OSTINATO_OP void GateSigmoidPair(Vec& x, Vec& y) {
  const Vec half = Set1(0.5f);
  x = Mul(half, x);
  y = Mul(half, y);
  TanhPair(x, y);
  x = MulAdd(half, x, half);
  y = MulAdd(half, y, half);
}
// i, f and o by the logistic function, g by tanh.
OSTINATO_OP void LstmGates(Vec& i, Vec& f, Vec& g, Vec& o) {
  const Vec half = Set1(0.5f);
  const Fraction a = TanhFraction(Mul(half, i)), b = TanhFraction(Mul(half, f));
  const Fraction c = TanhFraction(g), d = TanhFraction(Mul(half, o));
  const Vec ab = Mul(a.q, b.q), cd = Mul(c.q, d.q);
  const Vec r = Div(Set1(1.0f), Mul(ab, cd));
  const Vec rab = Mul(r, cd), rcd = Mul(r, ab);
  i = MulAdd(half, Mul(a.p, Mul(rab, b.q)), half);
  f = MulAdd(half, Mul(b.p, Mul(rab, a.q)), half);
  g = Mul(c.p, Mul(rcd, d.q));
  o = MulAdd(half, Mul(d.p, Mul(rcd, c.q)), half);
}

OSTINATO_OP Vec Activate(Activation kind, Vec x) {
  if (kind == Activation::kTanh) return Tanh(x);
  if (kind == Activation::kSigmoid) return Sigmoid(x);
  return ActivateAny(kind, x);
}

__attribute__((noinline)) Vec AnyActivationGradient(Activation kind, Vec x, Vec y, Vec dy) {
  switch (kind) {
    case Activation::kTanh:
      return Mul(dy, NegMulAdd(y, y, Set1(1.0f)));
    case Activation::kSigmoid:
      return Mul(dy, NegMulAdd(y, y, y));
    case Activation::kRelu:
      return IfLess(Zero(), y, dy, Zero());
    case Activation::kElu:
    case Activation::kCelu:
      return IfLess(y, Zero(), Mul(dy, Add(y, Set1(1.0f))), dy);
    case Activation::kSelu: {
      const Vec low = Add(y, Set1(kSeluScale * kSeluAlpha));
      return Mul(dy, IfLess(Zero(), y, Set1(kSeluScale), low));
    }
    case Activation::kExponential:
      return Mul(dy, y);
    case Activation::kHardSigmoid:
    case Activation::kLegacyHardSigmoid: {
      const Vec slope = Set1(kind == Activation::kHardSigmoid ? 1.0f / 6.0f : 0.2f);
      return Mul(dy, IfLess(Zero(), y, IfLess(y, Set1(1.0f), slope, Zero()), Zero()));
    }
    case Activation::kSoftsign: {
      const Vec d = Sub(Set1(1.0f), Abs(y));
      return Mul(dy, Mul(d, d));
    }
    case Activation::kLeakyRelu:
      return IfLess(y, Zero(), Mul(Set1(0.2f), dy), dy);
    case Activation::kRelu6:
      return IfLess(Zero(), y, IfLess(y, Set1(6.0f), dy, Zero()), Zero());
    case Activation::kGelu: {
      const Normal normal = NormalAt(x);
      return Mul(dy, MulAdd(x, normal.density, normal.below));
    }
    case Activation::kSilu: {
      const Vec s = Sigmoid(x);
      return Mul(dy, Mul(s, MulAdd(x, Sigmoid(Sub(Zero(), x)), Set1(1.0f))));
    }
    case Activation::kSoftplus:
      return Mul(dy, OneMinusExp(y));
    case Activation::kLogSigmoid:
      return Mul(dy, OneMinusExp(Sub(Zero(), y)));
    case Activation::kSquareplus: {
      // x = y - 1/y, so the slope (1 + x / sqrt(x^2 + 4)) / 2 is y^2 / (y^2 + 1).
      const Vec r = Div(Set1(1.0f), y);
      return Div(dy, MulAdd(r, r, Set1(1.0f)));
    }
    case Activation::kSoftShrink:
    case Activation::kHardShrink:
      return IfLess(Zero(), Abs(y), dy, Zero());
    case Activation::kTanhShrink: {
      const Vec t = Tanh(x);
      return Mul(dy, Mul(t, t));
    }
    case Activation::kHardTanh:
      return IfLess(Abs(y), Set1(1.0f), dy, Zero());
    case Activation::kHardSilu: {
      const Vec inside = MulAdd(x, Set1(1.0f / 3.0f), Set1(0.5f));
      const Vec above = IfLess(x, Set1(3.0f), inside, Set1(1.0f));
      return Mul(dy, IfLess(Set1(-3.0f), x, above, Zero()));
    }
    case Activation::kMish: {
      const MishFactor factor = MishAt(x);
      return Mul(dy, MulAdd(x, factor.slope, factor.value));
    }
    case Activation::kSparsePlus:  // (x + 1) / 2, and the value is its square
      return Mul(dy, Min(Set1(1.0f), Sqrt(y)));
    case Activation::kSparseSigmoid:
      return IfLess(Zero(), y, IfLess(y, Set1(1.0f), Mul(Set1(0.5f), dy), Zero()), Zero());
    case Activation::kLinear:
    case Activation::kSoftmax:
    case Activation::kLogSoftmax:
    case Activation::kSparsemax:
      break;
  }
  return dy;
}

// dx = dy f'(x), with f' written in terms of y = f(x), except where ActivationNeedsInput: x is read there
// alone.
OSTINATO_OP Vec ActivationGradient(Activation kind, Vec x, Vec y, Vec dy) {
  if (kind == Activation::kTanh) return Mul(dy, NegMulAdd(y, y, Set1(1.0f)));
  if (kind == Activation::kSigmoid) return Mul(dy, NegMulAdd(y, y, y));
  return AnyActivationGradient(kind, x, y, dy);
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_MATH_INL_H_
