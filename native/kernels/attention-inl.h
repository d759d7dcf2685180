// SPDX-License-Identifier: MIT
// Attention of one row of a batch: from scores to weights and back, and scores by a sum of tanh.
#ifndef OSTINATO_KERNELS_ATTENTION_INL_H_
#define OSTINATO_KERNELS_ATTENTION_INL_H_

#include "kernels/math-inl.h"

namespace ostinato {
namespace {

// `inside` in the first n lanes, `outside` in the others.
OSTINATO_OP Vec FirstOf(size_t n, Vec inside, Vec outside) {
  alignas(64) static const float lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return IfLess(Load(lanes), Set1(static_cast<float>(n)), inside, outside);
}

OSTINATO_OP float SumOf(Vec x) {
  float lanes[kLanes], sum = 0.0f;
  Store(lanes, x);
  for (size_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

// Softmax of scale * x + shift, or + keys[] where given, over the first `columns`, in place; zeros behind
// them up to `padded`. e^(x - max) is within 2 ulp, the rest roundings of sum and quotient.
OSTINATO_OP void WeightsOfRow(float* row, size_t columns, size_t padded, Vec scale, const float* keys,
                              Vec shift) {
  const Vec lowest = Set1(-__builtin_inff());
  const auto score = [&](size_t j) { return MulAdd(Load(row + j), scale, keys ? Load(keys + j) : shift); };
  const size_t whole = columns / kLanes * kLanes, rest = columns - whole;
  Vec most = lowest;
  size_t j = 0;
  for (; j < whole; j += kLanes) {
    const Vec x = score(j);
    most = IfLess(most, x, x, most);
  }
  if (rest > 0) {
    const Vec x = FirstOf(rest, score(j), lowest);
    most = IfLess(most, x, x, most);
  }
  float lanes[kLanes];
  Store(lanes, most);
  float largest = lanes[0];
  for (size_t i = 1; i < kLanes; ++i) largest = largest < lanes[i] ? lanes[i] : largest;
  const Vec max = Set1(largest);
  Vec sums = Zero();
  for (j = 0; j < whole; j += kLanes) {
    const Vec e = Exp(Sub(score(j), max));
    Store(row + j, e);
    sums = Add(sums, e);
  }
  if (rest > 0) {
    const Vec e = FirstOf(rest, Exp(Sub(score(j), max)), Zero());
    Store(row + j, e);
    sums = Add(sums, e);
  }
  const Vec factor = Set1(1.0f / SumOf(sums));
  for (j = 0; j < whole; j += kLanes) Store(row + j, Mul(Load(row + j), factor));
  if (rest > 0) {
    Store(row + j, FirstOf(rest, Mul(Load(row + j), factor), Zero()));
    j += kLanes;
  }
  for (; j < padded; j += kLanes) Store(row + j, Zero());
}

// Of row i: the keys before `limit` that count.
struct KeysOfRow {
  size_t limit;
  const float* keys;
  bool any;

  OSTINATO_OP_MEMBER KeysOfRow(const AttentionWeightsArgs& args, size_t i)
      : limit(args.causal && i + 1 < args.columns ? i + 1 : args.columns),
        keys(args.keys ? args.keys + i * args.key_stride : nullptr),
        any(!args.queries || args.queries[i * args.query_stride] != 0) {
    if (!keys || !any) return;
    size_t j = 0;
    while (j < limit && keys[j] < 0.0f) ++j;
    any = j < limit;
  }
};

void AttentionWeights(const AttentionWeightsArgs& args) {
  const size_t padded = PaddedColumns(args.columns);
  const Vec scale = Set1(args.scale);
  for (size_t i = 0; i < args.rows; ++i) {
    float* row = args.weights + i * args.stride;
    const KeysOfRow keys(args, i);
    if (keys.any) {
      WeightsOfRow(row, keys.limit, padded, scale, keys.keys, Zero());
    } else if (args.no_keys == NoKeys::kLower) {
      WeightsOfRow(row, args.columns, padded, scale, nullptr, Set1(-1e9f));
    } else {
      const float each = args.no_keys == NoKeys::kAlike ? 1.0f / static_cast<float>(args.columns) : 0.0f;
      for (size_t j = 0; j < padded; ++j) row[j] = j < args.columns ? each : 0.0f;
    }
  }
}

void AttentionWeightsGradient(const AttentionWeightsArgs& args) {
  const size_t padded = PaddedColumns(args.columns);
  const Vec scale = Set1(args.scale);
  for (size_t i = 0; i < args.rows; ++i) {
    const float* y = args.weights + i * args.stride;
    float* d = args.gradient + i * args.stride;
    if (args.no_keys == NoKeys::kAlike && !KeysOfRow(args, i).any) {
      for (size_t j = 0; j < padded; j += kLanes) Store(d + j, Zero());
      continue;
    }
    Vec sums = Zero();
    for (size_t j = 0; j < padded; j += kLanes) sums = MulAdd(Load(d + j), Load(y + j), sums);
    const Vec sum = Set1(SumOf(sums));
    for (size_t j = 0; j < padded; j += kLanes)
      Store(d + j, Mul(Mul(scale, Load(y + j)), Sub(Load(d + j), sum)));
  }
}

void AdditiveScores(const AdditiveScoresArgs& args) {
  const size_t features = PaddedColumns(args.features), padded = PaddedColumns(args.columns);
  const Vec scale = Set1(args.scale);
  for (size_t i = 0; i < args.rows; ++i) {
    const float* query = args.query + i * args.query_stride;
    float* scores = args.scores + i * args.stride;
    for (size_t j = 0; j < args.columns; ++j) {
      const float* key = args.key + j * args.key_stride;
      Vec sum = Zero();
      for (size_t c = 0; c < features; c += kLanes)
        sum = MulAdd(Load(args.weights + c), Tanh(Mul(scale, Add(Load(query + c), Load(key + c)))), sum);
      scores[j] = SumOf(sum);
    }
    for (size_t j = args.columns; j < padded; ++j) scores[j] = 0.0f;
  }
}

// tanh is computed again: keeping it would take [rows, columns, features].
void AdditiveScoresGradient(const AdditiveScoresArgs& args) {
  const Vec scale = Set1(args.scale), one = Set1(1.0f);
  for (size_t c = 0; c < PaddedColumns(args.features); c += kLanes) {
    const Vec weights = Load(args.weights + c);
    Vec dweights = Zero(), dscale = Zero();
    for (size_t j = 0; j < args.columns && !args.accumulate; ++j)
      Store(args.dkey + j * args.dkey_stride + c, Zero());
    for (size_t i = 0; i < args.rows; ++i) {
      const float* scores = args.scores + i * args.stride;
      const Vec query = Load(args.query + i * args.query_stride + c);
      Vec dquery = Zero();
      for (size_t j = 0; j < args.columns; ++j) {
        // Keys that a query does not attend to.
        if (scores[j] == 0.0f) continue;
        const Vec d = Set1(scores[j]);
        const Vec x = Add(query, Load(args.key + j * args.key_stride + c));
        const Vec t = Tanh(Mul(scale, x));
        const Vec u = Mul(Mul(d, weights), NegMulAdd(t, t, one));
        float* dkey = args.dkey + j * args.dkey_stride + c;
        dweights = MulAdd(d, t, dweights);
        dscale = MulAdd(u, x, dscale);
        dquery = MulAdd(scale, u, dquery);
        Store(dkey, MulAdd(scale, u, Load(dkey)));
      }
      Store(args.dquery + i * args.dquery_stride + c, dquery);
    }
    Store(args.dweights + c, dweights);
    Store(args.dscale + c, dscale);
  }
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_ATTENTION_INL_H_
