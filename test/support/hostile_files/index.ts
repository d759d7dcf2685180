// SPDX-License-Identifier: MIT
// The hostile files of all readers.
import { HOSTILE_H5 } from './h5';
import { VALID_H5 } from './hdf5';
import { HOSTILE_KERAS, VALID_KERAS } from './keras';
import { HOSTILE_NPY, HOSTILE_NPZ } from './npy';
import { HOSTILE_ONNX, VALID_ONNX } from './onnx';
import { HOSTILE_SAFETENSORS } from './safetensors';
import { HOSTILE_TFJS } from './tfjs';
import { HOSTILE_ZIPS } from './zip';
import type { HostileFormat } from './hostile_file';

export const HOSTILE_FORMATS: readonly HostileFormat[] = [
  { format: 'npy', file: 'a.npy', reader: 'loadNpy', files: HOSTILE_NPY },
  { format: 'npz', file: 'a.npz', reader: 'loadNpz', files: HOSTILE_NPZ },
  { format: 'zip', file: 'a.npz', reader: 'loadNpz', files: HOSTILE_ZIPS },
  { format: 'safetensors', file: 'a.safetensors', reader: 'loadModel', files: HOSTILE_SAFETENSORS },
  { format: 'keras', file: 'a.keras', reader: 'loadModel', files: HOSTILE_KERAS, valid: VALID_KERAS },
  { format: 'h5', file: 'a.h5', reader: 'loadModel', files: HOSTILE_H5, valid: VALID_H5 },
  { format: 'onnx', file: 'a.onnx', reader: 'loadModel', files: HOSTILE_ONNX, valid: VALID_ONNX },
  { format: 'tfjs', file: 'model.json', reader: 'loadModel', files: HOSTILE_TFJS },
];
