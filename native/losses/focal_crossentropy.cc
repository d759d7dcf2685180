// SPDX-License-Identifier: MIT
#include "losses/focal_crossentropy.h"

#include <cmath>

#include "losses/probabilities.h"

namespace ostinato {
namespace {

// Derivative of base^gamma by base.
double PowerSlope(double base, double gamma) {
  return gamma == 0.0 ? 0.0 : gamma * std::pow(base, gamma - 1.0);
}

class BinaryFocalCrossentropy : public Loss {
 public:
  explicit BinaryFocalCrossentropy(const LossConfig& config) : config_(config) {}

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double n = static_cast<double>(columns), s = config_.label_smoothing;
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const double y = target[j] * (1.0 - s) + 0.5 * s;
      const double p = config_.from_logits ? 1.0 / (1.0 + std::exp(-static_cast<double>(x[j]))) : x[j];
      const double clipped = Clipped(p);
      const double entropy = -(y * std::log(clipped) + (1.0 - y) * std::log1p(-clipped));
      const double missed = 1.0 - (y * p + (1.0 - y) * (1.0 - p));
      const double focus = std::pow(missed, config_.gamma);
      const double balance =
          config_.class_balancing ? y * config_.alpha + (1.0 - y) * (1.0 - config_.alpha) : 1.0;
      sum += balance * focus * entropy;
      if (!gradient) continue;
      const double slope = IsInside(p) || p != p ? (clipped - y) / (clipped * (1.0 - clipped)) : 0.0;
      const double focus_slope = PowerSlope(missed, config_.gamma) * (1.0 - 2.0 * y);
      const double inner = config_.from_logits ? p * (1.0 - p) : 1.0;
      gradient[j] = static_cast<float>(balance * (focus_slope * entropy + focus * slope) * inner * scale / n);
    }
    return sum / n;
  }

 private:
  LossConfig config_;
};

class CategoricalFocalCrossentropy : public Loss {
 public:
  explicit CategoricalFocalCrossentropy(const LossConfig& config) : config_(config) {}

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double smoothing = config_.label_smoothing, offset = smoothing / static_cast<double>(columns);
    const bool logits = config_.from_logits;
    double largest = 0.0, total = 0.0;
    if (logits) {
      largest = x[0];
      for (size_t j = 1; j < columns; ++j) largest = x[j] > largest ? x[j] : largest;
    }
    const auto raw = [&](size_t j) { return logits ? std::exp(x[j] - largest) : static_cast<double>(x[j]); };
    const auto label = [&](size_t j) { return target[j] * (1.0 - smoothing) + offset; };
    for (size_t j = 0; j < columns; ++j) total += raw(j);
    // Derivative by the probability of column j, 0 outside the clip.
    const auto slope = [&](double q, double y) {
      if (!IsInside(q)) return q != q ? q : 0.0;
      const double missed = 1.0 - q;
      return config_.alpha * y *
             (PowerSlope(missed, config_.gamma) * std::log(q) - std::pow(missed, config_.gamma) / q);
    };
    double loss = 0.0, shared = 0.0;  // every column pulls on the total
    for (size_t j = 0; j < columns; ++j) {
      const double q = raw(j) / total, p = Clipped(q), y = label(j);
      loss -= config_.alpha * std::pow(1.0 - p, config_.gamma) * y * std::log(p);
      if (gradient) shared += slope(q, y) * q;
    }
    if (gradient)
      for (size_t j = 0; j < columns; ++j) {
        const double q = raw(j) / total;
        gradient[j] = static_cast<float>((slope(q, label(j)) - shared) * (logits ? q : 1.0 / total) * scale);
      }
    return loss;
  }

 private:
  LossConfig config_;
};

}  // namespace

std::unique_ptr<Loss> MakeFocalCrossentropy(const LossConfig& config) {
  if (config.kind == LossKind::kBinaryFocalCrossentropy)
    return std::make_unique<BinaryFocalCrossentropy>(config);
  return std::make_unique<CategoricalFocalCrossentropy>(config);
}

}  // namespace ostinato
