// SPDX-License-Identifier: MIT
// The public names of this room.
export { readTfjs, readTfjsWeights } from './model';
