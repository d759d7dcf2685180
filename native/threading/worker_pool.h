// SPDX-License-Identifier: MIT
// The compute threads of the process: our own, so that neither the event loop nor libuv's pool is ever held.
// A job (a model's run) is led by one thread; the threads that lead nothing help the leaders' parallel
// regions. No thread ever waits for a job, so any number of jobs goes on with any number of threads.
#ifndef OSTINATO_THREADING_WORKER_POOL_H_
#define OSTINATO_THREADING_WORKER_POOL_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <type_traits>

#include "base/plain.h"

namespace ostinato {

class WorkerPool {
 public:
  // Never destroyed: threads may run until the process ends, and static destructors must not meet them.
  static WorkerPool& Instance();

  // Runs `job` on a compute thread, jobs in the order in which they came. Flush-to-zero is set there.
  void Submit(std::function<void()> job);

  // Calls body(task) for tasks 0..count-1, on this thread and on idle ones, and returns when all are done.
  // Only for jobs. Which thread takes which task varies, so a task must write what no other task touches.
  template <class Body>
  void For(size_t count, Body&& body) {
    if (count == 0) return;
    if (count == 1 || threads() == 1) {
      for (size_t task = 0; task < count; ++task) body(task);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    RunRegion(
        count, [](void* context, size_t task) { (*static_cast<Plain*>(context))(task); },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

  size_t threads() const { return limit_.load(std::memory_order_relaxed); }
  // 1..kMaxThreads. May be called at any time: results do not depend on it.
  void SetThreads(size_t threads);

 private:
  using TaskFunction = void (*)(void* context, size_t task);

  // A leader's parallel region; helpers enter through `visitors` and see the fields only while `open`.
  struct alignas(64) Region {
    std::atomic<bool> open{false};
    std::atomic<size_t> visitors{0};
    alignas(64) std::atomic<size_t> next{0};
    size_t count = 0;
    TaskFunction function = nullptr;
    void* context = nullptr;
  };

  WorkerPool();
  void StartThreads();
  void ThreadMain(size_t id);
  void RunRegion(size_t count, TaskFunction function, void* context);
  bool HelpOnce();
  bool RunOneJob();
  void Park(size_t id);

  // Threads that are asked for, and those in use: fewer while the system refuses to start them.
  size_t wanted_;
  std::atomic<size_t> limit_;
  std::chrono::steady_clock::time_point retry_at_{};
  std::atomic<size_t> leaders_{0};
  std::atomic<size_t> waiting_jobs_{0};
  std::atomic<size_t> parked_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::atomic<size_t> started_{0};
  bool oversubscribed_ = false;
  size_t cores_;
  Region regions_[kMaxThreads];
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_WORKER_POOL_H_
