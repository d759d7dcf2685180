// SPDX-License-Identifier: MIT
// The public names of this room.
export { listArrays, loadNpy, loadNpz, saveNpy, saveNpz, type SaveArrayOptions, type StoredArray } from './files';
export { parseNpy, readNumbers } from './npy';
