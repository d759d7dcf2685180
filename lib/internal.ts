// SPDX-License-Identifier: MIT
// What the other entry points of the package (`ostinato/server`) share with the main one, so that there is one copy of it:
// errors are of the same classes, checks speak in the same words. Not for users.
export { allocate } from './arrays/nested_arrays';
export { loadData } from './datasets/imdb';
export { syntheticReviews } from './datasets/synthetic_reviews';
export { makeError } from './errors';
export { OWN } from './formats/endings';
export { listArrays } from './formats/npy';
export { openModel } from './models/loading';
export { loadedAddon } from './native/engine';
export { isPlainObject } from './serialization';
export { ioError } from './serialization/atomic_file';
export { SafetensorsFile } from './serialization/safetensors';
export { refuseMore } from './util/arguments';
export { withDefaults } from './util/options';
export { Mt19937 } from './util/mt19937';
export { checkBoolean, checkInteger, checkString, describe, refusal } from './util/validate';
