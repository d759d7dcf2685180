// Tests import lib/*.ts directly; swc strips the types (tools/lint.mjs checks them).
module.exports = {
  testEnvironment: '<rootDir>/test/support/environment.js',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  moduleNameMapper: { '^h5wasm$': '<rootDir>/test/support/h5wasm.js' },
  testTimeout: 60000,
};
