// SPDX-License-Identifier: MIT
// Jobs that are done one after another, in the order in which they came, each on any thread of the pool:
// those of one model.
#ifndef OSTINATO_THREADING_STRAND_H_
#define OSTINATO_THREADING_STRAND_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "threading/worker_pool.h"

namespace ostinato {

class Strand : public std::enable_shared_from_this<Strand> {
 public:
  // Runs `job` when the jobs before it are done, and `then` after it, when the next may have begun. Throws
  // what WorkerPool::Submit throws.
  void Submit(JobClass job_class, std::shared_ptr<JobControl> control, std::function<void()> job,
              std::function<void()> then);
  // Takes the job of `control` back. False where a thread has begun it, or there is none.
  bool Withdraw(const JobControl& control);
  // Returns when there is nothing to do. Not for compute threads.
  void Wait();
  bool is_idle() const { return !busy_; }

 private:
  struct Job {
    JobClass job_class;
    std::shared_ptr<JobControl> control;
    std::function<void()> run, then;
  };

  void Start(Job job);
  void Finish();

  std::mutex mutex_;
  std::condition_variable idle_;
  std::atomic<bool> busy_{false};
  std::deque<Job> waiting_;
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_STRAND_H_
