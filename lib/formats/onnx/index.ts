// SPDX-License-Identifier: MIT
// The public names of this room.
export { ONNX_DEFAULTS, writeOnnx, type OnnxOptions } from './export';
export { readOnnx } from './read';
