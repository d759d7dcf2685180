// SPDX-License-Identifier: MIT
// The compute threads of the process: our own, so that neither the event loop nor libuv's pool is ever held.
// A job (a model's run) is led by one thread; the threads that lead nothing help the leaders' parallel
// regions. No thread ever waits for a job, so any number of jobs goes on with any number of threads.
//
// Jobs have a class. Between tasks, and within long ones, a thread passes preemption points (Yield): there it
// first does what a more urgent class has waiting, nested on its own stack, and hears whether its own job was
// told to stop. What a task computes does not depend on either.
#ifndef OSTINATO_THREADING_WORKER_POOL_H_
#define OSTINATO_THREADING_WORKER_POOL_H_

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>

#include "base/plain.h"
#include "threading/job_control.h"

namespace ostinato {

// The more urgent class first. Jobs of one class begin in the order in which they came.
enum class JobClass : size_t { kServing, kTraining };
constexpr size_t kJobClasses = 2;

// Thrown to the leader of a job that was told to stop. What the job had in work is undone work, anywhere.
struct Cancelled {};

// What tests let happen at a preemption point.
enum class PreemptionTest : int {
  kOff,
  kServe,   // serving jobs are held back until there, and begin there
  kCancel,  // the job that passes it is cancelled
  kHold,    // a job that commits stays where it is until it is told to stop
};

class WorkerPool {
 public:
  // Never destroyed: threads may run until the process ends, and static destructors must not meet them.
  static WorkerPool& Instance();

  // Runs `job` on a compute thread. Flush-to-zero is set there. `control` may be null.
  void Submit(JobClass job_class, std::shared_ptr<JobControl> control, std::function<void()> job);
  // Runs `job`, as one that serves, on a compute thread, and waits for it; throws what it throws. Not for
  // compute threads.
  void Run(const std::function<void()>& job);
  // Takes the job of `control` back. False where a thread has begun it, or there is none.
  bool Withdraw(const JobControl& control);

  // Calls body(task) for tasks 0..count-1, on this thread and on idle ones, and returns when all are done.
  // Only for leaders of jobs, and not within a task. Which thread takes which task varies, so a task must
  // write what no other task touches. Throws Cancelled.
  template <class Body>
  void For(size_t count, Body&& body) {
    if (count == 0) return;
    if (count == 1 || threads() == 1) {
      for (size_t task = 0; task < count && Yield(); ++task) body(task);
      return YieldOrThrow();
    }
    using Plain = std::remove_reference_t<Body>;
    RunRegion(
        count, [](void* context, size_t task) { (*static_cast<Plain*>(context))(task); },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

  // The same for a thread that is none of the pool's (the JavaScript thread) and tasks of some microseconds.
  // Where such calls follow each other closely a compute thread waits for the next one, as helpers of a job
  // do; else, and where it has other work, the caller does all. Stops for nothing, throws nothing.
  template <class Body>
  void ForCaller(size_t count, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    const auto function = [](void* context, size_t task) { (*static_cast<Plain*>(context))(task); };
    if (count > 1 && threads() > 1 &&
        RunForCaller(count, function, const_cast<void*>(static_cast<const void*>(&body))))
      return;
    for (size_t task = 0; task < count; ++task) body(task);
  }

  // A preemption point. False where the rest of the work at hand is to be left undone. On any thread.
  static bool Yield();
  // The same for leaders outside of tasks: throws Cancelled instead.
  static void YieldOrThrow() {
    if (!Yield()) throw Cancelled();
  }

  // While it lives, this thread lets no other job in: it holds what such a job may wait for. It hears that
  // its own is to stop, and other threads help it, as with work of the most urgent class.
  class Undivided {
   public:
    Undivided();
    ~Undivided();
    Undivided(const Undivided&) = delete;
    Undivided& operator=(const Undivided&) = delete;

   private:
    JobClass before_;
  };

  // How much work may lie between two preemption points, in any unit: `usual`, and in tests the least.
  static size_t Stretch(size_t usual) { return Instance().test_ == PreemptionTest::kOff ? usual : 1; }

  size_t threads() const { return limit_.load(std::memory_order_relaxed); }
  // 1..kMaxThreads. May be called at any time: results do not depend on it.
  void SetThreads(size_t threads);

  // From now on preemption points are counted, from 1, and `how` happens at number `point`. With kServe those
  // of training count: serving jobs are held back until that point, which waits until there are `jobs` of
  // them. With kCancel those of any job that can be cancelled count, with kHold those at which one commits,
  // whatever their number.
  void TestPreemption(PreemptionTest how, uint64_t point, size_t jobs);
  uint64_t points() const { return points_; }

 private:
  using TaskFunction = void (*)(void* context, size_t task);

  struct Job {
    std::shared_ptr<JobControl> control;
    std::function<void()> run;
  };

  // A leader's parallel region; helpers enter through `visitors` and see the fields only while `open`.
  struct alignas(64) Region {
    std::atomic<bool> open{false};
    std::atomic<size_t> visitors{0};
    alignas(64) std::atomic<size_t> next{0};
    size_t count = 0;
    TaskFunction function = nullptr;
    void* context = nullptr;
    JobControl* control = nullptr;
  };

  WorkerPool();
  void StartThreads();
  void ThreadMain(size_t id);
  void RunRegion(size_t count, TaskFunction function, void* context);
  // False where nobody would help.
  bool RunForCaller(size_t count, TaskFunction function, void* context);
  // Whether thread `id` is to wait for the next call of ForCaller.
  bool IsAwaited(size_t id) const;
  static bool RunTasks(Region& region);
  void Attend();
  void TestPoint();
  // Work of `least` or a more urgent class; false where there is none.
  bool DoSomething(JobClass least) { return RunOneJob(least) || HelpOnce(least); }
  bool RunOneJob(JobClass least);
  bool HelpOnce(JobClass least);
  static bool Help(Region& region, JobClass job_class);
  bool HasWork() const;
  void Park(size_t id);

  // Threads that are asked for, and those in use: fewer while the system refuses to start them.
  size_t wanted_;
  std::atomic<size_t> limit_;
  std::chrono::steady_clock::time_point retry_at_{};
  std::atomic<size_t> leaders_{0};
  std::atomic<size_t> parked_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::array<std::deque<Job>, kJobClasses> jobs_;
  std::atomic<size_t> started_{0};
  bool oversubscribed_ = false;
  size_t cores_;
  // A thread leads one job of each class at most.
  Region regions_[kMaxThreads][kJobClasses];
  // Of ForCaller: one call at a time has helpers. Until when the next one is waited for, and when a thread
  // may be woken again to do so, in nanoseconds; the latter belongs to that call.
  Region caller_region_;
  std::atomic<bool> caller_taken_{false};
  std::atomic<int64_t> caller_awaited_{0}, caller_alone_until_{0};
  int64_t caller_wakes_at_ = 0;
  // Not zero where preemption points have something to look at: serving jobs that wait, open regions of such
  // jobs, a test. Apart from all that changes often, for every preemption point reads it.
  alignas(64) std::atomic<size_t> attention_{0};
  std::atomic<PreemptionTest> test_{PreemptionTest::kOff};
  alignas(64) std::atomic<size_t> waiting_[kJobClasses] = {};
  std::atomic<uint64_t> test_point_{0}, points_{0};
  std::atomic<bool> holds_serving_{false};
  size_t test_jobs_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_WORKER_POOL_H_
