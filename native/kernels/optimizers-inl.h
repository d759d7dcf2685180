// SPDX-License-Identifier: MIT
// One optimizer step on rows of a weight, as keras/src/optimizers/{sgd,rmsprop,adam}.py code it. Rows without
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

struct AdamRule {
  // m += (1 - beta1)(g - m); v += (1 - beta2)(g^2 - v); w -= rate * m / (sqrt(v) + epsilon)
  OSTINATO_OP_MEMBER static Vec Step(const UpdateArgs& args, Vec w, Vec g, Slots& slots) {
    slots.s0 = MulAdd(Sub(g, slots.s0), Set1(1.0f - args.beta1), slots.s0);
    slots.s1 = MulAdd(Sub(Mul(g, g), slots.s1), Set1(1.0f - args.beta2), slots.s1);
    Vec v = slots.s1;
    if (args.amsgrad) v = slots.s2 = Max(slots.s2, v);
    return Sub(w, Div(Mul(Set1(args.rate), slots.s0), Add(Sqrt(v), Set1(args.epsilon))));
  }
};

OSTINATO_OP Vec WithPenalty(const UpdateArgs& args, Vec w, Vec g) {
  if (args.l2 != 0.0f) g = MulAdd(Set1(2.0f * args.l2), w, g);
  if (args.l1 != 0.0f) {
    const Vec l1 = Set1(args.l1), zero = Zero();
    g = Add(g, IfLess(zero, w, l1, IfLess(w, zero, Sub(zero, l1), zero)));
  }
  return g;
}

template <class Rule>
void UpdateRows(const UpdateArgs& args) {
  for (size_t i = args.begin; i < args.end; ++i) {
    const int64_t from = args.slot ? args.slot[i] : static_cast<int64_t>(i);
    const float* gradient =
        from < 0 ? nullptr : args.gradient + static_cast<size_t>(from) * args.gradient_stride;
    const float* more = args.penalty_gradient ? args.penalty_gradient + i * args.columns : nullptr;
    float* w = args.weight + i * args.columns;
    float* s[3];
    for (size_t k = 0; k < 3; ++k) s[k] = args.slots[k] ? args.slots[k] + i * args.columns : nullptr;
    size_t j = 0;
    for (; j + kLanes <= args.columns; j += kLanes) {
      const Vec old = Load(w + j);
      Vec g = WithPenalty(args, old, gradient ? Load(gradient + j) : Zero());
      if (more) g = Add(g, Load(more + j));
      Slots slots = {s[0] ? Load(s[0] + j) : Zero(), s[1] ? Load(s[1] + j) : Zero(),
                     s[2] ? Load(s[2] + j) : Zero()};
      Store(w + j, Rule::Step(args, old, g, slots));
      if (s[0]) Store(s[0] + j, slots.s0);
      if (s[1]) Store(s[1] + j, slots.s1);
      if (s[2]) Store(s[2] + j, slots.s2);
    }
    if (const size_t n = args.columns - j) {
      const Vec old = LoadN(w + j, n);
      Vec g = WithPenalty(args, old, gradient ? LoadN(gradient + j, n) : Zero());
      if (more) g = Add(g, LoadN(more + j, n));
      Slots slots = {s[0] ? LoadN(s[0] + j, n) : Zero(), s[1] ? LoadN(s[1] + j, n) : Zero(),
                     s[2] ? LoadN(s[2] + j, n) : Zero()};
      StoreN(w + j, Rule::Step(args, old, g, slots), n);
      if (s[0]) StoreN(s[0] + j, slots.s0, n);
      if (s[1]) StoreN(s[1] + j, slots.s1, n);
      if (s[2]) StoreN(s[2] + j, slots.s2, n);
    }
  }
}

// RMSprop without momentum, centering and penalties leaves a weight alone where its gradient is zero: only v
// decays, which is the whole cost of the rows that did not occur in the batch.
void DecayOrUpdateRmsprop(const UpdateArgs& args) {
  const bool plain = args.slot && args.momentum == 0.0f && !args.centered && args.l1 == 0.0f &&
                     args.l2 == 0.0f && !args.penalty_gradient && args.columns % kLanes == 0;
  if (!plain) return UpdateRows<RmspropRule>(args);
  const Vec rho = Set1(args.rho);
  UpdateArgs row = args;
  for (size_t i = args.begin; i < args.end; ++i) {
    if (args.slot[i] >= 0) {
      row.begin = i;
      row.end = i + 1;
      UpdateRows<RmspropRule>(row);
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
  }
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_OPTIMIZERS_INL_H_
