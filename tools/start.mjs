// SPDX-License-Identifier: MIT
// `npm start -- FLAGS`: the chapter's experiment, from a fresh clone on. The same as `npx ostinato imdb FLAGS`.
import { ensure } from './ensure.mjs';
import { handOver, main } from './steps.mjs';

await main(() => {
  ensure();
  return handOver([process.execPath, 'dist/cli/main.js', 'imdb', ...process.argv.slice(2)]);
});
