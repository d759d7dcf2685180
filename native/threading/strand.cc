// SPDX-License-Identifier: MIT
#include "threading/strand.h"

#include <utility>

namespace ostinato {

void Strand::Submit(JobClass job_class, std::shared_ptr<JobControl> control, std::function<void()> job,
                    std::function<void()> then) {
  std::lock_guard<std::mutex> lock(mutex_);
  Job next = {job_class, std::move(control), std::move(job), std::move(then)};
  if (busy_) return waiting_.push_back(std::move(next));
  Start(std::move(next));
  busy_ = true;
}

void Strand::Start(Job job) {
  WorkerPool::Instance().Submit(
      job.job_class, std::move(job.control),
      [self = shared_from_this(), run = std::move(job.run), then = std::move(job.then)] {
        run();
        self->Finish();
        then();
      });
}

void Strand::Finish() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_.empty()) {
    busy_ = false;
    idle_.notify_all();
    return;
  }
  Job next = std::move(waiting_.front());
  waiting_.pop_front();
  Start(std::move(next));
}

bool Strand::Withdraw(const JobControl& control) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto job = waiting_.begin(); job != waiting_.end(); ++job)
      if (job->control.get() == &control) {
        waiting_.erase(job);
        return true;
      }
  }
  if (!WorkerPool::Instance().Withdraw(control)) return false;
  Finish();
  return true;
}

void Strand::Wait() {
  if (is_idle()) return;
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [&] { return !busy_; });
}

}  // namespace ostinato
