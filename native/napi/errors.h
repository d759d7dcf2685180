// SPDX-License-Identifier: MIT
// C++ exceptions as JavaScript errors with a stable `code`. lib/ turns them into its own classes.
#ifndef OSTINATO_NAPI_ERRORS_H_
#define OSTINATO_NAPI_ERRORS_H_

#include <napi.h>

#include <new>
#include <string>

#include "base/error.h"

namespace ostinato {

inline Napi::Error MakeJsError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

// Runs `body`; every C++ exception leaves as a JavaScript error with a code.
template <class Body>
auto Guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error& error) {
    throw MakeJsError(env, CodeName(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    throw MakeJsError(env, "ERR_OUT_OF_MEMORY",
                      "ostinato: expected enough memory, received none. Use a smaller batchSize or model.");
  }
}

}  // namespace ostinato

#endif  // OSTINATO_NAPI_ERRORS_H_
