// SPDX-License-Identifier: MIT
// `npm test -- FLAGS`: jest, after whatever it needs has been installed and built.
import { ensure } from './ensure.mjs';
import { handOver, main, moduleProgram } from './steps.mjs';

await main(() => {
  ensure({ testing: true });
  return handOver([process.execPath, moduleProgram('jest/bin/jest.js'), ...process.argv.slice(2)]);
});
