// SPDX-License-Identifier: MIT
// The public names of this room.
export { Sequential, type ModelWeight, type SequentialConfig, type SequentialOptions } from './sequential';
export { type SummaryOptions } from './summary';
