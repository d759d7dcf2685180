// SPDX-License-Identifier: MIT
// Losses with their gradients, and the accuracy family, as keras/src/losses/losses.py and
// metrics/accuracy_metrics.py define them. A row is one sample (or one timestep of one); rows are few beside
// the rest of a step, so these loops are plain, and use float64 where float32 would cost digits of the logged
// loss.
#ifndef OSTINATO_KERNELS_LOSSES_INL_H_
#define OSTINATO_KERNELS_LOSSES_INL_H_

#include <math.h>

#include "kernels/kernel_list.h"

namespace ostinato {
namespace {

constexpr double kClip = 1e-7;  // keras.config.epsilon(), the clip of probabilities

OSTINATO_OP bool IsInside(double p) { return p > kClip && p < 1.0 - kClip; }
OSTINATO_OP double Clipped(double p) { return p < kClip ? kClip : (p > 1.0 - kClip ? 1.0 - kClip : p); }

double BinaryCrossentropyRow(const LossArgs& args, const float* x, const float* target, float* gradient) {
  const double scale = static_cast<double>(args.scale) / static_cast<double>(args.columns);
  double sum = 0.0;
  for (size_t j = 0; j < args.columns; ++j) {
    const double y = target[j], z = x[j];
    if (args.from_logits) {
      const double e = exp(-fabs(z));
      sum += (z > 0 ? z : 0.0) - z * y + log1p(e);
      const double p = z >= 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
      if (gradient) gradient[j] = static_cast<float>((p - y) * scale);
    } else {
      const double p = Clipped(z);
      sum -= y * log(p) + (1.0 - y) * log1p(-p);
      // Outside the clip the loss is flat, as on Keras' JAX and PyTorch backends. NaN stays NaN.
      if (gradient)
        gradient[j] = static_cast<float>(IsInside(z) || z != z ? (p - y) / (p * (1.0 - p)) * scale : 0.0);
    }
  }
  return sum / static_cast<double>(args.columns);
}

// Targets are either one-hot rows or one class id.
double CategoricalCrossentropyRow(const LossArgs& args, const float* x, const float* target,
                                  float* gradient) {
  const bool sparse = args.kind == LossKind::kSparseCategoricalCrossentropy;
  const size_t hot = sparse ? static_cast<size_t>(target[0]) : 0;
  const auto y = [&](size_t j) { return sparse ? (j == hot ? 1.0 : 0.0) : static_cast<double>(target[j]); };
  double loss = 0.0, weight = 0.0;
  if (args.from_logits) {
    double largest = x[0], total = 0.0;
    for (size_t j = 1; j < args.columns; ++j) largest = x[j] > largest ? x[j] : largest;
    for (size_t j = 0; j < args.columns; ++j) total += exp(x[j] - largest);
    const double log_total = log(total) + largest;
    for (size_t j = 0; j < args.columns; ++j) {
      if (y(j) != 0.0) loss += y(j) * (log_total - x[j]);
      weight += y(j);
    }
    if (gradient)
      for (size_t j = 0; j < args.columns; ++j)
        gradient[j] = static_cast<float>((exp(x[j] - log_total) * weight - y(j)) * args.scale);
    return loss;
  }
  // Probabilities: Keras divides by their sum (dense and sparse alike), then clips.
  double total = 0.0;
  for (size_t j = 0; j < args.columns; ++j) total += x[j];
  double shared = 0.0;  // sum of y over the unclipped: every one of them pulls on the total
  for (size_t j = 0; j < args.columns; ++j) {
    const double q = x[j] / total;
    if (y(j) != 0.0) loss -= y(j) * log(Clipped(q));
    if (IsInside(q)) shared += y(j);
  }
  if (gradient)
    for (size_t j = 0; j < args.columns; ++j) {
      const double own = IsInside(x[j] / total) ? y(j) / x[j] : 0.0;
      gradient[j] = static_cast<float>((shared / total - own) * args.scale);
    }
  return loss;
}

double DifferenceRow(const LossArgs& args, const float* x, const float* target, float* gradient) {
  const bool squared = args.kind == LossKind::kMeanSquaredError;
  const double scale = static_cast<double>(args.scale) / static_cast<double>(args.columns);
  double sum = 0.0;
  for (size_t j = 0; j < args.columns; ++j) {
    const double d = static_cast<double>(x[j]) - target[j];
    sum += squared ? d * d : fabs(d);
    const double slope = squared ? 2.0 * d : (d != d ? d : (d > 0) - (d < 0));  // NaN stays NaN
    if (gradient) gradient[j] = static_cast<float>(slope * scale);
  }
  return sum / static_cast<double>(args.columns);
}

double Loss(const LossArgs& args) {
  double sum = 0.0;
  for (size_t i = 0; i < args.rows; ++i) {
    const float* x = args.predictions + i * args.stride;
    const size_t t = args.target_index ? static_cast<size_t>(args.target_index[i]) : i;
    const float* target = args.targets + t * args.target_columns;
    float* gradient = args.gradient ? args.gradient + i * args.stride : nullptr;
    switch (args.kind) {
      case LossKind::kBinaryCrossentropy:
        sum += BinaryCrossentropyRow(args, x, target, gradient);
        break;
      case LossKind::kCategoricalCrossentropy:
      case LossKind::kSparseCategoricalCrossentropy:
        sum += CategoricalCrossentropyRow(args, x, target, gradient);
        break;
      case LossKind::kMeanSquaredError:
      case LossKind::kMeanAbsoluteError:
        sum += DifferenceRow(args, x, target, gradient);
        break;
    }
    if (gradient)
      for (size_t j = args.columns; j < PaddedColumns(args.columns); ++j) gradient[j] = 0.0f;
  }
  return sum;
}

// The first largest element, as argmax has it.
size_t Largest(const float* x, size_t n) {
  size_t best = 0;
  for (size_t j = 1; j < n; ++j)
    if (x[j] > x[best]) best = j;
  return best;
}

double Metric(const MetricArgs& args) {
  double hits = 0.0;
  for (size_t i = 0; i < args.rows; ++i) {
    const float* x = args.predictions + i * args.stride;
    const size_t t = args.target_index ? static_cast<size_t>(args.target_index[i]) : i;
    const float* target = args.targets + t * args.target_columns;
    switch (args.kind) {
      case MetricKind::kBinaryAccuracy:
      case MetricKind::kAccuracy: {
        const bool binary = args.kind == MetricKind::kBinaryAccuracy;
        size_t equal = 0;
        for (size_t j = 0; j < args.columns; ++j)
          equal += (binary ? (x[j] > args.threshold ? 1.0f : 0.0f) : x[j]) == target[j];
        hits += static_cast<double>(equal) / static_cast<double>(args.columns);
        break;
      }
      case MetricKind::kCategoricalAccuracy:
        hits += Largest(x, args.columns) == Largest(target, args.columns);
        break;
      case MetricKind::kSparseCategoricalAccuracy:
        hits += Largest(x, args.columns) == static_cast<size_t>(target[0]);
        break;
    }
  }
  return hits;
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_LOSSES_INL_H_
