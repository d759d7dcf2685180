// SPDX-License-Identifier: MIT
#include "napi/native_model.h"

#include <chrono>
#include <cstring>

#include "base/memory.h"
#include "dispatch/dispatch.h"
#include "layers/stepping.h"
#include "napi/arguments.h"
#include "napi/config.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/native_dataset.h"
#include "napi/native_store.h"
#include "napi/release.h"
#include "threading/kernel_calls.h"
#include "threading/ranges.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x6d6f64656cull};

// Runs a method's body on a model only: Node hands over any wrapped object as the receiver, a data set too.
// Checked before anything of *this is touched.
template <class Body>
auto OnModel(const Napi::CallbackInfo& info, Body&& body) -> decltype(body()) {
  return Guarded(info.Env(), [&] {
    if (!info.This().IsObject() || !info.This().As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("receiver");
    return body();
  });
}

}  // namespace

// Everything that a run needs while JavaScript goes on, and what it hands back.
struct NativeModel::RunState {
  std::shared_ptr<Model> model;
  std::vector<std::shared_ptr<const Dataset>> datasets;
  std::vector<int32_t> order;
  Run run = {};
  std::vector<size_t> output_bytes;  // of each output; 0 where it is not wanted
  RunResult result;
  double seconds = 0;
  bool is_left = false;     // to end its step by itself: nobody hears of it
  uint64_t iterations = 0;  // of the optimizer, after it
  double learning_rate = 0;
  const char* code = nullptr;
  std::string message;
  // Held so that neither the model nor the arrays are collected meanwhile.
  Napi::ObjectReference self;
  std::vector<Napi::Reference<Napi::Float32Array>> outputs;
  Napi::Reference<Napi::Float64Array> totals;
  Napi::FunctionReference done;

  void ExpectOutputs() const {
    for (size_t i = 0; i < output_bytes.size(); ++i) ExpectToFill(run.outputs[i], output_bytes[i]);
  }
};

Napi::Function NativeModel::Define(Napi::Env env) {
  return DefineClass(env, "NativeModel",
                     {InstanceAccessor<&NativeModel::JsMemoryBytes>("memoryBytes"),
                      InstanceAccessor<&NativeModel::JsBusy>("busy"),
                      InstanceMethod<&NativeModel::JsCopyOut>("copyOut"),
                      InstanceMethod<&NativeModel::JsExchange>("exchange"),
                      InstanceMethod<&NativeModel::JsPrepare>("prepare"),
                      InstanceMethod<&NativeModel::JsCompile>("compile"),
                      InstanceMethod<&NativeModel::JsSetLearningRate>("setLearningRate"),
                      InstanceMethod<&NativeModel::JsRun>("run"),
                      InstanceMethod<&NativeModel::JsStop>("stop"),
                      InstanceMethod<&NativeModel::JsResetStates>("resetStates"),
                      InstanceAccessor<&NativeModel::JsIterations>("iterations"),
                      InstanceAccessor<&NativeModel::JsLearningRate>("learningRate"),
                      InstanceMethod<&NativeModel::JsSetIterations>("setIterations"),
                      InstanceMethod<&NativeModel::JsOptimizerState>("optimizerState"),
                      InstanceMethod<&NativeModel::JsReadOptimizer>("readOptimizer"),
                      InstanceMethod<&NativeModel::JsWriteOptimizer>("writeOptimizer"),
                      InstanceMethod<&NativeModel::JsApplyEma>("applyEma"),
                      InstanceMethod<&NativeModel::JsLayerStates>("layerStates"),
                      InstanceMethod<&NativeModel::JsReadLayerStates>("readLayerStates"),
                      InstanceMethod<&NativeModel::JsWriteLayerStates>("writeLayerStates"),
                      InstanceAccessor<&NativeModel::JsWorkspaceBytes>("workspaceBytes"),
                      InstanceAccessor<&NativeModel::JsAllocations>("allocations"),
                      InstanceMethod<&NativeModel::JsSweep>("sweep"),
                      InstanceMethod<&NativeModel::JsTrim>("trim"),
                      InstanceMethod<&NativeModel::JsDispose>("dispose")});
}

