// SPDX-License-Identifier: MIT
#include "napi/environment.h"

#include "base/error.h"

namespace ostinato {

Environment::Environment(Napi::Env env) : env_(env) {
  // The function lives as long as the environment and keeps the asynchronous context it was created in.
  // Called from nowhere, it is created in none: else the AsyncLocalStorage stores of whoever computes first
  // would never be collected.
  napi_value create, nowhere, ignored;
  napi_status status = napi_create_function(env, "ostinato", NAPI_AUTO_LENGTH, CreateFunction, this, &create);
  if (status == napi_ok) status = napi_create_object(env, &nowhere);
  if (status == napi_ok) status = napi_make_callback(env, nullptr, nowhere, create, 0, nullptr, &ignored);
  if (status == napi_ok && !to_javascript_) status = napi_generic_failure;
  // An idle addon must not keep the process alive.
  if (status == napi_ok) status = napi_unref_threadsafe_function(env, to_javascript_);
  if (status == napi_ok) status = napi_add_env_cleanup_hook(env, Teardown, this);
  if (status != napi_ok) throw Error(ErrorCode::kInternal, "ostinato: the environment could not be set up");
}

napi_value Environment::CreateFunction(napi_env env, napi_callback_info info) {
  void* given = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &given);
  auto* self = static_cast<Environment*>(given);
  // Tools that list what keeps a process alive (jest --detectOpenHandles) ask a resource for hasRef(), as
  // Node's own have it.
  napi_value name, resource, has_ref;
  const bool ready =
      napi_create_string_utf8(env, "ostinato", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_object(env, &resource) == napi_ok &&
      napi_create_function(env, "hasRef", NAPI_AUTO_LENGTH, HasRef, self, &has_ref) == napi_ok &&
      napi_set_named_property(env, resource, "hasRef", has_ref) == napi_ok;
  if (ready)
    napi_create_threadsafe_function(env, nullptr, resource, name, 0, 1, nullptr, nullptr, self, Deliver,
                                    &self->to_javascript_);
  return nullptr;
}

napi_value Environment::HasRef(napi_env env, napi_callback_info info) {
  void* self = nullptr;
  napi_value result = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &self) == napi_ok)
    napi_get_boolean(env, !static_cast<Environment*>(self)->jobs_.empty(), &result);
  return result;
}

void Environment::Start(std::unique_ptr<Job> owned) {
  Job* job = owned.get();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closing_)
      throw Error(ErrorCode::kState, "ostinato: expected a live environment, received a call while it ends");
    ++computing_;
  }
  try {
    job->strand->Submit(
        job->job_class, job->control, [job] { job->compute(); }, [this, job] { Finish(job); });
  } catch (...) {
    std::lock_guard<std::mutex> lock(mutex_);
    --computing_;
    throw;
  }
  if (jobs_.empty()) napi_ref_threadsafe_function(env_, to_javascript_);
  jobs_.insert(owned.release());
}

void Environment::Cancel(Job* job) {
  job->control->Cancel();
  if (job->strand->Withdraw(*job->control)) Finish(job);
}

// On a compute thread, or where the job was withdrawn on that of JavaScript. Under the mutex to the end:
// after computing_ falls, Teardown may free all of this.
void Environment::Finish(Job* job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!closing_) napi_call_threadsafe_function(to_javascript_, job, napi_tsfn_nonblocking);
  --computing_;
  idle_.notify_all();
}

void Environment::Deliver(napi_env env, napi_value, void* context, void* data) {
  if (!env) return;  // the environment is ending: Teardown owns the jobs
  auto* self = static_cast<Environment*>(context);
  std::unique_ptr<Job> job(static_cast<Job*>(data));
  self->jobs_.erase(job.get());
  if (self->jobs_.empty()) napi_unref_threadsafe_function(env, self->to_javascript_);
  Napi::HandleScope scope(env);
  try {
    job->deliver(Napi::Env(env));
  } catch (const Napi::Error& error) {
    // Node calls this function and knows no C++ exceptions. What the callback threw is its thread's to
    // report; where JavaScript is being ended nothing can be thrown any more, and nobody is left to hear of
    // it.
    napi_throw(env, error.Value());
  }
}

void Environment::Teardown(void* environment) {
  auto* self = static_cast<Environment*>(environment);
  {
    std::unique_lock<std::mutex> lock(self->mutex_);
    self->closing_ = true;
    for (Job* job : self->jobs_) {
      job->control->Abandon();
      if (job->strand->Withdraw(*job->control)) --self->computing_;
    }
    self->idle_.wait(lock, [&] { return self->computing_ == 0; });
  }
  for (Job* job : self->jobs_) delete job;
  self->jobs_.clear();
  napi_release_threadsafe_function(self->to_javascript_, napi_tsfn_abort);
}

}  // namespace ostinato
