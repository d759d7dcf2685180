// SPDX-License-Identifier: MIT
// How a job is told to stop. Shared by whoever may stop it and the threads that work on it.
#ifndef OSTINATO_THREADING_JOB_CONTROL_H_
#define OSTINATO_THREADING_JOB_CONTROL_H_

#include <atomic>

namespace ostinato {

class JobControl {
 public:
  // The job stops at its next preemption point, or where it commits, right after that.
  void Cancel() {
    Ask(kCancel);
    // Either commits() is false after this, or the thread that commits hears it at its next preemption point.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  // The job stops at its next preemption point, wherever that is: nothing that it works on is used again.
  void Abandon() { Ask(kAbandon); }

  // Whether the work at hand is to be left undone. Once true, it stays so until the job ends or commits.
  bool stops() const {
    return asked_.load(std::memory_order_relaxed) > ignored_.load(std::memory_order_relaxed);
  }

  // Whether what the job works on is changed in place at present.
  bool commits() const { return ignored_.load(std::memory_order_relaxed) != kNothing; }
  bool is_asked() const { return asked_.load(std::memory_order_relaxed) != kNothing; }

 private:
  friend class CommitScope;
  enum : int { kNothing, kCancel, kAbandon };

  void Ask(int what) {
    int asked = asked_.load();
    while (asked < what && !asked_.compare_exchange_weak(asked, what)) {
    }
  }

  std::atomic<int> asked_{kNothing}, ignored_{kNothing};
};

// While it lives, Cancel has no effect: what is changed in place is changed whole. For the leader of a job.
class CommitScope {
 public:
  explicit CommitScope(JobControl& control) : control_(control) {
    control_.ignored_.store(JobControl::kCancel, std::memory_order_relaxed);
  }
  ~CommitScope() {
    control_.ignored_.store(JobControl::kNothing, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  CommitScope(const CommitScope&) = delete;
  CommitScope& operator=(const CommitScope&) = delete;

 private:
  JobControl& control_;
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_JOB_CONTROL_H_
