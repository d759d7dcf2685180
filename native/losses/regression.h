// SPDX-License-Identifier: MIT
// Losses that are a mean over columns of a curve of target and output.
#ifndef OSTINATO_LOSSES_REGRESSION_H_
#define OSTINATO_LOSSES_REGRESSION_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeRegression(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_REGRESSION_H_