NativeModel::NativeModel(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeModel>(info) {
  Guarded(info.Env(), [&] {
    const Graph graph = ToGraph(ToObject(info[0], "model"), &layers_);
    model_ = std::make_shared<Model>(graph);
    for (const auto& shared : layers_) adopted_.push_back(shared->adopted.lock());
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    self.DefineProperty(Napi::PropertyDescriptor::Value(
        "weightCount", Napi::Number::New(info.Env(), static_cast<double>(model_->plan().parameters().size())),
        napi_enumerable));
    Report(info.Env());
  });
}

NativeModel::~NativeModel() {
  *self_ = nullptr;
  LetGo();
}

void NativeModel::LetGo() {
  Release(std::move(model_));
  for (auto& shared : layers_) Release(std::move(shared));
  layers_.clear();
  adopted_.clear();
}

std::shared_ptr<NativeModel*> NativeModel::From(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("model");
  return Unwrap(value.As<Napi::Object>())->self_;
}

void NativeModel::Finalize(Napi::BasicEnv env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -reported_bytes_);
}

void NativeModel::Report(Napi::BasicEnv env) {
  const int64_t bytes = model_ ? static_cast<int64_t>(model_->bytes()) : 0;
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes - reported_bytes_);
  reported_bytes_ = bytes;
  if (!model_ || !model_->optimizer()) return;
  reported_iterations_ = model_->optimizer()->iterations();
  reported_learning_rate_ = model_->optimizer()->learning_rate();
}

Model& NativeModel::Free() {
  if (!model_)
    throw Error(ErrorCode::kDisposed, "native model: expected a live model, received a disposed one");
  if (running_)
    throw Error(ErrorCode::kBusy, "native model: expected an idle model, received a call while it computes");
  // The rows of carried states, which each call looks at, may change with the step.
  if (left_ && !model_->carried_states().empty()) CatchUp();
  return *model_;
}

void NativeModel::CatchUp() {
  strand_->Wait();
  if (left_) ReportStep(*std::exchange(left_, nullptr));
}

void NativeModel::ReportStep(const RunState& run) {
  reported_iterations_ = run.iterations;
  reported_learning_rate_ = run.learning_rate;
}

Model& NativeModel::Idle() {
  Model& model = Free();
  CatchUp();
  return model;
}

Model& NativeModel::AtRest() {
  Model& model = Idle();
  for (const auto& shared : layers_) {
    if (shared->is_written)
      throw Error(ErrorCode::kBusy,
                  "native model: expected layers at rest, received a call while another model trains them");
    shared->WaitForCopies(nullptr);
  }
  return model;
}

void NativeModel::Acquire(bool writes) {
  for (const auto& shared : layers_) {
    if (shared->is_written)
      throw Error(ErrorCode::kBusy,
                  "native model: expected layers at rest, received a call while another model trains them");
    if (writes && shared->readers > 0)
      throw Error(
          ErrorCode::kBusy,
          "native model: expected layers at rest, received a call while another model computes with them");
  }
  for (const auto& shared : layers_) shared->WaitForCopies(strand_.get());
  writes_ = writes;
  for (const auto& shared : layers_) {
    if (writes)
      shared->is_written = true;
    else
      ++shared->readers;
  }
}

void NativeModel::ReleaseLayers() {
  for (const auto& shared : layers_) {
    if (writes_)
      shared->is_written = false;
    else
      --shared->readers;
  }
}

Model& NativeModel::Settled() {
  Model& model = AtRest();
  // A stream asks at each timestep. Who settled layers before has forgotten what they adopted.
  if (model.is_settled()) return model;
  WorkerPool::Instance().Run([&] { model.Settle(WorkerPool::Instance()); });
  ForgetAdopted();
  return model;
}

void NativeModel::ForgetAdopted() {
  for (size_t i = 0; i < layers_.size(); ++i) layers_[i]->ForgetAdopted(adopted_[i].get());
}

void NativeModel::Tidy(Napi::BasicEnv env) {
  if (running_ || !strand_->is_idle()) return;
  ForgetAdopted();
  if (std::exchange(sweeps_later_, false) && model_) Release(model_->Sweep());
  Report(env);
}

