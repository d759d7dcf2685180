// SPDX-License-Identifier: MIT
// One optimizer step on rows of a weight, each rule as its file in keras/src/optimizers/ codes it, and what
// surrounds it there: penalties, clipping, weight decay, accumulated gradients, moving averages. Rows without
// a gradient (an embedding's tokens that did not occur) are stepped with a gradient of zero, so nothing
// differs from a dense step.
#ifndef OSTINATO_KERNELS_OPTIMIZERS_INL_H_
#define OSTINATO_KERNELS_OPTIMIZERS_INL_H_

#include "kernels/kernel_list.h"
#include "simd/vec.h"

namespace ostinato {
namespace {

struct Slots {
  Vec s0, s1, s2;
};

// Each rule takes weight and gradient, changes the slots in place and returns the new weight.
struct SgdRule {
  // m = momentum * m - rate * g; w += m, or w += momentum * m - rate * g with Nesterov
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    const Vec step = Mul(g, Set1(args.rate));
    if (args.momentum == 0.0f) return Sub(w, step);
    const Vec momentum = Set1(args.momentum);
    slots.s0 = Sub(Mul(momentum, slots.s0), step);
    return args.nesterov ? Add(w, Sub(Mul(momentum, slots.s0), step)) : Add(w, slots.s0);
  }
};

struct RmspropRule {
  // v = rho v + (1 - rho) g^2; step = rate * g / sqrt(v + epsilon), epsilon inside the root
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    const Vec rho = Set1(args.rho), rest = Set1(1.0f - args.rho);
    slots.s0 = MulAdd(rest, Mul(g, g), Mul(rho, slots.s0));
    Vec denominator = Add(slots.s0, Set1(args.epsilon));
    if (args.centered) {
      slots.s2 = MulAdd(rest, g, Mul(rho, slots.s2));
      denominator = Add(NegMulAdd(slots.s2, slots.s2, slots.s0), Set1(args.epsilon));
    }
    Vec step = Div(Mul(Set1(args.rate), g), Sqrt(denominator));
    if (args.momentum > 0.0f) {
      slots.s1 = MulAdd(Set1(args.momentum), slots.s1, step);
      step = slots.s1;
    }
    return Sub(w, step);
  }
};

// m += (1 - beta1)(g - m); v += (1 - beta2)(g^2 - v)
OSTINATO_OP void AverageMoments(const UpdateArgs& args, Vec g, Slots& slots) {
  slots.s0 = MulAdd(Sub(g, slots.s0), Set1(1.0f - args.beta1), slots.s0);
  slots.s1 = MulAdd(Sub(Mul(g, g), slots.s1), Set1(1.0f - args.beta2), slots.s1);
}

struct AdamRule {
  // w -= rate * m / (sqrt(v) + epsilon)
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    AverageMoments(args, g, slots);
    Vec v = slots.s1;
    if (args.amsgrad) v = slots.s2 = Max(slots.s2, v);
    return Sub(w, Div(Mul(Set1(args.rate), slots.s0), Add(Sqrt(v), Set1(args.epsilon))));
  }
};

struct NadamRule {
  // w -= rate * (a m + b g) / (sqrt(c v) + epsilon)
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    AverageMoments(args, g, slots);
    const Vec m = MulAdd(Set1(args.momentum_factor), slots.s0, Mul(Set1(args.gradient_factor), g));
    const Vec root = Sqrt(Mul(Set1(args.velocity_factor), slots.s1));
    return Sub(w, Div(Mul(Set1(args.rate), m), Add(root, Set1(args.epsilon))));
  }
};

struct AdamaxRule {
  // m += (1 - beta1)(g - m); u = max(beta2 u, |g|); w -= rate * m / (u + epsilon)
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    slots.s0 = MulAdd(Sub(g, slots.s0), Set1(1.0f - args.beta1), slots.s0);
    slots.s1 = Max(Mul(Set1(args.beta2), slots.s1), Abs(g));
    return Sub(w, Div(Mul(Set1(args.rate), slots.s0), Add(slots.s1, Set1(args.epsilon))));
  }
};

struct AdagradRule {
  // a += g^2; w -= rate * g / sqrt(a + epsilon)
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    slots.s0 = MulAdd(g, g, slots.s0);
    return Sub(w, Div(Mul(Set1(args.rate), g), Sqrt(Add(slots.s0, Set1(args.epsilon)))));
  }
};

