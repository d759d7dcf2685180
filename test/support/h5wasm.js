// SPDX-License-Identifier: MIT
// Stands in for `h5wasm` in tests, see environment.js. `File` is there when `ready` has resolved.
exports.__esModule = true;
exports.ready = globalThis.importModule('h5wasm').then(async (library) => {
  exports.File = library.File;
  return library.ready;
});
