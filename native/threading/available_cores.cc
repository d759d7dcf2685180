// SPDX-License-Identifier: MIT
#include "threading/available_cores.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <fstream>
#include <sstream>
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

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t WholeCores(long long quota, long long period) {
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
  std::istringstream lines(membership);
  size_t tightest = 0;
  for (std::string line; std::getline(lines, line);) {
    // "id:controllers:path"; version 2 has no controllers.
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    size_t cores = 0;
    if (controllers == ",,") {
      cores = TightestQuota(path, [&](const std::string& at) -> size_t {
        std::istringstream text(ReadText(root + at + "/cpu.max"));
        long long quota = 0, period = 0;
        return text >> quota >> period ? WholeCores(quota, period) : 0;  // "max" is no number: no limit
      });
    } else if (controllers.find(",cpu,") != std::string::npos) {
      cores = TightestQuota(path, [&](const std::string& at) -> size_t {
        const std::string folder = root + "/cpu" + at;
        std::istringstream quota_text(ReadText(folder + "/cpu.cfs_quota_us"));
        std::istringstream period_text(ReadText(folder + "/cpu.cfs_period_us"));
        long long quota = 0, period = 0;
        return quota_text >> quota && period_text >> period ? WholeCores(quota, period) : 0;
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
