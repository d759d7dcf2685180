// SPDX-License-Identifier: MIT
// What a thread does while it waits for another for less time than parking takes.
#ifndef OSTINATO_THREADING_RELAX_H_
#define OSTINATO_THREADING_RELAX_H_

#include <thread>

namespace ostinato {

inline void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Gives the core away: the thread that is waited for may want this very core.
inline void YieldCore() { std::this_thread::yield(); }

}  // namespace ostinato

#endif  // OSTINATO_THREADING_RELAX_H_
