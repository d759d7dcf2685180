// SPDX-License-Identifier: MIT
// Plain C++ values out of JavaScript ones. TypeScript sends fully resolved objects; what is missing or of
// another kind is a bug of ours and says so.
#ifndef OSTINATO_NAPI_ARGUMENTS_H_
#define OSTINATO_NAPI_ARGUMENTS_H_

#include <napi.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace ostinato {

[[noreturn]] inline void Malformed(const std::string& what) {
  throw Error(ErrorCode::kInternal, "native arguments: malformed " + what);
}

inline Napi::Value GetValue(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsUndefined()) Malformed(key);
  return value;
}

inline Napi::Object ToObject(const Napi::Value& value, const char* what) {
  if (!value.IsObject()) Malformed(what);
  return value.As<Napi::Object>();
}

inline double GetNumber(const Napi::Object& object, const char* key) {
  const Napi::Value value = GetValue(object, key);
  if (!value.IsNumber()) Malformed(key);
  return value.As<Napi::Number>().DoubleValue();
}

inline float GetFloat(const Napi::Object& object, const char* key) {
  return static_cast<float>(GetNumber(object, key));
}

inline size_t ToSize(const Napi::Value& value, const char* what) {
  if (!value.IsNumber()) Malformed(what);
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= 9007199254740991.0) ||
      number != static_cast<double>(static_cast<uint64_t>(number)))
    Malformed(what);
  return static_cast<size_t>(number);
}

inline size_t GetSize(const Napi::Object& object, const char* key) {
  return ToSize(GetValue(object, key), key);
}

// An integer whose sum with another fits.
inline int64_t GetInteger(const Napi::Object& object, const char* key) {
  const double number = GetNumber(object, key);
  if (!(number >= -9007199254740991.0 && number <= 9007199254740991.0) ||
      number != static_cast<double>(static_cast<int64_t>(number)))
    Malformed(key);
  return static_cast<int64_t>(number);
}

// A product of sizes that fits; each factor may come from JavaScript.
inline size_t Product(size_t a, size_t b, const char* what) {
  if (b != 0 && a > SIZE_MAX / b) Malformed(what);
  return a * b;
}

// The size of an axis: small enough that products of two fit.
inline size_t GetAxis(const Napi::Object& object, const char* key) {
  const size_t size = GetSize(object, key);
  if (size > INT32_MAX) Malformed(key);
  return size;
}

inline bool GetBool(const Napi::Object& object, const char* key) {
  const Napi::Value value = GetValue(object, key);
  if (!value.IsBoolean()) Malformed(key);
  return value.As<Napi::Boolean>();
}

inline std::string GetString(const Napi::Object& object, const char* key) {
  const Napi::Value value = GetValue(object, key);
  if (!value.IsString()) Malformed(key);
  return value.As<Napi::String>();
}

inline Napi::Array GetArray(const Napi::Object& object, const char* key) {
  const Napi::Value value = GetValue(object, key);
  if (!value.IsArray()) Malformed(key);
  return value.As<Napi::Array>();
}

// Sizes of axes, one at least, whose product fits.
inline std::vector<size_t> GetAxes(const Napi::Object& object, const char* key) {
  const Napi::Array array = GetArray(object, key);
  std::vector<size_t> axes;
  size_t product = 1;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    axes.push_back(ToSize(array.Get(i), key));
    product = Product(product, axes.back(), key);
  }
  if (axes.empty() || product > INT32_MAX) Malformed(key);
  return axes;
}

// The elements of a list, each read once: reading may run code of the caller, so that nothing that was looked
// at before still holds.
inline std::vector<Napi::Value> ToList(const Napi::Value& value, size_t size, const char* what) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != size) Malformed(what);
  std::vector<Napi::Value> list;
  list.reserve(size);
  for (uint32_t i = 0; i < size; ++i) list.push_back(value.As<Napi::Array>().Get(i));
  return list;
}

// A typed array of the given kind whose memory is there: not detached, not shared.
template <class T>
Napi::TypedArrayOf<T> ToTyped(const Napi::Value& value, napi_typedarray_type type, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) Malformed(what);
  const Napi::TypedArrayOf<T> array = value.As<Napi::TypedArrayOf<T>>();
  if (!array.ArrayBuffer().IsArrayBuffer()) Malformed(what);
  return array;
}

inline Napi::Float32Array ToFloats(const Napi::Value& value, const char* what) {
  return ToTyped<float>(value, napi_float32_array, what);
}
inline Napi::Int32Array ToInts(const Napi::Value& value, const char* what) {
  return ToTyped<int32_t>(value, napi_int32_array, what);
}
inline Napi::Float64Array ToDoubles(const Napi::Value& value, const char* what) {
  return ToTyped<double>(value, napi_float64_array, what);
}

// The entry of a table of names.
template <class T>
T FromName(const std::map<std::string, T>& table, const std::string& name) {
  const auto found = table.find(name);
  if (found == table.end()) Malformed("name '" + name + "'");
  return found->second;
}

}  // namespace ostinato

#endif  // OSTINATO_NAPI_ARGUMENTS_H_
