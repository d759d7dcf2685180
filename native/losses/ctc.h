// SPDX-License-Identifier: MIT
// Connectionist temporal classification (Graves et al. 2006): how unlikely the labels of a sample are under
// its outputs, whichever timesteps they stand at.
#ifndef OSTINATO_LOSSES_CTC_H_
#define OSTINATO_LOSSES_CTC_H_

#include <memory>

#include "losses/loss.h"

namespace ostinato {

std::unique_ptr<Loss> MakeCtc();

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_CTC_H_
