// SPDX-License-Identifier: MIT
// How many threads this process may use at once: its affinity, cut by the cgroup's CPU quota.
#ifndef OSTINATO_THREADING_AVAILABLE_CORES_H_
#define OSTINATO_THREADING_AVAILABLE_CORES_H_

#include <cstddef>
#include <string>

namespace ostinato {

// At least 1. Node 20's own figure does not know quotas (libuv before 1.49).
size_t AvailableCores();

// OSTINATO_THREADS where it is set, else AvailableCores(). Throws Error kConfig where it is no whole number
// from 1 to 256.
size_t DefaultThreads();

// The quota in whole cores (rounded down, at least 1) that the cgroup files under `root` give to the cgroup
// paths in `membership` (the text of /proc/self/cgroup), or 0 for none. Apart for tests.
size_t CgroupCores(const std::string& root, const std::string& membership);

}  // namespace ostinato

#endif  // OSTINATO_THREADING_AVAILABLE_CORES_H_