struct AdadeltaRule {
  // a = rho a + (1 - rho) g^2; d = g sqrt(s + epsilon) / sqrt(a + epsilon); s = rho s + (1 - rho) d^2
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    const Vec rho = Set1(args.rho), rest = Set1(1.0f - args.rho), epsilon = Set1(args.epsilon);
    slots.s0 = MulAdd(rest, Mul(g, g), Mul(rho, slots.s0));
    const Vec step = Div(Mul(Sqrt(Add(slots.s1, epsilon)), g), Sqrt(Add(slots.s0, epsilon)));
    slots.s1 = MulAdd(rest, Mul(step, step), Mul(rho, slots.s1));
    return NegMulAdd(Set1(args.rate), step, w);
  }
};

struct LionRule {
  // w -= rate * sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    const Vec mixed = MulAdd(Set1(1.0f - args.beta1), g, Mul(Set1(args.beta1), slots.s0));
    slots.s0 = MulAdd(Set1(1.0f - args.beta2), g, Mul(Set1(args.beta2), slots.s0));
    const Vec zero = Zero(), rate = Set1(args.rate);
    // Neither above nor below zero: zero, or NaN, which stays.
    const Vec step = IfLess(zero, mixed, rate, IfLess(mixed, zero, Sub(zero, rate), mixed));
    return Sub(w, step);
  }
};

// All lanes, or the first n of them.
struct WholeVector {
  OSTINATO_OP_MEMBER Vec Read(const float* from) const { return Load(from); }
  OSTINATO_OP_MEMBER void Write(float* to, Vec v) const { Store(to, v); }
};
struct PartOfVector {
  size_t n;
  OSTINATO_OP_MEMBER Vec Read(const float* from) const { return LoadN(from, n); }
  OSTINATO_OP_MEMBER void Write(float* to, Vec v) const { StoreN(to, v, n); }
};

// A row of a weight with its gradients of the loss and of other penalties, null where it has none.
struct WeightRow {
  float* weight;
  const float *gradient, *penalty;
};

OSTINATO_OP WeightRow WeightRowAt(const UpdateArgs& args, size_t i) {
  const int64_t from = args.slot ? args.slot[i] : static_cast<int64_t>(i);
  return {args.weight + i * args.columns,
          from < 0 ? nullptr : args.gradient + static_cast<size_t>(from) * args.gradient_stride,
          args.penalty_gradient ? args.penalty_gradient + i * args.columns : nullptr};
}

// The gradient of loss and penalties at column j, where the weight is w.
template <bool kScaled, class Lanes>
OSTINATO_OP Vec WholeGradient(const UpdateArgs& args, const WeightRow& row, size_t j, Vec w, Lanes lanes) {
  Vec g = row.gradient ? lanes.Read(row.gradient + j) : Zero();
  if (kScaled) g = Mul(g, Set1(args.gradient_scale));
  if (args.l2 != 0.0f) g = MulAdd(Set1(2.0f * args.l2), w, g);
  if (args.l1 != 0.0f) {
    const Vec l1 = Set1(args.l1), zero = Zero();
    g = Add(g, IfLess(zero, w, l1, IfLess(w, zero, Sub(zero, l1), zero)));
  }
  return row.penalty ? Add(g, lanes.Read(row.penalty + j)) : g;
}

// Clips the gradient and lets the weight decay, then steps.
template <class Rule, bool kPlain, class Lanes>
OSTINATO_OP void MoveAt(const UpdateArgs& args, const WeightRow& row, float* const* s, size_t j,
                        Lanes lanes) {
  Vec w = lanes.Read(row.weight + j);
  Vec g = WholeGradient<!kPlain>(args, row, j, w, lanes);
  if (!kPlain) {
    g = Mul(g, Set1(args.clip_scale));
    // In this order NaN stays.
    if (args.clip_value > 0.0f) g = Max(Set1(-args.clip_value), Min(Set1(args.clip_value), g));
    w = NegMulAdd(w, Set1(args.decay), w);
  }
  Slots slots = {s[0] ? lanes.Read(s[0] + j) : Zero(), s[1] ? lanes.Read(s[1] + j) : Zero(),
                 s[2] ? lanes.Read(s[2] + j) : Zero()};
  lanes.Write(row.weight + j, Rule::Step(args, w, g, slots));
  if (s[0]) lanes.Write(s[0] + j, slots.s0);
  if (s[1]) lanes.Write(s[1] + j, slots.s1);
  if (s[2]) lanes.Write(s[2] + j, slots.s2);
}

template <class Rule, bool kPlain>
void MoveRows(const UpdateArgs& args) {
  for (size_t i = args.begin; i < args.end; ++i) {
    const WeightRow row = WeightRowAt(args, i);
    float* s[3];
    for (size_t k = 0; k < 3; ++k) s[k] = args.slots[k] ? args.slots[k] + i * args.columns : nullptr;
    size_t j = 0;
    for (; j + kLanes <= args.columns; j += kLanes) MoveAt<Rule, kPlain>(args, row, s, j, WholeVector{});
    if (j < args.columns) MoveAt<Rule, kPlain>(args, row, s, j, PartOfVector{args.columns - j});
  }
}

