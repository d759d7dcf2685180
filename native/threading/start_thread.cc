// SPDX-License-Identifier: MIT
#include "threading/start_thread.h"

#include <cstddef>
#include <memory>
#include <utility>

#if defined(_WIN32)
#include "base/system_windows.h"
#else
#include <pthread.h>
#include <signal.h>
#endif

namespace ostinato {
namespace {

// musl gives threads 128 KB by default; the engine needs little, but N-API-free callbacks of a job may go
// deeper.
constexpr size_t kStackBytes = 1 << 20;

void Begin(void* given) {
  const std::unique_ptr<std::function<void()>> main(static_cast<std::function<void()>*>(given));
  (*main)();
}

}  // namespace

bool StartThread(std::function<void()> main) {
  auto given = std::make_unique<std::function<void()>>(std::move(main));
#if defined(_WIN32)
  const auto begin = [](void* argument) -> DWORD {
    Begin(argument);
    return 0;
  };
  const HANDLE thread =
      CreateThread(nullptr, kStackBytes, begin, given.get(), STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  const bool started = thread != nullptr;
  if (started) CloseHandle(thread);
#else
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // Signals belong to Node's threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t thread;
  const auto begin = [](void* argument) -> void* {
    Begin(argument);
    return nullptr;
  };
  const bool started = pthread_create(&thread, &attributes, begin, given.get()) == 0;
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  pthread_attr_destroy(&attributes);
#endif
  // The thread owns it now.
  if (started) given.release();
  return started;
}

}  // namespace ostinato
