// SPDX-License-Identifier: MIT
// A loss from its configuration.
#ifndef OSTINATO_LOSSES_MAKE_LOSS_H_
#define OSTINATO_LOSSES_MAKE_LOSS_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeLoss(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_MAKE_LOSS_H_
