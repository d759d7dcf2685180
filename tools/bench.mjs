// SPDX-License-Identifier: MIT
// `npm run bench -- FLAGS`: the figures of bench/README.md.
import { ensure } from './ensure.mjs';
import { handOver, main } from './steps.mjs';

await main(() => {
  ensure({ testing: true });
  return handOver([process.execPath, 'bench/main.mjs', ...process.argv.slice(2)]);
});
