// SPDX-License-Identifier: MIT
// Stands in for `h5wasm` in tests, see environment.js. `File` is there when `ready` has resolved.
const stand = { __esModule: true };
stand.ready = globalThis.importModule('h5wasm').then(async (library) => {
  stand.File = library.File;
  return library.ready;
});
module.exports = stand;
