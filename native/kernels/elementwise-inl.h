// SPDX-License-Identifier: MIT
// Passes over whole arrays: activations, dropout, sums, penalties, and the peak that benchmarks
// divide by.
#ifndef OSTINATO_KERNELS_ELEMENTWISE_INL_H_
#define OSTINATO_KERNELS_ELEMENTWISE_INL_H_

#include <math.h>

#include "base/philox.h"
#include "kernels/math-inl.h"

namespace ostinato {
namespace {

// y_j = e^(x_j - max x) / sum; columns beyond `columns` become 0.
void SoftmaxRow(const float* x, size_t columns, float* y) {
  float largest = x[0];
  for (size_t j = 1; j < columns; ++j) largest = largest < x[j] ? x[j] : largest;
  const Vec shift = Set1(largest);
  size_t j = 0;
  for (; j + kLanes <= columns; j += kLanes) Store(y + j, Exp(Sub(Load(x + j), shift)));
  if (j < columns) StoreN(y + j, Exp(Sub(LoadN(x + j, columns - j), shift)), columns - j);
  float sum = 0.0f;
  for (j = 0; j < columns; ++j) sum += y[j];
  const float scale = 1.0f / sum;
  for (j = 0; j < columns; ++j) y[j] *= scale;
  for (; j < PaddedColumns(columns); ++j) y[j] = 0.0f;
}

// y_j = x_j - max x - log(sum of e^(x_k - max x)); columns beyond `columns` become 0.
void LogSoftmaxRow(const float* x, size_t columns, float* y) {
  float largest = x[0];
  for (size_t j = 1; j < columns; ++j) largest = largest < x[j] ? x[j] : largest;
  const Vec shift = Set1(largest);
  float lanes[kLanes];
  double sum = 0.0;
  for (size_t j = 0; j < columns; j += kLanes) {
    const size_t n = columns - j < kLanes ? columns - j : kLanes;
    Store(lanes, Exp(Sub(n < kLanes ? LoadN(x + j, n) : Load(x + j), shift)));
    for (size_t k = 0; k < n; ++k) sum += static_cast<double>(lanes[k]);
  }
  const float rest = static_cast<float>(log(sum));
  size_t j = 0;
  for (; j < columns; ++j) y[j] = (x[j] - largest) - rest;
  for (; j < PaddedColumns(columns); ++j) y[j] = 0.0f;
}

// Sparsemax as Keras codes it: of the entries in descending order z_1 >= z_2 >= ..., the first k stay in the
// support, those with r z_r > c_r - 1 where c_r = z_1 + ... + z_r, and y_j = max(x_j - tau, 0) with
// tau = (c_1 + ... + c_k - 1) / k. (Martins & Astudillo have tau = (c_k - 1) / k: see
// docs/keras_differences.md.)
struct Sparsemax {
  const float* x;
  size_t columns;

  // The place of the largest entry after `last` in descending order, equal ones from the left.
  size_t Next(size_t last) const {
    size_t best = columns;
    for (size_t j = 0; j < columns; ++j) {
      const bool after = last == columns || x[j] < x[last] || (x[j] == x[last] && j > last);
      if (after && (best == columns || x[best] < x[j])) best = j;
    }
    return best;
  }

  // Sets k; NaN where any entry is NaN.
  double Threshold(size_t* k) const {
    *k = 0;
    for (size_t j = 0; j < columns; ++j)
      if (x[j] != x[j]) return static_cast<double>(x[j]);
    double sum = 0.0, sums = 0.0;
    for (size_t at = Next(columns); at < columns; at = Next(at)) {
      const double z = static_cast<double>(x[at]);
      if (*k > 0 && !(z * static_cast<double>(*k + 1) > sum + z - 1.0)) break;
      sum += z;
      sums += sum;
      ++*k;
    }
    return (sums - 1.0) / static_cast<double>(*k);
  }

  void Row(float* y) const {
    size_t k, j = 0;
    const double tau = Threshold(&k);
    for (; j < columns; ++j) {
      const double rest = static_cast<double>(x[j]) - tau;
      y[j] = rest < 0.0 ? 0.0f : static_cast<float>(rest);
    }
    for (; j < PaddedColumns(columns); ++j) y[j] = 0.0f;
  }

