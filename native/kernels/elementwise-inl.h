// SPDX-License-Identifier: MIT
// Passes over whole arrays: activations, softmax, dropout, sums, penalties, and the peak that benchmarks
// divide by.
#ifndef OSTINATO_KERNELS_ELEMENTWISE_INL_H_
#define OSTINATO_KERNELS_ELEMENTWISE_INL_H_

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

void ActivateRows(const ActivationArgs& args) {
  if (args.activation == Activation::kSoftmax) {
    for (size_t i = 0; i < args.rows; ++i)
      SoftmaxRow(args.x + i * args.stride, args.columns, args.out + i * args.stride);
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
    const float* dy = args.x + i * args.stride;
    const float* y = args.y + i * args.stride;
    float* dx = args.out + i * args.stride;
    if (args.activation == Activation::kSoftmax) {
      // dx_j = y_j (dy_j - sum_k dy_k y_k)
      float dot = 0.0f;
      for (size_t j = 0; j < args.columns; ++j) dot += dy[j] * y[j];
      for (size_t j = 0; j < padded; ++j) dx[j] = j < args.columns ? y[j] * (dy[j] - dot) : 0.0f;
    } else {
      for (size_t j = 0; j < padded; j += kLanes)
        Store(dx + j, ActivationGradient(args.activation, Zero(), Load(y + j), Load(dy + j)));
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
#pragma GCC unroll 24
    for (size_t s = 0; s < kSums; ++s) sums[s] = MulAdd(sums[s], x, y);
  }
  for (size_t s = 1; s < kSums; ++s) sums[0] = Add(sums[0], sums[s]);
  Store(sink, sums[0]);
  return 2.0 * static_cast<double>(kLanes * kSums) * static_cast<double>(iterations);
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_ELEMENTWISE_INL_H_
