// SPDX-License-Identifier: MIT
// The system's header, without those of its macros that are names of ours. It is included nowhere else.
#ifndef OSTINATO_BASE_SYSTEM_WINDOWS_H_
#define OSTINATO_BASE_SYSTEM_WINDOWS_H_

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#undef Yield  // an empty macro, kept for 16 bits

#endif  // OSTINATO_BASE_SYSTEM_WINDOWS_H_
