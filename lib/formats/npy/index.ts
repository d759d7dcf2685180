// SPDX-License-Identifier: MIT
// The public names of this room.
export { loadNpy, loadNpz, saveNpy, saveNpz, type SaveArrayOptions } from './files';
export { parseNpy, readNumbers } from './npy';
