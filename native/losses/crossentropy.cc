// SPDX-License-Identifier: MIT
#include "losses/crossentropy.h"

#include <algorithm>
#include <cmath>

#include "losses/exponential.h"
#include "losses/probabilities.h"

namespace ostinato {
namespace {

class BinaryCrossentropy : public Loss {
 public:
  explicit BinaryCrossentropy(const LossConfig& config) : config_(config) {}

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double n = static_cast<double>(columns), slope = scale / n, s = config_.label_smoothing;
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const double y = target[j] * (1.0 - s) + 0.5 * s, z = x[j];
      if (config_.from_logits) {
        const double e = std::exp(-std::fabs(z));
        sum += (z > 0 ? z : 0.0) - z * y + std::log1p(e);
        const double p = z >= 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
        if (gradient) gradient[j] = static_cast<float>((p - y) * slope);
      } else {
        const double p = Clipped(z);
        sum -= y * std::log(p) + (1.0 - y) * std::log1p(-p);
        // Outside the clip the loss is flat, as on Keras' JAX and PyTorch backends. NaN stays NaN.
        if (gradient)
          gradient[j] = static_cast<float>(IsInside(z) || z != z ? (p - y) / (p * (1.0 - p)) * slope : 0.0);
      }
    }
    return sum / n;
  }

 private:
  LossConfig config_;
};

// Targets are one-hot rows, or with kSparse one class id.
template <bool kSparse>
class CategoricalCrossentropy : public Loss {
 public:
  explicit CategoricalCrossentropy(const LossConfig& config) : config_(config) {}

  bool Counts(const float* target) const override {
    return !kSparse || !config_.ignores || target[0] != config_.ignore_class;
  }

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const Targets y = {target, kSparse ? static_cast<size_t>(target[0]) : 0, 1.0 - config_.label_smoothing,
                       config_.label_smoothing / static_cast<double>(columns)};
    return config_.from_logits ? OfLogits(x, y, columns, scale, gradient)
                               : OfProbabilities(x, y, columns, scale, gradient);
  }

 private:
  struct Targets {
    const float* rows;
    size_t hot;
    double factor, offset;
    double operator[](size_t j) const {
      return kSparse ? (j == hot ? 1.0 : 0.0) : static_cast<double>(rows[j]) * factor + offset;
    }
  };

  // A block of exponentials at a time; where one block is all, those of the sum serve the gradient too.
  static double OfLogits(const float* x, const Targets& y, size_t columns, double scale, float* gradient) {
    double exponentials[kBlock];
    double largest = x[0], total = 0.0;
    for (size_t j = 1; j < columns; ++j) largest = x[j] > largest ? x[j] : largest;
    for (size_t begin = 0; begin < columns; begin += kBlock) {
      const size_t n = std::min(kBlock, columns - begin);
      ExpBelow(x + begin, largest, n, exponentials);
      for (size_t j = 0; j < n; ++j) total += exponentials[j];
    }
    const double log_total = std::log(total) + largest;
    double loss = 0.0, weight = 0.0;
    if (kSparse) {
      if (y.hot < columns) loss = log_total - x[y.hot];
      weight = 1.0;
    } else {
      for (size_t j = 0; j < columns; ++j) {
        if (y[j] != 0.0) loss += y[j] * (log_total - x[j]);
        weight += y[j];
      }
    }
    if (!gradient) return loss;
    const double slope = weight * scale / total;
    for (size_t begin = 0; begin < columns; begin += kBlock) {
      const size_t n = std::min(kBlock, columns - begin);
      if (columns > kBlock) ExpBelow(x + begin, largest, n, exponentials);
      float* out = gradient + begin;
      if (kSparse) {
        for (size_t j = 0; j < n; ++j) out[j] = static_cast<float>(exponentials[j] * slope);
        if (y.hot - begin < n)
          out[y.hot - begin] = static_cast<float>(exponentials[y.hot - begin] * slope - scale);
      } else {
        for (size_t j = 0; j < n; ++j)
          out[j] = static_cast<float>(exponentials[j] * slope - y[begin + j] * scale);
      }
    }
    return loss;
  }

  // Keras divides probabilities by their sum (dense and sparse alike), then clips.
  static double OfProbabilities(const float* x, const Targets& y, size_t columns, double scale,
                                float* gradient) {
    double total = 0.0, loss = 0.0;
    for (size_t j = 0; j < columns; ++j) total += x[j];
    double shared = 0.0;  // sum of y over the unclipped: every one of them pulls on the total
    for (size_t j = 0; j < columns; ++j) {
      const double q = x[j] / total;
      if (y[j] != 0.0) loss -= y[j] * std::log(Clipped(q));
      if (IsInside(q)) shared += y[j];
    }
    if (gradient)
      for (size_t j = 0; j < columns; ++j) {
        const double own = IsInside(x[j] / total) ? y[j] / x[j] : 0.0;
        gradient[j] = static_cast<float>((shared / total - own) * scale);
      }
    return loss;
  }

  static constexpr size_t kBlock = 256;
  LossConfig config_;
};

}  // namespace

std::unique_ptr<Loss> MakeCrossentropy(const LossConfig& config) {
  if (config.kind == LossKind::kBinaryCrossentropy) return std::make_unique<BinaryCrossentropy>(config);
  if (config.kind == LossKind::kCategoricalCrossentropy)
    return std::make_unique<CategoricalCrossentropy<false>>(config);
  return std::make_unique<CategoricalCrossentropy<true>>(config);
}

}  // namespace ostinato
