// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

/** Names of the arrays of a safetensors file, in its order. */
export function namesIn(path: string): string[] {
  const file = readFileSync(path);
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE()))) as object;
  return Object.keys(header).filter((name) => name !== '__metadata__');
}
