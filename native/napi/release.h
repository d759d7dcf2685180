// SPDX-License-Identifier: MIT
// Letting go of memory: much of it on a compute thread, for that may take longer than the event loop can
// wait.
#ifndef OSTINATO_NAPI_RELEASE_H_
#define OSTINATO_NAPI_RELEASE_H_

#include <memory>
#include <utility>

#include "base/arena.h"
#include "base/error.h"
#include "model/dataset.h"
#include "model/model.h"
#include "threading/worker_pool.h"

namespace ostinato {

// Lets go of `held`, whose memory is so many bytes.
inline void Release(std::shared_ptr<const void> held, size_t bytes) {
  if (bytes < Arena::kFew) return;
  try {
    WorkerPool::Instance().Submit(JobClass::kServing, nullptr, [held = std::move(held)] {});
  } catch (const Error&) {
    // There is no thread: it goes here and now.
  }
}

inline void Release(FreedMemory freed) {
  const size_t bytes = freed.bytes();
  Release(std::make_shared<FreedMemory>(std::move(freed)), bytes);
}

inline void Release(std::shared_ptr<Model> model) {
  const size_t bytes = model ? model->bytes() : 0;
  Release(std::shared_ptr<const void>(std::move(model)), bytes);
}

inline void Release(std::shared_ptr<const Dataset> data) {
  const size_t bytes = data ? data->bytes() : 0;
  Release(std::shared_ptr<const void>(std::move(data)), bytes);
}

}  // namespace ostinato

#endif  // OSTINATO_NAPI_RELEASE_H_
