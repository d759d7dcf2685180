// SPDX-License-Identifier: MIT
// Flush-to-zero for compute threads. In back-propagation through time gradients shrink into subnormals, which
// cost a hundred times as much. The JavaScript thread's state is never touched.
#ifndef OSTINATO_THREADING_FLOAT_STATE_H_
#define OSTINATO_THREADING_FLOAT_STATE_H_

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace ostinato {

inline void SetFlushToZero() {
#if defined(__x86_64__)
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#elif defined(__aarch64__)
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  control |= uint64_t{1} << 24;  // FZ
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}

}  // namespace ostinato

#endif  // OSTINATO_THREADING_FLOAT_STATE_H_
