// SPDX-License-Identifier: MIT
// Parts of the units of a walk, which threads compute side by side: whole panels of every instruction set.
#ifndef OSTINATO_LAYERS_RECURRENT_UNIT_PARTS_H_
#define OSTINATO_LAYERS_RECURRENT_UNIT_PARTS_H_

#include <algorithm>

#include "kernels/kernel_list.h"

namespace ostinato {

constexpr size_t kPartUnits = 32;

// The most parts that there can be.
inline size_t UnitPanels(const WalkArgs& whole) { return (whole.padded + kPartUnits - 1) / kPartUnits; }

// Part 0..parts-1 of a walk over all units.
inline WalkArgs UnitsOf(const WalkArgs& whole, size_t part, size_t parts) {
  const size_t panels = UnitPanels(whole);
  WalkArgs args = whole;
  args.unit_begin = panels * part / parts * kPartUnits;
  args.unit_end = std::min(whole.padded, panels * (part + 1) / parts * kPartUnits);
  return args;
}

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_UNIT_PARTS_H_
