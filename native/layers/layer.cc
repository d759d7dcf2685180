// SPDX-License-Identifier: MIT
#include "layers/layer.h"

#include <string>

#include "base/error.h"

namespace ostinato {

void ExpectShape(bool holds, const char* what) {
  if (!holds) throw Error(ErrorCode::kInternal, std::string("native model: ") + what);
}

const ValueShape& OneInput(const std::vector<ValueShape>& inputs, const char* layer) {
  if (inputs.size() != 1)
    throw Error(ErrorCode::kInternal, std::string("native model: one input for ") + layer);
  return inputs[0];
}

const ValueShape& OneSequence(const std::vector<ValueShape>& inputs, const char* layer) {
  if (!OneInput(inputs, layer).sequence)
    throw Error(ErrorCode::kInternal, std::string("native model: a sequence for ") + layer);
  return inputs[0];
}

}  // namespace ostinato
