// SPDX-License-Identifier: MIT
// The public names of this room.
export { loadTorchWeights, type TorchOptions, type TorchStateDict } from './state_dict';