// Whether nothing is done to gradient and weight before the rule steps.
OSTINATO_OP bool IsPlain(const UpdateArgs& args) {
  return args.gradient_scale == 1.0f && args.clip_scale == 1.0f && args.clip_value == 0.0f &&
         args.decay == 0.0f;
}

template <class Rule>
void UpdateRows(const UpdateArgs& args) {
  if (IsPlain(args))
    MoveRows<Rule, true>(args);
  else
    MoveRows<Rule, false>(args);
}

// RMSprop without momentum, centering, penalties and decay leaves a weight alone where its gradient is zero:
// only v decays, which is the whole cost of the rows that did not occur in the batch.
void DecayOrUpdateRmsprop(const UpdateArgs& args) {
  const bool lazy = args.slot && args.momentum == 0.0f && !args.centered && args.l1 == 0.0f &&
                    args.l2 == 0.0f && !args.penalty_gradient && IsPlain(args) && args.columns % kLanes == 0;
  if (!lazy) return UpdateRows<RmspropRule>(args);
  const Vec rho = Set1(args.rho);
  UpdateArgs row = args;
  for (size_t i = args.begin; i < args.end; ++i) {
    if (args.slot[i] >= 0) {
      row.begin = i;
      row.end = i + 1;
      MoveRows<RmspropRule, true>(row);
    } else {
      float* v = args.slots[0] + i * args.columns;
      for (size_t j = 0; j < args.columns; j += kLanes) Store(v + j, Mul(rho, Load(v + j)));
    }
  }
}

void Update(const UpdateArgs& args) {
  switch (args.kind) {
    case OptimizerKind::kSgd:
      return UpdateRows<SgdRule>(args);
    case OptimizerKind::kRmsprop:
      return DecayOrUpdateRmsprop(args);
    case OptimizerKind::kAdam:
      return UpdateRows<AdamRule>(args);
    case OptimizerKind::kNadam:
      return UpdateRows<NadamRule>(args);
    case OptimizerKind::kAdamax:
      return UpdateRows<AdamaxRule>(args);
    case OptimizerKind::kAdagrad:
      return UpdateRows<AdagradRule>(args);
    case OptimizerKind::kAdadelta:
      return UpdateRows<AdadeltaRule>(args);
    case OptimizerKind::kLion:
      return UpdateRows<LionRule>(args);
  }
}

// Calls body(j, gradient, lanes) along each row that has a gradient, and after_row() behind it.
template <class Body, class AfterRow>
OSTINATO_OP void ForGradients(const UpdateArgs& args, Body body, AfterRow after_row) {
  for (size_t i = args.begin; i < args.end; ++i) {
    const WeightRow row = WeightRowAt(args, i);
    if (!row.gradient && !row.penalty && args.l1 == 0.0f && args.l2 == 0.0f) continue;
    const auto at = [&](size_t j, auto lanes) {
      body(i * args.columns + j, WholeGradient<true>(args, row, j, lanes.Read(row.weight + j), lanes), lanes);
    };
    size_t j = 0;
    for (; j + kLanes <= args.columns; j += kLanes) at(j, WholeVector{});
    if (j < args.columns) at(j, PartOfVector{args.columns - j});
    after_row();
  }
}

// Lanes are summed along a row and then added up in double.
double GradientSquares(const UpdateArgs& args) {
  double sum = 0.0;
  Vec squares = Zero();
  ForGradients(
      args, [&](size_t, Vec g, auto) { squares = MulAdd(g, g, squares); },
      [&] {
        float lanes[kLanes];
        Store(lanes, squares);
        for (size_t k = 0; k < kLanes; ++k) sum += static_cast<double>(lanes[k]);
        squares = Zero();
      });
  return sum;
}

void Accumulate(const UpdateArgs& args, float* sums) {
  ForGradients(
      args, [&](size_t at, Vec g, auto lanes) { lanes.Write(sums + at, Add(g, lanes.Read(sums + at))); },
      [] {});
}

void AverageWeights(const float* weight, float* average, size_t n, float momentum) {
  const auto at = [&](size_t i, auto lanes) {
    const Vec kept = Mul(Set1(momentum), lanes.Read(average + i));
    lanes.Write(average + i, MulAdd(Set1(1.0f - momentum), lanes.Read(weight + i), kept));
  };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) at(i, WholeVector{});
  if (i < n) at(i, PartOfVector{n - i});
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_OPTIMIZERS_INL_H_
