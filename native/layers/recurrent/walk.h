// SPDX-License-Identifier: MIT
// The time loop over a batch: of the trunk, of the rows in sets of blocks, by a team of threads.
#ifndef OSTINATO_LAYERS_RECURRENT_WALK_H_
#define OSTINATO_LAYERS_RECURRENT_WALK_H_

#include "layers/recurrent/cell_batch.h"

namespace ostinato {

class CellWalk {
 public:
  explicit CellWalk(CellBatch* use) : use_(*use) {}

  // All rows over all steps; the caller chooses blocks and part.
  WalkArgs Rows(bool backward) const;
  // The trunk is a batch of one row that is active from the first step to the last.
  WalkArgs Trunk(bool backward) const;

  // Calls walk(set, args) for every set of blocks: over all of time at once, or (a switch for tests) with a
  // barrier at every step.
  template <class Walk>
  void ForSets(BatchContext& batch, bool backward, Walk&& walk) const {
    const BatchLayout& layout = use_.layout();
    const size_t steps = layout.steps(), sets = layout.set_count();
    const auto run = [&](size_t set, size_t t_begin, size_t t_end) {
      WalkArgs args = Rows(backward);
      args.t_begin = t_begin;
      args.t_end = t_end;
      args.blocks = layout.blocks() + layout.set_starts()[set];
      args.block_count = static_cast<size_t>(layout.set_starts()[set + 1] - layout.set_starts()[set]);
      walk(set, args);
    };
    if (batch.shortcuts.fused_walk) {
      batch.pool.For(sets, [&](size_t set) { run(set, 0, steps); });
      return;
    }
    const bool descending = backward != use_.config.go_backwards;
    for (size_t i = 0; i < steps; ++i) {
      const size_t t = descending ? steps - 1 - i : i;
      batch.pool.For(sets, [&](size_t set) { run(set, t, t + 1); });
    }
  }
  // Whether `args` are those that a set's walk begins with, or ends with.
  bool Begins(const WalkArgs& args, bool backward) const {
    return (backward != use_.config.go_backwards) ? args.t_end == args.steps : args.t_begin == 0;
  }
  bool Ends(const WalkArgs& args, bool backward) const { return Begins(args, !backward); }

  // A few rows and weights that one core's cache does not hold: every thread walks a part of the units.
  bool IsForTeam(const BatchContext& batch) const;
  void AsTeam(BatchContext& batch) const;
  // Whether the layer's kernel is so large that one thread alone does not walk it.
  static bool IsLarge(const Recurrent& layer);

 private:
  CellBatch& use_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_WALK_H_
