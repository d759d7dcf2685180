// SPDX-License-Identifier: MIT
// The public names of this room.
export { H5Reader, type H5Array } from './reader';
export { LONGEST_HEADER, writeH5, type H5Text, type H5Tree, type H5Values } from './writer';
