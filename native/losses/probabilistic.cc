// SPDX-License-Identifier: MIT
#include "losses/probabilistic.h"

#include <cmath>

namespace ostinato {
namespace {

class KlDivergence : public Loss {
 public:
  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const auto clip = [](double p) { return p < kEpsilon ? kEpsilon : (p > 1.0 ? 1.0 : p); };
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const double y = clip(target[j]), p = clip(x[j]);
      sum += y * std::log(y / p);
      const bool flat = x[j] <= kEpsilon || x[j] > 1.0f;
      if (gradient) gradient[j] = flat ? 0.0f : static_cast<float>(-y / p * scale);
    }
    return sum;
  }
};

class Poisson : public Loss {
 public:
  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double n = static_cast<double>(columns);
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const double y = target[j], p = x[j];
      sum += p - y * std::log(p + kEpsilon);
      if (gradient) gradient[j] = static_cast<float>((1.0 - y / (p + kEpsilon)) * scale / n);
    }
    return sum / n;
  }
};

}  // namespace

std::unique_ptr<Loss> MakeProbabilistic(const LossConfig& config) {
  if (config.kind == LossKind::kKlDivergence) return std::make_unique<KlDivergence>();
  return std::make_unique<Poisson>();
}

}  // namespace ostinato
