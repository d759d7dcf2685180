// SPDX-License-Identifier: MIT
// `npm run docs -- FLAGS`: the documentation site, written to build/docs/site. Its pages are those of tools/docs/sidebar.mjs,
// its reference is made of the docstrings. A link that leads nowhere fails it.
//   --serve      serves what was built, until Ctrl-C
//   --port PORT  on this port (4173)
import path from 'node:path';
import { parseArgs } from 'node:util';
import { deadPlaces, OUTPUT, STAGE, stagePages, typedoc, writeSettings } from './docs/site.mjs';
import { kit } from './kits.mjs';
import { handOver, main, ROOT, step, StepError } from './steps.mjs';

await main(async () => {
  const { values } = parseArgs({
    options: { serve: { type: 'boolean', default: false }, port: { type: 'string', default: '4173' } },
  });
  const modules = kit('docs');
  const vitepress = [process.execPath, path.join(modules, 'vitepress', 'bin', 'vitepress.js')];
  stagePages(modules);
  step('making the reference (typedoc)', typedoc(modules));
  writeSettings();
  step('making the site (vitepress)', [...vitepress, 'build', STAGE]);
  const dead = deadPlaces();
  if (dead.length > 0) throw new StepError(`links to places that are not there:\n${dead.join('\n')}`);
  process.stdout.write(`${path.relative(ROOT, OUTPUT)}\n`);
  return values.serve ? handOver([...vitepress, 'serve', STAGE, '--port', values.port]) : 0;
});
