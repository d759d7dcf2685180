// SPDX-License-Identifier: MIT
// A compute thread of the system: its stack has a size that does not depend on the C library, it is never
// joined, and no signal is delivered to it.
#ifndef OSTINATO_THREADING_START_THREAD_H_
#define OSTINATO_THREADING_START_THREAD_H_

#include <functional>

namespace ostinato {

// Runs `main` on a new thread. False where the system refuses.
bool StartThread(std::function<void()> main);

}  // namespace ostinato

#endif  // OSTINATO_THREADING_START_THREAD_H_
