// SPDX-License-Identifier: MIT
// Windows over time, as Keras lays them: which steps the taps of a window read.
#ifndef OSTINATO_LAYERS_WINDOWS_H_
#define OSTINATO_LAYERS_WINDOWS_H_

#include <cstddef>
#include <cstdint>

namespace ostinato {

enum class WindowPadding { kValid, kSame, kCausal };

struct Windows {
  size_t size, strides, dilation;
  WindowPadding padding;

  // Steps from the first tap to the last.
  int64_t reach() const { return static_cast<int64_t>(dilation * (size - 1)); }
  // Windows over `steps` steps.
  int64_t Count(int64_t steps) const {
    const int64_t stride = static_cast<int64_t>(strides);
    return padding == WindowPadding::kValid ? (steps - reach() - 1) / stride + 1
                                            : (steps + stride - 1) / stride;
  }
  // Steps of padding before the first step; an odd one of `same` stands behind the last.
  int64_t Before(int64_t steps) const {
    if (padding == WindowPadding::kValid) return 0;
    if (padding == WindowPadding::kCausal) return reach();
    const int64_t all = (Count(steps) - 1) * static_cast<int64_t>(strides) + reach() + 1 - steps;
    return all > 0 ? all / 2 : 0;
  }
  // The step that tap k of window w reads; in the padding it is outside [0, steps).
  int64_t Step(size_t w, size_t k, int64_t before) const {
    return static_cast<int64_t>(w * strides + k * dilation) - before;
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_WINDOWS_H_