Optimizer& NativeModel::OptimizerOf(Model& model) {
  Optimizer* optimizer = model.optimizer();
  if (!optimizer) Malformed("state: the model is not compiled");
  return *optimizer;
}

CarriedStates& NativeModel::Carried(const Napi::Value& index) {
  const std::vector<CarriedStates*> states = Idle().carried_states();
  const size_t i = ToSize(index, "layer index");
  if (i >= states.size()) Malformed("layer index");
  return *states[i];
}

Napi::Value NativeModel::JsMemoryBytes(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(reported_bytes_));
  });
}

Napi::Value NativeModel::JsBusy(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value { return Napi::Boolean::New(info.Env(), running_ != nullptr); });
}

// Arrays of JavaScript or of a store, and what of a model belongs to each.
struct NativeModel::Transfer {
  struct Item {
    enum Kind { kWeight, kOptimizer, kStates } kind;
    size_t index;
    float* values;
    size_t size;
  };

  std::shared_ptr<Model> model;
  std::vector<Item> items;
  std::shared_ptr<Store> store;  // null where the arrays are JavaScript's
  const char* code = nullptr;
  std::string message;
  // Held so that neither the model nor the arrays are collected meanwhile.
  Napi::ObjectReference self;
  std::vector<Napi::Reference<Napi::Float32Array>> arrays;
  Napi::FunctionReference done;

  float* Place(const Item& item) const {
    switch (item.kind) {
      case Item::kWeight:
        return model->plan().parameters()[item.index]->value.data();
      case Item::kOptimizer:
        return model->optimizer()->values(item.index);
      case Item::kStates:
        break;
    }
    return model->carried_states()[item.index]->values.data();
  }

  // On compute threads.
  void CopyOut() {
    model->Settle(WorkerPool::Instance());
    for (const Item& item : items) {
      if (!store) ExpectToFill(item.values, item.size * sizeof(float));
      Copy(Place(item), item.values, item.size);
    }
  }
  // Nothing is changed before all of it is.
  void Exchange() {
    if (model->optimizer()) model->optimizer()->Settle(WorkerPool::Instance());
    for (size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      if (item.kind == Item::kWeight) {
        model->DropPending(item.index);
        model->plan().parameters()[item.index]->value.Swap(store->arrays[i]);
      } else {
        model->optimizer()->Exchange(item.index, &store->arrays[i]);
      }
    }
    model->Invalidate();
  }
  void Prepare() {
    model->Settle(WorkerPool::Instance());
    const KernelCalls kernels(Kernels());
    for (const auto& layer : model->plan().layers())
      if (auto* stepping = dynamic_cast<Stepping*>(layer.get())) stepping->PrepareSteps(kernels);
  }
  void ApplyAverages() {
    Optimizer* optimizer = model->optimizer();
    if (optimizer && optimizer->ApplyAverages(WorkerPool::Instance())) model->Invalidate();
  }

  static void Copy(const float* from, float* to, size_t size) {
    constexpr size_t kFloats = size_t{1} << 18;
    ForRanges(&WorkerPool::Instance(), size, kFloats, [&](size_t begin, size_t end) {
      std::memcpy(to + begin, from + begin, (end - begin) * sizeof(float));
    });
  }
};

