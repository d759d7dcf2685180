// SPDX-License-Identifier: MIT
#include "napi/native_dataset.h"

#include <algorithm>

#include "napi/arguments.h"
#include "napi/errors.h"
#include "napi/release.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x64617461736574ull};

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
    const Napi::Array shape = GetArray(spec, "inputShape");
    for (uint32_t i = 0; i < shape.Length(); ++i) data->shape.push_back(ToSize(shape.Get(i), "inputShape"));
    const Napi::Value inputs = GetValue(spec, "inputs");
    data->is_tokens =
        inputs.IsTypedArray() && inputs.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
    if (data->rows == 0 || data->shape.empty()) Malformed("rows");
    size_t size = data->rows;
    for (const size_t n : data->shape) size = Product(size, n, "inputShape");
    if (data->is_tokens) {
      const Napi::Int32Array tokens = ToInts(inputs, "inputs");
      if (tokens.ElementLength() != size || size == 0) Malformed("inputs");
      data->tokens.Assign(tokens.Data(), size);
      // Two plain reductions, which compilers make vectors of: every batch of a generator passes here.
      const int32_t* token = data->tokens.data();
      int32_t low = token[0], high = token[0];
      for (size_t i = 0; i < size; ++i) low = std::min(low, token[i]);
      for (size_t i = 0; i < size; ++i) high = std::max(high, token[i]);
      data->min_token = low;
      data->max_token = high;
    } else {
      const Napi::Float32Array values = ToFloats(inputs, "inputs");
      if (values.ElementLength() != size || size == 0) Malformed("inputs");
      data->values.Assign(values.Data(), size);
    }
    const Napi::Value targets = GetValue(spec, "targets");
    if (!targets.IsNull()) {
      data->target_size = GetSize(spec, "targetSize");
      const Napi::Float32Array values = ToFloats(targets, "targets");
      if (values.ElementLength() != Product(data->rows, data->target_size, "targetSize"))
        Malformed("targets");
      data->targets.Assign(values.Data(), values.ElementLength());
    }
    const Napi::Value weights = GetValue(spec, "weights");
    if (!weights.IsNull()) {
      data->weight_size = GetSize(spec, "weightSize");
      const Napi::Float32Array values = ToFloats(weights, "weights");
      if (data->weight_size == 0 ||
          values.ElementLength() != Product(data->rows, data->weight_size, "weightSize"))
        Malformed("weights");
      data->weights.Assign(values.Data(), values.ElementLength());
    }
    const Napi::Value state = GetValue(spec, "initialState");
    if (!state.IsNull()) {
      const Napi::Float32Array values = ToFloats(state, "initialState");
      data->initial_state.Assign(values.Data(), values.ElementLength());
    }
    const Napi::Value mask = GetValue(spec, "mask");
    if (!mask.IsNull()) {
      const Napi::Uint8Array counts = ToTyped<uint8_t>(mask, napi_uint8_array, "mask");
      data->mask.Assign(counts.Data(), counts.ElementLength());
    }
    Napi::MemoryManagement::AdjustExternalMemory(env, static_cast<int64_t>(data->bytes()));
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    const auto fixed = [&](const char* name, double value) {
      self.DefineProperty(
          Napi::PropertyDescriptor::Value(name, Napi::Number::New(env, value), napi_enumerable));
    };
    fixed("rows", static_cast<double>(data->rows));
    fixed("minToken", data->min_token);
    fixed("maxToken", data->max_token);
    fixed("memoryBytes", static_cast<double>(data->bytes()));
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
