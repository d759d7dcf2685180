// SPDX-License-Identifier: MIT
// Prints the folder of node-addon-api's headers, relative to the package, for the build systems: the one that a packed
// package brings, else that of the development dependency.
const { existsSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const own = path.join(root, 'dist', 'headers');
const folder = existsSync(own) ? own : require('node-addon-api').include_dir;
console.log(path.relative(root, path.resolve(folder)).replaceAll('\\', '/'));
