// SPDX-License-Identifier: MIT
// The one exception of the engine. `code` becomes the stable code of the JavaScript error.
#ifndef OSTINATO_BASE_ERROR_H_
#define OSTINATO_BASE_ERROR_H_

#include <stdexcept>
#include <string>

namespace ostinato {

enum class ErrorCode { kConfig, kType, kShape, kRange, kState, kBusy, kDisposed, kOutOfMemory, kInternal };

inline const char* CodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConfig:
      return "ERR_CONFIG";
    case ErrorCode::kType:
      return "ERR_TYPE";
    case ErrorCode::kShape:
      return "ERR_SHAPE";
    case ErrorCode::kRange:
      return "ERR_RANGE";
    case ErrorCode::kState:
      return "ERR_STATE";
    case ErrorCode::kBusy:
      return "ERR_BUSY";
    case ErrorCode::kDisposed:
      return "ERR_DISPOSED";
    case ErrorCode::kOutOfMemory:
      return "ERR_OUT_OF_MEMORY";
    case ErrorCode::kInternal:
      break;
  }
  return "ERR_INTERNAL";
}

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace ostinato

#endif  // OSTINATO_BASE_ERROR_H_
