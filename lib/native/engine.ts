// SPDX-License-Identifier: MIT
// The addon on first use, and its errors as errors of this package. Layers, options, shapes and summaries work where
// the addon is not built, and say so only when they compute.
import { makeError, OstinatoError, type ErrorCode } from '../errors';
import { loadAddon, type LoadedAddon } from './load_addon';
import type { NativeBinding } from './binding';

let loaded: LoadedAddon | undefined;

/**
 * The addon and where it came from. Loaded once: a call that outlives a test's module registry finds it here.
 *
 * @throws NativeLoadError `ERR_NATIVE_LOAD` where there is none for this platform; ConfigError `ERR_CONFIG` where a variable
 *   of the environment (`OSTINATO_ISA`, `OSTINATO_THREADS`) cannot be followed
 */
export function loadedAddon(): LoadedAddon {
  return (loaded ??= loadAddon());
}

/** The addon. Throws as {@link loadedAddon}. */
export function loadBinding(): NativeBinding {
  return loadedAddon().binding;
}

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_CONFIG',
  'ERR_UNKNOWN_OPTION',
  'ERR_UNKNOWN_NAME',
  'ERR_TYPE',
  'ERR_SHAPE',
  'ERR_RANGE',
  'ERR_DATA',
  'ERR_STATE',
  'ERR_BUSY',
  'ERR_DISPOSED',
  'ERR_ABORTED',
  'ERR_NOT_FOUND',
  'ERR_OUT_OF_MEMORY',
  'ERR_NATIVE_LOAD',
  'ERR_INTERNAL',
]);

/** The error for a code and message that the addon gave; a code that is not ours is a bug of ours. */
export function engineError(code: string, message: string): OstinatoError {
  return makeError(CODES.has(code) ? (code as ErrorCode) : 'ERR_INTERNAL', message);
}

/** Calls into the addon; what it throws becomes an error of this package. */
export function callEngine<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof OstinatoError || !(error instanceof Error)) throw error;
    const { code, message } = error as Error & { code?: unknown };
    if (typeof code === 'string' && CODES.has(code)) throw engineError(code, message);
    throw error;
  }
}
