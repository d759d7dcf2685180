// SPDX-License-Identifier: MIT
// The hostile files of all readers.
import { HOSTILE_NPY, HOSTILE_NPZ } from './npy';
import { HOSTILE_SAFETENSORS } from './safetensors';
import { HOSTILE_TFJS } from './tfjs';
import { HOSTILE_ZIPS } from './zip';
import type { HostileFormat } from './hostile_file';

export const HOSTILE_FORMATS: readonly HostileFormat[] = [
  { format: 'npy', file: 'a.npy', reader: 'loadNpy', files: HOSTILE_NPY },
  { format: 'npz', file: 'a.npz', reader: 'loadNpz', files: HOSTILE_NPZ },
  { format: 'zip', file: 'a.npz', reader: 'loadNpz', files: HOSTILE_ZIPS },
  { format: 'safetensors', file: 'a.safetensors', reader: 'loadModel', files: HOSTILE_SAFETENSORS },
  { format: 'tfjs', file: 'model.json', reader: 'loadModel', files: HOSTILE_TFJS },
];
