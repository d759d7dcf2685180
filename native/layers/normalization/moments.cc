// SPDX-License-Identifier: MIT
#include "layers/normalization/moments.h"

#include <vector>

namespace ostinato {

// The part's own moments first, in two passes; then both are merged (Chan, Golub, LeVeque 1983).
void AddMoments(const float* x, size_t rows, size_t steps, size_t columns, const StepParameter& parameter,
                double* state) {
  const size_t size = parameter.size();
  const double added = static_cast<double>(rows * steps * columns / size);
  std::vector<double> means(size, 0.0), squares(size, 0.0);
  const auto for_each = [&](auto&& body) {
    for (size_t i = 0; i < rows * steps; ++i) {
      const size_t first = parameter.steps > 1 ? i % steps * parameter.features : 0;
      for (size_t c = 0; c < columns; ++c)
        body(first + (parameter.features > 1 ? c : 0), static_cast<double>(x[i * columns + c]));
    }
  };
  for_each([&](size_t k, double value) { means[k] += value; });
  for (double& mean : means) mean /= added;
  for_each([&](size_t k, double value) { squares[k] += (value - means[k]) * (value - means[k]); });

  const double before = state[0], share = added / (before + added);
  double *mean = state + 1, *square = mean + size;
  for (size_t k = 0; k < size; ++k) {
    const double distance = means[k] - mean[k];
    mean[k] += distance * share;
    square[k] += squares[k] + distance * distance * before * share;
  }
  state[0] = before + added;
}

void ReadMoments(const double* state, const StepParameter& parameter, float* mean, float* variance) {
  const size_t size = parameter.size();
  for (size_t k = 0; k < size; ++k) {
    mean[k] = static_cast<float>(state[1 + k]);
    variance[k] = state[0] > 0.0 ? static_cast<float>(state[1 + size + k] / state[0]) : 0.0f;
  }
}

}  // namespace ostinato
