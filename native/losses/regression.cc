// SPDX-License-Identifier: MIT
#include "losses/regression.h"

#include <cmath>

namespace ostinato {
namespace {

struct Point {
  double value, slope;
};

double Sign(double d) { return d != d ? d : (d > 0) - (d < 0); }  // NaN stays NaN

struct Squared {
  Point operator()(double y, double p) const { return {(p - y) * (p - y), 2.0 * (p - y)}; }
};

struct Absolute {
  Point operator()(double y, double p) const { return {std::fabs(p - y), Sign(p - y)}; }
};

struct AbsolutePercentage {
  Point operator()(double y, double p) const {
    const double unit = 100.0 / std::fmax(std::fabs(y), kEpsilon);
    return {std::fabs(p - y) * unit, Sign(p - y) * unit};
  }
};

struct SquaredLogarithmic {
  Point operator()(double y, double p) const {
    const double d = std::log1p(p < kEpsilon ? kEpsilon : p) - std::log1p(y < kEpsilon ? kEpsilon : y);
    return {d * d, p <= kEpsilon ? 0.0 : 2.0 * d / (1.0 + p)};
  }
};

struct HuberCurve {
  double delta;
  Point operator()(double y, double p) const {
    const double d = p - y, size = std::fabs(d);
    if (size <= delta) return {0.5 * d * d, d};
    return {delta * size - 0.5 * delta * delta, delta * Sign(d)};
  }
};

struct LogCoshCurve {
  Point operator()(double y, double p) const {
    const double d = p - y, size = std::fabs(d);
    return {size + std::log1p(std::exp(-2.0 * size)) - 0.693147180559945309417, std::tanh(d)};
  }
};

template <class Curve>
class Regression : public Loss {
 public:
  explicit Regression(Curve curve) : curve_(curve) {}

  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double n = static_cast<double>(columns), slope = scale / n;
    double sum = 0.0;
    for (size_t j = 0; j < columns; ++j) {
      const Point point = curve_(target[j], x[j]);
      sum += point.value;
      if (gradient) gradient[j] = static_cast<float>(point.slope * slope);
    }
    return sum / n;
  }

 private:
  Curve curve_;
};

template <class Curve>
std::unique_ptr<Loss> Make(Curve curve) {
  return std::make_unique<Regression<Curve>>(curve);
}

}  // namespace

std::unique_ptr<Loss> MakeRegression(const LossConfig& config) {
  switch (config.kind) {
    case LossKind::kMeanAbsoluteError:
      return Make(Absolute());
    case LossKind::kMeanAbsolutePercentageError:
      return Make(AbsolutePercentage());
    case LossKind::kMeanSquaredLogarithmicError:
      return Make(SquaredLogarithmic());
    case LossKind::kHuber:
      return Make(HuberCurve{config.delta});
    case LossKind::kLogCosh:
      return Make(LogCoshCurve());
    default:
      return Make(Squared());
  }
}

}  // namespace ostinato