std::shared_ptr<NativeModel::Transfer> NativeModel::ToTransfer(const Napi::Value& places,
                                                               const Napi::Value& store) {
  using Item = Transfer::Item;
  static const std::map<std::string, Item::Kind> kinds = {
      {"weight", Item::kWeight}, {"optimizer", Item::kOptimizer}, {"states", Item::kStates}};
  if (!places.IsArray()) Malformed("places");
  const Napi::Array items = places.As<Napi::Array>();
  auto transfer = std::make_shared<Transfer>();
  for (uint32_t i = 0; i < items.Length(); ++i) {
    const Napi::Object spec = ToObject(items.Get(i), "places");
    const Item::Kind kind = FromName(kinds, GetString(spec, "kind"));
    const size_t index = GetSize(spec, "index");
    transfer->items.push_back({kind, index, nullptr, 0});
    if (!store.IsNull()) continue;
    const Napi::Float32Array values = ToFloats(GetValue(spec, "values"), "values");
    transfer->arrays.push_back(Napi::Persistent(values));
  }
  // After all getters, which may have detached an array or released the store.
  if (!store.IsNull()) {
    transfer->store = NativeStore::From(store);
    if (transfer->store->arrays.size() != transfer->items.size()) Malformed("store");
  }
  Model& model = Free();
  const std::vector<CarriedStates*> states = model.carried_states();
  for (size_t i = 0; i < transfer->items.size(); ++i) {
    Item& item = transfer->items[i];
    if (transfer->store) {
      item.values = transfer->store->arrays[i].data();
      item.size = transfer->store->arrays[i].size();
    } else {
      Napi::Float32Array values = transfer->arrays[i].Value();
      item.values = values.Data();
      item.size = values.ElementLength();
    }
    const size_t count = item.kind == Item::kWeight     ? model.plan().parameters().size()
                         : item.kind == Item::kStates   ? states.size()
                         : model.optimizer() == nullptr ? 0
                                                        : model.optimizer()->arrays().size();
    if (item.index >= count) Malformed("index");
    const size_t size = item.kind == Item::kWeight   ? model.plan().parameters()[item.index]->size()
                        : item.kind == Item::kStates ? states[item.index]->rows * states[item.index]->size
                                                     : model.optimizer()->arrays()[item.index].size;
    if (item.size != size) Malformed("size");
    if (item.kind == Item::kOptimizer && !model.optimizer()->values(item.index)) Malformed("array");
  }
  return transfer;
}

void NativeModel::Later(const Napi::CallbackInfo& info, std::shared_ptr<Transfer> transfer,
                        const Napi::Value& done, bool writes, void (Transfer::*work)()) {
  if (!done.IsFunction()) Malformed("done");
  for (const auto& shared : layers_) {
    if (shared->is_written && !running_)
      throw Error(ErrorCode::kBusy,
                  "native model: expected layers at rest, received a call while another model trains them");
    if (writes && shared->readers > 0)
      throw Error(
          ErrorCode::kBusy,
          "native model: expected layers at rest, received a call while another model computes with them");
  }
  for (const auto& shared : layers_) {
    shared->WaitForCopies(strand_.get());
    shared->copies = strand_;
  }
  transfer->model = model_;
  transfer->self = Napi::Persistent(info.This().As<Napi::Object>());
  transfer->done = Napi::Persistent(done.As<Napi::Function>());
  auto job = std::make_unique<Job>();
  job->strand = strand_;
  job->compute = [transfer, work] {
    try {
      (*transfer.*work)();
    } catch (const Cancelled&) {
      // The environment ends: nobody is left to hear of it.
    } catch (const std::bad_alloc&) {
      transfer->code = CodeName(ErrorCode::kOutOfMemory);
      transfer->message = "ostinato: expected enough memory for the weights, received none.";
    }
  };
  job->deliver = [this, transfer](Napi::Env env) {
    if (transfer->store) transfer->store->busy = false;
    Release(std::move(transfer->model));
    Tidy(env);
    const Napi::Value code =
        transfer->code ? Napi::Value(Napi::String::New(env, transfer->code)) : env.Null();
    transfer->done.Call({code, Napi::String::New(env, transfer->message)});
  };
  Environment::Of(info.Env()).Start(std::move(job));
  if (transfer->store) transfer->store->busy = true;
}

void NativeModel::JsCopyOut(const Napi::CallbackInfo& info) {
  OnModel(info, [&] { Later(info, ToTransfer(info[0], info[1]), info[2], false, &Transfer::CopyOut); });
}

void NativeModel::JsExchange(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    auto transfer = ToTransfer(info[0], info[1]);
    if (!transfer->store) Malformed("store");
    for (const Transfer::Item& item : transfer->items)
      if (item.kind == Transfer::Item::kStates) Malformed("states");
    Later(info, std::move(transfer), info[2], true, &Transfer::Exchange);
  });
}

void NativeModel::JsPrepare(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    Free();
    Later(info, std::make_shared<Transfer>(), info[0], false, &Transfer::Prepare);
  });
}

