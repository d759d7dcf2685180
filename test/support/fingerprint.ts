// SPDX-License-Identifier: MIT
// What a training run came to, to the bit: weights and history under one SHA-256.
import { createHash } from 'node:crypto';
import type { History, Sequential } from '../../lib';

export function fingerprint(model: Sequential, history: History): string {
  const sum = createHash('sha256');
  for (const { data } of model.getWeights()) sum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  for (const [name, values] of Object.entries(history.history))
    sum.update(name).update(new Float64Array(values as number[]));
  return sum.digest('hex');
}
