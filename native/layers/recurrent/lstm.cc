// SPDX-License-Identifier: MIT
#include "layers/recurrent/lstm.h"

namespace ostinato {
namespace {

constexpr size_t kOrder[] = {0, 1, 2, 3};
constexpr CellShape kCell = {CellKind::kLstm, 4, 4, 0, kOrder};

}  // namespace

Lstm::Lstm(const RecurrentConfig& config) : Recurrent(config, kCell, false) {}

}  // namespace ostinato
