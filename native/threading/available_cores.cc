// SPDX-License-Identifier: MIT
#include "threading/available_cores.h"

#include <algorithm>
#include <bitset>
#include <cstdio>
#include <cstdlib>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#elif defined(_WIN32)
#include "base/system_windows.h"
#endif

#include "base/error.h"
#include "base/variable.h"
#include "threading/worker_pool.h"

namespace ostinato {
namespace {

// The C library's files: the streams of C++ would add a tenth to the binary.
std::string ReadText(const std::string& path) {
  std::string text;
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (!file) return text;
  char part[512];
  while (const size_t read = std::fread(part, 1, sizeof part, file)) text.append(part, read);
  std::fclose(file);
  return text;
}

// Whole cores of a quota and its period, the first two numbers of the texts; 0 for no limit.
size_t WholeCores(const std::string& texts) {
  long long numbers[2];
  const char* at = texts.c_str();
  for (long long& number : numbers) {
    char* end;
    number = std::strtoll(at, &end, 10);
    if (end == at) return 0;  // "max" is no number: no limit
    at = end;
  }
  const auto [quota, period] = numbers;
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<size_t>(std::max(1LL, quota / period));
}

// The tightest quota of a cgroup and its parents; 0 for none.
template <class Read>
size_t TightestQuota(std::string path, Read read) {
  size_t tightest = 0;
  for (;;) {
    const size_t cores = read(path);
    if (cores > 0) tightest = tightest == 0 ? cores : std::min(tightest, cores);
    const size_t slash = path.find_last_of('/');
    if (slash == std::string::npos || path == "/") return tightest;
    path.erase(slash);
  }
}

}  // namespace

size_t CgroupCores(const std::string& root, const std::string& membership) {
  size_t tightest = 0;
  for (size_t begin = 0; begin < membership.size();) {
    const size_t end = std::min(membership.find('\n', begin), membership.size());
    const std::string line = membership.substr(begin, end - begin);
    begin = end + 1;
    // "id:controllers:path"; version 2 has no controllers.
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    size_t cores = 0;
    if (controllers == ",,") {
      cores = TightestQuota(
          path, [&](const std::string& at) { return WholeCores(ReadText(root + at + "/cpu.max")); });
    } else if (controllers.find(",cpu,") != std::string::npos) {
      cores = TightestQuota(path, [&](const std::string& at) {
        const std::string folder = root + "/cpu" + at;
        return WholeCores(ReadText(folder + "/cpu.cfs_quota_us") + " " +
                          ReadText(folder + "/cpu.cfs_period_us"));
      });
    }
    if (cores > 0) tightest = tightest == 0 ? cores : std::min(tightest, cores);
  }
  return tightest;
}

size_t AvailableCores() {
  size_t cores = std::max(1u, std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
  const size_t quota = CgroupCores("/sys/fs/cgroup", ReadText("/proc/self/cgroup"));
  if (quota > 0) cores = std::min(cores, quota);
#elif defined(_WIN32)
  // Affinity within this process's group of at most 64 processors.
  DWORD_PTR own = 0, all = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &own, &all) && own != 0)
    cores = std::bitset<64>(own).count();
#endif
  return std::min(cores, kMaxThreads);
}

size_t DefaultThreads() {
  const std::string text = Variable("OSTINATO_THREADS");
  if (text.empty()) return AvailableCores();
  char* end = nullptr;
  const long threads = std::strtol(text.c_str(), &end, 10);
  if (*end == '\0' && threads >= 1 && threads <= static_cast<long>(kMaxThreads))
    return static_cast<size_t>(threads);
  throw Error(ErrorCode::kConfig, "OSTINATO_THREADS: expected an integer from 1 to " +
                                      std::to_string(kMaxThreads) + ", received '" + text +
                                      "'. Unset it to let ostinato choose.");
}

}  // namespace ostinato
