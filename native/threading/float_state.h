// SPDX-License-Identifier: MIT
// Flush-to-zero for compute threads. In back-propagation through time gradients shrink into subnormals, which
// cost a hundred times as much. The JavaScript thread computes a step of streams alone, and gets its state
// back.
#ifndef OSTINATO_THREADING_FLOAT_STATE_H_
#define OSTINATO_THREADING_FLOAT_STATE_H_

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace ostinato {

#if defined(__x86_64__)
using FloatState = unsigned;
inline FloatState GetFloatState() { return _mm_getcsr(); }
inline void SetFloatState(FloatState state) { _mm_setcsr(state); }
#elif defined(__aarch64__)
using FloatState = uint64_t;
inline FloatState GetFloatState() {
  FloatState state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  return state;
}
inline void SetFloatState(FloatState state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
#else
using FloatState = int;
inline FloatState GetFloatState() { return 0; }
inline void SetFloatState(FloatState) {}
#endif

inline void SetFlushToZero() {
#if defined(__x86_64__)
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  SetFloatState(GetFloatState() | kFlushToZero | kDenormalsAreZero);
#elif defined(__aarch64__)
  SetFloatState(GetFloatState() | uint64_t{1} << 24);  // FZ
#endif
}

// Flush-to-zero for as long as this lives, on a thread that is not ours.
class FlushToZeroScope {
 public:
  FlushToZeroScope() : before_(GetFloatState()) { SetFlushToZero(); }
  ~FlushToZeroScope() { SetFloatState(before_); }
  FlushToZeroScope(const FlushToZeroScope&) = delete;
  FlushToZeroScope& operator=(const FlushToZeroScope&) = delete;

 private:
  FloatState before_;
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_FLOAT_STATE_H_
