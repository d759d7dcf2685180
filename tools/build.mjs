// SPDX-License-Identifier: MIT
// `npm run compile`: the addon and dist, where they are missing or out of date.
import { ensure } from './ensure.mjs';
import { main } from './steps.mjs';

await main(() => ensure({ testing: process.argv.includes('--testing') }));
