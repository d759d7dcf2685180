// SPDX-License-Identifier: MIT
// The prebuilt binaries as literal requires: bundlers (esbuild, webpack, rollup, nft) follow these and nothing else. They
// stand inside a `try`, where a bundler takes a file that is missing for a warning: a checkout of the sources has none.
import type { Target } from './platform';

/** The prebuilt binary of a target, or why it cannot be had. */
export function requirePrebuild(target: Target): { readonly addon: unknown } | { readonly error: unknown } {
  try {
    switch (target) {
      case 'linux-x64':
        return { addon: require('../../prebuilds/linux-x64.node') };
      case 'linux-arm64':
        return { addon: require('../../prebuilds/linux-arm64.node') };
      case 'linuxmusl-x64':
        return { addon: require('../../prebuilds/linuxmusl-x64.node') };
      case 'linuxmusl-arm64':
        return { addon: require('../../prebuilds/linuxmusl-arm64.node') };
      case 'darwin-arm64':
        return { addon: require('../../prebuilds/darwin-arm64.node') };
      case 'darwin-x64':
        return { addon: require('../../prebuilds/darwin-x64.node') };
      case 'win32-x64':
        return { addon: require('../../prebuilds/win32-x64.node') };
      case 'win32-arm64':
        return { addon: require('../../prebuilds/win32-arm64.node') };
    }
  } catch (error) {
    return { error };
  }
}
