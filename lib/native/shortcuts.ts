// SPDX-License-Identifier: MIT
// The exact shortcuts that every model begins with: all of them.
import type { NativeShortcuts } from './binding';

export const ALL_SHORTCUTS: NativeShortcuts = Object.freeze({
  tokenProjection: true,
  reverseProjection: true,
  sharedPadding: true,
  fusedWalk: true,
  overlapLayers: true,
});
