// SPDX-License-Identifier: MIT
// Minus the cosine of the angle between a row of targets and one of outputs.
#ifndef OSTINATO_LOSSES_COSINE_SIMILARITY_H_
#define OSTINATO_LOSSES_COSINE_SIMILARITY_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

// 1 / |x|, at most 1 / epsilon.
double InverseNorm(const float* x, size_t columns);
double Cosine(const float* x, const float* y, size_t columns);

std::unique_ptr<Loss> MakeCosineSimilarity();

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_COSINE_SIMILARITY_H_
