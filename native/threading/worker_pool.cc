// SPDX-License-Identifier: MIT
#include "threading/worker_pool.h"

#include <chrono>
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
// A refusal to start a thread takes about as long as a small job.
constexpr auto kRetry = std::chrono::seconds(1);

thread_local size_t thread_id = kMaxThreads;

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

void WorkerPool::Submit(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (limit_ < wanted_ && std::chrono::steady_clock::now() >= retry_at_) limit_ = wanted_;
  StartThreads();
  jobs_.push_back(std::move(job));
  waiting_jobs_ = jobs_.size();
  wake_.notify_all();
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
  thread_id = id;
  SetFlushToZero();
  auto idle_since = std::chrono::steady_clock::now();
  for (size_t rounds = 0;; ++rounds) {
    if (id < threads() && (RunOneJob() || HelpOnce())) {
      idle_since = std::chrono::steady_clock::now();
      continue;
    }
    Relax();
    if (rounds % 32 != 0) continue;
    if (oversubscribed_) YieldCore();
    const bool stay = id < threads() && leaders_ > 0;
    if (!stay || std::chrono::steady_clock::now() - idle_since > kSpin) {
      Park(id);
      idle_since = std::chrono::steady_clock::now();
    }
  }
}

bool WorkerPool::RunOneJob() {
  if (waiting_jobs_.load(std::memory_order_relaxed) == 0) return false;
  std::function<void()> job;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (jobs_.empty()) return false;
    job = std::move(jobs_.front());
    jobs_.pop_front();
    waiting_jobs_ = jobs_.size();
    ++leaders_;
  }
  job();
  --leaders_;
  return true;
}

void WorkerPool::Park(size_t id) {
  std::unique_lock<std::mutex> lock(mutex_);
  ++parked_;
  // A region that opens between the last look and here is seen by the leader's own work, not lost.
  const auto has_work = [&] {
    if (id >= threads()) return false;
    if (!jobs_.empty()) return true;
    for (size_t leader = 0; leader < threads(); ++leader)
      if (regions_[leader].open) return true;
    return false;
  };
  wake_.wait(lock, has_work);
  --parked_;
}

bool WorkerPool::HelpOnce() {
  if (leaders_.load(std::memory_order_relaxed) == 0) return false;
  bool helped = false;
  for (size_t leader = 0; leader < started_; ++leader) {
    Region& region = regions_[leader];
    if (!region.open.load(std::memory_order_relaxed)) continue;
    ++region.visitors;
    if (region.open) {
      for (size_t task; (task = region.next++) < region.count;) {
        region.function(region.context, task);
        helped = true;
      }
    }
    --region.visitors;
  }
  return helped;
}

void WorkerPool::RunRegion(size_t count, TaskFunction function, void* context) {
  Region& region = regions_[thread_id];
  region.next = 0;
  region.count = count;
  region.function = function;
  region.context = context;
  region.open = true;
  if (parked_ > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  for (size_t task; (task = region.next++) < count;) function(context, task);
  region.open = false;
  // Helpers are inside their last task; each is as long as ours. One that the system stopped there is waited
  // for. Tried and lost: working alone for a while after such a wait. It gave 0.9 of a step against a program
  // that wants one of two cores all the time, and 1.3 beside programs that want some of it now and then.
  for (size_t spins = 0; region.visitors > 0; ++spins) {
    Relax();
    if (oversubscribed_ && spins % 64 == 63) YieldCore();
  }
}

}  // namespace ostinato