void NativeModel::JsApplyEma(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    Free();
    Later(info, std::make_shared<Transfer>(), info[0], true, &Transfer::ApplyAverages);
  });
}

void NativeModel::JsCompile(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    // Read first: a getter among the arguments may dispose of this very model.
    const CompileConfig config = ToCompileConfig(ToObject(info[0], "compile"));
    const size_t weights = AtRest().plan().parameters().size();
    if (config.optimizer.decays.size() != weights) Malformed("decays");
    if (config.trainable.size() != weights) Malformed("trainable");
    if (config.layer_trainable.size() != weights) Malformed("layerTrainable");
    Release(model_->Compile(config));
    Report(info.Env());
  });
}

void NativeModel::JsSetLearningRate(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    if (!info[0].IsNumber()) Malformed("learning rate");
    Idle().SetLearningRate(info[0].As<Napi::Number>().DoubleValue());
    Report(info.Env());
  });
}

void NativeModel::JsRun(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    Free();
    const Napi::Object spec = ToObject(info[0], "run");
    if (!info[1].IsFunction()) Malformed("done");
    auto state = std::make_shared<RunState>();
    state->model = model_;
    const Napi::Array datasets = GetArray(spec, "datasets");
    size_t all_rows = 0;
    for (uint32_t i = 0; i < datasets.Length(); ++i) {
      state->datasets.push_back(NativeDataset::From(datasets.Get(i)));
      all_rows += state->datasets.back()->rows;
    }
    static const std::map<std::string, RunMode> modes = {
        {"train", RunMode::kTrain}, {"evaluate", RunMode::kEvaluate}, {"predict", RunMode::kPredict}};
    Run& run = state->run;
    run.mode = FromName(modes, GetString(spec, "mode"));
    static const std::map<std::string, JobClass> classes = {{"serving", JobClass::kServing},
                                                            {"training", JobClass::kTraining}};
    const JobClass job_class = FromName(classes, GetString(spec, "priority"));
    for (const auto& dataset : state->datasets) run.datasets.push_back(dataset.get());
    run.begin = GetSize(spec, "begin");
    run.end = GetSize(spec, "end");
    run.batch_size = GetSize(spec, "batchSize");
    const size_t first = run.begin;
    if (run.batch_size == 0 || run.begin >= run.end) Malformed("range");
    const Napi::Value order = GetValue(spec, "order");
    if (order.IsNull()) {
      if (run.end > all_rows) Malformed("range");
    } else {
      const Napi::Int32Array rows = ToInts(order, "order");
      if (run.end > rows.ElementLength()) Malformed("range");
      state->order.assign(rows.Data() + run.begin, rows.Data() + run.end);
      for (const int32_t row : state->order)
        if (row < 0 || static_cast<size_t>(row) >= all_rows) Malformed("order");
      run.order = state->order.data();
      run.end -= run.begin;
      run.begin = 0;
    }
    run.max_workspace = GetSize(spec, "maxWorkspace");
    const bool whole =
        order.IsNull() && run.begin == 0 && run.end == all_rows && run.mode != RunMode::kPredict;
    if (run.datasets.empty() || (run.datasets.size() > 1 && !whole)) Malformed("datasets");
    const bool predicts = run.mode == RunMode::kPredict;
    run.training = predicts ? GetBool(spec, "training") : run.mode == RunMode::kTrain;
    const Napi::Value totals = GetValue(spec, "totals"), outputs = GetValue(spec, "outputs");
    const std::vector<Napi::Value> rooms =
        predicts ? ToList(outputs, state->model->plan().outputs().size(), "outputs")
                 : std::vector<Napi::Value>{};
    // All is read. A getter among it may have begun a run, disposed of the model or detached an array.
    Free().CheckRun(run);
    if (predicts) {
      const std::vector<size_t> sizes = model_->OutputSizes(*run.datasets[0]);
      for (size_t i = 0; i < rooms.size(); ++i) {
        if (rooms[i].IsNull()) {
          run.outputs.push_back(nullptr);
          state->output_bytes.push_back(0);
          continue;
        }
        Napi::Float32Array room = ToFloats(rooms[i], "outputs");
        if (room.ElementLength() < (first + run.end - run.begin) * sizes[i]) Malformed("outputs");
        run.outputs.push_back(room.Data() + first * sizes[i]);
        state->output_bytes.push_back((run.end - run.begin) * sizes[i] * sizeof(float));
        state->outputs.push_back(Napi::Persistent(room));
      }
    } else {
      const Napi::Float64Array sums = ToDoubles(totals, "totals");
      if (sums.ElementLength() != model_->totals_size()) Malformed("totals");
      run.totals.assign(sums.Data(), sums.Data() + sums.ElementLength());
      state->totals = Napi::Persistent(sums);
    }
    // Statistics of a batch are written in training alone, penalties use memory of the weights.
    Acquire(!predicts);
    state->self = Napi::Persistent(info.This().As<Napi::Object>());
    state->done = Napi::Persistent(info[1].As<Napi::Function>());

    auto job = std::make_unique<Job>();
    job->job_class = job_class;
    job->strand = strand_;
    job->compute = [state, control = job->control] {
      const auto begin = std::chrono::steady_clock::now();
      try {
        state->ExpectOutputs();
        state->model->RunBatches(state->run, *control, &state->result);
      } catch (const Error& error) {
        state->code = CodeName(error.code());
        state->message = error.what();
      } catch (const std::bad_alloc&) {
        state->code = "ERR_OUT_OF_MEMORY";
        state->message =
            "ostinato: expected enough memory for the batch, received none. Use a smaller batchSize.";
      } catch (...) {
        state->code = "ERR_INTERNAL";
        state->message = "ostinato: an unknown failure in a run";
      }
      if (const Optimizer* optimizer = state->model->optimizer()) {
        state->iterations = optimizer->iterations();
        state->learning_rate = optimizer->learning_rate();
      }
      state->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    job->deliver = [this, state](Napi::Env env) {
      if (state->is_left) {
        if (left_ == state.get()) ReportStep(*std::exchange(left_, nullptr));
        Release(std::move(state->model));
        return Tidy(env);
      }
      running_ = nullptr;
      run_ = nullptr;
      // One that was left before this run may be delivered after it, and knows less.
      left_ = nullptr;
      ReleaseLayers();
      Tidy(env);
      if (!state->totals.IsEmpty()) {
        Napi::Float64Array totals = state->totals.Value();
        const std::vector<double>& sums = state->result.totals;
        for (size_t i = 0; i < sums.size() && i < totals.ElementLength(); ++i) totals[i] = sums[i];
      }
      const Napi::Value code = state->code ? Napi::Value(Napi::String::New(env, state->code)) : env.Null();
      state->done.Call({code, Napi::String::New(env, state->message),
                        Napi::Number::New(env, static_cast<double>(state->result.rows_done)),
                        Napi::Number::New(env, state->seconds)});
    };
    Job* const started = job.get();
    try {
      Environment::Of(info.Env()).Start(std::move(job));
    } catch (...) {
      ReleaseLayers();
      throw;
    }
    running_ = started;
    run_ = state.get();
  });
}

