// SPDX-License-Identifier: MIT
// A second addon, never shipped: every kernel of every ISA that this machine has, and the references, for
// jest.
#include <napi.h>

#include "testing/register.h"

namespace ostinato {
namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  RegisterKernels(env, exports);
  RegisterLosses(env, exports);
  RegisterReference(env, exports);
  return exports;
}

NODE_API_MODULE(ostinato_testing, Init)

}  // namespace
}  // namespace ostinato
