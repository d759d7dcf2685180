// SPDX-License-Identifier: MIT
// Links, where the system makes them: Windows grants them to few, Wine makes none that lead anywhere.
import { accessSync, symlinkSync } from 'node:fs';

/** Makes a link; false where the system makes none that can be followed. */
export function makeLink(target: string, link: string): boolean {
  try {
    symlinkSync(target, link);
    accessSync(link);
    return true;
  } catch {
    return false;
  }
}
