// SPDX-License-Identifier: MIT
// Everything that the addon exports; lib/native/contracts describes it.
#include <napi.h>

#include "base/random.h"
#include "dispatch/dispatch.h"
#include "layers/normalization/moments.h"
#include "napi/arguments.h"
#include "napi/config.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/losses.h"
#include "napi/native_dataset.h"
#include "napi/native_layer.h"
#include "napi/native_model.h"
#include "napi/native_store.h"
#include "napi/native_streams.h"
#include "napi/optimizer_config.h"
#include "threading/available_cores.h"
#include "threading/worker_pool.h"

namespace ostinato {
namespace {

void JsInitialize(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const InitializerSpec spec = ToInitializerSpec(ToObject(info[0], "initializer"));
    const Napi::Value given = info[1];
    if (!given.IsArray()) Malformed("shape");
    const Napi::Array dims = given.As<Napi::Array>();
    std::vector<int64_t> shape;
    size_t size = 1;
    for (uint32_t i = 0; i < dims.Length(); ++i) {
      const size_t n = ToSize(dims.Get(i), "shape");
      shape.push_back(static_cast<int64_t>(n));
      size = Product(size, n, "shape");
    }
    Napi::Float32Array out = ToFloats(info[3], "out");
    if (out.ElementLength() != size) Malformed("out");
    if (spec.kind == InitializerKind::kValues && spec.values.size() != size) Malformed("values");
    const size_t seed = ToSize(info[2], "seed");
    const auto draw = [&](WorkerPool* pool) {
      Initialize(spec, shape.data(), shape.size(), seed, out.Data(), pool);
    };
    // JavaScript waits for the result: where it takes long, all threads draw.
    constexpr size_t kMany = size_t{1} << 16;
    if (size < kMany) return draw(nullptr);
    WorkerPool::Instance().Run([&] { draw(&WorkerPool::Instance()); });
  });
}

void JsPermutation(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Napi::Int32Array out = ToInts(info[2], "out");
    Permutation(ToSize(info[0], "seed"), ToSize(info[1], "stream"), out.Data(), out.ElementLength());
  });
}

Napi::Value JsScheduledRate(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Schedule schedule = ToSchedule(ToObject(info[0], "schedule"));
    return Napi::Number::New(info.Env(), schedule.At(static_cast<double>(ToSize(info[1], "step"))));
  });
}

// Sizes of data [rows, steps, columns], and of a parameter of it.
StepParameter ToStepParameter(const Napi::Object& shape) {
  const StepParameter parameter = {GetAxis(shape, "parameterSteps"), GetAxis(shape, "parameterFeatures")};
  const size_t steps = GetAxis(shape, "steps"), columns = GetAxis(shape, "columns");
  if (parameter.steps != 1 && parameter.steps != steps) Malformed("parameterSteps");
  if (parameter.features != 1 && parameter.features != columns) Malformed("parameterFeatures");
  return parameter;
}

void JsAddMoments(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Object shape = ToObject(info[1], "shape");
    const StepParameter parameter = ToStepParameter(shape);
    const Napi::Float32Array values = ToFloats(info[0], "values");
    const size_t rows = GetAxis(shape, "rows"), steps = GetAxis(shape, "steps");
    const size_t columns = GetAxis(shape, "columns");
    if (rows == 0 || steps == 0 || columns == 0 ||
        values.ElementLength() != Product(Product(rows, steps, "values"), columns, "values"))
      Malformed("values");
    Napi::Float64Array state = ToDoubles(info[2], "state");
    if (state.ElementLength() != MomentsSize(parameter)) Malformed("state");
    AddMoments(values.Data(), rows, steps, columns, parameter, state.Data());
  });
}

void JsReadMoments(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Float64Array state = ToDoubles(info[0], "state");
    Napi::Float32Array mean = ToFloats(info[1], "mean"), variance = ToFloats(info[2], "variance");
    const StepParameter parameter = {1, mean.ElementLength()};
    if (state.ElementLength() != MomentsSize(parameter) || variance.ElementLength() != parameter.size())
      Malformed("state");
    ReadMoments(state.Data(), parameter, mean.Data(), variance.Data());
  });
}

Napi::Value JsCpuInfo(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    result.Set("isa", Kernels().isa);
    Napi::Array available = Napi::Array::New(env);
    for (const KernelTable* table : AvailableKernels()) available.Set(available.Length(), table->isa);
    result.Set("available", available);
    result.Set("threads", static_cast<double>(WorkerPool::Instance().threads()));
    result.Set("defaultThreads", static_cast<double>(DefaultThreads()));
    result.Set("cores", static_cast<double>(AvailableCores()));
    return result;
  });
}

void JsSetThreads(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const size_t threads = ToSize(info[0], "threads");
    if (threads < 1 || threads > kMaxThreads) Malformed("threads");
    WorkerPool::Instance().SetThreads(threads);
  });
}

// testPreemption(how, point, jobs): see PreemptionTest. For tests alone.
void JsTestPreemption(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    static const std::map<std::string, PreemptionTest> names = {{"off", PreemptionTest::kOff},
                                                                {"serve", PreemptionTest::kServe},
                                                                {"cancel", PreemptionTest::kCancel},
                                                                {"hold", PreemptionTest::kHold}};
    if (!info[0].IsString()) Malformed("how");
    WorkerPool::Instance().TestPreemption(FromName(names, info[0].As<Napi::String>()),
                                          ToSize(info[1], "point"), ToSize(info[2], "jobs"));
  });
}

Napi::Value JsPreemptionPoints(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(WorkerPool::Instance().points()));
  });
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return Guarded(env, [&] {
    // What the environment asks for and cannot be had is refused before anything runs.
    Kernels();
    DefaultThreads();
    auto* environment = new Environment(env);
    env.SetInstanceData(environment);
    exports.Set("NativeLayer", NativeLayer::Define(env));
    exports.Set("NativeModel", NativeModel::Define(env));
    exports.Set("NativeDataset", NativeDataset::Define(env));
    exports.Set("NativeStore", NativeStore::Define(env));
    exports.Set("NativeStreams", NativeStreams::Define(env));
    exports.Set("initialize", Napi::Function::New<JsInitialize>(env, "initialize"));
    exports.Set("permutation", Napi::Function::New<JsPermutation>(env, "permutation"));
    exports.Set("scheduledRate", Napi::Function::New<JsScheduledRate>(env, "scheduledRate"));
    exports.Set("computeLoss", Napi::Function::New<JsComputeLoss>(env, "computeLoss"));
    exports.Set("updateMetric", Napi::Function::New<JsUpdateMetric>(env, "updateMetric"));
    exports.Set("ctcDecode", Napi::Function::New<JsCtcDecode>(env, "ctcDecode"));
    exports.Set("addMoments", Napi::Function::New<JsAddMoments>(env, "addMoments"));
    exports.Set("readMoments", Napi::Function::New<JsReadMoments>(env, "readMoments"));
    exports.Set("cpuInfo", Napi::Function::New<JsCpuInfo>(env, "cpuInfo"));
    exports.Set("setThreads", Napi::Function::New<JsSetThreads>(env, "setThreads"));
    exports.Set("testPreemption", Napi::Function::New<JsTestPreemption>(env, "testPreemption"));
    exports.Set("preemptionPoints", Napi::Function::New<JsPreemptionPoints>(env, "preemptionPoints"));
    return exports;
  });
}

NODE_API_MODULE(ostinato, Init)

}  // namespace
}  // namespace ostinato
