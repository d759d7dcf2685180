// SPDX-License-Identifier: MIT
// What the engine says of the machine, and how many threads it may compute with.
import { refuseMore } from '../util/arguments';
import { checkInteger } from '../util/validate';
import { callEngine, loadBinding } from './engine';
import type { CpuInfo } from './binding';

/**
 * Which instruction set's kernels run, which others could, and the number of compute threads.
 *
 * `OSTINATO_ISA` (`baseline`, `avx2`, `avx512`, `neon`) forces one when the process starts.
 *
 * @throws NativeLoadError `ERR_NATIVE_LOAD`; ConfigError `ERR_CONFIG` where `OSTINATO_ISA` names what the machine lacks
 * @example
 * cpuInfo().isa; // 'avx512'
 */
export function cpuInfo(...rest: []): CpuInfo {
  refuseMore('cpuInfo', rest);
  return callEngine(() => loadBinding().cpuInfo());
}

/**
 * Sets the number of compute threads, for all models. Results do not depend on it.
 *
 * Default: the cores that affinity and the cgroup's quota allow, or the variable `OSTINATO_THREADS`.
 *
 * @param threads from 1 to 256
 * May be called at any time, also while models compute.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`
 * @example
 * setThreads(2);
 */
export function setThreads(threads: number, ...rest: []): void {
  refuseMore('setThreads', rest);
  const checked = checkInteger('setThreads', 'threads', threads, 1, 256);
  callEngine(() => loadBinding().setThreads(checked));
}
