// SPDX-License-Identifier: MIT
#ifndef OSTINATO_TESTING_REGISTER_H_
#define OSTINATO_TESTING_REGISTER_H_

#include <napi.h>

namespace ostinato {

// native/kernels, per ISA.
void RegisterKernels(Napi::Env env, Napi::Object exports);
// native/losses and native/metrics.
void RegisterLosses(Napi::Env env, Napi::Object exports);
// native/reference, native/base/random and native/initializers.
void RegisterReference(Napi::Env env, Napi::Object exports);

}  // namespace ostinato

#endif  // OSTINATO_TESTING_REGISTER_H_
