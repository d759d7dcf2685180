// SPDX-License-Identifier: MIT
// What one JavaScript environment (the main thread, a worker) owns: its jobs, and the way back to its thread.
#ifndef OSTINATO_NAPI_ENVIRONMENT_H_
#define OSTINATO_NAPI_ENVIRONMENT_H_

#include <napi.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "threading/strand.h"

namespace ostinato {

// A run on its way. Made, delivered and deleted on the JavaScript thread; `compute` alone runs elsewhere.
struct Job {
  JobClass job_class = JobClass::kServing;
  std::shared_ptr<Strand> strand;          // of the model that it belongs to
  std::function<void()> compute;           // fills in the result; throws nothing
  std::function<void(Napi::Env)> deliver;  // calls back into JavaScript
  std::shared_ptr<JobControl> control = std::make_shared<JobControl>();
};

class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment() = default;
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  // Computes `job` on the pool, then delivers it on this environment's thread, which stays alive meanwhile.
  void Start(std::unique_ptr<Job> job);
  // Stops a job that was started: one that no thread has begun is delivered without being computed.
  void Cancel(Job* job);

  Napi::FunctionReference model_constructor, dataset_constructor;

 private:
  static napi_value CreateFunction(napi_env env, napi_callback_info info);
  static napi_value HasRef(napi_env env, napi_callback_info info);
  static void Deliver(napi_env env, napi_value, void* context, void* data);
  static void Teardown(void* environment);
  void Finish(Job* job);

  napi_env env_;
  // Created before the cleanup hook is registered. Hooks run last first, so Teardown has waited for the jobs
  // and let go of this before Node ends it (a call in flight at that moment aborts some Node releases:
  // nodejs/node #65100).
  napi_threadsafe_function to_javascript_ = nullptr;
  std::mutex mutex_;
  std::condition_variable idle_;
  size_t computing_ = 0;
  bool closing_ = false;
  std::unordered_set<Job*> jobs_;  // JavaScript thread only
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_ENVIRONMENT_H_
