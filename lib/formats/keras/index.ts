// SPDX-License-Identifier: MIT
// The public names of this room.
export { readKeras, readKerasWeights, writeKeras, writeKerasWeights, type WeightsChoice } from './archive';
export { readLegacy, readLegacyWeights, writeLegacy, writeLegacyWeights } from './legacy';