Napi::Value NativeModel::JsStop(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    if (!running_) return Napi::Boolean::New(info.Env(), false);
    // Looked at before and after: a step that ends meanwhile is left as one that goes on.
    const bool commits = running_->control->commits();
    Environment::Of(info.Env()).Cancel(running_);
    const bool leaves = run_->run.mode == RunMode::kTrain && (commits || running_->control->commits());
    if (leaves) {
      // A step takes as long as reading and writing all weights, and is not to be undone half-way. Who reads
      // the weights waits for it as for copies.
      run_->is_left = true;
      left_ = std::exchange(run_, nullptr);
      running_ = nullptr;
      for (const auto& shared : layers_) shared->copies = strand_;
      ReleaseLayers();
    }
    return Napi::Boolean::New(info.Env(), leaves);
  });
}

void NativeModel::JsResetStates(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    if (info[0].IsNull()) return Idle().ResetStates(nullptr);
    const size_t layer = ToSize(info[0], "layer");
    if (layer >= layers_.size()) Malformed("layer");
    Idle().ResetStates(&layer);
  });
}

Napi::Value NativeModel::JsIterations(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    if (left_ && !running_) CatchUp();
    return Napi::Number::New(info.Env(), static_cast<double>(reported_iterations_));
  });
}

Napi::Value NativeModel::JsLearningRate(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    if (left_ && !running_) CatchUp();
    return Napi::Number::New(info.Env(), reported_learning_rate_);
  });
}

