// SPDX-License-Identifier: MIT
// Tests of links, where the system makes them: Windows grants them to few, Wine makes none that lead anywhere.
import { accessSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function makesLinks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  try {
    symlinkSync(folder, join(folder, 'link'));
    accessSync(join(folder, 'link'));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `test`, skipped where the system makes no links that can be followed. */
export const testOfLinks = makesLinks() ? test : test.skip;
