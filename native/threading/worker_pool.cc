// SPDX-License-Identifier: MIT
#include "threading/worker_pool.h"

#include <chrono>
#include <future>
#include <new>

#include "base/error.h"
#include "threading/available_cores.h"
#include "threading/float_state.h"
#include "threading/relax.h"
#include "threading/start_thread.h"

namespace ostinato {
namespace {

// Regions of one step follow each other within some microseconds; past this a helper parks and costs nothing.
constexpr auto kSpin = std::chrono::microseconds(300);
// For so long a caller does without helpers that it had to wait for.
constexpr auto kAlone = std::chrono::milliseconds(100);
// A refusal to start a thread takes about as long as a small job.
constexpr auto kRetry = std::chrono::seconds(1);

// What this thread is at. On threads that are none of the pool's nothing is more urgent than that.
struct AtWork {
  size_t thread = kMaxThreads;
  JobClass job_class = JobClass::kServing;
  JobControl* control = nullptr;
};
// Elsewhere than in the block that a thread is made with, its first access allocates, and where there is no
// memory left glibc ends the process. musl gives a library that is loaded later no room there.
#if defined(__GLIBC__)
__attribute__((tls_model("initial-exec")))
#endif
thread_local AtWork at_work;

int64_t Nanoseconds() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

size_t Index(JobClass job_class) { return static_cast<size_t>(job_class); }

}  // namespace

WorkerPool& WorkerPool::Instance() {
  static WorkerPool* const pool = new WorkerPool();
  return *pool;
}

WorkerPool::WorkerPool() : wanted_(DefaultThreads()), limit_(wanted_), cores_(AvailableCores()) {}

void WorkerPool::SetThreads(size_t threads) {
  std::lock_guard<std::mutex> lock(mutex_);
  wanted_ = threads;
  limit_ = threads;
  if (started_ > 0) StartThreads();
  wake_.notify_all();
}

void WorkerPool::Submit(JobClass job_class, std::shared_ptr<JobControl> control, std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (limit_ < wanted_ && std::chrono::steady_clock::now() >= retry_at_) limit_ = wanted_;
  StartThreads();
  jobs_[Index(job_class)].push_back({std::move(control), std::move(job)});
  ++waiting_[Index(job_class)];
  if (job_class == JobClass::kServing) ++attention_;
  wake_.notify_all();
}

void WorkerPool::Run(const std::function<void()>& job) {
  const auto done = std::make_shared<std::promise<void>>();
  Submit(JobClass::kServing, nullptr, [&job, done] {
    try {
      job();
      done->set_value();
    } catch (...) {
      done->set_exception(std::current_exception());
    }
  });
  done->get_future().get();
}

bool WorkerPool::Withdraw(const JobControl& control) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t c = 0; c < kJobClasses; ++c)
    for (auto job = jobs_[c].begin(); job != jobs_[c].end(); ++job) {
      if (job->control.get() != &control) continue;
      jobs_[c].erase(job);
      --waiting_[c];
      if (c == Index(JobClass::kServing)) --attention_;
      return true;
    }
  return false;
}

// Under mutex_. A thread that cannot be made is done without, as long as there is one, and asked for again
// with a later job.
void WorkerPool::StartThreads() {
  oversubscribed_ = limit_ > cores_;
  while (started_ < limit_) {
    if (!StartThread([this, id = started_.load()] { ThreadMain(id); })) {
      if (started_ == 0)
        throw Error(ErrorCode::kOutOfMemory,
                    "ostinato: expected to start a compute thread, received a refusal of the system. Check "
                    "the limits on threads and memory.");
      limit_ = started_.load();
      retry_at_ = std::chrono::steady_clock::now() + kRetry;
      return;
    }
    ++started_;
  }
}

void WorkerPool::ThreadMain(size_t id) {
  at_work.thread = id;
  SetFlushToZero();
  auto idle_since = std::chrono::steady_clock::now();
  for (size_t rounds = 0;; ++rounds) {
    if (id < threads() && DoSomething(JobClass::kTraining)) {
      idle_since = std::chrono::steady_clock::now();
      continue;
    }
    Relax();
    if (rounds % 32 != 0) continue;
    if (oversubscribed_) YieldCore();
    const bool stay = id < threads() && (leaders_ > 0 || IsAwaited(id));
    if (!stay || std::chrono::steady_clock::now() - idle_since > kSpin) {
      Park(id);
      idle_since = std::chrono::steady_clock::now();
    }
  }
}

bool WorkerPool::RunOneJob(JobClass least) {
  for (size_t c = 0; c <= Index(least); ++c) {
    if (waiting_[c].load(std::memory_order_relaxed) == 0) continue;
    Job job;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const bool is_serving = c == Index(JobClass::kServing);
      if (jobs_[c].empty() || (is_serving && holds_serving_)) continue;
      job = std::move(jobs_[c].front());
      jobs_[c].pop_front();
      --waiting_[c];
      if (is_serving) --attention_;
      ++leaders_;
    }
    const AtWork before = at_work;
    at_work = {before.thread, static_cast<JobClass>(c), job.control.get()};
    job.run();
    at_work = before;
    --leaders_;
    return true;
  }
  return false;
}

bool WorkerPool::HasWork() const {
  for (const auto& jobs : jobs_)
    if (!jobs.empty()) return true;
  for (size_t leader = 0; leader < threads(); ++leader)
    for (const Region& region : regions_[leader])
      if (region.open) return true;
  return false;
}

void WorkerPool::Park(size_t id) {
  std::unique_lock<std::mutex> lock(mutex_);
  ++parked_;
  // A region that opens between the last look and here is seen by the leader's own work, not lost.
  wake_.wait(lock, [&] { return id < threads() && (HasWork() || IsAwaited(id)); });
  --parked_;
}

