// SPDX-License-Identifier: MIT
// Surroundings of a command that remember what it wrote.
import type { Surroundings } from '../../lib/cli/command';

/** Surroundings with empty streams; `out()` and `err()` give what was written so far. */
export function captured(env: Record<string, string> = {}): Surroundings & { out(): string; err(): string } {
  const written = { out: '', err: '' };
  return {
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.err += text) },
    env,
    out: () => written.out,
    err: () => written.err,
  };
}