void NativeModel::JsSetIterations(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    OptimizerOf(Idle()).set_iterations(ToSize(info[0], "iterations"));
    Report(info.Env());
  });
}

Napi::Value NativeModel::JsOptimizerState(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const Napi::Array list = Napi::Array::New(env);
    for (const OptimizerArray& array : OptimizerOf(Free()).arrays()) {
      const Napi::Object entry = Napi::Object::New(env);
      entry.Set("name", array.name);
      entry.Set("weight", static_cast<double>(array.weight));
      entry.Set("size", static_cast<double>(array.size));
      list.Set(list.Length(), entry);
    }
    return list;
  });
}

void NativeModel::JsReadOptimizer(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    const size_t index = ToSize(info[0], "array index");
    Napi::Float32Array out = ToFloats(info[1], "array");
    Optimizer& optimizer = OptimizerOf(Free());
    if (index >= optimizer.arrays().size()) Malformed("array index");
    if (out.ElementLength() != optimizer.arrays()[index].size) Malformed("array size");
    // A number that stands alone changes in runs only.
    if (optimizer.values(index))
      Settled();
    else if (left_)
      CatchUp();
    optimizer.Read(index, out.Data());
  });
}

void NativeModel::JsWriteOptimizer(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    const size_t index = ToSize(info[0], "array index");
    const Napi::Float32Array values = ToFloats(info[1], "array");
    Optimizer& optimizer = OptimizerOf(Settled());
    if (index >= optimizer.arrays().size()) Malformed("array index");
    if (values.ElementLength() != optimizer.arrays()[index].size) Malformed("array size");
    if (!optimizer.Write(index, values.Data())) Malformed("array values");
  });
}

Napi::Value NativeModel::JsLayerStates(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    const Napi::Array list = Napi::Array::New(info.Env());
    for (const CarriedStates* states : Free().carried_states())
      list.Set(list.Length(), static_cast<double>(states->rows * states->size));
    return list;
  });
}

void NativeModel::JsReadLayerStates(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    const CarriedStates& states = Carried(info[0]);
    Napi::Float32Array out = ToFloats(info[1], "states");
    const size_t size = states.rows * states.size;
    if (out.ElementLength() != size) Malformed("states size");
    if (size > 0) std::memcpy(out.Data(), states.values.data(), size * sizeof(float));
  });
}

void NativeModel::JsWriteLayerStates(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    CarriedStates& states = Carried(info[0]);
    const Napi::Float32Array values = ToFloats(info[1], "states");
    const size_t size = values.ElementLength();
    if (size % states.size != 0) Malformed("states size");
    states.SetRows(size / states.size);
    if (size > 0) std::memcpy(states.values.data(), values.Data(), size * sizeof(float));
    Report(info.Env());
  });
}

Napi::Value NativeModel::JsWorkspaceBytes(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(Idle().workspace_bytes()));
  });
}

Napi::Value NativeModel::JsAllocations(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(Idle().allocations()));
  });
}

Napi::Value NativeModel::JsSweep(const Napi::CallbackInfo& info) {
  return OnModel(info, [&]() -> Napi::Value {
    sweeps_later_ = true;
    Tidy(info.Env());
    const bool has_more = sweeps_later_ || (model_ && model_->workspace_bytes() >= Arena::kFew);
    return Napi::Boolean::New(info.Env(), has_more);
  });
}

void NativeModel::JsTrim(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    Release(Idle().Trim());
    Report(info.Env());
  });
}

void NativeModel::JsDispose(const Napi::CallbackInfo& info) {
  OnModel(info, [&] {
    if (!model_) return;
    Free();
    LetGo();
    Report(info.Env());
  });
}

}  // namespace ostinato
