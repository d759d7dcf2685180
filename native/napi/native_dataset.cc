// SPDX-License-Identifier: MIT
#include "napi/native_dataset.h"

#include <algorithm>

#include "napi/arguments.h"
#include "napi/errors.h"
#include "napi/release.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x64617461736574ull};

Inputs ToInputs(const Napi::Object& object, size_t rows) {
  Inputs input;
  const Napi::Array shape = GetArray(object, "shape");
  for (uint32_t i = 0; i < shape.Length(); ++i) input.shape.push_back(ToSize(shape.Get(i), "shape"));
  const Napi::Value data = GetValue(object, "data");
  input.is_tokens = data.IsTypedArray() && data.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  if (input.shape.empty()) Malformed("shape");
  size_t size = rows;
  for (const size_t n : input.shape) size = Product(size, n, "shape");
  if (!input.is_tokens) {
    const Napi::Float32Array values = ToFloats(data, "data");
    if (values.ElementLength() != size || size == 0) Malformed("data");
    input.values.Assign(values.Data(), size);
    return input;
  }
  const Napi::Int32Array tokens = ToInts(data, "data");
  if (tokens.ElementLength() != size || size == 0) Malformed("data");
  input.tokens.Assign(tokens.Data(), size);
  // Two plain reductions, which compilers make vectors of: every batch of a generator passes here.
  const int32_t* token = input.tokens.data();
  int32_t low = token[0], high = token[0];
  for (size_t i = 0; i < size; ++i) low = std::min(low, token[i]);
  for (size_t i = 0; i < size; ++i) high = std::max(high, token[i]);
  input.min_token = low;
  input.max_token = high;
  return input;
}

Targets ToTargets(const Napi::Object& object, size_t rows) {
  Targets target;
  const Napi::Value data = GetValue(object, "data"), weights = GetValue(object, "weights");
  if (!data.IsNull()) {
    target.size = GetSize(object, "size");
    const Napi::Float32Array values = ToFloats(data, "data");
    if (values.ElementLength() != Product(rows, target.size, "size")) Malformed("data");
    target.values.Assign(values.Data(), values.ElementLength());
  }
  if (!weights.IsNull()) {
    target.weight_size = GetSize(object, "weightSize");
    const Napi::Float32Array values = ToFloats(weights, "weights");
    if (target.weight_size == 0 || values.ElementLength() != Product(rows, target.weight_size, "weightSize"))
      Malformed("weights");
    target.weights.Assign(values.Data(), values.ElementLength());
  }
  return target;
}

}  // namespace

Napi::Function NativeDataset::Define(Napi::Env env) {
  return DefineClass(env, "NativeDataset", {InstanceMethod<&NativeDataset::JsRelease>("release")});
}

NativeDataset::NativeDataset(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeDataset>(info) {
  const Napi::Env env = info.Env();
  Guarded(env, [&] {
    const Napi::Object spec = ToObject(info[0], "data set");
    auto data = std::make_shared<Dataset>();
    data->rows = GetSize(spec, "rows");
    if (data->rows == 0) Malformed("rows");
    const Napi::Array inputs = GetArray(spec, "inputs"), targets = GetArray(spec, "targets");
    for (uint32_t i = 0; i < inputs.Length(); ++i)
      data->inputs.push_back(ToInputs(ToObject(inputs.Get(i), "input"), data->rows));
    for (uint32_t i = 0; i < targets.Length(); ++i)
      data->targets.push_back(ToTargets(ToObject(targets.Get(i), "target"), data->rows));
    if (data->inputs.empty()) Malformed("inputs");
    Napi::MemoryManagement::AdjustExternalMemory(env, static_cast<int64_t>(data->bytes()));
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    const auto fixed = [&](const char* name, double value) {
      self.DefineProperty(
          Napi::PropertyDescriptor::Value(name, Napi::Number::New(env, value), napi_enumerable));
    };
    fixed("rows", static_cast<double>(data->rows));
    fixed("memoryBytes", static_cast<double>(data->bytes()));
    const Napi::Array ranges = Napi::Array::New(env);
    for (const Inputs& input : data->inputs) {
      const Napi::Array range = Napi::Array::New(env);
      range.Set(0u, input.min_token);
      range.Set(1u, input.max_token);
      ranges.Set(ranges.Length(), range);
    }
    self.DefineProperty(Napi::PropertyDescriptor::Value("tokenRanges", ranges, napi_enumerable));
    data_ = std::move(data);
  });
}

void NativeDataset::JsRelease(const Napi::CallbackInfo& info) {
  // Node hands over any object as the receiver.
  Guarded(info.Env(), [&] {
    if (!info.This().IsObject() || !info.This().As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("data set");
    Release(info.Env());
  });
}

void NativeDataset::Release(Napi::BasicEnv env) {
  if (data_) Napi::MemoryManagement::AdjustExternalMemory(env, -static_cast<int64_t>(data_->bytes()));
  ostinato::Release(std::move(data_));
}

void NativeDataset::Finalize(Napi::BasicEnv env) { Release(env); }

std::shared_ptr<const Dataset> NativeDataset::From(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("data set");
  const auto data = Unwrap(value.As<Napi::Object>())->data();
  if (!data) Malformed("data set: released");
  return data;
}

}  // namespace ostinato
