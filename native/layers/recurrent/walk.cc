// SPDX-License-Identifier: MIT
#include "layers/recurrent/walk.h"

#include <algorithm>

#include "layers/recurrent/unit_parts.h"
#include "threading/ordered_work.h"

namespace ostinato {
namespace {

// Recurrent kernels of this many floats (192 KB) are read from L2 in every step; two threads read half each.
constexpr size_t kTeamFloats = size_t{3} << 14;
// More parts than this spend their time waiting for each other.
constexpr size_t kTeamMost = 4;

}  // namespace

WalkArgs CellWalk::Rows(bool backward) const {
  const BatchLayout& layout = use_.layout();
  const CellSizes& sizes = use_.sizes;
  const size_t base = layout.base();
  WalkArgs args = use_.layer.WalkOf(backward);
  args.steps = args.t_end = layout.steps();
  args.active = layout.active();
  args.offsets = layout.offsets();
  args.block_rows = layout.block_rows();
  args.states = use_.states.data() + base * sizes.stride;
  if (use_.has_cell()) args.cells = use_.cells.data() + base * sizes.stride;
  if (use_.keeps_gates) args.gates = use_.gates.data() + base * sizes.delta_stride;
  if (args.reset_before) args.reset_states = use_.reset_states.data() + base * sizes.stride;
  if (use_.drops_states) {
    args.masked_stride = sizes.masked_stride;
    args.masks = use_.state_masks.data();
    args.masked = use_.masked_states.data() + base * sizes.masked_stride;
  }
  args.input_stride = use_.projected_stride();
  if (use_.by_token) {
    args.inputs = use_.projected();
    args.input_index = use_.input.distinct->slot + base;
  } else {
    args.inputs = use_.projected() + base * args.input_stride;
  }
  if (backward) {
    args.carry = use_.carry.data();
    args.deltas = use_.deltas() + base * sizes.delta_stride;
  }
  return args;
}

WalkArgs CellWalk::Trunk(bool backward) const {
  static const int32_t kOneBlock = 0;
  const BatchLayout& layout = use_.layout();
  WalkArgs args = Rows(backward);
  args.steps = args.t_end = layout.trunk();
  args.active = layout.trunk_active();
  args.offsets = layout.trunk_offsets();
  args.blocks = &kOneBlock;
  args.block_count = args.block_rows = 1;
  args.states = use_.states.data();
  args.cells = use_.cells.data();
  if (use_.keeps_gates) args.gates = use_.gates.data();
  args.reset_states = use_.reset_states.data();
  args.inputs = use_.projected();
  args.input_index = use_.by_token ? use_.input.distinct->slot : nullptr;
  if (backward) {
    args.carry = use_.carry.data() + layout.rows() * use_.sizes.stride;
    args.deltas = use_.deltas();
  }
  return args;
}

bool CellWalk::IsLarge(const Recurrent& layer) { return layer.walk_floats() >= kTeamFloats; }

bool CellWalk::IsForTeam(const BatchContext& batch) const {
  return batch.shortcuts.fused_walk && batch.pool.threads() > 1 && use_.layout().set_count() == 1 &&
         !use_.weights.reset_before() && IsLarge(use_.layer);
}

void CellWalk::AsTeam(BatchContext& batch) const {
  const BatchLayout& layout = use_.layout();
  WalkArgs whole = Rows(false);
  whole.blocks = layout.blocks();
  whole.block_count = layout.block_count();
  const size_t parts = std::min({batch.pool.threads(), UnitPanels(whole), kTeamMost});
  ForTeam(batch.pool, layout.steps(), parts, [&](size_t step, size_t part) {
    WalkArgs args = UnitsOf(whole, part, parts);
    args.t_begin = use_.config.go_backwards ? layout.steps() - 1 - step : step;
    args.t_end = args.t_begin + 1;
    batch.kernels.walk_forward(args);
  });
}

}  // namespace ostinato