bool WorkerPool::HelpOnce(JobClass least) {
  bool helped = Help(caller_region_, JobClass::kServing);
  if (leaders_.load(std::memory_order_relaxed) == 0) return helped;
  for (size_t c = 0; c <= Index(least); ++c)
    for (size_t leader = 0; leader < started_; ++leader)
      helped = Help(regions_[leader][c], static_cast<JobClass>(c)) || helped;
  return helped;
}

bool WorkerPool::Help(Region& region, JobClass job_class) {
  if (!region.open.load(std::memory_order_relaxed)) return false;
  bool helped = false;
  ++region.visitors;
  if (region.open) {
    const AtWork before = at_work;
    at_work = {before.thread, job_class, region.control};
    helped = RunTasks(region);
    at_work = before;
  }
  --region.visitors;
  return helped;
}

// A thread looks round before it claims a task: what is claimed is worked on.
bool WorkerPool::RunTasks(Region& region) {
  bool any = false;
  for (size_t task; Yield() && (task = region.next++) < region.count; any = true)
    region.function(region.context, task);
  return any;
}

void WorkerPool::RunRegion(size_t count, TaskFunction function, void* context) {
  const bool is_serving = at_work.job_class == JobClass::kServing;
  Region& region = regions_[at_work.thread][Index(at_work.job_class)];
  region.next = 0;
  region.count = count;
  region.function = function;
  region.context = context;
  region.control = at_work.control;
  region.open = true;
  if (is_serving) ++attention_;
  if (parked_ > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  RunTasks(region);
  region.open = false;
  if (is_serving) --attention_;
  // Helpers are inside their last task; each is as long as ours. One that the system stopped there is waited
  // for. Tried and lost: working alone for a while after such a wait. It gave 0.9 of a step against a program
  // that wants one of two cores all the time, and 1.3 beside programs that want some of it now and then.
  for (size_t spins = 0; region.visitors > 0; ++spins) {
    Relax();
    if (spins % 64 != 63) continue;
    if (oversubscribed_) YieldCore();
    Yield();
  }
  YieldOrThrow();
}

// One thread is enough: these tasks are small, and few.
bool WorkerPool::IsAwaited(size_t id) const { return id == 0 && Nanoseconds() < caller_awaited_; }

bool WorkerPool::RunForCaller(size_t count, TaskFunction function, void* context) {
  const int64_t now = Nanoseconds();
  const bool follows = now < caller_awaited_.exchange(now + std::chrono::nanoseconds(kSpin).count());
  if (!follows || now < caller_alone_until_ || caller_taken_.exchange(true)) return false;
  // Not at each call: one that was woken may be kept from its core, or come too late and park again.
  if (parked_ == started_ && now >= caller_wakes_at_) {
    caller_wakes_at_ = caller_awaited_;
    std::lock_guard<std::mutex> lock(mutex_);
    try {
      StartThreads();
    } catch (const Error&) {
      // The caller does all.
    }
    wake_.notify_all();
  }
  Region& region = caller_region_;
  region.next = 0;
  region.count = count;
  region.function = function;
  region.context = context;
  region.open = true;
  RunTasks(region);
  region.open = false;
  const int64_t done = Nanoseconds();
  for (size_t spins = 1; region.visitors > 0; ++spins) {
    Relax();
    if (spins % 64 == 0) YieldCore();
  }
  // Where others want the cores, a helper may lose its own within its task, for milliseconds.
  const int64_t end = Nanoseconds();
  if (end - done > std::chrono::nanoseconds(kSpin).count())
    caller_alone_until_ = end + std::chrono::nanoseconds(kAlone).count();
  caller_taken_ = false;
  return true;
}

bool WorkerPool::Yield() {
  WorkerPool& pool = Instance();
  if (pool.attention_.load(std::memory_order_relaxed) != 0) pool.Attend();
  const JobControl* control = at_work.control;
  return !control || !control->stops();
}

WorkerPool::Undivided::Undivided() : before_(at_work.job_class) { at_work.job_class = JobClass::kServing; }

WorkerPool::Undivided::~Undivided() { at_work.job_class = before_; }

void WorkerPool::Attend() {
  if (test_ != PreemptionTest::kOff) TestPoint();
  if (at_work.job_class == JobClass::kServing) return;
  while (DoSomething(JobClass::kServing)) {
  }
}

void WorkerPool::TestPreemption(PreemptionTest how, uint64_t point, size_t jobs) {
  std::lock_guard<std::mutex> lock(mutex_);
  if ((test_ != PreemptionTest::kOff) != (how != PreemptionTest::kOff))
    how == PreemptionTest::kOff ? --attention_ : ++attention_;
  points_ = 0;
  test_point_ = point;
  test_jobs_ = jobs;
  holds_serving_ = how == PreemptionTest::kServe;
  test_ = how;
  wake_.notify_all();
}

void WorkerPool::TestPoint() {
  const bool serves = test_ == PreemptionTest::kServe;
  if (!at_work.control || (serves && at_work.job_class == JobClass::kServing)) return;
  if (test_ == PreemptionTest::kHold) {
    const JobControl& control = *at_work.control;
    if (!control.commits() || control.is_asked()) return;
    for (++points_; !control.is_asked() && test_ == PreemptionTest::kHold;) YieldCore();
    return;
  }
  if (++points_ != test_point_) return;
  if (!serves) return at_work.control->Cancel();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    ++parked_;
    wake_.wait(lock, [&] {
      return jobs_[Index(JobClass::kServing)].size() >= test_jobs_ || test_ != PreemptionTest::kServe;
    });
    --parked_;
  }
  holds_serving_ = false;
}

}  // namespace ostinato
