// SPDX-License-Identifier: MIT
// Jest cannot import modules of ES by itself: Node.js does, outside of the tests' realm.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.importModule = (name) => import(name);
  }
};
