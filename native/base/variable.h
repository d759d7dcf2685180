// SPDX-License-Identifier: MIT
// Variables of the environment.
#ifndef OSTINATO_BASE_VARIABLE_H_
#define OSTINATO_BASE_VARIABLE_H_

#include <cstdlib>
#include <string>

#if defined(_WIN32)
#include "base/system_windows.h"
#endif

namespace ostinato {

// Empty where it is not set. On Windows the C library's copy is of the start of the process: what JavaScript
// sets in process.env is seen by the system's own function alone.
inline std::string Variable(const char* name) {
#if defined(_WIN32)
  std::string text(32767, '\0');
  text.resize(GetEnvironmentVariableA(name, &text[0], static_cast<DWORD>(text.size())));
  return text;
#else
  const char* text = std::getenv(name);
  return text ? text : "";
#endif
}

}  // namespace ostinato

#endif  // OSTINATO_BASE_VARIABLE_H_
