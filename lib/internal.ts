// SPDX-License-Identifier: MIT
// What the other entry points of the package (`ostinato/server`) share with the main one, so that there is one copy of it:
// errors are of the same classes, checks speak in the same words. Not for users.
export { makeError } from './errors';
export { isPlainObject } from './serialization';
export { refuseMore } from './util/arguments';
export { withDefaults } from './util/options';
export { checkBoolean, checkInteger, checkString, describe, refusal } from './util/validate';
