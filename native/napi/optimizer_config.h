// SPDX-License-Identifier: MIT
// Optimizers and schedules of lib/native/binding.ts as C++ structs.
#ifndef OSTINATO_NAPI_OPTIMIZER_CONFIG_H_
#define OSTINATO_NAPI_OPTIMIZER_CONFIG_H_

#include <napi.h>

#include "optimizers/optimizer.h"

namespace ostinato {

OptimizerConfig ToOptimizerConfig(const Napi::Object& object);
Schedule ToSchedule(const Napi::Object& object);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_OPTIMIZER_CONFIG_H_
