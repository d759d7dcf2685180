// SPDX-License-Identifier: MIT
// Kullback-Leibler divergence and the Poisson loss.
#ifndef OSTINATO_LOSSES_PROBABILISTIC_H_
#define OSTINATO_LOSSES_PROBABILISTIC_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeProbabilistic(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_PROBABILISTIC_H_
