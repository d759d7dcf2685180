// SPDX-License-Identifier: MIT
// One piece of work that is wanted soon but by nobody now: the first parallel region with room takes it
// along, so that it costs no thread its turn. What it throws is thrown again to the one who needs it done.
#ifndef OSTINATO_THREADING_BACKGROUND_TASK_H_
#define OSTINATO_THREADING_BACKGROUND_TASK_H_

#include <atomic>
#include <exception>
#include <functional>
#include <utility>

namespace ostinato {

class BackgroundTask {
 public:
  // Only when the last one is finished.
  void Set(std::function<void()> work) {
    work_ = std::move(work);
    failure_ = nullptr;
    waits_ = true;
  }

  // Does the work where it still waits. From any thread; throws nothing.
  void Run() {
    if (!waits_.exchange(false)) return;
    try {
      work_();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  // Does the work where no region took it. After the regions that might have.
  void Finish() {
    Run();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  std::function<void()> work_;
  std::exception_ptr failure_;
  std::atomic<bool> waits_{false};
};

}  // namespace ostinato

#endif  // OSTINATO_THREADING_BACKGROUND_TASK_H_
