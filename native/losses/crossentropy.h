// SPDX-License-Identifier: MIT
// Binary, categorical and sparse categorical cross-entropy, of probabilities or logits.
#ifndef OSTINATO_LOSSES_CROSSENTROPY_H_
#define OSTINATO_LOSSES_CROSSENTROPY_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeCrossentropy(const LossConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_CROSSENTROPY_H_
