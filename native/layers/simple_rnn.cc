// SPDX-License-Identifier: MIT
#include "layers/simple_rnn.h"

namespace ostinato {
namespace {

constexpr size_t kOrder[] = {0};
constexpr CellShape kCell = {CellKind::kSimpleRnn, 1, 1, 0, kOrder};

}  // namespace

SimpleRnn::SimpleRnn(const RecurrentConfig& config, Arena* arena) : Recurrent(config, kCell, false, arena) {}

}  // namespace ostinato
