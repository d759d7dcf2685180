// SPDX-License-Identifier: MIT
// Hinge losses, of labels -1 and 1, and the categorical hinge.
#ifndef OSTINATO_LOSSES_HINGE_H_
#define OSTINATO_LOSSES_HINGE_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeHinge(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_HINGE_H_
