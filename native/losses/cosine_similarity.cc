// SPDX-License-Identifier: MIT
#include "losses/cosine_similarity.h"

#include <cmath>

namespace ostinato {
namespace {

class CosineSimilarity : public Loss {
 public:
  double Row(const float* x, const float* target, size_t columns, double scale,
             float* gradient) const override {
    const double cosine = Cosine(x, target, columns);
    if (gradient) {
      const double xs = InverseNorm(x, columns), ys = InverseNorm(target, columns);
      const double along = xs < 1.0 / kEpsilon ? cosine * xs : 0.0;  // a capped norm is constant
      for (size_t j = 0; j < columns; ++j)
        gradient[j] = static_cast<float>(-xs * (target[j] * ys - x[j] * along) * scale);
    }
    return -cosine;
  }
};

}  // namespace

double InverseNorm(const float* x, size_t columns) {
  double sum = 0.0;
  for (size_t j = 0; j < columns; ++j) sum += static_cast<double>(x[j]) * x[j];
  const double inverse = 1.0 / std::sqrt(sum);
  return inverse > 1.0 / kEpsilon ? 1.0 / kEpsilon : inverse;
}

double Cosine(const float* x, const float* y, size_t columns) {
  double sum = 0.0;
  for (size_t j = 0; j < columns; ++j) sum += static_cast<double>(x[j]) * y[j];
  return sum * InverseNorm(x, columns) * InverseNorm(y, columns);
}

std::unique_ptr<Loss> MakeCosineSimilarity() { return std::make_unique<CosineSimilarity>(); }

}  // namespace ostinato
