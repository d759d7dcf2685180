// SPDX-License-Identifier: MIT
#include "layers/recurrent/gru.h"

namespace ostinato {
namespace {

constexpr size_t kOrder[] = {2, 0, 1};
constexpr CellShape kCell = {CellKind::kGru, 3, 4, 1, kOrder};

}  // namespace

Gru::Gru(const RecurrentConfig& config) : Recurrent(config, kCell, !config.reset_after) {}

}  // namespace ostinato