  // dx_j = g_j - (sum of g) d tau / d x_j, with g = dy where y is positive; z_r is in k - r + 1 of the k
  // sums.
  void GradientRow(const float* dy, float* dx) const {
    size_t k, j = 0;
    const double tau = Threshold(&k);
    double sum = 0.0;
    for (; j < columns; ++j) {
      dx[j] = static_cast<double>(x[j]) > tau ? dy[j] : 0.0f;
      sum += static_cast<double>(dx[j]);
    }
    for (; j < PaddedColumns(columns); ++j) dx[j] = 0.0f;
    size_t at = columns;
    for (size_t r = 0; r < k; ++r) {
      at = Next(at);
      const double share = static_cast<double>(k - r) / static_cast<double>(k);
      dx[at] = static_cast<float>(static_cast<double>(dx[at]) - sum * share);
    }
  }
};

void ActivateRow(Activation activation, const float* x, size_t columns, float* y) {
  if (activation == Activation::kSoftmax) SoftmaxRow(x, columns, y);
  if (activation == Activation::kLogSoftmax) LogSoftmaxRow(x, columns, y);
  if (activation == Activation::kSparsemax) Sparsemax{x, columns}.Row(y);
}

// Softmax: dx_j = y_j (dy_j - sum_k dy_k y_k); log-softmax: dx_j = dy_j - e^y_j sum_k dy_k.
void RowActivationGradient(Activation activation, const float* x, const float* y, const float* dy,
                           size_t columns, float* dx) {
  if (activation == Activation::kSparsemax) return Sparsemax{x, columns}.GradientRow(dy, dx);
  const bool log_softmax = activation == Activation::kLogSoftmax;
  float sum = 0.0f;
  for (size_t j = 0; j < columns; ++j) sum += log_softmax ? dy[j] : dy[j] * y[j];
  size_t j = 0;
  if (log_softmax) {
    const Vec total = Set1(sum);
    for (; j + kLanes <= columns; j += kLanes)
      Store(dx + j, NegMulAdd(total, Exp(Load(y + j)), Load(dy + j)));
    if (const size_t n = columns - j)
      StoreN(dx + j, NegMulAdd(total, Exp(LoadN(y + j, n)), LoadN(dy + j, n)), n);
    j = columns;
  } else {
    for (; j < columns; ++j) dx[j] = y[j] * (dy[j] - sum);
  }
  for (; j < PaddedColumns(columns); ++j) dx[j] = 0.0f;
}

void ActivateRows(const ActivationArgs& args) {
  if (IsRowActivation(args.activation)) {
    for (size_t i = 0; i < args.rows; ++i)
      ActivateRow(args.activation, args.x + i * args.stride, args.columns, args.out + i * args.stride);
    return;
  }
  const size_t padded = PaddedColumns(args.columns);
  for (size_t i = 0; i < args.rows; ++i) {
    const size_t row = i * args.stride;
    for (size_t j = 0; j < padded; j += kLanes)
      Store(args.out + row + j, Activate(args.activation, Load(args.x + row + j)));
  }
}

void ActivationGradientRows(const ActivationArgs& args) {
  const size_t padded = PaddedColumns(args.columns);
  for (size_t i = 0; i < args.rows; ++i) {
    const size_t row = i * args.stride;
    const float* dy = args.x + row;
    const float* y = args.y + row;
    const float* x = args.pre ? args.pre + row : nullptr;
    float* dx = args.out + row;
    if (IsRowActivation(args.activation)) {
      RowActivationGradient(args.activation, x, y, dy, args.columns, dx);
    } else {
      for (size_t j = 0; j < padded; j += kLanes) {
        const Vec before = x ? Load(x + j) : Zero();
        Store(dx + j, ActivationGradient(args.activation, before, Load(y + j), Load(dy + j)));
      }
    }
  }
}

void Dropout(const DropoutArgs& args) {
  const float scale = 1.0f / (1.0f - args.rate);
  // An element is dropped where its 32 random bits, as a fraction, are below the rate.
  const uint32_t threshold = static_cast<uint32_t>(static_cast<double>(args.rate) * 4294967296.0);
  const size_t padded = PaddedColumns(args.columns);
  for (size_t i = 0; i < args.rows; ++i) {
    const float* x = args.x + i * args.stride;
    float* out = args.out + i * args.stride;
    uint64_t block = ~static_cast<uint64_t>(0);
    PhiloxBlock bits = {};
    for (size_t j = 0; j < args.columns; ++j) {
      const uint64_t element = args.first + i * args.columns + j;
      if (element / 4 != block) {
        block = element / 4;
        bits = Philox(args.key, block, args.stream);
      }
      out[j] = bits.word[element % 4] < threshold ? 0.0f : x[j] * scale;
    }
    for (size_t j = args.columns; j < padded; ++j) out[j] = 0.0f;
  }
}

void AddTo(float* out, const float* x, size_t n) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(out + i, Add(Load(out + i), Load(x + i)));
  if (i < n) StoreN(out + i, Add(LoadN(out + i, n - i), LoadN(x + i, n - i)), n - i);
}

// l1 * sum |w| + l2 * sum w^2, summed in double so that large tables keep their digits.
double Penalty(const float* weight, size_t n, float l1, float l2) {
  double absolute = 0.0, square = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double w = weight[i];
    absolute += w < 0 ? -w : w;
    square += w * w;
  }
  return l1 * absolute + l2 * square;
}

double Peak(size_t iterations, float* sink) {
  constexpr size_t kSums = kRegisters >= 32 ? 24 : 12;
  Vec sums[kSums];
  for (size_t s = 0; s < kSums; ++s) sums[s] = Set1(static_cast<float>(s));
  const Vec x = Set1(sink[0]), y = Set1(sink[1]);
  for (size_t i = 0; i < iterations; ++i) {
#pragma GCC unroll Unroll(24)
    for (size_t s = 0; s < kSums; ++s) sums[s] = MulAdd(sums[s], x, y);
  }
  for (size_t s = 1; s < kSums; ++s) sums[0] = Add(sums[0], sums[s]);
  Store(sink, sums[0]);
  return 2.0 * static_cast<double>(kLanes * kSums) * static_cast<double>(iterations);
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_ELEMENTWISE_INL_H_
