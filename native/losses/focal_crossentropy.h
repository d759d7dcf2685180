// SPDX-License-Identifier: MIT
// Focal cross-entropies (Lin et al., 2017): what is predicted well already weighs little.
#ifndef OSTINATO_LOSSES_FOCAL_CROSSENTROPY_H_
#define OSTINATO_LOSSES_FOCAL_CROSSENTROPY_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeFocalCrossentropy(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_FOCAL_CROSSENTROPY_H_
