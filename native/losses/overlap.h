// SPDX-License-Identifier: MIT
// Dice and Tversky losses: how little targets and outputs overlap, over the batch as a whole.
#ifndef OSTINATO_LOSSES_OVERLAP_H_
#define OSTINATO_LOSSES_OVERLAP_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeOverlap(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_OVERLAP_H_
