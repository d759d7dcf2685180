// SPDX-License-Identifier: MIT
#include "losses/hinge.h"

namespace ostinato {
namespace {

// Labels 0 and 1 mean -1 and 1, where all of a batch are such.
template <bool kSquared>
class Hinge : public Loss {
 public:
  void Begin(const Rows& rows) override {
    binary_ = true;
    for (size_t i = 0; binary_ && i < rows.count; ++i) {
      const float* target = rows.target(i);
      for (size_t j = 0; j < rows.columns; ++j) binary_ = binary_ && (target[j] == 0.0f || target[j] == 1.0f);
    }
  }

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double n = static_cast<double>(columns), unit = scale / n;
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const double y = binary_ ? 2.0 * target[j] - 1.0 : target[j];
      const double margin = 1.0 - y * x[j];
      const double missed = margin < 0.0 ? 0.0 : margin;  // NaN stays NaN
      sum += kSquared ? missed * missed : missed;
      const double slope =
          kSquared ? -2.0 * missed * y : (margin > 0.0 ? -y : (margin != margin ? margin : 0.0));
      if (gradient) gradient[j] = static_cast<float>(slope * unit);
    }
    return sum / n;
  }

 private:
  bool binary_ = false;
};

class CategoricalHinge : public Loss {
 public:
  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const auto negative = [&](size_t j) { return (1.0 - target[j]) * x[j]; };
    double positive = 0.0, largest = negative(0);
    for (size_t j = 0; j < columns; ++j) {
      const double value = negative(j);
      positive += static_cast<double>(target[j]) * x[j];
      if (value > largest || value != value) largest = value;
    }
    const double missed = largest - positive + 1.0;
    if (gradient) {
      size_t ties = 0;  // share the slope
      for (size_t j = 0; j < columns; ++j) ties += negative(j) == largest;
      for (size_t j = 0; j < columns; ++j) {
        double slope = -target[j];
        if (negative(j) == largest) slope += (1.0 - target[j]) / static_cast<double>(ties);
        gradient[j] = static_cast<float>(missed != missed ? missed : (missed > 0.0 ? slope * scale : 0.0));
      }
    }
    return missed < 0.0 ? 0.0 : missed;
  }
};

}  // namespace

std::unique_ptr<Loss> MakeHinge(const LossConfig& config) {
  if (config.kind == LossKind::kHinge) return std::make_unique<Hinge<false>>();
  if (config.kind == LossKind::kSquaredHinge) return std::make_unique<Hinge<true>>();
  return std::make_unique<CategoricalHinge>();
}

}  // namespace ostinato
