// SPDX-License-Identifier: MIT
// The addon on first use: layers, options, shapes and summaries work where it is not built, and say so only when they compute.
import type { NativeBinding } from './binding';

/**
 * The loaded addon.
 *
 * @throws NativeLoadError `ERR_NATIVE_LOAD` where there is none for this platform
 */
export function loadBinding(): NativeBinding {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late, and still synchronously
  return (require('./binding') as typeof import('./binding')).binding;
}
