// SPDX-License-Identifier: MIT
#include "layers/recurrent/simple_rnn.h"

namespace ostinato {
namespace {

constexpr size_t kOrder[] = {0};
constexpr CellShape kCell = {CellKind::kSimpleRnn, 1, 1, 0, kOrder};

}  // namespace

SimpleRnn::SimpleRnn(const RecurrentConfig& config) : Recurrent(config, kCell, false) {}

}  // namespace ostinato
